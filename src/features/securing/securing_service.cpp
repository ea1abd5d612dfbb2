#include "features/securing/securing_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <utility>

namespace keystead::securing {
namespace {

constexpr std::string_view kReason = "account-secured";
constexpr std::chrono::days kReviewed{90}; // before the freeze, as far as the log is kept
constexpr EventId kAllUsual{};
constexpr std::string_view kTold = "product_event.record";

Error conflict(std::string_view code, std::string detail)
{
    return {ErrorKind::Conflict, code, std::move(detail)};
}

Error not_begun()
{
    return conflict("securing/not-begun", "This account is not being secured.");
}

/// Chosen by the database: whatever an account can be flooded with takes no place of another line.
audit::ActivityQuery lines_of(Instant since, std::optional<LineKind> kind)
{
    using audit::ActionSet;
    audit::ActivityQuery query{.from = since - kReviewed, .before = since};
    query.actions = {names_of(kind.value_or(LineKind::Part)), ActionSet::Sense::AllBut};
    if (kind == LineKind::Usual) {
        query.actions.sense = ActionSet::Sense::Only;
    }
    return query;
}

/// A product tells when it gets round to it: what the account did there before the freeze may be
/// recorded after it.
bool is_told_later(const audit::Activity& activity, Instant since)
{
    if (activity.action != kTold || activity.at < since) {
        return false;
    }
    const auto said = std::ranges::find(activity.details, "occurred_at",
                                        &std::pair<std::string, std::string>::first);
    const auto at = said == activity.details.end() ? std::nullopt : parse_rfc3339(said->second);
    return at && *at < since && *at >= since - kReviewed;
}

std::optional<Verdict> verdict_of(const std::map<EventId, Verdict>& verdicts,
                                  const audit::Activity& activity)
{
    auto said = verdicts.find(activity.id);
    if (said == verdicts.end() && kind_of(activity.action) == LineKind::Usual) {
        said = verdicts.find(kAllUsual);
    }
    return said == verdicts.end() ? std::nullopt : std::optional(said->second);
}

Error other_step(const Progress& progress)
{
    Error error{ErrorKind::Forbidden, "securing/other-step",
                "Something else has to be done first."};
    const auto current = progress.current();
    error.extension = "\"step\":\"" + std::string(current ? text_of(*current) : "finish") + '"';
    return error;
}

/// All up to `last`, in their order.
Result<void> check_done([[maybe_unused]] const Progress& found, [[maybe_unused]] Step last)
{
#ifndef KEYSTEAD_WITHOUT_SECURE_STEPS
    const auto open = found.current();
    if (open && *open <= last) {
        auto error = other_step(found);
        error.kind = ErrorKind::Conflict;
        error.code = "securing/not-done";
        return error;
    }
#endif
    return {};
}

template <class T> int count_enabled(const T& webhooks)
{
    return static_cast<int>(std::ranges::count_if(webhooks, [](const auto& view) {
        return view.endpoint.state == webhook::EndpointState::Enabled;
    }));
}

} // namespace

Result<Frozen> SecuringService::freeze(WriteTx& tx, const Actor& actor, AccountId account,
                                       Asker asker)
{
    KS_CHECK(tx.lock(account));
    std::optional<session::Session> asking;
    if (asker == Asker::Owner) {
        KS_TRY(asking, p_.sessions.find(tx, account, actor.session));
        if (!asking) { // It ended while the request was on its way: another freeze, maybe.
            return Error{ErrorKind::NotFound, "session/not-found", "That session has ended."};
        }
    }
    // Links from before may be in anybody's hands, and all that they could end ends here.
#ifndef KEYSTEAD_WITHOUT_SECURE_NOT_ME
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::NotMe, account));
#endif
    bool unlocks = asking.has_value();
#ifndef KEYSTEAD_WITHOUT_SECURE_LOCK
    unlocks = unlocks && asking->methods.has_second_factor();
#endif
    if (unlocks) {
        // Whoever asks has proved it. With the password alone it stays as it was: a thief who has
        // that must not come to add a factor by freezing the account (recovery lifts it).
        KS_CHECK(p_.accounts.lift_factor_freeze(tx, actor, account));
    }
    KS_TRY(const Instant since, p_.accounts.begin_securing(tx, account));
    KS_TRY(auto frozen_account, p_.accounts.load(tx, account));
    Frozen frozen{.account = std::move(frozen_account), .since = since};
    KS_CHECK(end_everything(tx, actor, frozen));
    KS_CHECK(store_.begin(tx, account));
    KS_CHECK(store_.remove_verdicts(tx, account));
    if (asking) {
        KS_TRY(auto own, p_.sessions.begin_in_place_of(tx, actor, *asking));
        frozen.own.emplace(std::move(own));
    }
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "account.secure",
                                  .account = account,
                                  .target = {"account", account.text()},
                                  .details = {{"sessions", std::to_string(frozen.sessions)},
                                              {"tokens", std::to_string(frozen.tokens)},
                                              {"ssh_keys", std::to_string(frozen.ssh_keys)},
                                              {"webhooks", std::to_string(frozen.webhooks)}}}));
    KS_CHECK(p_.notices.tell_owner(tx, actor, account, notify::Purpose::AccountFrozen));
    KS_TRY(frozen.unconfirmed, unconfirmed_servers(tx, account));
    return frozen;
}

