#include "features/audit/audit_log.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "crypto/keys.h"

namespace keystead::audit {

Detail identifier_digest(const crypto::KeyRing& keys, std::string_view identifier)
{
    const Digest digest =
        crypto::hmac_sha256(keys.key(crypto::KeyPurpose::IdentifierDigest), as_bytes(identifier));
    return {.name = "identifier_digest", .value = base64url_encode(digest)};
}

} // namespace keystead::audit
