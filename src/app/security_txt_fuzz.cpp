#include "app/security_txt.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

/// What is understood can be told of without faults that nobody could mend, and holds no key.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto read = app::read_security_txt(input);
    if (!read) {
        return 0;
    }
    const bool framed = read->signature == app::SecurityTxt::Signature::Present;
    if (!read->has("contact") || !read->has("expires") ||
        framed != input.starts_with("-----BEGIN PGP SIGNED MESSAGE-----") ||
        input.find("\n-----BEGIN PGP PRIVATE") != std::string_view::npos) {
        std::abort();
    }
    for (const auto& [name, value] : read->fields) {
        if (value.find('\n') != std::string::npos ||
            (name == "contact" && !app::is_field_uri(value))) {
            std::abort();
        }
    }
    (void)app::security_txt_faults(Settings{}, *read, Instant{});
    return 0;
}
