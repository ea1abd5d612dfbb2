#include "features/account/account_routes.h"

#include "core/json.h"
#include "http/schema.h"

#include <algorithm>
#include <span>
#include <utility>

namespace keystead::account {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::Schema;
using http::TimingKind;

constexpr std::size_t kBodyBytes = 2048;
constexpr int kPageDefault = 50;
constexpr int kPageMax = 100;

Schema address_schema()
{
    return http::object({{"id", http::identifier("adr_")},
                         {"email", http::text(3, kEmailBytesMax)},
                         {"confirmed", http::boolean()},
                         {"primary", http::boolean()}});
}

Schema own_account_schema()
{
    return http::object(
               {{"id", http::identifier("acc_")},
                {"personal_team", http::identifier("team_")},
                {"email", http::text(3, kEmailBytesMax)},
                {"name", http::text(0, kNameLengthMax)},
                {"created_at", http::time()},
                {"has_password", http::boolean()},
                {"password_changed_at", http::time().or_null()},
                {"second_factor",
                 http::object({{"enabled", http::boolean()},
                               {"totp_count", http::integer(0, 100)},
                               {"backup_codes_remaining", http::integer(0, 100)}})},
                {"factors_frozen_until", http::time().or_null()},
                {"deletion", http::object({{"deletes_at", http::time()}}).or_null()},
                {"pending_email", http::text(3, kEmailBytesMax).or_null()},
                {"email_undo_until", http::time().or_null()},
                {"operator", http::boolean()},
                {"notification_addresses", http::array(address_schema(), kAddressesMax)},
                {"session", http::object({{"id", http::identifier("ses_")},
                                          {"authenticated_at", http::time()},
                                          {"step_up_fresh_until", http::time().or_null()}})},
                {"csrf_token", http::text(1, 200)}})
        .named("OwnAccount");
}

Schema listed_account_schema()
{
    return http::object({{"id", http::identifier("acc_")},
                         {"email", http::text(3, kEmailBytesMax)},
                         {"name", http::text(0, kNameLengthMax)},
                         {"created_at", http::time()},
                         {"disabled", http::boolean()},
                         {"operator", http::boolean()},
                         {"deletes_at", http::time().or_null()},
                         {"factors_frozen_until", http::time().or_null()}})
        .named("Account");
}

std::optional<Instant> if_later(std::optional<Instant> instant, Instant now)
{
    return instant && *instant > now ? instant : std::nullopt;
}

void write_session(JsonWriter& json, const Request& request, const AccountFacts& facts)
{
    json.key("session").begin_object();
    json.member("id", request.principal.session.text());
    json.member("authenticated_at", facts.session_authenticated_at);
    json.member("step_up_fresh_until", facts.session_step_up_fresh_until);
    json.end_object();
    json.member("csrf_token", facts.csrf_token);
}

void write_addresses(JsonWriter& json, const std::vector<ListedAddress>& addresses)
{
    json.key("notification_addresses").begin_array();
    for (const ListedAddress& listed : addresses) {
        json.begin_object();
        json.member("id", listed.address.id.text());
        json.member("email", listed.address.email.text());
        json.member("confirmed", listed.address.confirmed_at.has_value());
        json.member("primary", listed.is_primary);
        json.end_object();
    }
    json.end_array();
}

void write_own(JsonWriter& json, const Account& account, Instant now)
{
    json.member("id", account.id.text());
    json.member("personal_team", account.personal_team.text());
    json.member("email", account.email.text());
    json.member("name", account.name);
    json.member("created_at", account.created_at);
    json.member("factors_frozen_until", if_later(account.factors_frozen_until, now));
    json.key("deletion");
    if (account.delete_at) {
        json.begin_object().member("deletes_at", *account.delete_at).end_object();
    } else {
        json.null();
    }
    json.key("pending_email");
    if (account.pending_email && if_later(account.pending_email_until, now)) {
        json.value(account.pending_email->text());
    } else {
        json.null();
    }
    json.member("email_undo_until", if_later(account.email_undo_until, now));
    json.member("operator", account.is_operator());
}

Result<std::string> own_account_json(const RouteParts& parts, ReadTx& tx, const Request& request)
{
    KS_TRY(const Account account, parts.accounts.load(tx, request.principal.account));
    KS_TRY(const auto addresses, parts.addresses.list(tx, account.id));
    KS_TRY(const AccountFacts facts, parts.facts(tx, request));
    JsonWriter json;
    json.begin_object();
    write_own(json, account, parts.clock.now());
    json.member("has_password", facts.has_password);
    json.member("password_changed_at", facts.password_changed_at);
    json.key("second_factor").begin_object();
    json.member("enabled", facts.totp_count > 0);
    json.member("totp_count", std::uint64_t{facts.totp_count});
    json.member("backup_codes_remaining", std::uint64_t{facts.backup_codes_remaining});
    json.end_object();
    write_addresses(json, addresses);
    write_session(json, request, facts);
    json.end_object();
    return std::move(json).take();
}

void write_listed(JsonWriter& json, const Account& account, Instant now)
{
    json.begin_object();
    json.member("id", account.id.text());
    json.member("email", account.email.text());
    json.member("name", account.name);
    json.member("created_at", account.created_at);
    json.member("disabled", !account.is_active());
    json.member("operator", account.is_operator());
    json.member("deletes_at", account.delete_at);
    json.member("factors_frozen_until", if_later(account.factors_frozen_until, now));
    json.end_object();
}

Response listed_answer(const Account& account, Instant now)
{
    JsonWriter json;
    write_listed(json, account, now);
    return Response::json(200, std::move(json).take());
}

Result<AccountId> account_of_path(const Request& request)
{
    if (const auto id = AccountId::parse(request.path_parameter("id"))) {
        return *id;
    }
    return Error{ErrorKind::NotFound, "account/not-found", "There is no such account."};
}

Result<Response> show_own(const RouteParts& parts, const Request& request)
{
    KS_TRY(std::string json,
           parts.database.read([&](ReadTx& tx) { return own_account_json(parts, tx, request); }));
    return Response::json(200, std::move(json));
}

Result<Response> rename_own(const RouteParts& parts, const Request& request)
{
    const Actor actor = request.actor();
    KS_CHECK(parts.database.write([&](WriteTx& tx) {
        return parts.accounts.set_name(tx, actor, actor.account, request.body.text("name"));
    }));
    return show_own(parts, request);
}

int page_size(const Request& request)
{
    const auto text = request.query("limit");
    int size = 0;
    for (const char digit : text.value_or("")) {
        size = std::min(size * 10 + (digit - '0'),
                        kPageMax); // digits alone: the declaration says Integer
    }
    return text ? std::max(size, 1) : kPageDefault;
}

Result<Response> list_accounts(const RouteParts& parts, const Request& request)
{
    std::optional<AccountId> after;
    if (const auto cursor = request.query("cursor")) {
        after = AccountId::parse(*cursor);
    }
    const int size = page_size(request);
    KS_TRY(const auto accounts, parts.database.read([&](ReadTx& tx) {
        return parts.accounts.list(tx, request.query("query").value_or(""), after, size + 1);
    }));
    const bool has_more = accounts.size() > static_cast<std::size_t>(size);
    const auto shown =
        std::span(accounts).first(has_more ? static_cast<std::size_t>(size) : accounts.size());
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const Account& account : shown) {
        write_listed(json, account, parts.clock.now());
    }
    json.end_array().key("next_cursor");
    if (has_more) {
        json.value(shown.back().id.text());
    } else {
        json.null();
    }
    json.end_object();
    return Response::json(200, std::move(json).take());
}

