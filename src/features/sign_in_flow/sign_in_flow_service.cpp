#include "features/sign_in_flow/sign_in_flow_service.h"

#include "crypto/anti_forgery.h"

#include <utility>

namespace keystead::sign_in_flow {

SignInFlowService::SignInFlowService(SignInFlowStore& store, audit::AuditLog& audit,
                                     const crypto::KeyRing& keys, const Clock& clock,
                                     Random& random)
    : store_(store), audit_(audit), keys_(keys), mint_(keys, random), clock_(clock), random_(random)
{
}

Result<Begun> SignInFlowService::begin(WriteTx& tx, const Actor& actor, Flow flow)
{
    const Instant now = clock_.now();
    flow.id = FlowId::make(now, random_);
    flow.expires_at = now + kLifetime;
    auto token = mint_.make(crypto::TokenKind::Flow, flow.id.bytes());
    KS_CHECK(store_.insert(tx, flow, token.digest));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "sign-in.half",
                                .account = flow.account,
                                .target = {"flow", flow.id.text()},
                                .details = {{"by", flow.methods.stored()}}}));
    auto csrf = crypto::anti_forgery_token(keys_, token.digest);
    return Begun{std::move(flow), std::move(token.text), std::move(csrf)};
}

Result<std::optional<Flow>> SignInFlowService::take_attempt(WriteTx& tx, FlowId id)
{
    return store_.take_attempt(tx, id, kAttemptsMax, clock_.now());
}

Result<bool> SignInFlowService::add_method(WriteTx& tx, const Flow& flow, session::Methods proved)
{
    return store_.set_methods(tx, flow.id, flow.methods.with(proved));
}

Result<bool> SignInFlowService::end(WriteTx& tx, FlowId id)
{
    return store_.remove(tx, id);
}

Result<std::optional<Flow>> SignInFlowService::find(ReadTx& tx, FlowId id)
{
    return store_.find(tx, id, clock_.now());
}

Result<int> SignInFlowService::end_everyones(WriteTx& tx)
{
    return store_.remove_all(tx);
}

Result<void> SignInFlowService::erase(WriteTx& tx, AccountId account)
{
    return store_.remove_of_account(tx, account);
}

Result<std::optional<Flow>> SignInFlowService::load(Database& db, std::string_view token_text)
{
    const auto token = mint_.parse(crypto::TokenKind::Flow, token_text);
    if (!token) {
        return std::optional<Flow>{};
    }
    return db.read(
        [&](ReadTx& tx) { return store_.find_by_token(tx, token->digest, clock_.now()); });
}

bool SignInFlowService::csrf_matches(std::string_view token_text, std::string_view csrf) const
{
    const auto token = mint_.parse(crypto::TokenKind::Flow, token_text);
    return token && crypto::anti_forgery_matches(keys_, token->digest, csrf);
}

std::string SignInFlowService::csrf_token(std::string_view token_text) const
{
    const auto token = mint_.parse(crypto::TokenKind::Flow, token_text);
    return token ? crypto::anti_forgery_token(keys_, token->digest) : std::string{};
}

Result<void> SignInFlowService::sweep(Database& db, Instant now)
{
    const Actor system{.kind = ActorKind::System};
    return db.write([&](WriteTx& tx) -> Result<void> {
        KS_TRY(const int removed, store_.remove_over(tx, now));
        if (removed == 0) {
            return {};
        }
        return audit_.append(tx, {.actor = system,
                                  .action = "sign-in.sweep",
                                  .details = {{"count", std::to_string(removed)}}});
    });
}

} // namespace keystead::sign_in_flow
