#include "features/backup_code/backup_code_routes.h"

#include "core/json.h"
#include "features/idempotency/idempotency_routes.h"
#include "http/schema.h"

#include <cstring>
#include <string_view>
#include <utility>

namespace keystead::backup_code {
namespace {

constexpr std::size_t kCodesJsonBytes = 512; // ten codes of 19 characters, quoted

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::string_view kTag = "Second factor";
constexpr std::string_view kMake = "makeBackupCodes";

http::Handler status_handler(BackupCodeRouteParts parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const Status status, parts.database.read([&](ReadTx& tx) {
            return parts.backup_codes.status(tx, request.principal.account);
        }));
        JsonWriter json;
        json.begin_object()
            .member("remaining", status.remaining)
            .member("suspended", status.suspended)
            .member("created_at", status.created_at)
            .end_object();
        return Response::json(200, std::move(json).take());
    };
}

http::Handler confirm_handler(BackupCodeRouteParts parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_CHECK(parts.database.write([&](WriteTx& tx) {
            return parts.backup_codes.confirm(tx, request.actor(), request.principal.account);
        }));
        return Response::no_content();
    };
}

http::Handler make_handler(BackupCodeRouteParts parts)
{
    return [parts](const Request& request) -> Result<Response> {
        KS_TRY(const auto key, idempotency::key_of(request));
        const AccountId account = request.principal.account;
        const auto check = [&](ReadTx& tx) -> Result<void> {
            KS_CHECK(parts.idempotency.check(tx, account, kMake, key));
            KS_CHECK(parts.accounts.check_factors_not_frozen(tx, account));
            return parts.backup_codes.check_second_factor(tx, account);
        };
        KS_CHECK(parts.database.read(check)); // Nobody pays ten hashes for a refusal.
        KS_TRY(const PreparedSet prepared, parts.backup_codes.prepare(account));
        KS_CHECK(parts.database.write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(tx.lock(account)); // A repeat waits for the first, then hears of it.
            if (!request.principal.is_restricted) { // A freeze may have come between.
                KS_CHECK(parts.accounts.check_not_being_secured(tx, account));
            }
            KS_CHECK(check(tx));
            KS_CHECK(parts.backup_codes.replace(tx, request.actor(), prepared));
            return parts.idempotency.claim(tx, account, kMake, key, account.text());
        }));
        JsonWriter json(kCodesJsonBytes + 64);
        std::string codes = codes_as_json(prepared.codes);
        json.begin_object().key("codes").raw(codes).end_object();
        explicit_bzero(codes.data(), codes.size());
        return Response::secret_json(201, std::move(json).take());
    };
}

} // namespace

std::string codes_as_json(const std::vector<Secret>& codes)
{
    JsonWriter json(kCodesJsonBytes);
    json.begin_array();
    for (const Secret& code : codes) {
        json.value(code.reveal_text());
    }
    json.end_array();
    return std::move(json).take();
}

void add_routes(http::Router& router, const BackupCodeRouteParts& parts)
{
    router.add({.method = Method::Get,
                .path = "/v1/account/backup-codes",
                .operation = "getBackupCodes",
                .tag = kTag,
                .summary = "How many backup codes are left",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200,
                             http::object({{"remaining", http::integer(0, kCodesInSet)},
                                           {"suspended", http::boolean()},
                                           {"created_at", http::time().or_null()}})
                                 .named("BackupCodes"),
                             "Never the codes themselves"}},
                .handler = status_handler(parts)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/backup-codes",
         .operation = kMake,
         .tag = kTag,
         .summary = "Make ten new backup codes; the old ones end",
         .lane = LaneKind::Credential,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = 0,
         .timing = TimingKind::Immediate,
         .answers = {{201,
                      http::object({{"codes", http::array(http::text(19, 19), kCodesInSet)}})
                          .named("NewBackupCodes"),
                      "Shown this once"}},
         .problems = {"backup-code/second-factor-missing", "account/factors-frozen",
                      "password/busy", "idempotency/already-done", "idempotency/invalid-key"},
         .audit = {"backup_code.make"},
         .handler = make_handler(parts)});
    router.add({.method = Method::Post,
                .path = "/v1/account/backup-codes/confirm",
                .operation = "confirmBackupCodes",
                .tag = kTag,
                .summary = "Let backup codes work again that a restore of the server suspended",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Sensitive,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "They work again"}},
                .problems = {"backup-code/not-suspended"},
                .audit = {"backup_code.confirm"},
                .handler = confirm_handler(parts)});
}

} // namespace keystead::backup_code
