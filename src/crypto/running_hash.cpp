#include "crypto/running_hash.h"

#include "core/result.h"

#include <openssl/evp.h>

namespace keystead::crypto {

void RunningSha256::Free::operator()(evp_md_ctx_st* context) const
{
    EVP_MD_CTX_free(context);
}

RunningSha256::RunningSha256() : context_(EVP_MD_CTX_new())
{
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    KS_ASSERT(algorithm != nullptr && context_ != nullptr);
    KS_ASSERT(EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1);
}

void RunningSha256::add(ByteView piece)
{
    KS_ASSERT(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
}

Digest RunningSha256::finish()
{
    Digest digest{};
    KS_ASSERT(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                                 nullptr) == 1);
    return digest;
}

} // namespace keystead::crypto
