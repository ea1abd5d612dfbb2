// http/route.h
//
// One declaration a route: from it come the router, validation, authorization, limits and the
// OpenAPI document. Access, lane, limit, body size and timing have no defaults: a route that leaves
// one out does not compile.
#pragma once

#include "core/result.h"
#include "http/request.h"
#include "http/response.h"
#include "http/schema.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace keystead::http {

enum class LaneKind : std::uint8_t { Inline = 1, Store, Credential, Slow };

/// A value that must be given: no default constructor.
template <class T> class Given {
public:
    Given(T value) : value_(value) {} // NOLINT(google-explicit-constructor)
    operator T() const { return value_; }
    T get() const { return value_; }

private:
    T value_;
};

using Lane = Given<LaneKind>;

/// Who may call. Checked before the handler; the strongest demands include the weaker ones.
class Access {
public:
    enum class Kind : std::uint8_t {
        Public,
        HalfSignedIn,
        Session,
        Operator,
        ServiceClient,
        Host,
        Enrolment,
    };
    static Access everyone() { return Access{Kind::Public}; }
    static Access half_signed_in() { return Access{Kind::HalfSignedIn}; }
    /// A session; `also_when_authentication_is_due` for step-up and sign-out.
    static Access session() { return Access{Kind::Session}; }
    static Access session_even_if_authentication_is_due()
    {
        auto access = Access{Kind::Session};
        access.allow_due = true;
        return access;
    }
    /// Also for a session of an account that is being secured, to which all else is closed.
    Access even_when_restricted() const
    {
        auto access = *this;
        access.allow_restricted = true;
        return access;
    }
    /// A session authenticated at most `age` ago; otherwise 401 session/step-up-required.
    static Access stepped_up(std::chrono::minutes age = std::chrono::minutes{5})
    {
        auto access = Access{Kind::Session};
        access.authentication_age_max = age;
        return access;
    }
    /// A session, or a token of the account that holds `permission`.
    static Access session_or_token(Permission permission)
    {
        auto access = Access{Kind::Session};
        access.tokens = Tokens::WithPermission;
        access.token_permission = permission;
        return access;
    }
    /// A session, or any live token: for checks, where the caller says what it must hold.
    static Access session_or_any_token()
    {
        auto access = Access{Kind::Session};
        access.tokens = Tokens::Any;
        return access;
    }
    static Access operator_only() { return Access{Kind::Operator}; }
    static Access stepped_up_operator(std::chrono::minutes age = std::chrono::minutes{5})
    {
        auto access = Access{Kind::Operator};
        access.authentication_age_max = age;
        return access;
    }
    static Access service_client(ClientRight right)
    {
        auto access = Access{Kind::ServiceClient};
        access.right = right;
        return access;
    }
    /// A session, a token of the account that holds `permission`, or a service client with `right`:
    /// for what the product does in its customers' place. Whose it is, the route finds out.
    /// `permission` is read at each request: what the product names gets its number after routes
    /// are made. It outlives them.
    static Access owner_or_client(const Permission& permission, ClientRight right)
    {
        auto access = session_or_token(kNoPermission);
        access.late_permission = &permission;
        access.right = right;
        return access;
    }
    /// The same; a session must be stepped up.
    static Access stepped_up_owner_or_client(const Permission& permission, ClientRight right,
                                             std::chrono::minutes age = std::chrono::minutes{5})
    {
        auto access = owner_or_client(permission, right);
        access.authentication_age_max = age;
        return access;
    }
    /// A server that was enrolled.
    static Access host() { return Access{Kind::Host}; }
    /// A server that has a live enrolment token.
    static Access enrolment() { return Access{Kind::Enrolment}; }
    /// Whether a token may stand in for the session. A token is never fresh: it cannot step up.
    enum class Tokens : std::uint8_t { None, WithPermission, Any };
    Kind kind;
    Tokens tokens = Tokens::None;
    Permission token_permission = {};
    const Permission* late_permission = nullptr; // instead of token_permission
    Permission permission_of_tokens() const
    {
        return late_permission != nullptr ? *late_permission : token_permission;
    }
    std::chrono::minutes authentication_age_max{0}; // 0: any age
    bool allow_due = false;
    bool allow_restricted = false;
    ClientRight right = ClientRight::None; // Session: of a client that may stand in for it

private:
    explicit Access(Kind k) : kind(k) {}
};

enum class LimitGroup : std::uint8_t { None = 1, Sensitive, Write, Read };
using Limit = Given<LimitGroup>;
using BodyLimit = Given<std::size_t>; // bytes; 0: a body is refused

/// On a slot: the answer leaves at the next whole multiple of the credential slot since the request
/// came, so that its time says nothing.
enum class TimingKind : std::uint8_t { Immediate = 1, RefusalsOnSlot, AllOnSlot };
using Timing = Given<TimingKind>;

struct QueryParameter {
    std::string_view name;
    Schema schema; // Text, Integer, Boolean, Identifier or Enumeration
    std::string_view description = {};
};

struct Answer {
    int status;
    Schema schema;
    std::string_view description;
    /// Of a body that is not JSON and has no schema: those it may come in. Empty: JSON.
    std::vector<std::string_view> media_types = {};
};

using Handler = std::function<Result<Response>(const Request&)>;

/// What an inline handler sees: views into the connection's buffer, valid for the length of the
/// call.
struct InlineRequest {
    const Principal& principal;
    const Credentials& credentials;
    IpAddress client_address;
    Instant received_at;
    std::string_view query; // as received, not validated
};

/// What an inline handler answers: no body, header fields written straight into the connection's
/// buffer.
class InlineAnswer {
public:
    explicit InlineAnswer(std::string& fields) : fields_(fields) {}
    int status = 204;
    /// `value` holds no control character: whoever made it refused those (a line break would be a
    /// new field).
    void header(std::string_view name, std::string_view value)
    {
        for (const char c : value) {
            KS_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        }
        fields_.append(name).append(": ").append(value).append("\r\n");
    }

private:
    std::string& fields_;
};

/// Answers from memory on the event loop, without a Request being built; never blocks. False:
/// memory cannot say, and the route's ordinary handler is asked on the store lane. Called after the
/// access check, only when that passed.
using InlineHandler = std::function<bool(const InlineRequest&, InlineAnswer&)>;

struct Route {
    Method method;
    std::string_view path;      // "/v1/account/sessions/{id}"
    std::string_view operation; // OpenAPI operationId: "revokeSession"
    std::string_view tag;       // OpenAPI tag: "Sessions"
    std::string_view summary;
    Lane lane;
    Access access;
    Limit limit;
    BodyLimit body_bytes_max;
    Timing timing;
    Schema request = {}; // None: no JSON body
    std::vector<QueryParameter> query = {};
    std::vector<Answer> answers = {};            // successes
    std::vector<std::string_view> problems = {}; // codes it may answer beside the general ones
    std::vector<std::string_view> audit = {};    // actions it may record
    bool documented = true;                      // in the OpenAPI document (false: pages, health)
    Handler handler;
    /// The body goes to the handler as received (Request::raw_body); its media type is the
    /// handler's affair. `request` is None.
    bool raw_body = false;
    /// An Authorization that is not "Bearer ks_…" belongs to the product beside us and is not
    /// looked at (`check`).
    bool ignores_foreign_authorization = false;
    InlineHandler inline_handler = {}; // optional fast way for GET on the inline lane
};

/// Where features put their routes. Breaks an invariant when two routes collide.
class Router {
public:
    virtual ~Router() = default;
    virtual void add(Route route) = 0;
};

} // namespace keystead::http
