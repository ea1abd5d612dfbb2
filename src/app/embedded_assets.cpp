#include "app/embedded_assets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::app {
namespace {

constexpr std::string_view kIndexPath = "/index.html";
constexpr std::string_view kNonceWord = "__NONCE__";
constexpr std::string_view kBasePathWord = "__BASE_PATH__";

constexpr std::array<std::string_view, 15> kPages{"/",
                                                  "/account",
                                                  "/admin",
                                                  "/audit/verify",
                                                  "/email/confirm",
                                                  "/email/undo",
                                                  "/not-me",
                                                  "/notification-address/confirm",
                                                  "/recovery",
                                                  "/recovery/confirm",
                                                  "/set-up",
                                                  "/sign-in",
                                                  "/sign-up",
                                                  "/sign-up/confirm",
                                                  "/sign-out"};

constexpr std::string_view kNotBuilt = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Keystead</title></head><body><main><h1>The pages were not built</h1>
<p>This server was built without its web pages; its API works. Build them with <code>tools/web</code>, then build the server again.</p>
</main></body></html>
)";

bool is_page(std::string_view path)
{
    return std::ranges::find(kPages, path) != kPages.end() || path.starts_with("/account/") ||
           path.starts_with("/admin/");
}

std::string replaced(std::string text, std::string_view word, std::string_view with)
{
    for (std::size_t at = text.find(word); at != std::string::npos;
         at = text.find(word, at + with.size())) {
        text.replace(at, word.size(), with);
    }
    return text;
}

} // namespace

std::optional<http::Asset> EmbeddedAssets::find(std::string_view path) const
{
    const auto found = std::ranges::lower_bound(files_, path, {}, &EmbeddedFile::path);
    if (found == files_.end() || found->path != path || path == kIndexPath) {
        return std::nullopt; // The document is a page: it goes out with a nonce or not at all.
    }
    return found->asset;
}

http::PageHook make_page_hook(std::string document, std::string_view base_path)
{
    // Base path and nonce are of our own making (letters, digits, "-", "_", "/", "=", "+"), so
    // nothing needs escaping.
    std::string page = replaced(document.empty() ? std::string(kNotBuilt) : std::move(document),
                                kBasePathWord, base_path);
    return [page = std::move(page)](std::string_view path,
                                    std::string_view nonce) -> std::optional<std::string> {
        if (!is_page(path)) {
            return std::nullopt;
        }
        return replaced(page, kNonceWord, nonce);
    };
}

std::string_view index_document(std::span<const EmbeddedFile> files)
{
    const auto found = std::ranges::find(files, kIndexPath, &EmbeddedFile::path);
    return found == files.end() ? std::string_view{} : found->asset.identity;
}

} // namespace keystead::app
