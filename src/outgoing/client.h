// outgoing/client.h
//
// The one way out for HTTP to places that somebody else named (architecture.md, "one way out";
// ADR 0026). For each call: the URL is parsed, the name resolved, every address held against the
// policy, the connection pinned to those addresses with the name kept for SNI and Host, and the
// socket's own address held against the policy once more. No redirects, no proxy, no cookies, no
// reused connection; TLS 1.2 or newer, verified; bounded time and bytes. Blocks. Any thread.
//
// What comes back is for programs and the log: an answer's body and a refusal's cause are never
// shown to whoever chose the URL (OWASP ASVS 5.0 V1.3.6; security.md, "SSRF").
#pragma once

#include "core/result.h"
#include "core/settings.h"
#include "outgoing/address_policy.h"
#include "outgoing/resolver.h"
#include "outgoing/target.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::outgoing {

enum class Outcome : std::uint8_t {
    Answered,    // `status` is the server's; its body may have been left unread
    Refused,     // by us: an address that the policy does not permit
    NoAddress,   // the name has none
    Unreachable, // no connection, or it broke
    TlsFailed,   // no TLS, or a certificate that does not stand for the name
    TimedOut,
    AnswerTooLarge, // more head or body than is read
};

/// Who named the place: what the settings open inside is open to operators, and to others only when
/// the settings say so.
enum class NamedBy : std::uint8_t { Anybody, Operator };

enum class BodyUse : std::uint8_t {
    Leave, // the status is all that counts: the connection is closed when the head has come
    Keep,  // up to kAnswerBytesMax
};

struct Call {
    std::string_view url;
    std::optional<std::string_view> post = {}; // the body; nothing: GET
    std::vector<std::pair<std::string_view, std::string_view>> headers = {};
    BodyUse body = BodyUse::Leave;
    NamedBy named_by = NamedBy::Anybody;
};

struct Answer {
    Outcome outcome = Outcome::Answered;
    int status = 0;
    std::optional<std::chrono::seconds> retry_after = {}; // whole seconds alone, RFC 9110 §10.2.3
    std::string body = {};
    std::string cause = {}; // for the log
};

/// For people, of what a call came to; the same for a name without address and one that leads
/// inside, so that nobody can ask which names exist inside.
std::string_view words_of(Outcome outcome);

struct ClientOptions {
    std::chrono::milliseconds time_max{5000}; // beside the resolver's own
    std::size_t answer_bytes_max = 65536;     // body; as much again for the head at most 16 KiB
    std::string ca_file = {};                 // empty: the system's
    std::string user_agent = "Keystead";
    std::vector<std::string> clear_text_hosts = {};
    bool opened_for_anybody = true; // clear_text_hosts, and what the policy permits inside
};

class Client {
public:
    Client(std::unique_ptr<Resolver> resolver, std::unique_ptr<const AddressPolicy> policy,
           ClientOptions options);

    /// May be called as far as can be told without asking anybody: form, scheme, an address
    /// written out. Errors: those of parse_target(); outgoing/inside-address (InvalidInput).
    Result<Target> check(std::string_view url, NamedBy named_by = NamedBy::Anybody) const;
    /// Asserts that no transaction is open. Errors: those of check().
    Result<Answer> send(const Call& call) const;

private:
    Result<std::vector<IpAddress>> addresses_of(const Target& target) const;
    Answer perform(const Call& call, const Target& target,
                   const std::vector<IpAddress>& addresses) const;
    bool is_opened_for(NamedBy named_by) const;
    const AddressPolicy& policy_for(NamedBy named_by) const;

    std::unique_ptr<Resolver> resolver_;
    std::unique_ptr<const AddressPolicy> policy_;
    const AddressPolicy outside_;
    ClientOptions options_;
};

/// As the settings say.
std::unique_ptr<Client> make_client(const OutgoingSettings& settings);

} // namespace keystead::outgoing
