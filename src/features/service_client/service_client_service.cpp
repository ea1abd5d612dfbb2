#include "features/service_client/service_client_service.h"

#include "core/client_right.h"
#include "core/encoding.h"

#include <array>
#include <utility>

namespace keystead::service_client {
namespace {

constexpr int kClientsListed = 1000;
constexpr std::size_t kCachedMax = 1000;
constexpr std::size_t kNameBytesMax = 100;

constexpr std::array<std::pair<std::string_view, ClientRight>, 4> kRights{{
    {"introspect", ClientRight::Introspect},
    {"read-accounts", ClientRight::ReadAccounts},
    {"hosts", ClientRight::Hosts},
    {"events", ClientRight::Events},
}};

} // namespace

std::optional<std::uint32_t> right_from_text(std::string_view word)
{
    for (const auto& [name, right] : kRights) {
        if (name == word) {
            return std::to_underlying(right);
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> right_names(std::uint32_t rights)
{
    std::vector<std::string_view> names;
    for (const auto& [name, right] : kRights) {
        if ((rights & std::to_underlying(right)) != 0) {
            names.push_back(name);
        }
    }
    return names;
}

ServiceClientService::ServiceClientService(ServiceClientStore& store, audit::AuditLog& audit,
                                           const crypto::KeyRing& keys, const Clock& clock,
                                           Random& random)
    : store_(store), audit_(audit), mint_(keys, random), clock_(clock), random_(random)
{
}

Result<ServiceClientService::Made> ServiceClientService::create(WriteTx& tx, const Actor& actor,
                                                                std::string_view name,
                                                                std::uint32_t rights)
{
    if (name.empty() || name.size() > kNameBytesMax || !is_valid_utf8(name) ||
        right_names(rights).empty()) {
        return Error{ErrorKind::InvalidInput, "client/invalid",
                     "A service client needs a name and at least one right."};
    }
    const Instant now = clock_.now();
    ServiceClient client{.id = ClientId::make(now, random_),
                         .name = std::string(name),
                         .rights = rights,
                         .created_at = now};
    auto token = mint_.make(crypto::TokenKind::ServiceClient, client.id.bytes());
    KS_TRY(const bool inserted, store_.insert(tx, client, token.digest));
    if (!inserted) {
        return Error{ErrorKind::Conflict, "client/name-taken",
                     "A service client of that name exists."};
    }
    std::string names;
    for (const auto right : right_names(rights)) {
        names.append(names.empty() ? "" : ",").append(right);
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "client.create",
                                .target = {"client", client.id.text()},
                                .details = {{"rights", std::move(names)}}}));
    return Made{std::move(client), std::move(token.text)};
}

Result<void> ServiceClientService::revoke(WriteTx& tx, const Actor& actor, ClientId id)
{
    KS_TRY(const auto token, store_.remove(tx, id));
    if (!token) {
        return Error{ErrorKind::NotFound, "client/not-found", "There is no such service client."};
    }
    KS_CHECK(audit_.append(
        tx, {.actor = actor, .action = "client.revoke", .target = {"client", id.text()}}));
    tx.after_commit([this, digest = *token] {
        const std::lock_guard lock(mutex_);
        ++epoch_;
        cached_.erase(digest);
    });
    return {};
}

Result<int> ServiceClientService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, store_.suspend_all(tx, clock_.now()));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "client.suspend-all",
                                .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<void> ServiceClientService::confirm(WriteTx& tx, const Actor& actor, ClientId id)
{
    KS_TRY(const bool found, store_.confirm(tx, id));
    if (!found) {
        return Error{ErrorKind::NotFound, "client/not-found", "There is no such service client."};
    }
    return audit_.append(
        tx, {.actor = actor, .action = "client.confirm", .target = {"client", id.text()}});
}

Result<std::vector<ServiceClient>> ServiceClientService::list(ReadTx& tx)
{
    return store_.list(tx, kClientsListed);
}

bool ServiceClientService::is_well_formed(std::string_view token_text) const
{
    return mint_.parse(crypto::TokenKind::ServiceClient, token_text).has_value();
}

std::optional<ServiceClient> ServiceClientService::find_cached(std::string_view token_text)
{
    const auto token = mint_.parse(crypto::TokenKind::ServiceClient, token_text);
    if (!token) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    const auto found = cached_.find(token->digest);
    return found == cached_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<ServiceClient>> ServiceClientService::load(Database& db,
                                                                std::string_view token_text)
{
    const auto token = mint_.parse(crypto::TokenKind::ServiceClient, token_text);
    if (!token) {
        return std::optional<ServiceClient>{};
    }
    const auto read_at = [this] {
        const std::lock_guard lock(mutex_);
        return epoch_;
    }();
    KS_TRY(auto client,
           db.read([&](ReadTx& tx) { return store_.find_by_token(tx, token->digest); }));
    const std::lock_guard lock(mutex_);
    if (client && epoch_ == read_at && cached_.size() < kCachedMax) {
        cached_.insert_or_assign(token->digest, *client);
    }
    return client;
}

} // namespace keystead::service_client
