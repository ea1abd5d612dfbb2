// outgoing/target_fuzz.cpp
//
// Property: what may be called is https, names a host that nobody reads differently, and is the
// same when parsed again.
#include "outgoing/target.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::outgoing;
    const auto target = parse_target({reinterpret_cast<const char*>(data), size});
    if (!target) {
        return 0;
    }
    const bool plain = target->url.starts_with("https://") && target->is_encrypted &&
                       target->port != 0 && (target->literal || is_host_name(target->host)) &&
                       target->url.find('@') > target->url.find('/', 8);
    const auto again = parse_target(target->url);
    if (!plain || !again || again->host != target->host || again->port != target->port ||
        again->literal != target->literal) {
        std::abort();
    }
    return 0;
}
