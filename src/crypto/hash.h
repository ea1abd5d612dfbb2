// crypto/hash.h
//
// SHA-256, HMAC-SHA-256, HMAC-SHA-1 (TOTP only), SHA-1 (breach lists only), HKDF-SHA-256 (RFC 5869)
// and comparison in constant time. OpenSSL 3 with algorithm objects fetched once; contexts re-used
// per thread.
#pragma once

#include "core/bytes.h"
#include "core/secret.h"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace keystead::crypto {

Digest sha256(ByteView data);
/// SHA-256 of the parts, one after the other.
Digest sha256_of(std::initializer_list<ByteView> parts);
Digest hmac_sha256(const Secret& key, ByteView data);
/// For lists of breached passwords, which are published as SHA-1, and for nothing that must resist
/// collisions.
std::array<std::byte, 20> sha1(ByteView data);
std::array<std::byte, 20> hmac_sha1(const Secret& key, ByteView data);
/// HKDF-Expand after Extract with an empty salt; `info` names the purpose.
Secret hkdf_sha256(const Secret& key, std::string_view info, std::size_t size_bytes);
/// Same length and same bytes, in time that depends on the length alone.
bool constant_time_equal(ByteView a, ByteView b);

} // namespace keystead::crypto
