// features/ssh_key/compromise_routes.cpp
//
// POST /v1/ssh-keys/compromised and its challenge: whoever holds a private key, its owner or who
// found it, says by a signature that it is compromised. The answer is the same whether or not any
// account has that key.
#include "features/ssh_key/compromise_challenge.h"
#include "features/ssh_key/ssh_key_routes.h"
#include "features/ssh_key/ssh_key_view_routes.h"
#include "features/ssh_key/ssh_signature.h"

#include <string>
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
constexpr std::size_t kSignatureBytesMax = 8192; // of an RSA key of 16384 bits: 5.7 KiB
constexpr std::size_t kReportBodyMax = 16384;

http::Handler challenge_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        JsonWriter json;
        write_challenge(json, make_challenge(p.keys, p.random, p.base_url, request.received_at));
        return Response::json(200, std::move(json).take());
    };
}

/// A file made by an editor or by echo ends with a line break that the message has not.
Result<PublicKey> signer_of(std::string_view message, std::string_view signature)
{
    auto key = verify_signature(signature, {kCompromisedNamespace, message});
    if (!key && key.error().code == "ssh-key/bad-signature") {
        key = verify_signature(signature, {kCompromisedNamespace, std::string(message) + "\n"});
    }
    return key;
}

http::Handler report_handler(const RouteParts& p)
{
    return [p](const Request& request) -> Result<Response> {
        const auto message = request.body.text("message");
        if (!is_live_challenge(p.keys, message, request.received_at)) {
            return Error{ErrorKind::InvalidInput, "ssh-key/bad-challenge",
                         "That message was not made here, or more than 30 minutes ago."};
        }
        const Secret signature = request.body.secret("signature"); // Perhaps a private key.
        KS_TRY(const PublicKey key, signer_of(message, signature.reveal_text()));
        KS_CHECK(p.database.write_essential(
            [&](WriteTx& tx) { return p.ssh_keys.report_compromised(tx, request.actor(), key); }));
        JsonWriter json;
        json.begin_object()
            .member("fingerprint", fingerprint_text(fingerprint_of(key)))
            .end_object();
        return Response::json(200, std::move(json).take());
    };
}

} // namespace

void add_compromise_routes(http::Router& router, const RouteParts& p)
{
    router.add({.method = Method::Post,
                .path = "/v1/ssh-keys/compromised/challenge",
                .operation = "challengeCompromisedSshKey",
                .tag = kTag,
                .summary = "What the holder of a compromised SSH key is to sign with it",
                .lane = LaneKind::Store,
                .access = Access::everyone(),
                .limit = LimitGroup::Write,
                .body_bytes_max = 0,
                .timing = TimingKind::Immediate,
                .answers = {{200, challenge_schema(), "The message; nothing is stored for it"}},
                .handler = challenge_handler(p)});
    router.add(
        {.method = Method::Post,
         .path = "/v1/ssh-keys/compromised",
         .operation = "reportCompromisedSshKey",
         .tag = kTag,
         .summary = "End an SSH key everywhere, by its own signature: whoever holds the private "
                    "key can, and does not learn who else has it",
         .lane = LaneKind::Store,
         .access = Access::everyone(),
         .limit = LimitGroup::Sensitive,
         .body_bytes_max = kReportBodyMax,
         .timing = TimingKind::Immediate,
         .request = http::object({{"message", http::text(1, 1000)},
                                  {"signature", http::secret_text(kSignatureBytesMax)}})
                        .named("CompromisedSshKey"),
         .answers = {{200, http::object({{"fingerprint", http::text(50, 50)}}),
                      "From now on that key is refused and revoked in every account"}},
         .problems = {"ssh-key/bad-challenge", "ssh-key/bad-signature", "ssh-key/private-key"},
         .audit = {"ssh_key.prove-compromised", "ssh_key.revoke"},
         .handler = report_handler(p)});
}

} // namespace keystead::ssh_key
