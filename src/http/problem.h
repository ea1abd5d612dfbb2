// http/problem.h
//
// The one place where an error becomes a status and a problem document (RFC 9457,
// application/problem+json), and the catalogue of all codes that /problems/{slice}/{code} explains.
#pragma once

#include "core/id.h"
#include "core/result.h"
#include "http/response.h"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace keystead::http {

struct ProblemEntry {
    std::string_view code;        // "totp/wrong-code"
    std::string_view title;       // the same for every occurrence (RFC 9457 §3.1.3)
    std::string_view explanation; // what the reader can do about it
};

/// Codes and their words. Features add theirs at start; afterwards it is only read.
class ProblemCatalogue {
public:
    ProblemCatalogue(); // with the codes of http/ itself
    /// A code that is there already keeps its first words.
    void add(std::span<const ProblemEntry> entries);
    void add(std::initializer_list<ProblemEntry> entries)
    {
        add(std::span(entries.begin(), entries.size()));
    }
    const ProblemEntry* find(std::string_view code) const;
    const std::map<std::string_view, ProblemEntry>& entries() const { return entries_; }

private:
    std::map<std::string_view, ProblemEntry> entries_;
};

constexpr int status_of(ErrorKind kind)
{
    using enum ErrorKind;
    switch (kind) {
    case InvalidInput: return 422;
    case Unauthenticated:
    case StepUpRequired: return 401; // With WWW-Authenticate: RFC 9110 §15.5.2, RFC 9470 §3.
    case Forbidden: return 403;
    case NotFound: return 404;
    case Conflict:
    case LimitReached: return 409;
    case RateLimited: return 429; // With Retry-After, as has Unavailable.
    case Unavailable: return 503;
    case Internal: return 500;
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

/// As the kind says, but for the few codes of HTTP itself that have a status of their own (400,
/// 405, 413, 415, …).
int status_of(const Error& error);

struct ProblemContext {
    const ProblemCatalogue& catalogue;
    RequestId request_id;
    std::string_view base_path = {};
    std::chrono::seconds authentication_age_max =
        std::chrono::minutes{5}; // what a step-up has to meet
};

/// The whole answer: status, document, WWW-Authenticate, Retry-After.
Response problem_response(const Error& error, const ProblemContext& context);

} // namespace keystead::http
