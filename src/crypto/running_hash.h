// crypto/running_hash.h
//
// SHA-256 of bytes that come piece by piece: files larger than memory.
#pragma once

#include "core/bytes.h"

#include <memory>

struct evp_md_ctx_st;

namespace keystead::crypto {

class RunningSha256 {
public:
    RunningSha256();
    void add(ByteView piece);
    /// Of all that was added. Called once; nothing can be added after it.
    Digest finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

} // namespace keystead::crypto
