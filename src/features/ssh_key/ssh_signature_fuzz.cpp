// A pasted signature over a message that nobody signed: refused, whatever it says.
#include "features/ssh_key/ssh_signature.h"

#include "core/encoding.h"

#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    constexpr ssh_key::SignedMessage kMessage{"nobody", "has signed this"};
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string armored = "-----BEGIN SSH SIGNATURE-----\n" + base64_encode(as_bytes(input)) +
                                "\n-----END SSH SIGNATURE-----";
    if (ssh_key::verify_signature(input, kMessage) ||
        ssh_key::verify_signature(armored, kMessage)) {
        std::abort();
    }
    return 0;
}
