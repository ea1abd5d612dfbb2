#include "features/log_proof/signed_note.h"

#include "core/encoding.h"
#include "core/result.h"
#include "crypto/hash.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::log_proof {
namespace {

constexpr std::byte kEd25519{0x01};
constexpr std::size_t kNameBytesMax = 512;

/// "Key names MUST be non-empty, and MUST NOT contain any Unicode spaces or plus (U+002B)". Ours
/// and those we accept are ASCII.
bool is_key_name(std::string_view name)
{
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != '+'; });
}

std::array<std::byte, 4> big_endian(std::uint32_t number)
{
    return {static_cast<std::byte>(number >> 24), static_cast<std::byte>(number >> 16),
            static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
}

std::uint32_t from_big_endian(ByteView bytes)
{
    std::uint32_t number = 0;
    for (const std::byte byte : bytes.first(4)) {
        number = number << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return number;
}

/// Reads "— name base64" without its line break.
std::optional<NoteSignature> parse_signature(std::string_view line)
{
    if (!line.starts_with(kSignatureDash)) {
        return std::nullopt;
    }
    line.remove_prefix(kSignatureDash.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) {
        return std::nullopt;
    }
    const auto bytes = base64_decode(line.substr(space + 1));
    if (!bytes || bytes->size() < 5) {
        return std::nullopt;
    }
    return NoteSignature{.name = std::string(line.substr(0, space)),
                         .key_id = from_big_endian(*bytes),
                         .bytes = Bytes(bytes->begin() + 4, bytes->end())};
}

bool is_note_text(std::string_view text)
{
    return !text.empty() && text.ends_with('\n') && is_valid_utf8(text) &&
           std::ranges::none_of(text, [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
           });
}

} // namespace

std::optional<VerifierKey> VerifierKey::parse(std::string_view text)
{
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view name = text.substr(0, first);
    const auto id = hex_decode(text.substr(first + 1, second - first - 1));
    const auto bytes = base64_decode(text.substr(second + 1));
    VerifierKey key{.name = std::string(name)};
    if (!is_key_name(name) || !id || id->size() != 4 || !bytes ||
        bytes->size() != key.key.size() + 1 || bytes->front() != kEd25519) {
        return std::nullopt;
    }
    std::copy(bytes->begin() + 1, bytes->end(), key.key.begin());
    if (key.id() != from_big_endian(*id) || key.text() != text) {
        return std::nullopt;
    }
    return key;
}

std::uint32_t VerifierKey::id() const
{
    const Digest digest =
        crypto::sha256_of({as_bytes(name), as_bytes("\n"), ByteView(&kEd25519, 1), key});
    return from_big_endian(digest);
}

std::string VerifierKey::text() const
{
    Bytes bytes{kEd25519};
    bytes.insert(bytes.end(), key.begin(), key.end());
    return name + "+" + hex_encode(big_endian(id())) + "+" + base64_encode(bytes);
}

std::optional<SignedNote> SignedNote::parse(std::string_view note)
{
    constexpr std::string_view kEnd = "\n\n"; // "The note text … MUST NOT end with a blank line"
    const std::size_t split = note.rfind(kEnd);
    if (note.size() > kBytesMax || split == std::string_view::npos || !note.ends_with('\n')) {
        return std::nullopt;
    }
    SignedNote parsed{.text = std::string(note.substr(0, split + 1))};
    if (!is_note_text(parsed.text)) {
        return std::nullopt;
    }
    for (std::string_view rest = note.substr(split + 2); !rest.empty();) {
        const std::size_t end = rest.find('\n'); // there is one: the note ends with it
        auto signature = parse_signature(rest.substr(0, end));
        if (!signature || parsed.signatures.size() == kSignaturesMax) {
            return std::nullopt;
        }
        parsed.signatures.push_back(*std::move(signature));
        rest.remove_prefix(end + 1);
    }
    if (parsed.signatures.empty()) {
        return std::nullopt;
    }
    return parsed;
}

std::string SignedNote::encode() const
{
    std::string out = text + "\n";
    for (const NoteSignature& signature : signatures) {
        Bytes bytes;
        std::ranges::copy(big_endian(signature.key_id), std::back_inserter(bytes));
        bytes.insert(bytes.end(), signature.bytes.begin(), signature.bytes.end());
        out.append(kSignatureDash).append(signature.name).append(" ");
        out.append(base64_encode(bytes)).append("\n");
    }
    return out;
}

bool SignedNote::is_signed_by(const VerifierKey& key) const
{
    const std::uint32_t id = key.id();
    return std::ranges::any_of(signatures, [&](const NoteSignature& signature) {
        return signature.name == key.name && signature.key_id == id &&
               crypto::ed25519_verify(key.key, as_bytes(text), signature.bytes);
    });
}

SignedNote sign_note(std::string text, std::string_view name, const Secret& seed)
{
    KS_ASSERT(is_key_name(name) && is_note_text(text));
    const VerifierKey key{.name = std::string(name), .key = crypto::ed25519_public_key(seed)};
    const auto signature = crypto::ed25519_sign(seed, as_bytes(text));
    SignedNote note{.text = std::move(text)};
    note.signatures.push_back({key.name, key.id(), Bytes(signature.begin(), signature.end())});
    return note;
}

NotesOfFile split_notes(std::string_view contents)
{
    NotesOfFile file;
    // A note ends with its last signature line: a line that begins with the dash and is not
    // followed by another one.
    std::size_t begin = 0;
    bool in_signatures = false;
    const auto finish = [&](std::size_t end) {
        const std::string_view piece = contents.substr(begin, end - begin);
        if (auto note = SignedNote::parse(piece)) {
            file.notes.push_back(*std::move(note));
        } else if (piece.find_first_not_of('\n') != std::string_view::npos) {
            file.unreadable += 1;
        }
        begin = end;
        in_signatures = false;
    };
    for (std::size_t at = 0; at < contents.size();) {
        const std::size_t end = std::min(contents.find('\n', at), contents.size());
        const std::string_view line = contents.substr(at, end - at);
        if (in_signatures && !line.starts_with(kSignatureDash)) {
            finish(at);
            // The empty line between two notes.
            begin = line.empty() ? std::min(end + 1, contents.size()) : begin;
        } else if (line.starts_with(kSignatureDash)) {
            in_signatures = true;
        }
        at = end + 1;
    }
    finish(contents.size());
    return file;
}

} // namespace keystead::log_proof
