// A report of leaked tokens: whatever comes, at most so many tokens come out, and none of a
// malformed report is acted on.
#include "features/api_token/leak_report.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::api_token;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto report = parse_leak_report(input);
    if (report) {
        const bool one = report->form == LeakReport::Form::One;
        if (report->items.empty() || report->items.size() > kLeakedMax ||
            (one && report->items.size() != 1)) {
            std::abort();
        }
    }
    return 0;
}
