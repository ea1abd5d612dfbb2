// http/static_assets.h
//
// What is served beside the API: files of the UI that are built into the binary, and its pages. The
// app hands both in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::http {

/// One file in the encodings it was built in; views of static storage. An empty view: not in that
/// encoding.
struct Asset {
    std::string_view content_type;
    std::string_view identity;
    std::string_view gzip = {};
    std::string_view brotli = {};
    std::string_view etag = {}; // with its quotes
    bool immutable = false;     // the name holds a hash of the content: may be cached for ever
};

class StaticAssets {
public:
    virtual ~StaticAssets() = default;
    /// By path without base path ("/assets/index-1a2b.js"); nothing: no such file. Called on the
    /// event loop.
    virtual std::optional<Asset> find(std::string_view path) const = 0;
};

/// A page of the UI by path without base path: its HTML with `nonce` put in, or nothing when there
/// is no such page. Called on the event loop; the server adds the Content-Security-Policy with the
/// same nonce.
using PageHook =
    std::function<std::optional<std::string>(std::string_view path, std::string_view nonce)>;

} // namespace keystead::http
