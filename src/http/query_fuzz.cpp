// http/query_fuzz.cpp
//
// Property: what passes is UTF-8 without control characters, of declared names, each once.
#include "core/encoding.h"
#include "http/schema.h"
#include "http/validate.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::http;
    static const std::vector<QueryParameter> kDeclared{{"limit", integer(1, 100)},
                                                       {"cursor", text(1, 20)},
                                                       {"all", boolean()},
                                                       {"kind", enumeration({"a", "b"})}};
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    const auto parameters = parse_query(query, kDeclared);
    if (!parameters) {
        return 0;
    }
    if (parameters->size() > kDeclared.size()) {
        std::abort();
    }
    for (const auto& [name, value] : *parameters) {
        if (!keystead::is_valid_utf8(value) || value.find('\0') != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
