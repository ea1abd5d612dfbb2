#include "features/ssh_key/ssh_key_routes.h"

#include "features/ssh_key/ssh_key_view_routes.h"

#include <chrono>
#include <utility>

namespace keystead::ssh_key {
namespace {

using http::Access;
using http::LaneKind;
using http::LimitGroup;
using http::Method;
using http::Request;
using http::Response;
using http::TimingKind;

constexpr std::string_view kTag = "SSH keys";
/// Also of a private key: it is taken in, so that its owner hears what was pasted.
constexpr std::size_t kPastedBytesMax = 16384;
constexpr std::size_t kAddBodyMax = 24576;

Result<SshKeyId> key_in_path(const Request& request)
{
    const auto id = SshKeyId::parse(request.path_parameter("id"));
    if (!id) {
        return Error{ErrorKind::NotFound, "ssh-key/not-found", "There is no such SSH key."};
    }
    return *id;
}

/// A refusal that names the member, so that a form can show it where it belongs.
Error at_public_key(Error error)
{
    error.fields = {{"/public_key", error.code, error.detail}};
    return error;
}

Result<PublicKey> pasted_key(const Request& request)
{
    const Secret pasted = request.body.secret("public_key"); // Until it has proved to be public.
    auto key = parse_public_key_line(pasted.reveal_text());
    return key ? std::move(key) : Result<PublicKey>(at_public_key(std::move(key).error()));
}

Response key_response(int status, const RouteParts& p, const SshKey& key, Instant now)
{
    JsonWriter json;
    write_ssh_key(json, {key, p.settings, now});
    return Response::json(status, std::move(json).take());
}

http::Handler list_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const auto list, p.database.read([&](ReadTx& tx) {
            return p.ssh_keys.list(tx, request.principal.account);
        }));
        JsonWriter json;
        json.begin_object().key("items").begin_array();
        for (const SshKey& key : list) {
            write_ssh_key(json, {key, p.settings, request.received_at});
        }
        json.end_array().key("next_cursor").null().end_object();
        return Response::json(200, std::move(json).take());
    };
}

http::Handler one_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        KS_TRY(const SshKey key, p.database.read([&](ReadTx& tx) {
            return p.ssh_keys.load_one(tx, request.principal.account, id);
        }));
        return key_response(200, p, key, request.received_at);
    };
}

http::Handler options_handler(const RouteParts& p)
{
    return [p](const Request&) -> Result<Response> {
        JsonWriter json;
        write_options(json, p.settings);
        return Response::json(200, std::move(json).take());
    };
}

http::Handler add_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(PublicKey pasted, pasted_key(request));
        const NewKey wanted{std::string(request.body.text("name")), std::move(pasted)};
        KS_TRY(const SshKey key, p.database.write([&](WriteTx& tx) {
            return p.ssh_keys.add(tx, request.actor(), request.principal.account, wanted);
        }));
        return key_response(201, p, key, request.received_at);
    };
}

http::Handler rename_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        KS_TRY(const SshKey key, p.database.write([&](WriteTx& tx) {
            return p.ssh_keys.rename(tx, request.actor(), request.principal.account, id,
                                     request.body.text("name"));
        }));
        return key_response(200, p, key, request.received_at);
    };
}

http::Handler rotate_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        KS_TRY(PublicKey pasted, pasted_key(request));
        const auto given = request.body.optional_integer("overlap_seconds");
        const auto overlap = given ? std::chrono::seconds(*given) : p.settings.rotation_overlap;
        const NewKey wanted{std::string(request.body.text("name")), std::move(pasted)};
        KS_TRY(const SshKey key, p.database.write([&](WriteTx& tx) {
            return p.ssh_keys.rotate(tx, request.actor(), request.principal.account, id, wanted,
                                     overlap);
        }));
        return key_response(201, p, key, request.received_at);
    };
}

http::Handler confirm_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        const auto standing = request.principal.is_restricted ? SshKeyService::Standing::Securing
                                                              : SshKeyService::Standing::Open;
        KS_CHECK(p.database.write([&](WriteTx& tx) {
            return p.ssh_keys.confirm(tx, request.actor(), request.principal.account, id, standing);
        }));
        return Response::no_content();
    };
}

/// What ends something must succeed on a full disk.
http::Handler end_overlap_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        KS_CHECK(p.database.write_essential([&](WriteTx& tx) {
            return p.ssh_keys.end_overlap(tx, request.actor(), request.principal.account, id);
        }));
        return Response::no_content();
    };
}

http::Handler revoke_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        KS_TRY(const SshKeyId id, key_in_path(request));
        const auto given = request.query("reason");
        const Reason reason = given ? reason_from_text(*given).value() : Reason::Unneeded;
        KS_CHECK(p.database.write_essential([&](WriteTx& tx) {
            return p.ssh_keys.revoke(tx, request.actor(), request.principal.account, id, reason);
        }));
        return Response::no_content();
    };
}

std::vector<std::string_view> problems_of_a_new_key(std::vector<std::string_view> others)
{
    std::vector<std::string_view> all = {
        "ssh-key/private-key",      "ssh-key/not-a-key",     "ssh-key/several-lines",
        "ssh-key/options-in-front", "ssh-key/certificate",   "ssh-key/dsa",
        "ssh-key/unknown-type",     "ssh-key/rsa-too-short", "ssh-key/rsa-too-long",
        "ssh-key/rsa-exponent",     "ssh-key/not-on-curve",  "ssh-key/malformed",
        "ssh-key/compromised",      "ssh-key/already-there"};
    all.insert(all.end(), others.begin(), others.end());
    return all;
}

