// Property: no file but one that a known key signed is found good; the fuzzer holds no such key.
// And a header that is taken is written the same way again.
#include "features/log_proof/audit_file_check.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    using namespace keystead::log_proof;
    static const VerifierKey kOurs{.name = "log", .key = crypto::ed25519_public_key(Secret(32))};
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (check_file(text, {.key = kOurs}).faults.empty()) {
        std::abort();
    }
    const std::string line = text.substr(0, text.find('\n'));
    if (const auto header = parse_header(line)) {
        std::string again;
        append_header(again, *header);
        if (again != line + "\n") {
            std::abort();
        }
    }
    return 0;
}
