#include "app/embedded_assets.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::app {
namespace {

constexpr EmbeddedFile kFiles[] = {
    {"/assets/a.js", {"text/javascript", "a()", "gz", "br", "\"1\"", true}},
    {"/index.html", {"text/html", "<p nonce=\"__NONCE__\">__BASE_PATH__/x</p>"}},
};

// guards: files by exact path, and the document never without its nonce
TEST(EmbeddedAssets, FindsFilesButNotTheDocument)
{
    const EmbeddedAssets assets(kFiles);
    ASSERT_TRUE(assets.find("/assets/a.js"));
    EXPECT_EQ(assets.find("/assets/a.js")->identity, "a()");
    EXPECT_TRUE(assets.find("/assets/a.js")->immutable);
    for (const auto* path :
         {"/assets", "/assets/a.jsx", "/assets/b.js", "", "/", "/index.html", "/zzz"}) {
        EXPECT_FALSE(assets.find(path)) << path;
    }
}

// guards: pages are those of the UI, with nonce and base path
TEST(EmbeddedAssets, WritesNonceAndBasePathIntoPages)
{
    const auto page = make_page_hook(std::string(index_document(kFiles)), "/base");
    EXPECT_EQ(page("/sign-in", "abc"), "<p nonce=\"abc\">/base/x</p>");
    for (const auto* path : {"/", "/account", "/account/sessions", "/admin", "/set-up",
                             "/recovery/confirm", "/not-me"}) {
        EXPECT_TRUE(page(path, "n")) << path;
    }
    for (const auto* path : {"/v1/account", "/accounts", "/assets/x.js", "/sign-in/x", ""}) {
        EXPECT_FALSE(page(path, "n")) << path;
    }
}

// guards: a server without its UI says so instead of showing nothing
TEST(EmbeddedAssets, SaysWhenTheUiWasNotBuilt)
{
    EXPECT_NE(make_page_hook("", "")("/sign-in", "n")->find("not built"), std::string::npos);
    EXPECT_EQ(index_document({}), "");
}

// guards: what the build embedded is sorted, so that it is found
TEST(EmbeddedAssets, AreSorted)
{
    EXPECT_TRUE(std::ranges::is_sorted(embedded_files(), {}, &EmbeddedFile::path));
    const EmbeddedAssets assets(embedded_files());
    for (const auto& file : embedded_files()) {
        EXPECT_FALSE(file.asset.identity.empty()) << file.path;
        EXPECT_EQ(assets.find(file.path).has_value(), file.path != "/index.html") << file.path;
    }
}

} // namespace
} // namespace keystead::app
