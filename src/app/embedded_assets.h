// app/embedded_assets.h
//
// The UI's files as the build put them into the binary (cmake/EmbedAssets.cmake over
// web/dist/manifest.json), and its pages: one document for every path of the UI, with nonce and
// base path written in. A build without the UI serves a page that says so.
#pragma once

#include "http/static_assets.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keystead::app {

struct EmbeddedFile {
    std::string_view path; // "/assets/index-1a2b.js"
    http::Asset asset;
};

/// Sorted by path; made by the build. Empty when there was no web/dist.
std::span<const EmbeddedFile> embedded_files();

class EmbeddedAssets final : public http::StaticAssets {
public:
    explicit EmbeddedAssets(std::span<const EmbeddedFile> files) : files_(files) {}
    std::optional<http::Asset> find(std::string_view path) const override;

private:
    std::span<const EmbeddedFile> files_;
};

/// Answers the document for the paths that the UI has (api: "UI paths"); `document` is its
/// index.html, or empty.
http::PageHook make_page_hook(std::string document, std::string_view base_path);
/// The index.html among `files`, or empty.
std::string_view index_document(std::span<const EmbeddedFile> files);

} // namespace keystead::app
