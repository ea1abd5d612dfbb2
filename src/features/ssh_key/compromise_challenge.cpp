#include "features/ssh_key/compromise_challenge.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <array>

namespace keystead::ssh_key {
namespace {

constexpr std::string_view kWords =
    "The key that signs this is compromised and must be refused everywhere on ";
constexpr std::string_view kExpires = " expires=";
constexpr std::string_view kNonce = " nonce=";
constexpr std::string_view kTag = " tag=";

std::string tag_of(const crypto::KeyRing& keys, std::string_view text)
{
    return base64url_encode(
        crypto::hmac_sha256(keys.key(crypto::KeyPurpose::SshChallenge), as_bytes(text)));
}

} // namespace

Challenge make_challenge(const crypto::KeyRing& keys, Random& random, std::string_view host,
                         Instant now)
{
    const Instant expires_at = now + kChallengeLifetime;
    std::array<std::byte, 16> nonce{};
    random.fill(nonce);
    std::string message(kWords);
    message.append(host).append(kExpires).append(rfc3339(expires_at));
    message.append(kNonce).append(base64url_encode(nonce));
    const std::string tag = tag_of(keys, message); // Of what stands before it.
    message.append(kTag).append(tag);
    return {std::move(message), expires_at};
}

bool is_live_challenge(const crypto::KeyRing& keys, std::string_view message, Instant now)
{
    const auto tag = message.rfind(kTag);
    if (tag == std::string_view::npos) {
        return false;
    }
    const auto text = message.substr(0, tag);
    if (!crypto::constant_time_equal(as_bytes(tag_of(keys, text)),
                                     as_bytes(message.substr(tag + kTag.size())))) {
        return false;
    }
    const auto begin = text.rfind(kExpires) + kExpires.size(); // It is ours: it has one.
    const auto expires_at = parse_rfc3339(text.substr(begin, text.find(' ', begin) - begin));
    return expires_at && now < *expires_at;
}

} // namespace keystead::ssh_key
