// http/principal.h
//
// Who a request speaks for, and the interface by which http/ asks. The session slice implements it;
// http/ knows no feature.
#pragma once

#include "core/bytes.h"
#include "core/client_right.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/permission.h"
#include "core/result.h"
#include "core/token_use.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::http {

using ::keystead::ClientRight;
using ::keystead::TokenUse;

struct Principal {
    enum class Kind : std::uint8_t {
        Nobody,
        HalfSignedIn,
        Session,
        ServiceClient,
        Token,
        Host,      // a server, by the token that its enrolment gave it
        Enrolment, // a server that is to be one, by its one-time token
    };
    Kind kind = Kind::Nobody;
    AccountId account = {}; // HalfSignedIn, Session, Token; Host, Enrolment: whose it is
    SessionId session = {}; // Session
    FlowId flow = {};       // HalfSignedIn
    ClientId client = {};   // ServiceClient
    std::uint32_t client_rights = 0;
    TokenId token = {};             // Token
    HostId host = {};               // Host, Enrolment
    Digest token_digest = {};       // Enrolment: of the token it came with, which is used up once
    PermissionSet permissions = {}; // Token: what it holds now, never more than its owner
    bool wrong_address = false;     // Token: not used from one of its addresses
    Instant authenticated_at = {};  // Session: last full sign-in or step-up
    std::string email = {};         // Session, Token: the account's, for the product's headers
    bool is_operator = false;
    bool is_restricted =
        false; // Session: its account is being secured; see Access::allow_restricted
    bool must_authenticate =
        false; // Session: D-03, nothing but step-up and sign-out until authenticated again
};

/// The parts of a head that carry an identity, views into the request, and where it came from. At
/// most one of cookie and bearer is looked at.
struct Credentials {
    std::string_view session_cookie; // value of __Host-keystead, or empty
    std::string_view flow_cookie;    // value of __Host-keystead-flow, or empty
    std::string_view bearer;         // of `Authorization: Bearer …`, or empty
    IpAddress client_address = {};
    TokenUse token_use = TokenUse::Api;
};

/// Turns credentials into a principal. Both are called from any thread.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// From memory only, never blocks: the principal (Nobody when the credential is no good), or
    /// nothing when memory cannot say and load() must be asked on the store lane.
    virtual std::optional<Principal> find_cached(const Credentials& credentials) = 0;
    /// May read the database. Nobody when the credential is no good. Errors: storage/unavailable.
    virtual Result<Principal> load(const Credentials& credentials) = 0;
    /// Whether `token` is the anti-forgery token that belongs to the cookie in `credentials`
    /// (constant time).
    virtual bool csrf_matches(const Credentials& credentials, std::string_view token) = 0;
};

} // namespace keystead::http
