// Property: what decode_event() or decode_values() takes is the only form of what it gives, and
// memory that held another event before makes no difference.
#include "features/audit/canonical_event.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    const ByteView bytes = std::as_bytes(std::span(data, size));
    static audit::CanonicalEvent used;
    const auto event = audit::decode_event(bytes);
    if (event && !std::ranges::equal(audit::encode_event(*event), bytes)) {
        std::abort();
    }
    if (audit::decode_event(bytes, used) != event.has_value() || (event && *event != used)) {
        std::abort();
    }
    if (const auto values = audit::decode_values(bytes);
        values && !std::ranges::equal(audit::encode_values(*values), bytes)) {
        std::abort();
    }
    return 0;
}
