// features/log_proof/signed_note.h
//
// Signed notes and verifier keys (C2SP signed-note), Ed25519 alone: other signature types in a note
// are carried and not looked at, as the specification wants. Pure.
//
//     text, which ends with a line break
//     an empty line
//     — name base64(4 bytes key id ‖ signature)      one line a signature
//
// Sources: https://c2sp.org/signed-note
#pragma once

#include "core/bytes.h"
#include "core/secret.h"
#include "crypto/ed25519.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::log_proof {

/// "name+1a2b3c4d+base64(0x01 ‖ public key)".
struct VerifierKey {
    std::string name;
    crypto::Ed25519PublicKey key = {};

    static std::optional<VerifierKey> parse(std::string_view text);
    /// The first 4 bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ key).
    std::uint32_t id() const;
    std::string text() const;
    bool operator==(const VerifierKey&) const = default;
};

/// What the line of a signature begins with: U+2014 and a space.
inline constexpr std::string_view kSignatureDash = "\xE2\x80\x94 ";

struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    Bytes bytes;
};

struct SignedNote {
    static constexpr std::size_t kBytesMax = 64 * 1024;
    static constexpr std::size_t kSignaturesMax = 16;

    std::string text;
    std::vector<NoteSignature> signatures;

    /// Nothing unless `note` is one note, whole, and within the bounds above.
    static std::optional<SignedNote> parse(std::string_view note);
    std::string encode() const;
    /// A signature of that key is there, and good.
    bool is_signed_by(const VerifierKey& key) const;
};

/// `name` is a key name (no space, no plus); `text` ends with a line break.
SignedNote sign_note(std::string text, std::string_view name, const Secret& seed);

/// The notes in a file that keeps several, one after the other with an empty line between. What is
/// torn or foreign is left out and counted.
struct NotesOfFile {
    std::vector<SignedNote> notes;
    std::size_t unreadable = 0;
};
NotesOfFile split_notes(std::string_view contents);

} // namespace keystead::log_proof
