// features/sign_in_flow/sign_in_flow_service.h
//
// The time between the first factor and the session: a cookie of another kind (`ks_flw_…`) that
// opens the routes of this flow and nothing else. It is never promoted: the session that follows
// gets a token of its own (security.md item 20).
//
//   begun ──attempt (5 at most)──▶ begun        begun ──end──▶ (gone; once)
//     └──10 minutes──▶ over                     an account whose epoch was raised meanwhile:
//     establish() refuses it
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/secret.h"
#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/audit/audit_log.h"
#include "features/sign_in_flow/sign_in_flow_store.h"
#include "storage/database.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::sign_in_flow {

inline constexpr std::chrono::minutes kLifetime{10};
inline constexpr int kAttemptsMax = 5; // security.md item 7

struct Begun {
    Flow flow;
    Secret token;
    std::string csrf_token;
};

class SignInFlowService {
public:
    SignInFlowService(SignInFlowStore& store, audit::AuditLog& audit, const crypto::KeyRing& keys,
                      const Clock& clock, Random& random);

    /// Records sign-in.half.
    Result<Begun> begin(WriteTx& tx, const Actor& actor, Flow flow);
    /// Takes one attempt; nothing when five were taken or the time is over. The caller records what
    /// came of it.
    Result<std::optional<Flow>> take_attempt(WriteTx& tx, FlowId id);
    Result<bool> add_method(WriteTx& tx, const Flow& flow, session::Methods proved);
    /// False when another request ended it first.
    Result<bool> end(WriteTx& tx, FlowId id);
    Result<std::optional<Flow>> find(ReadTx& tx, FlowId id);
    /// Ends everyone's; the caller records it. How many.
    Result<int> end_everyones(WriteTx& tx);
    /// Removes all of the account's (erasure).
    Result<void> erase(WriteTx& tx, AccountId account);

    /// The live flow of a cookie.
    Result<std::optional<Flow>> load(Database& db, std::string_view token_text);
    bool csrf_matches(std::string_view token_text, std::string_view csrf_token) const;
    /// The anti-forgery token of a flow whose cookie the client holds.
    std::string csrf_token(std::string_view token_text) const;
    /// Job: removes what is over.
    Result<void> sweep(Database& db, Instant now);

private:
    SignInFlowStore& store_;
    audit::AuditLog& audit_;
    const crypto::KeyRing& keys_;
    crypto::TokenMint mint_;
    const Clock& clock_;
    Random& random_;
};

} // namespace keystead::sign_in_flow
