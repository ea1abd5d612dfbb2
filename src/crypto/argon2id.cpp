#include "crypto/argon2id.h"

#include "core/bytes.h"
#include "core/encoding.h"
#include "crypto/hash.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include <sodium.h>

namespace keystead::crypto {
namespace {

constexpr std::size_t kSaltBytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t kHashBytes = 32;
using Salt = std::array<std::byte, kSaltBytes>;

struct ParsedHash {
    Argon2idParameters parameters;
    Bytes salt;
    Bytes hash;
};

bool take(std::string_view& text, std::string_view expected)
{
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(expected.size());
    return true;
}

std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t at_most)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || text.front() == '0' || value > at_most) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// PHC strings use base64 without padding.
std::string unpadded_base64(ByteView bytes)
{
    std::string text = base64_encode(bytes);
    text.erase(std::min(text.find('='), text.size()));
    return text;
}

std::optional<Bytes> decode_unpadded_base64(std::string_view text, std::size_t size_bytes)
{
    if (text.size() > 64 || text.find('=') != std::string_view::npos) {
        return std::nullopt;
    }
    auto bytes = base64_decode(std::string(text) + std::string((4 - text.size() % 4) % 4, '='));
    return bytes && bytes->size() == size_bytes ? bytes : std::nullopt;
}

Secret phc_text(const Argon2idParameters& parameters, const Salt& salt, ByteView hash)
{
    return Secret::copy_of("$argon2id$v=19$m=" + std::to_string(parameters.memory_kib) +
                           ",t=" + std::to_string(parameters.passes) + ",p=1$" +
                           unpadded_base64(salt) + "$" + unpadded_base64(hash));
}

std::optional<ParsedHash> parse_phc(std::string_view text)
{
    if (!take(text, "$argon2id$v=19$m=")) {
        return std::nullopt;
    }
    const auto memory = take_number(text, kArgon2idCeiling.memory_kib);
    if (!memory || *memory < 8 || !take(text, ",t=")) {
        return std::nullopt;
    }
    const auto passes = take_number(text, kArgon2idCeiling.passes);
    if (!passes || !take(text, ",p=1$")) {
        return std::nullopt;
    }
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) {
        return std::nullopt;
    }
    auto salt = decode_unpadded_base64(text.substr(0, dollar), kSaltBytes);
    auto hash = decode_unpadded_base64(text.substr(dollar + 1), kHashBytes);
    if (!salt || !hash) {
        return std::nullopt;
    }
    return ParsedHash{{*memory, *passes}, std::move(*salt), std::move(*hash)};
}

} // namespace

Result<Secret> argon2id_derive(const Secret& password, const Argon2idParameters& parameters,
                               ByteView salt)
{
    KS_ASSERT(password.size() <=
              kPasswordBytesMax); // Whoever parses requests has refused longer ones.
    KS_ASSERT(salt.size() == kSaltBytes);
    Secret hash(kHashBytes);
    const auto out = hash.writable();
    // An empty secret has no address; the library wants one even for nothing.
    const std::string_view text = password.size() == 0 ? "" : password.reveal_text();
    if (crypto_pwhash(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                      text.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                      parameters.passes, std::size_t{parameters.memory_kib} * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return Error{ErrorKind::Unavailable, "crypto/out-of-memory", "The server is busy.",
                     "argon2id could not allocate", std::chrono::seconds{5}};
    }
    return hash;
}

Result<Secret> argon2id_hash(const Secret& password, const Argon2idParameters& parameters,
                             Random& random)
{
    const Salt salt = random_bytes<kSaltBytes>(random);
    KS_TRY(const Secret hash, argon2id_derive(password, parameters, salt));
    return phc_text(parameters, salt, hash.reveal());
}

Secret argon2id_decoy(const Argon2idParameters& parameters, Random& random)
{
    return phc_text(parameters, random_bytes<kSaltBytes>(random), random_bytes<kHashBytes>(random));
}

Result<bool> argon2id_verify(std::string_view phc, const Secret& password)
{
    const auto stored = parse_phc(phc);
    if (!stored) {
        return Error{ErrorKind::Internal, "crypto/hash-not-supported",
                     "The password could not be checked.",
                     "a stored password hash is malformed or beyond the ceiling"};
    }
    KS_TRY(const Secret hash, argon2id_derive(password, stored->parameters, stored->salt));
    return constant_time_equal(hash.reveal(), stored->hash);
}

bool argon2id_needs_rehash(std::string_view phc, const Argon2idParameters& parameters)
{
    const auto stored = parse_phc(phc);
    return !stored || stored->parameters.memory_kib != parameters.memory_kib ||
           stored->parameters.passes != parameters.passes;
}

} // namespace keystead::crypto
