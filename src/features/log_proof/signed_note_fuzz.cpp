// Property: what is taken for a note, a checkpoint, a verifier key or a tile path is the only way
// to write it; and no note that the fuzzer makes is signed by a key of ours.
#include "features/log_proof/checkpoint.h"
#include "features/log_proof/signed_note.h"
#include "features/log_proof/tile_path.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    using namespace keystead::log_proof;
    const std::string text(reinterpret_cast<const char*>(data), size);
    static const VerifierKey kOurs{.name = "log", .key = crypto::ed25519_public_key(Secret(32))};
    if (const auto note = SignedNote::parse(text)) {
        if (note->encode() != text || note->is_signed_by(kOurs)) {
            std::abort();
        }
    }
    if (const auto checkpoint = Checkpoint::parse(text);
        checkpoint && !text.starts_with(checkpoint->text())) {
        std::abort();
    }
    if (const auto key = VerifierKey::parse(text); key && key->text() != text) {
        std::abort();
    }
    for (const SignedNote& note : split_notes(text).notes) {
        if (text.find(note.encode()) == std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