// Webhooks first: what the others record is an event that they would hear of.
Result<void> SecuringService::end_everything(WriteTx& tx, const Actor& actor, Frozen& frozen)
{
    const AccountId account = frozen.account.id;
    KS_TRY(const auto webhooks, p_.webhooks.list(tx, account));
    frozen.webhooks = count_enabled(webhooks);
    KS_CHECK(p_.webhooks.suspend_of(tx, actor, account));
    KS_TRY(const auto sessions, p_.sessions.list(tx, account));
    frozen.sessions = static_cast<int>(sessions.size());
#ifndef KEYSTEAD_WITHOUT_SECURE_SESSIONS
    KS_CHECK(p_.sessions.end_all(tx, actor, account, kReason)); // And every flow, by the epoch.
#endif
    KS_CHECK(p_.flows.erase(tx, account));
    KS_TRY(frozen.tokens, p_.tokens.suspend_of(tx, actor, account));
    KS_TRY(frozen.ssh_keys, p_.ssh_keys.suspend_of(tx, actor, account));
    KS_CHECK(p_.servers.follow(tx, account));
    KS_CHECK(p_.links.void_requests(tx, account));
    KS_CHECK(p_.totp.cancel_enrollment(tx, actor, account));
#ifndef KEYSTEAD_WITHOUT_SECURE_RESET
    KS_CHECK(p_.factor_resets.cancel_any(tx, actor, account)); // An operator was talked into it.
#endif
    KS_CHECK(p_.devices.forget_devices(tx, account));
#ifndef KEYSTEAD_WITHOUT_SECURE_PASSWORD
    KS_TRY([[maybe_unused]] const bool has_password,
           p_.passwords.require_change(tx, actor, account));
#endif
    return {};
}

Result<std::vector<Server>> SecuringService::unconfirmed_servers(ReadTx& tx, AccountId account)
{
    return p_.servers.list_unconfirmed(tx, account);
}

// An authenticator from before may have been copied, as may codes: both are made anew, the codes
// after the authenticator, so that none counts that was made before the freeze took hold.
Result<std::uint32_t> SecuringService::factors_left(ReadTx& tx, AccountId account, Instant since)
{
    KS_TRY(const auto authenticators, p_.totp.list(tx, account));
    const auto fresh = std::ranges::find_if(authenticators, [since](const auto& one) {
        return one.confirmed && one.created_at > since;
    });
    if (fresh == authenticators.end()) {
        return 2;
    }
    KS_TRY(const auto codes, p_.backup_codes.status(tx, account));
    const bool has_codes =
        codes.created_at && *codes.created_at > fresh->created_at && !codes.suspended;
    return has_codes ? 0 : 1;
}

Result<std::uint32_t> SecuringService::lines_left(ReadTx& tx, AccountId account, Instant since,
                                                  std::optional<LineKind> kind)
{
    KS_TRY(const auto verdicts, store_.list_verdicts(tx, account));
    if (verdicts.contains(kAllUsual)) { // Whatever is left is grave.
        if (kind == LineKind::Usual) {
            return 0U;
        }
        kind = LineKind::Grave;
    }
    std::vector<EventId> said; // In order: a map is.
    for (const auto& one : verdicts) {
        said.push_back(one.first);
    }
    return p_.activity.count_for_account(tx, account, lines_of(since, kind), said, kLinesCounted);
}

Result<std::optional<Progress>> SecuringService::progress(ReadTx& tx, AccountId account)
{
    return progress(tx, account, Lines::Counted);
}

