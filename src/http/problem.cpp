// http/problem.cpp
#include "http/problem.h"

#include "core/json.h"

#include <algorithm>
#include <array>

namespace keystead::http {
namespace {

struct CodeStatus {
    std::string_view code;
    int status;
};

/// Codes of HTTP itself whose status says more than their kind.
constexpr std::array kOwnStatus{
    CodeStatus{"request/malformed", 400},
    CodeStatus{"request/malformed-json", 400},
    CodeStatus{"request/two-identities", 400},
    CodeStatus{"request/method-not-allowed", 405},
    CodeStatus{"request/timeout", 408},
    CodeStatus{"request/too-large", 413},
    CodeStatus{"request/unsupported-media-type", 415},
    CodeStatus{"request/expectation-failed", 417},
    CodeStatus{"request/misdirected", 421},
    CodeStatus{"request/head-too-large", 431},
    CodeStatus{"request/unknown-method", 501},
};

constexpr std::array kOwnEntries{
    ProblemEntry{"request/malformed", "Malformed request",
                 "The request breaks the rules of HTTP or is ambiguous; the detail says which "
                 "rule. Nothing of it was carried out."},
    ProblemEntry{"request/malformed-json", "Malformed JSON",
                 "The body is not one JSON value in UTF-8 (RFC 8259) without duplicate names, or "
                 "is nested too deeply."},
    ProblemEntry{"request/invalid", "Invalid request",
                 "Some members do not have the form that the route asks for; `errors` lists every "
                 "one, with a JSON Pointer."},
    ProblemEntry{
        "request/unknown-member", "Unknown member",
        "The request has members or parameters that the route does not know; `errors` names them."},
    ProblemEntry{"request/missing", "Missing member", "A member that is required is not there."},
    ProblemEntry{"request/empty", "Empty", "The text must not be empty."},
    ProblemEntry{"request/too-short", "Too short", "The text is shorter than the least length."},
    ProblemEntry{"request/too-long", "Too long", "The text is longer than the greatest length."},
    ProblemEntry{"request/control-character", "Control character",
                 "The text has control characters or characters that reorder it for the eye."},
    ProblemEntry{"request/not-a-choice", "Not a choice", "The value is none of those listed."},
    ProblemEntry{"request/out-of-range", "Out of range",
                 "The number, or the number of items, is outside the bounds."},
    ProblemEntry{"request/wrong-type", "Wrong type",
                 "The value is of another JSON type than the one expected. Nothing is converted."},
    ProblemEntry{"request/not-an-id", "Not an id", "The value is not an id of the kind expected."},
    ProblemEntry{"request/not-a-time", "Not a time", "The value is not a time as RFC 3339 has it."},
    ProblemEntry{"request/repeated", "Repeated parameter", "A query parameter came twice."},
    ProblemEntry{"request/two-identities", "Two identities",
                 "A request may carry a cookie or an Authorization field, not both."},
    ProblemEntry{"request/cross-site", "Cross-site request",
                 "A request that changes something must come from our own pages, with the "
                 "anti-forgery token in Keystead-Csrf where a cookie speaks for it."},
    ProblemEntry{"request/not-found", "Not found",
                 "There is nothing at this path, or nothing that you may know of."},
    ProblemEntry{"request/method-not-allowed", "Method not allowed",
                 "The path exists, the method does not; Allow lists those that do."},
    ProblemEntry{"request/unknown-method", "Unknown method",
                 "The server does not know this method."},
    ProblemEntry{"request/timeout", "Request timeout", "The request did not arrive in time."},
    ProblemEntry{"request/too-large", "Body too large",
                 "The body is larger than the route takes, or the route takes none."},
    ProblemEntry{"request/unsupported-media-type", "Unsupported media type",
                 "The body must be application/json in UTF-8, without a content coding."},
    ProblemEntry{"request/expectation-failed", "Expectation failed",
                 "Only `100-continue` can be expected."},
    ProblemEntry{"request/misdirected", "Misdirected request",
                 "The Host is not one that this server answers for. It must be the host of the "
                 "configured base URL."},
    ProblemEntry{"request/head-too-large", "Head too large",
                 "The request's head is larger than 16 KiB or has more than 100 fields."},
    ProblemEntry{"session/required", "Sign-in required",
                 "The route needs a session and the request has none that is valid."},
    ProblemEntry{"session/authentication-required", "Authentication required",
                 "The session must authenticate again before it can go on."},
    ProblemEntry{"session/restricted", "Being secured",
                 "The account is being secured: GET /v1/account/secure says what is left to do. "
                 "Until then the session opens nothing else."},
    ProblemEntry{"session/step-up-required", "Step-up required",
                 "The last authentication of this session is too long ago for what is asked. "
                 "Confirm with POST /v1/step-up and repeat the request."},
    ProblemEntry{"sign-in/flow-ended", "Sign-in has ended",
                 "This sign-in has ended or expired. Start again."},
    ProblemEntry{"client/required", "Service client required",
                 "The route is for service clients: send Authorization: Bearer ks_svc_…"},
    ProblemEntry{"token/address-refused", "Not from here",
                 "The token may only be used from the addresses that its owner listed."},
    ProblemEntry{"token/not-allowed", "Not for tokens",
                 "The route is for a person who is signed in: no token opens it, whatever it "
                 "holds."},
    ProblemEntry{"token/permission-missing", "Permission missing",
                 "The token does not hold the permission that is needed. A token holds at most "
                 "what it was made with, and never more than its owner."},
    ProblemEntry{"access/forbidden", "Forbidden", "The principal may not do this."},
    ProblemEntry{"limit/too-many-requests", "Too many requests",
                 "A limit on the rate of requests is used up. Retry-After says when to try again."},
    ProblemEntry{"server/busy", "Busy",
                 "The server has more work than it can take on. Try again after Retry-After."},
    ProblemEntry{"server/internal", "Internal error",
                 "Something went wrong on our side. The request id finds it in the log."},
};

std::string_view generic_title(int status)
{
    switch (status) {
    case 400: return "Bad request";
    case 401: return "Not authenticated";
    case 403: return "Forbidden";
    case 404: return "Not found";
    case 409: return "Conflict";
    case 422: return "Invalid request";
    case 429: return "Too many requests";
    case 503: return "Unavailable";
    default: return status >= 500 ? "Internal error" : "Refused";
    }
}

std::string challenge(const Error& error, std::chrono::seconds age_max)
{
    if (error.kind == ErrorKind::StepUpRequired) {
        // RFC 9470 §3: the error, and how old an authentication may be.
        return "Bearer error=\"insufficient_user_authentication\", "
               "error_description=\"A more recent authentication is required\", max_age=" +
               std::to_string(age_max.count());
    }
    return "Bearer realm=\"Keystead\"";
}

} // namespace

ProblemCatalogue::ProblemCatalogue()
{
    add(std::span<const ProblemEntry>(kOwnEntries));
}

void ProblemCatalogue::add(std::span<const ProblemEntry> entries)
{
    for (const auto& entry : entries) {
        entries_.try_emplace(entry.code, entry);
    }
}

const ProblemEntry* ProblemCatalogue::find(std::string_view code) const
{
    const auto found = entries_.find(code);
    return found == entries_.end() ? nullptr : &found->second;
}

int status_of(const Error& error)
{
    const auto own = std::ranges::find(kOwnStatus, error.code, &CodeStatus::code);
    return own == kOwnStatus.end() ? status_of(error.kind) : own->status;
}

Response problem_response(const Error& error, const ProblemContext& context)
{
    // An internal error says nothing of itself to the outside.
    const bool internal = error.kind == ErrorKind::Internal;
    const std::string_view code = internal ? std::string_view("server/internal") : error.code;
    const int status = status_of(error);
    const ProblemEntry* entry = context.catalogue.find(code);
    JsonWriter json;
    json.begin_object();
    json.member("type", std::string(context.base_path) + "/problems/" + std::string(code));
    json.member("title", entry != nullptr ? entry->title : generic_title(status));
    json.member("status", status);
    if (!error.detail.empty() && !internal) {
        json.member("detail", error.detail);
    }
    json.member("code", code);
    if (!error.fields.empty()) {
        json.key("errors").begin_array();
        for (const auto& field : error.fields) {
            json.begin_object().member("pointer", field.pointer).member("code", field.code);
            json.member("detail", field.detail).end_object();
        }
        json.end_array();
    }
    json.member("request_id", context.request_id.text());
    json.end_object();
    std::string body = std::move(json).take();
    if (!error.extension.empty() && !internal) {
        body.pop_back();
        body.append(",").append(error.extension).append("}");
    }
    Response response{
        .status = status, .content_type = "application/problem+json", .body = std::move(body)};
    if (error.code == "token/permission-missing") {
        // RFC 6750 §3.1.
        response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"insufficient_scope\"");
    }
    if (status == 401) {
        response.headers.emplace_back("WWW-Authenticate",
                                      challenge(error, context.authentication_age_max));
    }
    if (error.retry_after.count() > 0) {
        response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
    }
    return response;
}

} // namespace keystead::http
