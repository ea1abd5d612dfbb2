// features/account/email_address_fuzz.cpp
//
// Whatever is accepted is in canonical form: parsing it again changes nothing, in bounds, with one
// "@" and a domain of letters, digits, hyphens and dots.
#include "features/account/email_address.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::account;
    const std::string input(reinterpret_cast<const char*>(data), size);
    const auto parsed = EmailAddress::parse(input);
    if (!parsed) {
        return 0;
    }
    const EmailAddress& address = *parsed;
    const auto again = EmailAddress::parse(address.text());
    const bool domain_is_plain = std::ranges::all_of(address.domain(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
    const bool local_is_visible = std::ranges::none_of(address.local_part(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || (c >= 'A' && c <= 'Z');
    });
    if (!again || *again != address || address.text().size() > kEmailBytesMax ||
        address.local_part().size() > kLocalPartBytesMax || !domain_is_plain || !local_is_visible) {
        std::abort();
    }
    return 0;
}
