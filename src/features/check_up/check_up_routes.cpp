#include "features/check_up/check_up_routes.h"

#include "core/json.h"
#include "http/schema.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace keystead::check_up {
namespace {

/// Of each finding at most so many are named; `count` says how many there are.
constexpr std::size_t kSubjectsMax = 10;
constexpr std::size_t kKindsMax = 17;
constexpr std::size_t kAreasMax = 7;
constexpr std::int64_t kCountMax = 10'000;

http::Schema schema()
{
    using namespace http;
    const auto kind = enumeration(
        {"password-breached", "session-unfamiliar", "second-factor-missing", "password-weak",
         "backup-codes-missing", "backup-codes-suspended", "backup-codes-few", "token-wide",
         "token-unused", "token-suspended", "ssh-key-due", "ssh-key-suspended", "ssh-key-unused",
         "email-unconfirmed", "address-single", "ssh-key-old", "password-old"});
    const auto area = enumeration({"password", "second-factor", "backup-codes", "sessions",
                                   "tokens", "ssh-keys", "addresses"});
    auto subject =
        object({{"id", text(1, 64)},
                {"name", text(0, 200).described("Of a session the country it began in")}})
            .named("CheckUpSubject");
    auto finding =
        object({{"kind", kind},
                {"severity", enumeration({"urgent", "important", "advice"})},
                {"area", area},
                {"mend_url", text(1, 2048).described("The page that mends it")},
                {"count",
                 integer(0, kCountMax).described("How many sessions, tokens or keys it is about")},
                {"subjects", array(std::move(subject), kSubjectsMax)},
                {"since", time().or_null().described("When an old password was chosen")},
                {"left", integer(0, kCountMax).or_null().described("Backup codes")}})
            .named("CheckUpFinding");
    return object(
               {{"findings",
                 array(std::move(finding), kKindsMax).described("Worst first; empty: all is well")},
                {"in_order",
                 array(area, kAreasMax).described("What was looked at and lacks nothing")}})
        .named("CheckUp");
}

void write_finding(JsonWriter& json, const Finding& finding, const std::string& base_url)
{
    const Area area = area_of(finding.kind);
    json.begin_object()
        .member("kind", text_of(finding.kind))
        .member("severity", text_of(severity_of(finding.kind)))
        .member("area", text_of(area))
        .member("mend_url", base_url + std::string(page_of(area)))
        .member("count", static_cast<std::int64_t>(finding.subjects.size()));
    json.key("subjects").begin_array();
    for (std::size_t i = 0; i < std::min(finding.subjects.size(), kSubjectsMax); ++i) {
        const Subject& subject = finding.subjects[i];
        json.begin_object().member("id", subject.id).member("name", subject.name).end_object();
    }
    json.end_array().member("since", finding.since).member("left", finding.left).end_object();
}

} // namespace

void add_routes(http::Router& router, Database& db, CheckUpService& check_ups, std::string base_url)
{
    const auto show = [&db, &check_ups, base_url = std::move(base_url)](
                          const http::Request& request) -> Result<http::Response> {
        const auto& principal = request.principal;
        KS_TRY(const auto found, db.read([&](ReadTx& tx) {
            return check_ups.look(tx, principal.account, principal.session);
        }));
        JsonWriter json;
        json.begin_object().key("findings").begin_array();
        for (const Finding& finding : found.findings) {
            write_finding(json, finding, base_url);
        }
        json.end_array().key("in_order").begin_array();
        for (const Area area : found.in_order) {
            json.value(text_of(area));
        }
        json.end_array().end_object();
        return http::Response::json(200, std::move(json).take());
    };
    router.add({.method = http::Method::Get,
                .path = "/v1/account/check-up",
                .operation = "checkUp",
                .tag = "Account",
                .summary = "What one's own account lacks, worst first, and where that is mended",
                .lane = http::LaneKind::Store,
                // Whoever finds a token must not learn that guessing is worth it.
                .access = http::Access::session(),
                .limit = http::LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = http::TimingKind::Immediate,
                .answers = {{200, schema(), "The findings"}},
                .handler = show});
}

} // namespace keystead::check_up
