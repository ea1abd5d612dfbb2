#include "features/audit_shipping/audit_shipping_service.h"

#include "core/encoding.h"
#include "core/secret.h"
#include "core/secret_file.h"
#include "crypto/hash.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace keystead::audit_shipping {

namespace {

const Actor kSystem{.kind = ActorKind::System};

/// Read for each parcel, so that a new token needs no restart. Nothing: none is to be sent.
Result<std::optional<Secret>> authorization(const std::string& path)
{
    if (path.empty()) {
        return std::optional<Secret>{};
    }
    const auto token = read_secret_line(path);
    if (!token) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "audit/ship-no-token",
                     .detail = "The file audit.ship_token_file cannot be read or is empty.",
                     .cause = path};
    }
    constexpr std::string_view kScheme = "Bearer ";
    Secret field(kScheme.size() + token->size());
    std::ranges::copy(as_bytes(kScheme), field.writable().begin());
    std::ranges::copy(token->reveal(), field.writable().begin() + kScheme.size());
    return std::optional<Secret>(std::move(field));
}

} // namespace

AuditShippingService::AuditShippingService(ShippingParts parts)
    : p_(std::move(parts)), place_(hex_encode(crypto::sha256(as_bytes(p_.settings.ship_url))))
{
}

Result<void> AuditShippingService::run_once(Instant now)
{
    // A clock that was set back must not make a short wait a long one.
    if (now < not_before_ && not_before_ - now <= kWaitMax) {
        return {};
    }
    for (int sent = 0; sent < kParcelsMax && !stopping_; ++sent) {
        Result<Next> looked = p_.database.read([&](ReadTx& tx) { return look(tx); });
        if (!looked) {
            return fail(std::move(looked).error(), now);
        }
        Next next = *std::move(looked);
        waiting_ = next.parcel.size - next.progress.next;
        if (next.parcel.next == next.progress.next) {
            return {};
        }
        // Of entries whose events are kept no more there is nothing to say.
        if (next.parcel.events > 0) {
            if (auto taken = send(next.parcel); !taken) {
                return fail(std::move(taken).error(), now);
            }
        }
        wait_ = kWaitMin;
        KS_CHECK(advance(std::move(next.progress), next.parcel));
        waiting_ = next.parcel.size - next.parcel.next;
    }
    return {};
}

/// Also what cannot be read is not sent: an event that is damaged must not end this unnoticed.
Error AuditShippingService::fail(Error why, Instant now)
{
    not_before_ = now + wait_;
    wait_ = std::min(wait_ * 2, kWaitMax);
    auto stored = p_.database.read([&](ReadTx& tx) { return store_.find(tx); });
    if (!stored) {
        return why; // The database itself: there is nowhere to remember it.
    }
    Progress progress = std::move(*stored).value_or(Progress{});
    if (progress.place != place_) {
        progress = {.place = place_}; // Where it goes on from is found when it can be read.
    }
    if (auto remembered = remember_failure(std::move(progress), now); !remembered) {
        return std::move(remembered).error();
    }
    return why;
}

/// Another receiver, and a log that began anew, start from the oldest event that is kept.
Result<AuditShippingService::Next> AuditShippingService::look(ReadTx& tx) const
{
    Next next;
    KS_TRY(const auto stored, store_.find(tx));
    KS_TRY(const auto origins, p_.proofs.list_origins(tx));
    const std::string origin = origins.empty() ? std::string{} : origins.back().name;
    KS_TRY(const std::uint64_t size, p_.reader.tree_size(tx));
    if (stored && stored->place == place_ && stored->origin == origin && stored->next <= size) {
        next.progress = *stored;
    } else {
        next.progress.place = place_;
        next.progress.origin = origin;
        KS_TRY(next.progress.next, p_.reader.first_leaf(tx));
        if (stored && stored->place == place_) { // The outage is still the same.
            next.progress.failing_since = stored->failing_since;
            next.progress.told_at = stored->told_at;
        }
    }
    next.parcel.size = size;
    next.parcel.next = next.progress.next;
    if (next.progress.next < size) {
        KS_TRY(next.parcel,
               p_.exports.parcel(tx, next.progress.next, !p_.settings.ship_personal_values));
    }
    return next;
}

Result<void> AuditShippingService::send(const audit_export::Parcel& parcel)
{
    KS_TRY(const std::optional<Secret> bearer, authorization(p_.settings.ship_token_file));
    outgoing::Call call{.url = p_.settings.ship_url,
                        .post = parcel.file,
                        .headers = {{"Content-Type", "application/x-ndjson"}},
                        .named_by = outgoing::NamedBy::Operator};
    if (bearer) {
        call.headers.emplace_back("Authorization", bearer->reveal_text());
    }
    KS_TRY(const outgoing::Answer answer, p_.client.send(call));
    const bool is_taken = answer.outcome == outgoing::Outcome::Answered && answer.status >= 200 &&
                          answer.status < 300;
    if (is_taken) {
        return {};
    }
    return Error{.kind = ErrorKind::Unavailable,
                 .code = "audit/ship-not-taken",
                 .detail = "The receiver of the audit log did not take what was sent to it.",
                 .cause = answer.outcome == outgoing::Outcome::Answered
                              ? "status " + std::to_string(answer.status)
                              : answer.cause};
}

Result<void> AuditShippingService::advance(Progress progress, const audit_export::Parcel& parcel)
{
    const auto failed_since = progress.failing_since;
    const bool was_told = progress.told_at.has_value();
    progress.next = parcel.next;
    progress.failing_since.reset();
    progress.told_at.reset();
    failing_seconds_ = 0;
    if (!was_told) {
        return p_.database.upkeep([&](UpkeepTx& tx) { return store_.put(tx, progress); });
    }
    return p_.database.write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(store_.put(tx, progress));
        return p_.audit.append(tx, {.actor = kSystem,
                                    .action = "audit.ship-resume",
                                    .target = {.kind = "audit-log"},
                                    .details = {{"since", rfc3339(*failed_since)}}});
    });
}

Result<void> AuditShippingService::remember_failure(Progress progress, Instant now)
{
    const Instant since = progress.failing_since.value_or(now);
    const auto lasts = std::chrono::duration_cast<std::chrono::seconds>(now - since);
    failing_seconds_ = lasts.count();
    if (!progress.failing_since) {
        progress.failing_since = now;
        return p_.database.upkeep([&](UpkeepTx& tx) { return store_.put(tx, progress); });
    }
#ifndef KEYSTEAD_WITHOUT_SHIP_ALERT
    if (!progress.told_at && lasts >= p_.settings.ship_alert_after) {
        progress.told_at = now;
        return p_.database.write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(store_.put(tx, progress));
            KS_CHECK(p_.tell_operators(tx, since));
            return p_.audit.append(tx, {.actor = kSystem,
                                        .action = "audit.ship-fail",
                                        .outcome = audit::Outcome::Failed,
                                        .target = {.kind = "audit-log"},
                                        .details = {{"since", rfc3339(since)}}});
        });
    }
#endif
    return {};
}

} // namespace keystead::audit_shipping
