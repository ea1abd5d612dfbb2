// http/cookies_fuzz.cpp
//
// Property: what is taken for a cookie of ours stands in the field as "name=value" once, in
// characters that ours have.
#include "http/ascii.h"
#include "http/cookies.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::http;
    const std::string_view field(reinterpret_cast<const char*>(data), size);
    OurCookies cookies;
    if (!parse_cookies(field, cookies)) {
        return 0;
    }
    for (const std::string_view value : {cookies.session, cookies.flow, cookies.device}) {
        for (const char c : value) {
            if (!is_unreserved(c)) {
                std::abort();
            }
        }
        if (!value.empty() && field.find(value) == std::string_view::npos) {
            std::abort();
        }
    }
    // Repeating the field repeats every cookie of ours in it.
    const bool has_ours =
        !cookies.session.empty() || !cookies.flow.empty() || !cookies.device.empty();
    OurCookies twice;
    if (has_ours && parse_cookies(std::string(field) + ";" + std::string(field), twice)) {
        std::abort();
    }
    return 0;
}
