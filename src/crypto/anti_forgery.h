// crypto/anti_forgery.h
//
// The anti-forgery token that goes with a cookie: HMAC of the cookie's token (its digest), so that
// it needs no storage and dies with the cookie (OWASP ASVS V3.5.1).
#pragma once

#include "core/bytes.h"
#include "core/encoding.h"
#include "crypto/hash.h"
#include "crypto/keys.h"

#include <string>
#include <string_view>

namespace keystead::crypto {

inline std::string anti_forgery_token(const KeyRing& keys, const Digest& cookie_digest)
{
    return base64url_encode(hmac_sha256(keys.key(KeyPurpose::CsrfToken), cookie_digest));
}

inline bool anti_forgery_matches(const KeyRing& keys, const Digest& cookie_digest,
                                 std::string_view token)
{
    return constant_time_equal(as_bytes(anti_forgery_token(keys, cookie_digest)), as_bytes(token));
}

} // namespace keystead::crypto
