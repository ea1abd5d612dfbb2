#include "features/link/link_service.h"

#include "crypto/hash.h"

#include <array>
#include <cstdlib>
#include <utility>

namespace keystead::link {
namespace {

constexpr std::chrono::hours kKeptAfterEnd{24};

/// What at most one live link of a purpose exists for.
enum class Scope : std::uint8_t { Address, Account, AccountAndAddress, Purpose, Itself };

Scope scope_of(Purpose purpose)
{
    switch (purpose) {
    case Purpose::SignUp:
    case Purpose::Invitation:
    case Purpose::Recovery: return Scope::Address;
    case Purpose::EmailChange: return Scope::Account;
    case Purpose::NotificationAddress: return Scope::AccountAndAddress;
    case Purpose::SetUp: return Scope::Purpose;
    case Purpose::EmailUndo:
    case Purpose::NotMe:
    case Purpose::FactorResetObjection: return Scope::Itself;
    }
    std::abort();
}

/// The slot's name, as a digest: it would otherwise be one more place where an address is kept.
Digest slot_of(const Request& request, LinkId id)
{
    const std::array kind{static_cast<std::byte>(std::to_underlying(request.purpose))};
    const AccountId account = request.account.value_or(AccountId{});
    switch (scope_of(request.purpose)) {
    case Scope::Address: return crypto::sha256_of({kind, as_bytes(request.address)});
    case Scope::Account: return crypto::sha256_of({kind, account.bytes()});
    case Scope::AccountAndAddress:
        return crypto::sha256_of({kind, account.bytes(), as_bytes(request.address)});
    case Scope::Purpose: return crypto::sha256_of({kind});
    case Scope::Itself: return crypto::sha256_of({kind, id.bytes()});
    }
    std::abort();
}

} // namespace

Result<Secret> LinkService::make(WriteTx& tx, const Request& request)
{
    const Instant now = clock_.now();
    const LinkId id = LinkId::make(now, random_);
    crypto::Token token = mint_.make(crypto::TokenKind::Link, id.bytes());
    const LinkRow row{.id = id,
                      .digest = token.digest,
                      .slot = slot_of(request, id),
                      .purpose = request.purpose,
                      .effect = request.effect,
                      .account = request.account,
                      .address = request.address,
                      .reference = request.reference,
                      .made_at = now,
                      .expires_at = now + request.lifetime};
    KS_CHECK(store_.replace(tx, row));
    return std::move(token.text);
}

Result<std::optional<Binding>> LinkService::spend(WriteTx& tx, Purpose purpose,
                                                  std::string_view token)
{
    const auto parsed = mint_.parse(crypto::TokenKind::Link, token);
    if (!parsed) {
        return std::optional<Binding>{};
    }
    return store_.spend(tx, LinkId{parsed->id}, parsed->digest, purpose, clock_.now());
}

Result<std::optional<Binding>> LinkService::peek(ReadTx& tx, Purpose purpose,
                                                 std::string_view token)
{
    const auto parsed = mint_.parse(crypto::TokenKind::Link, token);
    if (!parsed) {
        return std::optional<Binding>{};
    }
    return store_.find(tx, LinkId{parsed->id}, parsed->digest, purpose, clock_.now());
}

Result<void> LinkService::void_requests(WriteTx& tx, AccountId account)
{
    return store_.end_requests_of(tx, account, clock_.now());
}

Result<void> LinkService::void_purpose(WriteTx& tx, Purpose purpose,
                                       std::optional<AccountId> account)
{
    return account ? store_.end_purpose_of(tx, *account, purpose, clock_.now())
                   : store_.end_purpose(tx, purpose, clock_.now());
}

Result<int> LinkService::void_everything(WriteTx& tx)
{
    return store_.end_all(tx, clock_.now());
}

Result<int> LinkService::set_back(WriteTx& tx, const SetBack& clock)
{
    KS_TRY(const int ended, store_.end_expired(tx, clock));
    KS_CHECK(store_.rebase(tx, clock.wall));
    return ended;
}

Result<void> LinkService::erase(WriteTx& tx, AccountId account, std::string_view address)
{
    return store_.remove_of(tx, account, address);
}

Error invalid_link()
{
    return Error{.kind = ErrorKind::InvalidInput,
                 .code = "link/invalid",
                 .detail = "This link is no longer valid. It may have been used, replaced by a "
                           "newer one, or be too old."};
}

Result<void> LinkSweep::run_once(Instant now)
{
    return database_.write([&](WriteTx& tx) -> Result<void> {
        KS_TRY(const int removed, store_.remove_ended_before(tx, now - kKeptAfterEnd));
        if (removed == 0) {
            return {};
        }
        const Actor system{.kind = ActorKind::System};
        return audit_.append(tx,
                             {.actor = system,
                              .action = "link.sweep",
                              .details = {{.name = "removed", .value = std::to_string(removed)}}});
    });
}

} // namespace keystead::link