Result<Response> show_account(const RouteParts& parts, const Request& request)
{
    KS_TRY(const AccountId id, account_of_path(request));
    KS_TRY(const Account account,
           parts.database.read([&](ReadTx& tx) { return parts.accounts.load(tx, id); }));
    return listed_answer(account, parts.clock.now());
}

Result<Response> change_state(const RouteParts& parts, const Request& request, State to)
{
    KS_TRY(const AccountId id, account_of_path(request));
    const Actor actor = request.actor();
    KS_TRY(const Account account, parts.database.write([&](WriteTx& tx) {
        return to == State::Active ? parts.admin.enable(tx, actor, id)
                                   : parts.admin.disable(tx, actor, id);
    }));
    return listed_answer(account, parts.clock.now());
}

Result<Response> invite(const RouteParts& parts, const Request& request)
{
    KS_TRY(const EmailAddress address, EmailAddress::parse(request.body.text("email")));
    const Actor actor = request.actor();
    KS_CHECK(
        parts.database.write([&](WriteTx& tx) { return parts.admin.invite(tx, actor, address); }));
    return Response::json(202, "{}");
}

void add_own_routes(http::Router& router, const RouteParts& parts)
{
    router.add({.method = Method::Get,
                .path = "/v1/account",
                .operation = "loadOwnAccount",
                .tag = "Account",
                .summary = "The signed-in account, with the state of its credentials",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, own_account_schema(), "The account"}},
                .handler = [parts](const Request& request) { return show_own(parts, request); }});
    router.add(
        {.method = Method::Patch,
         .path = "/v1/account",
         .operation = "renameOwnAccount",
         .tag = "Account",
         .summary = "Change the account's name",
         .lane = LaneKind::Store,
         .access = Access::session(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kBodyBytes,
         .timing = TimingKind::Immediate,
         .request = http::object({{"name", http::text(0, kNameLengthMax)}}).named("RenameAccount"),
         .answers = {{200, own_account_schema(), "The account"}},
         .problems = {"account/name-invalid"},
         .audit = {"account.rename"},
         .handler = [parts](const Request& request) { return rename_own(parts, request); }});
}

