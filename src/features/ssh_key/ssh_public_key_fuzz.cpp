// A pasted public key: what is taken says the same again in its own words, and a refusal has a
// reason that quotes nothing.
#include "features/ssh_key/ssh_public_key.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::ssh_key;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto key = parse_public_key_line(input);
    if (!key) {
        return key.error().detail.empty() || key.error().detail.size() > 300 ? std::abort(), 0 : 0;
    }
    const auto again = parse_public_key_line(line_of(*key));
    if (looks_like_private_key(input) || !again || *again != *key ||
        key->blob.size() > input.size()) {
        std::abort();
    }
    return 0;
}
