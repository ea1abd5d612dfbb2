// outgoing/dns_answer_fuzz.cpp
//
// Property: an answer holds at most so many addresses, and fewer than it has bytes to name them in.
#include "outgoing/dns_answer.h"

#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::outgoing;
    const auto found = addresses_in(std::as_bytes(std::span(data, size)));
    if (found && (found->size() > kAddressesMax || found->size() * 4 > size)) {
        std::abort();
    }
    return 0;
}