void add_reading_admin_routes(http::Router& router, const RouteParts& parts)
{
    router.add(
        {.method = Method::Get,
         .path = "/v1/admin/accounts",
         .operation = "listAccounts",
         .tag = "Operator",
         .summary = "Accounts, oldest first",
         .lane = LaneKind::Store,
         .access = Access::operator_only(),
         .limit = LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .query = {{"query", http::text(0, 100), "Part of an e-mail address or name"},
                   {"cursor", http::identifier("acc_"), "next_cursor of the page before"},
                   {"limit", http::integer(1, kPageMax), "How many at most; 50 unless given"}},
         .answers = {{200, http::list_of(listed_account_schema()), "A page of accounts"}},
         .handler = [parts](const Request& request) { return list_accounts(parts, request); }});
    router.add(
        {.method = Method::Get,
         .path = "/v1/admin/accounts/{id}",
         .operation = "loadAccount",
         .tag = "Operator",
         .summary = "One account",
         .lane = LaneKind::Store,
         .access = Access::operator_only(),
         .limit = LimitGroup::Read,
         .body_bytes_max = std::size_t{0},
         .timing = TimingKind::Immediate,
         .answers = {{200, listed_account_schema(), "The account"}},
         .problems = {"account/not-found"},
         .handler = [parts](const Request& request) { return show_account(parts, request); }});
}

void add_changing_admin_routes(http::Router& router, const RouteParts& parts)
{
    router.add({.method = Method::Post,
                .path = "/v1/admin/accounts/{id}/disable",
                .operation = "disableAccount",
                .tag = "Operator",
                .summary = "Disable an account and end its sessions",
                .lane = LaneKind::Store,
                .access = Access::stepped_up_operator(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, listed_account_schema(), "The account, disabled"}},
                .problems = {"account/not-found", "account/self"},
                .audit = {"account.disable"},
                .handler = [parts](const Request& request) {
                    return change_state(parts, request, State::Disabled);
                }});
    router.add({.method = Method::Post,
                .path = "/v1/admin/accounts/{id}/enable",
                .operation = "enableAccount",
                .tag = "Operator",
                .summary = "Enable a disabled account",
                .lane = LaneKind::Store,
                .access = Access::stepped_up_operator(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, listed_account_schema(), "The account, enabled"}},
                .problems = {"account/not-found"},
                .audit = {"account.enable"},
                .handler = [parts](const Request& request) {
                    return change_state(parts, request, State::Active);
                }});
    router.add({.method = Method::Post,
                .path = "/v1/admin/invitations",
                .operation = "inviteAccount",
                .tag = "Operator",
                .summary = "Mail an invitation to sign up",
                .lane = LaneKind::Store,
                .access = Access::stepped_up_operator(),
                .limit = LimitGroup::Write,
                .body_bytes_max = kBodyBytes,
                .timing = TimingKind::Immediate,
                .request = http::object({{"email", http::text(1, 1024)}}).named("Invitation"),
                .answers = {{202, http::object({}), "A mail is on its way"}},
                .problems = {"account/email-invalid"},
                .audit = {"account.invite"},
                .handler = [parts](const Request& request) { return invite(parts, request); }});
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_own_routes(router, parts);
    add_reading_admin_routes(router, parts);
    add_changing_admin_routes(router, parts);
}

} // namespace keystead::account