Result<std::optional<Progress>> SecuringService::progress(ReadTx& tx, AccountId account,
                                                          Lines counted)
{
    KS_TRY(const auto found, p_.accounts.find(tx, account));
    if (!found || !found->is_being_secured()) {
        return std::optional<Progress>{};
    }
    Progress progress{.since = *found->securing_since};
    KS_TRY(const auto password, p_.passwords.find(tx, account));
    KS_TRY(const auto factors, factors_left(tx, account, progress.since));
    KS_TRY(const auto tokens, p_.tokens.list(tx, account));
    KS_TRY(const auto keys, p_.ssh_keys.list(tx, account));
    KS_TRY(const bool addresses_checked, store_.addresses_checked(tx, account));
    std::uint32_t lines = 1;
    if (counted == Lines::Counted) {
        KS_TRY(lines, lines_left(tx, account, progress.since, std::nullopt));
    }
    // One that expires meanwhile opens nothing any more: there is nothing to replace.
    const auto suspended_tokens = std::ranges::count_if(tokens, [&](const auto& listed) {
        return listed.token.state(p_.clock.now()) == api_token::State::Suspended;
    });
    const auto suspended_keys =
        std::ranges::count_if(keys, [](const auto& key) { return key.suspended_at.has_value(); });
    progress.left = {password && password->must_change ? 1U : 0U,
                     factors,
                     static_cast<std::uint32_t>(suspended_tokens),
                     static_cast<std::uint32_t>(suspended_keys),
                     addresses_checked ? 0U : 1U,
                     lines};
    return std::optional(progress);
}

Result<Progress> SecuringService::must_be_under_way(ReadTx& tx, AccountId account, Lines counted)
{
    KS_TRY(const auto found, progress(tx, account, counted));
    if (!found) {
        return not_begun();
    }
    return *found;
}

Result<void> SecuringService::check_step(ReadTx& tx, AccountId account, Step step)
{
    KS_TRY(const Progress found, must_be_under_way(tx, account, Lines::LeftOut));
    return found.current() == step ? Result<void>{} : Result<void>{other_step(found)};
}

Result<void> SecuringService::check_reached(ReadTx& tx, AccountId account, Step step)
{
    KS_TRY(const Progress found, must_be_under_way(tx, account, Lines::LeftOut));
    const auto current = found.current();
    return current && *current < step ? Result<void>{other_step(found)} : Result<void>{};
}

Result<void> SecuringService::factor_confirmed(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const auto account, p_.accounts.load(tx, actor.account));
    return account.is_being_secured()
               ? p_.totp.remove_older(tx, actor, account.id, *account.securing_since)
               : Result<void>{};
}

Result<api_token::Made> SecuringService::replace_token(WriteTx& tx, const Actor& actor,
                                                       TokenId token)
{
    KS_CHECK(tx.lock(actor.account));
    KS_CHECK(check_reached(tx, actor.account, Step::Tokens));
    return p_.tokens.replace(tx, actor, actor.account, token);
}

Result<void> SecuringService::check_addresses(WriteTx& tx, const Actor& actor,
                                              std::span<const std::string> known)
{
    KS_CHECK(tx.lock(actor.account));
    KS_CHECK(check_step(tx, actor.account, Step::Addresses));
    KS_TRY(const auto listed, p_.addresses.list(tx, actor.account));
    std::vector<std::string> there;
    for (const auto& one : listed) {
        there.push_back(one.address.email.text());
    }
    std::vector<std::string> seen(known.begin(), known.end());
    std::ranges::sort(there);
    std::ranges::sort(seen);
    if (there != seen) {
        return conflict("securing/addresses-changed",
                        "These are not the account's addresses. Look at the list again.");
    }
    KS_TRY([[maybe_unused]] const bool marked, store_.set_addresses_checked(tx, actor.account));
    return p_.audit.append(tx, {.actor = actor,
                                .action = "account.secure-addresses",
                                .account = actor.account,
                                .target = {"account", actor.account.text()},
                                .details = {{"count", std::to_string(there.size())}}});
}

Result<LinesPage> SecuringService::list_lines(ReadTx& tx, AccountId account,
                                              const LinesQuery& query)
{
    KS_TRY(const auto found, p_.accounts.load(tx, account));
    if (!found.securing_since) {
        return LinesPage{};
    }
    const Instant since = *found.securing_since;
    KS_TRY(const auto verdicts, store_.list_verdicts(tx, account));
    auto asked = lines_of(since, query.kind);
    asked.cursor = query.cursor;
    asked.limit = query.limit;
    KS_TRY(auto read, p_.activity.list_for_account(tx, account, asked));
    LinesPage page{.items = {}, .next_cursor = std::move(read.next_cursor)};
    for (auto& activity : read.items) {
        const auto said = verdict_of(verdicts, activity);
        page.items.push_back({std::move(activity), said});
    }
    KS_TRY(page.left, lines_left(tx, account, since, query.kind));
    if (query.cursor.empty() && query.kind != LineKind::Grave) {
        KS_TRY(page.told_later, list_told_later(tx, account, since));
    }
    return page;
}

