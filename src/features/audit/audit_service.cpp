#include "features/audit/audit_service.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/audit/audit_reader_service.h"

#include <algorithm>
#include <string_view>

namespace keystead::audit {

namespace {

// Facts that the log adds of itself: the circumstances of who acted.
constexpr std::string_view kIp = "ip";
constexpr std::string_view kUserAgent = "user_agent";
constexpr std::string_view kHintBrands = "hint_brands";
constexpr std::string_view kHintPlatform = "hint_platform";
constexpr std::string_view kHintMobile = "hint_mobile";

enum class Part : std::uint8_t { Circumstances = 0, Details = 1 };

std::string_view cut(std::string_view text)
{
    return text.substr(0, kTextBytesMax);
}

/// Puts a personal text into an event as a commitment, and keeps its value and salt aside.
void commit_fact(CanonicalEvent& event, std::vector<PersonalValue>& values, Random& random,
                 std::string_view name, std::string_view text)
{
    if (text.empty()) {
        return;
    }
    KS_ASSERT(event.facts.size() < kFactsMax);
    PersonalValue value{.position = static_cast<std::uint8_t>(event.facts.size()),
                        .salt = random_bytes<sizeof(Salt)>(random),
                        .value = std::string(cut(text))};
    event.facts.push_back({std::string(name), commit_to(value.salt, value.value)});
    values.push_back(std::move(value));
}

IdBytes actor_id(const Actor& actor)
{
    switch (actor.kind) {
    case ActorKind::Account: return actor.account.bytes();
    case ActorKind::ServiceClient: return actor.client.bytes();
    case ActorKind::Nobody:
    case ActorKind::Operator:
    case ActorKind::System: return {};
    }
    std::abort();
}

std::string actor_text(const CanonicalEvent& event)
{
    switch (event.actor_kind) {
    case ActorKind::Account: return AccountId{event.actor}.text();
    case ActorKind::ServiceClient: return ClientId{event.actor}.text();
    case ActorKind::Nobody:
    case ActorKind::Operator:
    case ActorKind::System: return {};
    }
    std::abort();
}

/// The acting account; nothing when no account acts.
std::optional<AccountId> acting_account(const Actor& actor)
{
    return actor.kind == ActorKind::Account ? std::optional(actor.account) : std::nullopt;
}

Error event_damaged(EventId id)
{
    return {.code = "audit/event-damaged", .cause = "audit event " + id.text() + " cannot be read"};
}

/// The member of an activity that a fact of the log's own belongs to; null for a detail.
std::string* circumstance(Activity& activity, std::string_view name)
{
    if (name == kIp) {
        return &activity.ip;
    }
    if (name == kUserAgent) {
        return &activity.client.user_agent;
    }
    if (name == kHintBrands) {
        return &activity.client.hint_brands;
    }
    if (name == kHintPlatform) {
        return &activity.client.hint_platform;
    }
    return name == kHintMobile ? &activity.client.hint_mobile : nullptr;
}

Result<Activity> stored_activity(const AccountEvent& stored)
{
    auto event = decode_event(stored.canonical);
    auto values = stored.values ? decode_values(*stored.values) : std::vector<PersonalValue>{};
    if (!event || !values) {
        return event_damaged(stored.id);
    }
    auto activity = activity_of(*std::move(event), *std::move(values));
    if (!activity) {
        return event_damaged(stored.id);
    }
    return *std::move(activity);
}

AuditStore::AccountFilter filter_of(const ActivityQuery& query)
{
    return {query.action, query.outcome, query.from, query.before, query.actions};
}

std::string cursor_bound_to(AccountId account)
{
    return "audit/activity/" + account.text();
}

Result<std::optional<EventId>> parse_cursor(const crypto::KeyRing& keys, AccountId account,
                                            std::string_view cursor)
{
    if (cursor.empty()) {
        return std::optional<EventId>{};
    }
    const Error refused{.kind = ErrorKind::InvalidInput,
                        .code = "request/invalid-cursor",
                        .detail = "This cursor is not one that this list gave."};
    const auto sealed = base64url_decode(cursor);
    if (!sealed) {
        return refused;
    }
    const auto opened =
        keys.open(crypto::KeyPurpose::CursorSeal, cursor_bound_to(account), *sealed);
    IdBytes id{};
    if (!opened || opened->size() != id.size()) {
        return refused;
    }
    std::ranges::copy(opened->reveal(), id.begin());
    return std::optional(EventId{id});
}

/// Text of unknown encoding for JSON: what is not UTF-8 is shown as hexadecimal, so that nothing is
/// left out.
std::string exportable(const std::string& text)
{
    return is_valid_utf8(text) ? text : hex_encode(as_bytes(text));
}

std::string_view outcome_text(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Refused: return "refused";
    case Outcome::Failed: return "failed";
    }
    std::abort();
}

void write_exported(JsonWriter& json, const Activity& activity)
{
    json.begin_object()
        .member("id", activity.id.text())
        .member("at", activity.at)
        .member("action", activity.action)
        .member("outcome", outcome_text(activity.outcome))
        .member("actor_id", activity.actor_id)
        .member("target_kind", activity.target.kind)
        .member("target_id", activity.target.id)
        .member("ip", exportable(activity.ip))
        .member("user_agent", exportable(activity.client.user_agent))
        .member("hint_brands", exportable(activity.client.hint_brands))
        .member("hint_platform", exportable(activity.client.hint_platform))
        .member("hint_mobile", exportable(activity.client.hint_mobile));
    json.key("details").begin_object();
    for (const auto& [name, value] : activity.details) {
        json.member(name, exportable(value));
    }
    json.end_object().end_object();
}

} // namespace

