// features/host/host_content_service.h
//
// What a server is told: which keys open which login users, which keys it must refuse though it may
// find them elsewhere (the KRL), and a signed statement about both. Safe from any thread.
//
// Invariants: a key is listed only while it is valid, its account is active and the server is one
// that it opens; what was removed from a server is refused there as long as the server lives,
// unless it may log in there again; nothing read before a removal is answered after it.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/settings.h"
#include "crypto/ed25519.h"
#include "crypto/keys.h"
#include "features/account/account_service.h"
#include "features/host/content_cache.h"
#include "features/host/host_store.h"
#include "features/ssh_key/ssh_key_service.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::host {

struct HostContentParts {
    HostStore& store;
    HostRecordStore& records;
    account::AccountService& accounts;
    ssh_key::SshKeyService& ssh_keys;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    const HostSettings& settings;
};

class HostContentService {
public:
    explicit HostContentService(HostContentParts parts);

    /// As the transaction sees it. Errors: host/suspended (Unavailable: a back-up was restored).
    Result<std::shared_ptr<const Content>> read(ReadTx& tx, const Host& host);
    /// From memory where that may be, else read. Errors: as read(); host/required (Unauthenticated:
    /// the server was removed since its token was checked).
    Result<std::shared_ptr<const Content>> content(Database& db, const Holder& holder);
    /// The whole answer to a server that has the content `have`. Errors: as content().
    Result<std::string> snapshot(Database& db, const Holder& holder, std::string_view have);

    /// The whole answer to a server whose token, of that digest, is over: for good, since a token
    /// is made once. Errors: host/no-signer.
    Result<std::string> end_statement(Database& db, HostId host, const Digest& token);

    /// The public half of what signs; made when there is none.
    Result<crypto::Ed25519PublicKey> answer_key(WriteTx& tx);

    /// With this commit memory reads anew what the account's servers are told, or all.
    void forget(WriteTx& tx, AccountId account);
    void forget_all(WriteTx& tx);

private:
    Result<std::shared_ptr<const crypto::Ed25519Signer>> signer(Database& db);

    HostContentParts p_;
    ContentCache cache_;
    std::mutex signer_mutex_; // guards what follows
    std::shared_ptr<const crypto::Ed25519Signer> signer_;
};

/// The list of revoked keys that a content begins with.
Bytes krl_of(const Content& content);
/// Lines of authorized_keys for a login user; `fingerprint` ("SHA256:…"): that key alone; empty:
/// all.
std::string authorized_keys(const Content& content, std::string_view login_user,
                            std::string_view fingerprint);

} // namespace keystead::host
