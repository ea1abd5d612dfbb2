// Any bytes typed as a password: what is accepted is what would be hashed, and normalizing twice
// changes nothing.
#include "core/encoding.h"
#include "features/password/password_policy.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    const Secret typed = Secret::copy_of(std::as_bytes(std::span(data, size)));
    const auto normalized = password::NormalizedPassword::from(typed);
    if (normalized) {
        const auto again = password::NormalizedPassword::from(normalized->text());
        if (!again || again->text().reveal_text() != normalized->text().reveal_text() ||
            !is_valid_utf8(normalized->text().reveal_text())) {
            std::abort();
        }
    }
    static const password::PasswordPolicy policy(PasswordSettings{}, "Keystead", nullptr);
    const auto accepted = policy.accept(typed, {.email = "grace@example.org", .name = "Grace"},
                                        password::SecondFactor::NotEnforced);
    if (accepted &&
        (!normalized || accepted->text().reveal_text() != normalized->text().reveal_text())) {
        std::abort();
    }
    return 0;
}
