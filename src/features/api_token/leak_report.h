// features/api_token/leak_report.h
//
// What whoever found leaked tokens sends: {"token": "…"} from a person or program, or the list that
// secret-scanning programmes send, [{"token": "…", "type": "…", "url": "…", "source": "…"}, …].
// Pure. Holding a token is the proof: no signature is asked for, and nothing else of the report is
// believed.
#pragma once

#include "core/result.h"
#include "core/secret.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::api_token {

struct LeakReport {
    enum class Form : std::uint8_t { One, Programme };
    struct Item {
        Secret token;
        std::string type; // the programme's name for the kind of token; echoed
    };
    Form form = Form::One;
    std::vector<Item> items;
};

inline constexpr std::size_t kLeakedMax = 100; // tokens a report

/// Errors: request/malformed-json, token/invalid-report (InvalidInput): another form, no token, or
/// more than kLeakedMax.
Result<LeakReport> parse_leak_report(std::string_view body);

} // namespace keystead::api_token