std::optional<Activity> activity_of(CanonicalEvent event, std::vector<PersonalValue> values)
{
    Activity activity{.id = event.id,
                      .at = event.at,
                      .action = std::move(event.action),
                      .outcome = event.outcome,
                      .actor_kind = event.actor_kind,
                      .actor_id = actor_text(event),
                      .target = {std::move(event.target_kind), std::move(event.target_id)}};
    for (Fact& fact : event.facts) {
        if (auto* plain = std::get_if<std::string>(&fact.value)) {
            activity.details.emplace_back(std::move(fact.name), std::move(*plain));
        }
    }
    for (PersonalValue& value : values) {
        if (value.position >= event.facts.size()) {
            return std::nullopt;
        }
        std::string& name = event.facts[value.position].name;
        if (std::string* member = circumstance(activity, name)) {
            *member = std::move(value.value);
        } else {
            activity.details.emplace_back(std::move(name), std::move(value.value));
        }
    }
    return activity;
}

AuditService::AuditService(const Clock& clock, Random& random, const crypto::KeyRing& keys)
    : clock_(clock), random_(random), keys_(keys)
{
}

EventId AuditService::next_id()
{
    // RFC 9562 §6.2, method 2: ids of one process only grow, so that two events of one transaction
    // keep their order.
    const EventId fresh = EventId::make(clock_.now(), random_);
    const std::lock_guard lock(last_id_mutex_);
    if (fresh > last_id_) {
        last_id_ = fresh;
        return last_id_;
    }
    IdBytes bytes = last_id_.bytes();
    for (std::size_t i = bytes.size(); i-- > 0;) {
        bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(bytes[i]) + 1U);
        if (bytes[i] != std::byte{0}) {
            break;
        }
    }
    last_id_ = EventId{bytes};
    return last_id_;
}

Result<void> AuditService::append(WriteTx& tx, const Event& event)
{
    const Actor& actor = event.actor;
    const auto acting = acting_account(actor);
    const auto concerned = event.account ? event.account : acting;
    CanonicalEvent canonical{.id = next_id(),
                             .at = clock_.now(),
                             .actor_kind = actor.kind,
                             .actor = actor_id(actor),
                             .session = actor.session,
                             .request = actor.request,
                             .account = concerned.value_or(AccountId{}),
                             .outcome = event.outcome,
                             .action = std::string(event.action),
                             .target_kind = event.target.kind,
                             .target_id = event.target.id};
    std::vector<PersonalValue> circumstances;
    std::optional<Digest> digest;
    if (actor.ip) {
        commit_fact(canonical, circumstances, random_, kIp, actor.ip->text());
        digest = ip_digest(keys_, *actor.ip);
    }
    const ClientDescription& client = actor.client_description;
    commit_fact(canonical, circumstances, random_, kUserAgent, client.user_agent);
    commit_fact(canonical, circumstances, random_, kHintBrands, client.hint_brands);
    commit_fact(canonical, circumstances, random_, kHintPlatform, client.hint_platform);
    commit_fact(canonical, circumstances, random_, kHintMobile, client.hint_mobile);

    std::vector<PersonalValue> details;
    for (const Detail& detail : event.details) {
        if (detail.kind == Detail::Kind::Personal) {
            commit_fact(canonical, details, random_, detail.name, detail.value);
        } else {
            KS_ASSERT(canonical.facts.size() < kFactsMax);
            canonical.facts.push_back({std::string(detail.name), std::string(cut(detail.value))});
        }
    }
    // Circumstances belong to who acted, or, of a stranger, to whom it concerned; details always to
    // the latter.
    const auto owner = acting ? acting : concerned;
    if (owner == concerned) {
        std::ranges::move(details, std::back_inserter(circumstances));
        details.clear();
    }

    const auto nonce = random_bytes<sizeof(Nonce)>(random_);
    KS_CHECK(store_.insert_event(tx, canonical, nonce, encode_event(canonical)));
    if (!circumstances.empty()) {
        KS_CHECK(store_.insert_values(tx, canonical.id, std::to_underlying(Part::Circumstances),
                                      owner, digest, encode_values(circumstances)));
    }
    if (!details.empty()) {
        KS_CHECK(store_.insert_values(tx, canonical.id, std::to_underlying(Part::Details),
                                      concerned, std::nullopt, encode_values(details)));
    }
    tx.audit_recorded();
    return {};
}

