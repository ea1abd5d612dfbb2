// A text that was not minted is no token, whatever it looks like; and what parses has the form that
// scanners look for.
#include "crypto/keys.h"
#include "crypto/token.h"
#include "test/support/seeded_random.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    static test::SeededRandom random;
    static const crypto::RootKeyRing keys(crypto::make_key(random), random);
    static const crypto::TokenMint mint(keys, random);
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto parsed = mint.parse(crypto::TokenKind::Session, input);
    if (parsed && !crypto::has_token_form(input)) {
        std::abort();
    }
    // A minted token with one byte changed parses no more.
    static const crypto::Token token = mint.make(crypto::TokenKind::Session, IdBytes{});
    if (size >= 2) {
        std::string changed(token.text.reveal_text());
        changed[data[0] % changed.size()] = static_cast<char>(data[1]);
        if (mint.parse(crypto::TokenKind::Session, changed).has_value() !=
            (changed == token.text.reveal_text())) {
            std::abort();
        }
    }
    return 0;
}
