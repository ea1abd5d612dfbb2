#include "app/site_routes.h"

#include "app/security_txt.h"

#include <string>
#include <utility>

namespace keystead::app {
namespace {

http::Schema settings_schema()
{
    return http::object({{"items", http::array(http::object({{"key", http::text(1, 100)},
                                                             {"value", http::text(0, 8192)},
                                                             {"origin", http::text(1, 4096)},
                                                             {"secret", http::boolean()}}),
                                               200)}})
        .named("EffectiveSettings");
}

http::Route security_txt_route(const Settings& settings)
{
    return {.method = http::Method::Get,
            .path = kSecurityTxtPath,
            .operation = "securityTxt",
            .tag = "Site",
            .summary = "How a vulnerability is reported.",
            .lane =
                http::LaneKind::Store, // The file is read each time: a new one is served at once.
            .access = http::Access::everyone(),
            .limit = http::LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = http::TimingKind::Immediate,
            .documented = false,
            .handler = [&settings](const http::Request&) -> Result<http::Response> {
                auto text = load_security_txt(settings);
                if (!text) {
                    return Error{ErrorKind::Unavailable,
                                 "security-txt/unreadable",
                                 {},
                                 std::move(text).error().detail};
                }
                if (!*text) {
                    return Error{ErrorKind::NotFound, "request/not-found"};
                }
                // RFC 9116 §3: "text/plain" with the charset parameter set to "utf-8".
                return http::Response{.status = 200,
                                      .content_type = "text/plain; charset=utf-8",
                                      .body = **std::move(text)};
            }};
}

} // namespace

void add_site_routes(http::Router& router, const Foundation& foundation)
{
    router.add({.method = http::Method::Get,
                .path = "/v1/admin/settings",
                .operation = "listSettings",
                .tag = "Operator",
                .summary = "The settings in effect and where each came from; secrets are hidden.",
                .lane = http::LaneKind::Store,
                .access = http::Access::operator_only(),
                .limit = http::LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = http::TimingKind::Immediate,
                .answers = {{200, settings_schema(), "Every setting."}},
                .handler = [&foundation](const http::Request&) -> Result<http::Response> {
                    return http::Response::json(200,
                                                "{\"items\":" + foundation.settings_json + "}");
                }});
    // https://w3c.github.io/webappsec-change-password-url/: password managers send people here.
    router.add({.method = http::Method::Get,
                .path = "/.well-known/change-password",
                .operation = "changePasswordPage",
                .tag = "Site",
                .summary = "Where a password is changed.",
                .lane = http::LaneKind::Inline,
                .access = http::Access::everyone(),
                .limit = http::LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = http::TimingKind::Immediate,
                .documented = false,
                .handler = [target = foundation.settings.server.base_path + "/account/password"](
                               const http::Request&) -> Result<http::Response> {
                    http::Response response;
                    response.status = 302;
                    return std::move(response).with_header("Location", target);
                }});
    router.add(security_txt_route(foundation.settings));
}

} // namespace keystead::app