Result<ActivityPage> AuditService::list_for_account(ReadTx& tx, AccountId account,
                                                    const ActivityQuery& query) const
{
    const std::uint32_t limit = std::clamp(query.limit, std::uint32_t{1}, kPageMax);
    KS_TRY(const std::optional<EventId> before, parse_cursor(keys_, account, query.cursor));
    KS_TRY(const std::vector<AccountEvent> events,
           store_.list_of_account(tx, account, before, filter_of(query),
                                  limit + 1)); // One more tells whether it goes on.
    ActivityPage page;
    for (std::size_t i = 0; i < std::min<std::size_t>(events.size(), limit); ++i) {
        KS_TRY(Activity activity, stored_activity(events[i]));
        page.items.push_back(std::move(activity));
    }
    if (events.size() > limit) {
        page.next_cursor =
            base64url_encode(keys_.seal(crypto::KeyPurpose::CursorSeal, cursor_bound_to(account),
                                        page.items.back().id.bytes()));
    }
    return page;
}

Result<std::uint32_t> AuditService::count_for_account(ReadTx& tx, AccountId account,
                                                      const ActivityQuery& query,
                                                      std::span<const EventId> without,
                                                      std::uint32_t max) const
{
    constexpr std::uint32_t kAtOnce = 1000;
    std::uint32_t count = 0;
    std::optional<EventId> before;
    for (;;) {
        KS_TRY(const auto ids,
               store_.list_ids_of_account(tx, account, before, filter_of(query), kAtOnce));
        count += static_cast<std::uint32_t>(std::ranges::count_if(
            ids, [&](EventId id) { return !std::ranges::binary_search(without, id); }));
        if (ids.size() < kAtOnce || count >= max) {
            return std::min(count, max);
        }
        before = ids.back();
    }
}

Result<std::optional<Activity>> AuditService::find_for_account(ReadTx& tx, AccountId account,
                                                               EventId id) const
{
    KS_TRY(auto found, store_.find_event(tx, id));
    if (!found || found->account != account) {
        return std::optional<Activity>{};
    }
    KS_TRY(Activity activity,
           stored_activity({.id = id, .canonical = std::move(found->canonical)}));
    return std::optional(std::move(activity));
}

Result<void> AuditService::export_for_account(ReadTx& tx, AccountId account, JsonWriter& json) const
{
    json.begin_array();
    std::optional<EventId> before;
    for (;;) {
        KS_TRY(const std::vector<AccountEvent> events,
               store_.list_of_account(tx, account, before, {}, kPageMax));
        for (const AccountEvent& event : events) {
            KS_TRY(const Activity activity, stored_activity(event));
            write_exported(json, activity);
            before = activity.id;
        }
        if (events.size() < kPageMax) {
            json.end_array();
            return {};
        }
    }
}

Result<void> AuditService::drop_events_before(WriteTx& tx, const Actor& actor, std::uint64_t end)
{
    KS_CHECK(store_.delete_values_of_leaves(tx, 0, end));
    KS_CHECK(store_.delete_events_before(tx, end));
    return append(tx, {.actor = actor,
                       .action = kRetentionAction,
                       .target = {.kind = "audit-log"},
                       .details = {{std::string_view(kKeptFrom), std::to_string(end)}}});
}

Result<void> AuditService::erase_account(WriteTx& tx, AccountId account)
{
    // Who asks to sign up is nobody yet: the address and client of that belong to no account.
    KS_CHECK(store_.delete_values_before(tx, account));
    return store_.delete_values_of(tx, account);
}

} // namespace keystead::audit
