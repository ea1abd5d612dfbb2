#include "features/account/account_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <utility>

namespace keystead::account {
namespace {

using audit::Detail;
using audit::Target;

Error not_found()
{
    return Error{ErrorKind::NotFound, "account/not-found", "There is no such account."};
}

Error email_taken()
{
    return Error{ErrorKind::Conflict, "account/email-taken",
                 "Another account has this e-mail address."};
}

Target target_of(AccountId account)
{
    return {.kind = "account", .id = account.text()};
}

/// Code points; the bytes are UTF-8 already.
std::size_t length_of(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_control(std::string_view text)
{
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<void> check_name(std::string_view name)
{
    if (is_valid_utf8(name) && !has_control(name) && length_of(name) <= kNameLengthMax) {
        return {};
    }
    constexpr std::string_view kCode = "account/name-invalid";
    return Error{
        .kind = ErrorKind::InvalidInput,
        .code = kCode,
        .detail = "That name cannot be used.",
        .fields = {{"/name", kCode, "At most 100 characters, none of them a control character."}}};
}

void add_once(std::vector<EmailAddress>& list, EmailAddress address)
{
    if (std::ranges::find(list, address) == list.end()) {
        list.push_back(std::move(address));
    }
}

} // namespace

Result<Account> AccountService::create(WriteTx& tx, const Actor& actor, const NewAccount& wanted)
{
    KS_CHECK(check_name(wanted.name));
    const Instant now = clock_.now();
    const Account account{.id = wanted.id.is_nil() ? AccountId::make(now, random_) : wanted.id,
                          .email = wanted.email,
                          .name = wanted.name,
                          .created_at = now,
                          .state = State::Active,
                          .standing = wanted.standing,
                          .epoch = 1,
                          .personal_team = TeamId::make(now, random_)};
    KS_CHECK(store_.drop_expired_claim(tx, account.email.text(), now));
    KS_TRY(const bool claimed, store_.claim_email(tx, account.email.text(), account.id, now));
    if (!claimed) {
        return email_taken();
    }
    KS_CHECK(store_.insert(tx, account));
    KS_CHECK(store_.insert_team(tx, account.personal_team, TeamKind::Personal, account.id, now));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "account.create",
             .account = account.id,
             .target = target_of(account.id),
             .details = {
                 {.name = "email", .value = account.email.text(), .kind = Detail::Kind::Personal},
                 {.name = "standing", .value = account.is_operator() ? "operator" : "ordinary"}}}));
    return account;
}

Result<std::optional<Account>> AccountService::find_by_email(ReadTx& tx, const EmailAddress& email)
{
    return store_.find_by_email(tx, email.text());
}

Result<std::optional<Account>> AccountService::find_by_team(ReadTx& tx, TeamId team)
{
    return store_.find_by_team(tx, team);
}

Result<std::optional<Account>> AccountService::find(ReadTx& tx, AccountId account)
{
    return store_.find(tx, account);
}

Result<Account> AccountService::load(ReadTx& tx, AccountId account)
{
    KS_TRY(auto found, store_.find(tx, account));
    if (!found) {
        return not_found();
    }
    return *std::move(found);
}

Result<bool> AccountService::leaves_an_operator(WriteTx& tx, AccountId leaving)
{
    KS_TRY(const auto seen, store_.list_operators(tx));
    for (const Account& account : seen) {
        KS_CHECK(tx.lock(account.id));
    }
    KS_TRY(const auto operators, store_.list_operators(tx));
    return std::ranges::any_of(operators, [&](const Account& account) {
        return account.id != leaving && account.is_active() && !account.delete_at;
    });
}

Result<bool> AccountService::any_operator(ReadTx& tx)
{
    return store_.any_operator(tx);
}

Result<std::vector<Account>> AccountService::list(ReadTx& tx, std::string_view part,
                                                  std::optional<AccountId> after, int at_most)
{
    return store_.list(tx, part, after, at_most);
}

Result<void> AccountService::set_name(WriteTx& tx, const Actor& actor, AccountId account,
                                      std::string_view name)
{
    KS_CHECK(check_name(name));
    KS_TRY(const bool found, store_.set_name(tx, account, name));
    if (!found) {
        return not_found();
    }
    return audit_.append(
        tx, {.actor = actor,
             .action = "account.rename",
             .account = account,
             .target = target_of(account),
             .details = {
                 {.name = "name", .value = std::string(name), .kind = Detail::Kind::Personal}}});
}

Result<std::int64_t> AccountService::raise_epoch(WriteTx& tx, AccountId account)
{
    KS_TRY(const auto epoch, store_.raise_epoch(tx, account));
    if (!epoch) {
        return not_found();
    }
    return *epoch;
}

