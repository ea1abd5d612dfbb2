#include "features/ssh_key/ssh_public_key.h"

#include "core/encoding.h"
#include "crypto/foreign_key.h"
#include "crypto/hash.h"
#include "features/ssh_key/ssh_wire.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <optional>

namespace keystead::ssh_key {
namespace {

using crypto::Curve;

struct TypeName {
    std::string_view name;
    KeyType type;
};
constexpr std::array kTypes = {
    TypeName{"ssh-ed25519", KeyType::Ed25519},
    TypeName{"ecdsa-sha2-nistp256", KeyType::EcdsaP256},
    TypeName{"ecdsa-sha2-nistp384", KeyType::EcdsaP384},
    TypeName{"ecdsa-sha2-nistp521", KeyType::EcdsaP521},
    TypeName{"ssh-rsa", KeyType::Rsa},
    TypeName{"sk-ssh-ed25519@openssh.com", KeyType::SkEd25519},
    TypeName{"sk-ecdsa-sha2-nistp256@openssh.com", KeyType::SkEcdsaP256},
};

// What stands in every private key of that form.
constexpr std::array<std::string_view, 6> kPrivateMarks = {
    "PRIVATE KEY",            // OpenSSH, PKCS #1, PKCS #8, SEC 1, SSH.com's in capitals
    "PuTTY-User-Key-File",    // PuTTY, every version
    "Private-Lines:",         // a part of one
    "b3BlbnNzaC1rZXktdjE",    // "openssh-key-v1" without its armour
    "SSH2 ENCRYPTED PRIVATE", // SSH.com
    "SSH PRIVATE KEY FILE FORMAT",
};

Error refused(std::string_view code, std::string detail)
{
    return {ErrorKind::InvalidInput, code, std::move(detail)};
}
Error malformed()
{
    return refused("ssh-key/malformed",
                   "The key is damaged: copy the whole line of the .pub file once more.");
}

std::optional<KeyType> type_from(std::string_view name)
{
    const auto* const found = std::ranges::find(kTypes, name, &TypeName::name);
    return found == kTypes.end() ? std::nullopt : std::optional(found->type);
}

/// Why a word that stands where the type should is not one of ours.
Error foreign_type(std::string_view word)
{
    if (word.find("-cert-v") != std::string_view::npos) {
        return refused("ssh-key/certificate",
                       "This is a certificate, which ends by itself and speaks for its issuer. Add "
                       "the plain public key: the .pub file without \"-cert\".");
    }
    if (word == "ssh-dss") {
        return refused("ssh-key/dsa", "DSA keys are broken, and OpenSSH no longer takes them. Make "
                                      "an Ed25519 key instead.");
    }
    return refused("ssh-key/unknown-type",
                   "This type of key is not known. Use Ed25519, ECDSA, RSA or a security key.");
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r\n";
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string_view take_word(std::string_view& rest)
{
    const auto end = std::min(rest.find_first_of(" \t"), rest.size());
    const auto word = rest.substr(0, end);
    rest = trimmed(rest.substr(end));
    return word;
}

/// Whether a line names one of the known types later on: then what comes first are options.
bool has_options_in_front(std::string_view line)
{
    return std::ranges::any_of(kTypes, [line](const TypeName& one) {
        for (auto at = line.find(one.name); at != std::string_view::npos;
             at = line.find(one.name, at + 1)) {
            const auto end = at + one.name.size();
            const bool begins = at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t');
            if (begins && end < line.size() && (line[end] == ' ' || line[end] == '\t')) {
                return true;
            }
        }
        return false;
    });
}

int bits_of(ByteView number)
{
    return static_cast<int>(number.size() * 8) -
           std::countl_zero(std::to_integer<std::uint8_t>(number.front()));
}

bool is_odd(ByteView number)
{
    return (number.back() & std::byte{1}) != std::byte{};
}

Result<int> check_rsa(WireReader& reader)
{
    constexpr std::size_t kExponentBytesMax = 8; // what OpenSSL takes beside a long modulus
    const auto exponent = reader.positive();
    const auto modulus = reader.positive();
    if (!exponent || !modulus || !reader.is_done()) {
        return malformed();
    }
    const int bits = bits_of(*modulus);
    if (bits < kRsaBitsMin) {
        return refused("ssh-key/rsa-too-short",
                       "This RSA key has " + std::to_string(bits) +
                           " bits; it needs 3072. Make an Ed25519 key, or a longer one.");
    }
    if (bits > kRsaBitsMax) {
        return refused("ssh-key/rsa-too-long", "An RSA key has at most 16384 bits.");
    }
    const bool is_one = exponent->size() == 1 && exponent->front() == std::byte{1};
    if (!is_odd(*exponent) || is_one || exponent->size() > kExponentBytesMax || !is_odd(*modulus)) {
        return refused("ssh-key/rsa-exponent",
                       "The numbers of this RSA key are none that a sound program makes.");
    }
    return bits;
}

Result<int> check_ed25519(WireReader& reader)
{
    const auto point = reader.string();
    if (!point || point->size() != 32) {
        return malformed();
    }
    if (!crypto::is_ed25519_point(*point)) {
        return refused("ssh-key/not-on-curve", "This is no Ed25519 key: no private key has it.");
    }
    return 256;
}

struct CurveName {
    Curve curve;
    std::string_view name;
    int bits;
};

Result<int> check_ecdsa(WireReader& reader, const CurveName& wanted)
{
    const auto name = reader.text();
    const auto point = reader.string();
    if (name != wanted.name || !point) {
        return malformed();
    }
    if (!crypto::is_curve_point(wanted.curve, *point)) {
        return refused("ssh-key/not-on-curve",
                       "This is no key of the curve it names: no private key has it.");
    }
    return wanted.bits;
}

/// "ssh:" and what ssh-keygen -O application= was told (PROTOCOL.u2f).
bool read_application(WireReader& reader)
{
    const auto application = reader.text();
    return application && application->size() <= 256 && application->starts_with("ssh:") &&
           std::ranges::all_of(*application, [](char c) { return c > 0x20 && c < 0x7F; });
}

Result<int> check_key(WireReader& reader, KeyType type)
{
    constexpr CurveName kP256{Curve::P256, "nistp256", 256};
    switch (type) {
    case KeyType::Rsa: return check_rsa(reader);
    case KeyType::Ed25519:
    case KeyType::SkEd25519: return check_ed25519(reader);
    case KeyType::EcdsaP256:
    case KeyType::SkEcdsaP256: return check_ecdsa(reader, kP256);
    case KeyType::EcdsaP384: return check_ecdsa(reader, {Curve::P384, "nistp384", 384});
    case KeyType::EcdsaP521: return check_ecdsa(reader, {Curve::P521, "nistp521", 521});
    }
    std::abort(); // No default label: the compiler names the type that someone forgot.
}

} // namespace

std::string_view type_text(KeyType type)
{
    const auto* const found = std::ranges::find(kTypes, type, &TypeName::type);
    KS_ASSERT(found != kTypes.end());
    return found->name;
}

bool looks_like_private_key(std::string_view text)
{
    return std::ranges::any_of(kPrivateMarks, [text](std::string_view mark) {
        return text.find(mark) != std::string_view::npos;
    });
}

Result<PublicKey> parse_public_key_blob(ByteView blob)
{
    WireReader reader(blob);
    const auto name = reader.text();
    if (!name) {
        return malformed();
    }
    const auto type = type_from(*name);
    if (!type) {
        return foreign_type(*name);
    }
    KS_TRY(const int bits, check_key(reader, *type));
    const bool is_of_security_key = *type == KeyType::SkEd25519 || *type == KeyType::SkEcdsaP256;
    if ((is_of_security_key && !read_application(reader)) || !reader.is_done()) {
        return malformed();
    }
    return PublicKey{*type, bits, to_bytes(blob)};
}

Result<PublicKey> parse_public_key_line(std::string_view text)
{
    if (looks_like_private_key(text)) { // First of all: nothing else may be said of it.
        return refused("ssh-key/private-key",
                       "This is a private key. It was not kept, but it has left your machine: if "
                       "anyone may have seen it, make a new one. Here goes the .pub file.");
    }
    std::string_view rest = trimmed(text);
    if (rest.starts_with("---- BEGIN") || rest.starts_with("-----BEGIN")) {
        return refused("ssh-key/not-a-key",
                       "This is not OpenSSH's form. Convert it with: ssh-keygen -i -f FILE");
    }
    if (rest.find_first_of("\r\n") != std::string_view::npos) {
        return refused("ssh-key/several-lines", "One key at a time, on one line.");
    }
    if (rest.size() > kLineBytesMax || !is_valid_utf8(rest)) {
        return refused("ssh-key/not-a-key", "This is not a public key.");
    }
    const std::string_view line = rest;
    const std::string_view name = take_word(rest);
    const std::string_view base64 = take_word(rest);
    if (!type_from(name)) {
        if (has_options_in_front(line)) {
            return refused("ssh-key/options-in-front",
                           "Options such as from=\"…\" or command=\"…\" in front of a key are not "
                           "taken. Leave them out.");
        }
        if (base64.empty()) {
            return refused("ssh-key/not-a-key",
                           "This is not a public key. It begins like \"ssh-ed25519 AAAA…\".");
        }
        return foreign_type(name);
    }
    const auto blob = base64_decode(base64);
    if (!blob) {
        return malformed();
    }
    auto key = parse_public_key_blob(*blob);
    const bool says_something_else =
        key ? type_text(key->type) != name : key.error().code == "ssh-key/unknown-type";
    if (says_something_else) {
        return malformed();
    }
    return key;
}

std::string line_of(const PublicKey& key)
{
    return std::string(type_text(key.type)) + " " + base64_encode(key.blob);
}

Digest fingerprint_of(const PublicKey& key)
{
    return crypto::sha256(key.blob);
}

std::string fingerprint_text(const Digest& fingerprint)
{
    std::string text = base64_encode(fingerprint);
    text.erase(text.find_last_not_of('=') + 1);
    return "SHA256:" + text;
}

std::optional<Digest> parse_fingerprint(std::string_view text)
{
    constexpr std::string_view kLead = "SHA256:";
    const auto bytes = text.starts_with(kLead)
                           ? base64_decode(std::string(text.substr(kLead.size())) + "=")
                           : std::nullopt;
    Digest digest{};
    if (!bytes || bytes->size() != digest.size()) {
        return std::nullopt;
    }
    std::ranges::copy(*bytes, digest.begin());
    return fingerprint_text(digest) == text ? std::optional(digest) : std::nullopt;
}

} // namespace keystead::ssh_key
