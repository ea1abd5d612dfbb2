#include "crypto/keys.h"

#include "crypto/hash.h"
#include "crypto/inventory.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::crypto {
namespace {

/// The purpose stands in the associated data too, although each has a key of its own: two locks are
/// cheap.
std::string associated_of(KeyPurpose purpose, std::string_view bound_to)
{
    return std::string(key_use(purpose).name) + "\n" + std::string(bound_to);
}

} // namespace

RootKeyRing::RootKeyRing(Secret root, Random& random) : id_(key_id_of(root)), random_(random)
{
    KS_ASSERT(root.size() == kKeyBytes);
    const Secret check = hkdf_sha256(root, "keystead/key-check", check_value_.size());
    std::ranges::copy(check.reveal(), check_value_.begin());
    for (const KeyPurpose purpose : kKeyPurposes) {
        while (keys_.size() < std::to_underlying(purpose)) {
            keys_.emplace_back(0); // numbers without a purpose
        }
        keys_.push_back(
            hkdf_sha256(root, "keystead/1/" + std::string(key_use(purpose).name), kKeyBytes));
    }
}

const Secret& RootKeyRing::key(KeyPurpose purpose) const
{
    const auto number = std::to_underlying(purpose);
    KS_ASSERT(number >= 1 && number < keys_.size());
    return keys_[number];
}

Bytes RootKeyRing::seal(KeyPurpose purpose, std::string_view bound_to, ByteView plain) const
{
    return seal_with(key(purpose), id_, associated_of(purpose, bound_to), plain, random_);
}

Result<Secret> RootKeyRing::open(KeyPurpose purpose, std::string_view bound_to,
                                 ByteView sealed) const
{
    return open_with(key(purpose), id_, associated_of(purpose, bound_to), sealed);
}

} // namespace keystead::crypto