Result<void> AccountService::freeze_factors(WriteTx& tx, const Actor& actor, AccountId account,
                                            Instant until)
{
    // Whether or not a longer freeze was there already, somebody asked for one: that is recorded.
    KS_CHECK(store_.freeze_factors(tx, account, until));
    return audit_.append(tx, {.actor = actor,
                              .action = "account.freeze-factors",
                              .account = account,
                              .target = target_of(account),
                              .details = {{.name = "until", .value = rfc3339(until)}}});
}

Result<void> AccountService::check_factors_not_frozen(ReadTx& tx, AccountId account)
{
    KS_TRY(const Account found, load(tx, account));
    if (!found.factors_frozen(clock_.now())) {
        return {};
    }
    return Error{.kind = ErrorKind::Forbidden,
                 .code = "account/factors-frozen",
                 .detail = "Second factors cannot be changed for now, because a sign-in was "
                           "reported as not the owner's.",
                 .extension = "\"until\":\"" + rfc3339(*found.factors_frozen_until) + '"'};
}

Result<void> AccountService::lift_factor_freeze(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const bool lifted, store_.lift_factor_freeze(tx, account, clock_.now()));
    return lifted ? audit_.append(tx, {.actor = actor,
                                       .action = "account.unfreeze-factors",
                                       .account = account,
                                       .target = target_of(account)})
                  : Result<void>{};
}

Result<Instant> AccountService::begin_securing(WriteTx& tx, AccountId account)
{
    const Instant now = clock_.now();
    KS_TRY(const bool begun, store_.begin_securing(tx, account, now));
    if (!begun) {
        KS_CHECK(load(tx, account));
        return Error{ErrorKind::Conflict, "account/disabled",
                     "The account is disabled: nothing of it is accepted."};
    }
    return now;
}

Result<bool> AccountService::end_securing(WriteTx& tx, AccountId account)
{
    return store_.end_securing(tx, account);
}

Result<void> AccountService::check_not_being_secured([[maybe_unused]] ReadTx& tx,
                                                     [[maybe_unused]] AccountId account)
{
#ifndef KEYSTEAD_WITHOUT_SECURE_RACE
    KS_TRY(const auto found, find(tx, account));
    if (found && found->is_being_secured()) {
        return Error{ErrorKind::Forbidden, "account/being-secured",
                     "The account is being secured. Go on with that first."};
    }
#endif
    return {};
}

Result<bool> AccountService::set_state(WriteTx& tx, const Actor& actor, AccountId account, State to)
{
    const State from = to == State::Active ? State::Disabled : State::Active;
    KS_TRY(const bool changed, store_.set_state(tx, account, from, to));
    if (!changed) {
        KS_CHECK(load(tx, account)); // It was so already, or there is no such account.
    }
    KS_CHECK(
        audit_.append(tx, {.actor = actor,
                           .action = to == State::Active ? "account.enable" : "account.disable",
                           .account = account,
                           .target = target_of(account),
                           .details = {{.name = "changed", .value = changed ? "yes" : "no"}}}));
    return changed;
}

Result<std::vector<AccountId>> AccountService::put_off_deletions(WriteTx& tx, Instant until)
{
    return store_.put_off_deletions(tx, until);
}

Result<int> AccountService::set_back(WriteTx& tx, const SetBack& clock,
                                     const AccountSettings& settings)
{
    return store_.bound_times(tx, {.factors_frozen_until = clock.wall + settings.factor_freeze,
                                   .delete_at = clock.wall + settings.deletion_wait,
                                   .pending_email_until = clock.wall + settings.link_lifetime,
                                   .email_undo_until = clock.wall + settings.email_undo,
                                   .securing_since = clock.wall});
}

Result<bool> AccountService::set_delete_at(WriteTx& tx, AccountId account, Instant delete_at)
{
    return store_.set_delete_at(tx, account, delete_at);
}

Result<bool> AccountService::clear_delete_at(WriteTx& tx, AccountId account)
{
    return store_.clear_delete_at(tx, account);
}

Result<std::vector<AccountId>> AccountService::list_due_for_erasure(ReadTx& tx, Instant now,
                                                                    int at_most)
{
    return store_.list_due_for_erasure(tx, now, at_most);
}

Result<bool> AccountService::erase(WriteTx& tx, AccountId account, Instant now)
{
    KS_TRY(const bool due, store_.erase_account(tx, account, now));
    if (due) {
        KS_CHECK(store_.erase_belongings(tx, account));
    }
    return due;
}

Result<std::vector<EmailAddress>> AccountService::addresses_to_tell(ReadTx& tx, AccountId account)
{
    KS_TRY(Account found, load(tx, account));
    KS_TRY(auto further, store_.list_addresses(tx, account));
    KS_TRY(auto former, store_.list_former_emails(tx, account, clock_.now()));
    std::vector<EmailAddress> addresses{std::move(found.email)};
    for (Address& address : further) {
        if (address.confirmed_at) {
            add_once(addresses, std::move(address.email));
        }
    }
    for (EmailAddress& address : former) {
        add_once(addresses, std::move(address));
    }
    return addresses;
}

} // namespace keystead::account
