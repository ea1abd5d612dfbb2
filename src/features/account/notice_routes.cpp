#include "features/account/notice_routes.h"

#include "core/json.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace keystead::account {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::size_t kBodyMax = 1024;

/// As members of JSON are named: "new_device".
std::string_view member_of(OptionalNotice kind)
{
    switch (kind) {
    case OptionalNotice::NewDevice: return "new_device";
    case OptionalNotice::SessionsEnded: return "sessions_ended";
    case OptionalNotice::KeyReminder: return "key_reminder";
    case OptionalNotice::WebhookStopped: return "webhook_stopped";
    }
    std::abort();
}

http::Schema notices_schema()
{
    auto notice = http::object({{"kind", http::enumeration({"new_device", "sessions_ended",
                                                            "key_reminder", "webhook_stopped"})},
                                {"sent", http::boolean()},
                                {"changeable", http::boolean()}})
                      .named("NoticeChoice");
    return http::object({{"items", http::array(std::move(notice), kOptionalNotices.size())}})
        .named("NoticeChoices");
}

Response response_of(const std::vector<Choice>& choices)
{
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const Choice& choice : choices) {
        json.begin_object()
            .member("kind", member_of(choice.kind))
            .member("sent", choice.sent == Choice::Sent::Yes)
            .member("changeable", choice.changeable == Choice::Changeable::Yes)
            .end_object();
    }
    json.end_array().end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> show(Database& database, Notices& notices, const Request& request)
{
    KS_TRY(const auto choices, database.read([&](ReadTx& tx) {
        return notices.choices(tx, request.principal.account);
    }));
    return response_of(choices);
}

Result<Response> change(Database& database, Notices& notices, const Request& request)
{
    std::vector<Wish> wishes;
    for (const OptionalNotice kind : kOptionalNotices) {
        if (request.body.has(member_of(kind))) {
            const bool sent = request.body.flag(member_of(kind), true);
            wishes.push_back({kind, sent ? Choice::Sent::Yes : Choice::Sent::No});
        }
    }
    KS_TRY(const auto choices, database.write([&](WriteTx& tx) -> Result<std::vector<Choice>> {
        KS_CHECK(notices.choose(tx, request.actor(), request.principal.account, wishes));
        return notices.choices(tx, request.principal.account);
    }));
    return response_of(choices);
}

} // namespace

void add_notice_routes(http::Router& router, Database& database, Notices& notices)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/account/notices",
         .operation = "listNotices",
         .tag = "Account",
         .summary = "Which optional notices the account is sent by mail; all others always",
         .lane = LaneKind::Store,
         .access = Access::session(),
         .limit = LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{200, notices_schema(), "All optional kinds"}},
         .handler = [&](const Request& request) { return show(database, notices, request); }});
    router.add(
        {.method = Method::Patch,
         .path = "/v1/account/notices",
         .operation = "chooseNotices",
         .tag = "Account",
         .summary = "Switch optional notices on or off",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kBodyMax,
         .timing = TimingKind::Immediate,
         .request = http::object({{"new_device", http::boolean(), http::Presence::Optional},
                                  {"sessions_ended", http::boolean(), http::Presence::Optional},
                                  {"key_reminder", http::boolean(), http::Presence::Optional},
                                  {"webhook_stopped", http::boolean(), http::Presence::Optional}})
                        .named("ChooseNotices"),
         .answers = {{200, notices_schema(), "All optional kinds, as they are now"}},
         .problems = {"account/notice-not-optional"},
         .audit = {"account.choose-notices"},
         .handler = [&](const Request& request) { return change(database, notices, request); }});
}

} // namespace keystead::account