http::Schema pasted_schema()
{
    return http::secret_text(kPastedBytesMax)
        .described("One line \"type base64 comment\". Kept from logs until it has proved to be no "
                   "private key.");
}

void add_reading_routes(http::Router& router, const RouteParts& p)
{
    const auto add = [&](std::string_view path, std::string_view operation,
                         std::string_view summary, http::Answer answer,
                         std::vector<std::string_view> problems, http::Handler handler) {
        router.add({.method = Method::Get,
                    .path = path,
                    .operation = operation,
                    .tag = kTag,
                    .summary = summary,
                    .lane = LaneKind::Store,
                    .access = Access::session_or_token(kReadAccount),
                    .limit = LimitGroup::Read,
                    .body_bytes_max = 0,
                    .timing = TimingKind::Immediate,
                    .answers = {std::move(answer)},
                    .problems = std::move(problems),
                    .handler = std::move(handler)});
    };
    add("/v1/account/ssh-keys", "listSshKeys", "The account's SSH keys",
        {200, http::list_of(ssh_key_schema()), "The valid and the suspended ones, newest first"},
        {}, list_handler(p));
    add("/v1/account/ssh-keys/{id}", "readSshKey", "One SSH key",
        {200, ssh_key_schema(), "The key"}, {"ssh-key/not-found"}, one_handler(p));
    add("/v1/account/ssh-key-options", "readSshKeyOptions",
        "How many SSH keys an account may have, and for how long",
        {200, options_schema(), "As the operator set it"}, {}, options_handler(p));
}

void add_making_routes(http::Router& router, const RouteParts& p)
{
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/ssh-keys",
         .operation = "addSshKey",
         .tag = kTag,
         .summary = "Add a public SSH key",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kAddBodyMax,
         .timing = TimingKind::Immediate,
         .request = http::object({{"name", http::text(1, 100)}, {"public_key", pasted_schema()}})
                        .named("NewSshKey"),
         .answers = {{201, ssh_key_schema(), "Added"}},
         .problems = problems_of_a_new_key({"ssh-key/limit-reached"}),
         .audit = {"ssh_key.add"},
         .handler = add_handler(p)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/account/ssh-keys/{id}/rotate",
         .operation = "rotateSshKey",
         .tag = kTag,
         .summary = "Put another SSH key in the place of one; the old one is valid a while more",
         .lane = LaneKind::Store,
         .access = Access::stepped_up(),
         .limit = LimitGroup::Write,
         .body_bytes_max = kAddBodyMax,
         .timing = TimingKind::Immediate,
         .request = http::object({{"name", http::text(1, 100)},
                                  {"public_key", pasted_schema()},
                                  {"overlap_seconds", http::integer(0, kOverlapMax.count()),
                                   http::Presence::Optional}})
                        .named("SshKeyRotation"),
         .answers = {{201, ssh_key_schema(), "The new key"}},
         .problems = problems_of_a_new_key({"ssh-key/not-found", "ssh-key/rotation-pending"}),
         .audit = {"ssh_key.rotate", "ssh_key.revoke"},
         .handler = rotate_handler(p)});
    router.add({.method = Method::Post,
                .path = "/v1/account/ssh-keys/{id}/confirm",
                .operation = "confirmSshKey",
                .tag = kTag,
                .summary = "Let an SSH key be valid again that a restored backup suspended",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "It is valid again"}},
                .problems = {"ssh-key/not-found", "ssh-key/not-suspended"},
                .audit = {"ssh_key.confirm"},
                .handler = confirm_handler(p)});
}

void add_changing_routes(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Patch,
                .path = "/v1/account/ssh-keys/{id}",
                .operation = "renameSshKey",
                .tag = kTag,
                .summary = "Give an SSH key another name",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 1024,
                .timing = TimingKind::Immediate,
                .request = http::object({{"name", http::text(1, 100)}}),
                .answers = {{200, ssh_key_schema(), "Renamed"}},
                .problems = {"ssh-key/not-found"},
                .audit = {"ssh_key.rename"},
                .handler = rename_handler(p)});
    router.add(
        {.method = Method::Delete,
         .path = "/v1/account/ssh-keys/{id}",
         .operation = "revokeSshKey",
         .tag = kTag,
         .summary = "Revoke an SSH key",
         .lane = LaneKind::Store,
         .access = Access::session(),
         .limit = LimitGroup::Write,
         .body_bytes_max = 0,
         .timing = TimingKind::Immediate,
         .query = {{"reason", http::enumeration({"unneeded", "rotated", "lost", "compromised"}),
                    "Absent: unneeded. A compromised key cannot be added again."}},
         .answers = {{204, http::no_body(), "Revoked"}},
         .problems = {"ssh-key/not-found"},
         .audit = {"ssh_key.revoke"},
         .handler = revoke_handler(p)});
    router.add({.method = Method::Post,
                .path = "/v1/account/ssh-keys/{id}/end-overlap",
                .operation = "endSshKeyOverlap",
                .tag = kTag,
                .summary = "Revoke the SSH key that this one replaces now",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{204, http::no_body(), "Revoked; only the new key is valid"}},
                .problems = {"ssh-key/not-found", "ssh-key/no-rotation"},
                .audit = {"ssh_key.revoke"},
                .handler = end_overlap_handler(p)});
}

} // namespace

void add_routes(http::Router& router, const RouteParts& parts)
{
    add_reading_routes(router, parts);
    add_making_routes(router, parts);
    add_changing_routes(router, parts);
    add_compromise_routes(router, parts);
}

} // namespace keystead::ssh_key