Result<std::vector<Line>> SecuringService::list_told_later(ReadTx& tx, AccountId account,
                                                           Instant since)
{
    constexpr int kPagesLookedAt = 10; // A product may tell of much that is new, too.
    KS_TRY(const auto verdicts, store_.list_verdicts(tx, account));
    audit::ActivityQuery query{.limit = kToldLaterMax, .action = std::string(kTold), .from = since};
    std::vector<Line> lines;
    for (int page = 0; page < kPagesLookedAt; ++page) {
        KS_TRY(auto read, p_.activity.list_for_account(tx, account, query));
        for (auto& activity : read.items) {
            if (lines.size() < kToldLaterMax && is_told_later(activity, since)) {
                const auto said = verdict_of(verdicts, activity);
                lines.push_back({std::move(activity), said});
            }
        }
        if (!read.next_cursor || lines.size() == kToldLaterMax) {
            break;
        }
        query.cursor = *std::move(read.next_cursor);
    }
    return lines;
}

Result<void> SecuringService::review_line(WriteTx& tx, const Actor& actor, EventId line,
                                          Verdict verdict, Instant since)
{
    KS_TRY(const auto activity, p_.activity.find_for_account(tx, actor.account, line));
    const bool is_line = activity && (is_told_later(*activity, since) ||
                                      (kind_of(activity->action) != LineKind::Part &&
                                       activity->at < since && activity->at >= since - kReviewed));
    if (!is_line) {
        return Error{ErrorKind::NotFound, "securing/no-such-line",
                     "That is no line of the activity to look at."};
    }
    KS_CHECK(store_.put_verdict(tx, actor.account, line, verdict));
    return p_.audit.append(tx, {.actor = actor,
                                .action = "account.secure-review",
                                .account = actor.account,
                                .target = {"event", line.text()},
                                .details = {{"verdict", std::string(text_of(verdict))},
                                            {"action", activity->action}}});
}

Result<void> SecuringService::review(WriteTx& tx, const Actor& actor, const Review& said)
{
    const AccountId account = actor.account;
    KS_CHECK(tx.lock(account));
    KS_TRY(const auto found, p_.accounts.load(tx, account));
    if (!found.securing_since) {
        return not_begun();
    }
    const Instant since = *found.securing_since;
    for (const EventId line : said.lines) {
        KS_CHECK(review_line(tx, actor, line, said.verdict, since));
    }
    if (said.others == Review::Others::None) {
        return {};
    }
    KS_TRY(const auto left, lines_left(tx, account, since, LineKind::Usual));
    KS_CHECK(store_.put_verdict(tx, account, kAllUsual, said.verdict));
    return p_.audit.append(tx, {.actor = actor,
                                .action = "account.secure-review",
                                .account = account,
                                .target = {"account", account.text()},
                                .details = {{"verdict", std::string(text_of(said.verdict))},
                                            {"count", std::to_string(left)}}});
}

Result<Finished> SecuringService::finish(Database& database, const Actor& actor)
{
    KS_TRY(const Progress looked, database.read([&](ReadTx& tx) {
        return must_be_under_way(tx, actor.account, Lines::Counted);
    }));
    KS_CHECK(check_done(looked, Step::Activity));
    return database.write_essential([&](WriteTx& tx) { return finish(tx, actor, looked.since); });
}

Result<Finished> SecuringService::finish(WriteTx& tx, const Actor& actor, Instant looked_since)
{
    const AccountId account = actor.account;
    KS_CHECK(tx.lock(account));
    KS_TRY(const Progress found, must_be_under_way(tx, account, Lines::LeftOut));
    if (found.since != looked_since) { // Frozen anew meanwhile, with other lines to look at.
        return conflict("securing/not-done", "The account was frozen again.");
    }
    KS_CHECK(check_done(found, Step::Addresses));
    KS_TRY([[maybe_unused]] const bool ended, p_.accounts.end_securing(tx, account));
    KS_CHECK(store_.remove(tx, account));
    KS_CHECK(store_.remove_verdicts(tx, account));
    // Flows that began meanwhile would lead into a session of the time before.
    KS_TRY([[maybe_unused]] const auto epoch, p_.accounts.raise_epoch(tx, account));
    KS_TRY([[maybe_unused]] const int others,
           p_.sessions.revoke_others(tx, actor, account, actor.session, kReason));
    KS_TRY(auto session,
           p_.sessions.renew(tx, actor, account, actor.session, {}, session::Proof::Weaker));
    KS_CHECK(p_.tokens.forget_cached(tx, account));
    // The flow's own mails went to every address that was there, those taken out in it too.
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::NotMe, account));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "account.secure-finish",
                                  .account = account,
                                  .target = {"account", account.text()}}));
    KS_CHECK(p_.notices.tell_owner(tx, actor, account, notify::Purpose::AccountSecured));
    KS_TRY(auto owner, p_.accounts.load(tx, account));
    return Finished{std::move(session), std::move(owner)};
}

Result<void> SecuringService::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(store_.remove(tx, account));
    return store_.remove_verdicts(tx, account);
}

} // namespace keystead::securing
