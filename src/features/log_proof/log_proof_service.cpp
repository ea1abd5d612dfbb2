#include "features/log_proof/log_proof_service.h"

#include "core/encoding.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::log_proof {
namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kLogIdBytes = 8;
constexpr std::array<std::pair<OriginReason, std::string_view>, 3> kReasonWords{
    {{OriginReason::FirstStart, "first-start"},
     {OriginReason::Restore, "restore"},
     {OriginReason::RollbackAccepted, "rollback-accepted"}}};

std::optional<OriginReason> reason_of(std::string_view word)
{
    const auto found =
        std::ranges::find(kReasonWords, word, &std::pair<OriginReason, std::string_view>::second);
    return found == kReasonWords.end() ? std::nullopt : std::optional(found->first);
}

std::string sealed_for(std::string_view origin)
{
    return "audit-origin/" + std::string(origin);
}

/// "The origin SHOULD be a schema-less URL" (tlog-checkpoint): host and path of the base URL, made
/// fit for a key name.
std::string schema_less(const ServerSettings& settings)
{
    std::string url = settings.base_url + settings.base_path;
    if (const std::size_t scheme = url.find("://"); scheme != std::string::npos) {
        url.erase(0, scheme + 3);
    }
    std::ranges::replace_if(
        url, [](char c) { return c <= 0x20 || c >= 0x7f || c == '+'; }, '-');
    return url;
}

Result<Origin> origin_of(const StoredOrigin& stored)
{
    const auto reason = reason_of(stored.reason);
    if (!reason) {
        return Error{.code = "audit/no-origin", .cause = "an origin's reason is no word of ours"};
    }
    Origin origin{.name = stored.origin,
                  .reason = *reason,
                  .first_size = stored.first_size,
                  .started_at = stored.started_at,
                  .key = {.name = stored.origin}};
    if (stored.public_key.size() != origin.key.key.size()) {
        return Error{.code = "audit/no-origin", .cause = "an origin's public key is damaged"};
    }
    std::ranges::copy(stored.public_key, origin.key.key.begin());
    return origin;
}

} // namespace

std::string_view reason_word(OriginReason reason)
{
    return kReasonWords[std::to_underlying(reason) - 1].second;
}

LogProofService::LogProofService(audit::AuditLog& audit, const crypto::KeyRing& keys,
                                 const Clock& clock, Random& random, const ServerSettings& settings)
    : audit_(audit), keys_(keys), clock_(clock), random_(random),
      host_and_path_(schema_less(settings))
{
}

Result<void> LogProofService::ensure_origin(Database& database, const Actor& actor)
{
    KS_TRY(const auto newest,
           database.read([&](ReadTx& tx) { return store_.find_newest_origin(tx); }));
    if (newest) {
        return {};
    }
    return database.write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const Origin origin,
               start_new_origin(tx, actor, OriginReason::FirstStart));
        return {};
    });
}

Result<Origin> LogProofService::start_new_origin(WriteTx& tx, const Actor& actor,
                                                 OriginReason reason)
{
    KS_TRY(const auto newest, store_.find_newest_origin(tx));
    KS_TRY(const audit::TreeHead head, audit::LogReaderService::head(tx));
    Secret seed(kSeedBytes);
    random_.fill(seed.writable());
    const auto log_id = random_bytes<kLogIdBytes>(random_);
    const auto public_key = crypto::ed25519_public_key(seed);
    const std::string name = host_and_path_ + "/audit/" + hex_encode(log_id);
    const StoredOrigin stored{.number = newest ? newest->number + 1 : 1,
                              .origin = name,
                              .reason = std::string(reason_word(reason)),
                              .first_size = head.size,
                              .started_at = clock_.now(),
                              .public_key = Bytes(public_key.begin(), public_key.end()),
                              .sealed_seed = keys_.seal(crypto::KeyPurpose::CheckpointSigning,
                                                        sealed_for(name), seed.reveal())};
    KS_CHECK(store_.insert_origin(tx, stored));
    KS_TRY(Origin origin, origin_of(stored));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "audit.start-origin",
             .target = {"origin", name},
             .details = {{"reason", stored.reason},
                         {"first_size", std::to_string(head.size)},
                         {"vkey", origin.key.text()},
                         {"origin_before", newest ? newest->origin : std::string()}}}));
    return origin;
}

Result<std::vector<Origin>> LogProofService::list_origins(ReadTx& tx) const
{
    KS_TRY(const auto list, store_.list_origins(tx));
    std::vector<Origin> origins;
    for (const StoredOrigin& stored : list) {
        KS_TRY(Origin origin, origin_of(stored));
        origins.push_back(std::move(origin));
    }
    return origins;
}

Result<std::shared_ptr<const LogProofService::Signer>> LogProofService::signer(ReadTx& tx) const
{
    KS_TRY(const auto newest, store_.find_newest_origin(tx));
    if (!newest) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "audit/no-origin",
                     .detail = "The log has no name yet: start the server once.",
                     .retry_after = std::chrono::seconds{1}};
    }
    {
        const std::lock_guard lock(signer_mutex_);
        if (signer_ != nullptr && signer_->number == newest->number) {
            return signer_;
        }
    }
    KS_TRY(const Origin origin, origin_of(*newest));
    KS_TRY(Secret seed, keys_.open(crypto::KeyPurpose::CheckpointSigning, sealed_for(origin.name),
                                   newest->sealed_seed));
    auto made = std::make_shared<const Signer>(Signer{newest->number, origin.key, std::move(seed)});
    const std::lock_guard lock(signer_mutex_);
    signer_ = made;
    return std::shared_ptr<const Signer>(std::move(made));
}

Result<SignedCheckpoint> LogProofService::sign_head(ReadTx& tx) const
{
    KS_TRY(const auto by, signer(tx));
    KS_TRY(const audit::TreeHead head, audit::LogReaderService::head(tx));
    Checkpoint checkpoint{.origin = by->key.name, .size = head.size, .root = head.root};
    std::string note = sign_note(checkpoint.text(), by->key.name, by->seed).encode();
    return SignedCheckpoint{std::move(checkpoint), by->key, std::move(note)};
}

Result<FileHeader> LogProofService::file_header(ReadTx& tx, FileForm form, bool pseudonymous) const
{
    KS_TRY(SignedCheckpoint made, sign_head(tx));
    return FileHeader{.form = form,
                      .origin = std::move(made.checkpoint.origin),
                      .size = made.checkpoint.size,
                      .root = made.checkpoint.root,
                      .vkey = made.key.text(),
                      .checkpoint = std::move(made.note),
                      .pseudonymous = pseudonymous,
                      .exported_at = clock_.now()};
}

Result<std::string> LogProofService::event_file(ReadTx& tx, EventId event,
                                                std::optional<AccountId> owner) const
{
    KS_TRY(const auto logged, audit::LogReaderService::load_event(tx, event, owner));
#ifndef KEYSTEAD_WITHOUT_EVENT_OWNER
    if (owner && logged.account != *owner) {
        return Error{ErrorKind::NotFound, "audit/event-not-found", "There is no such event."};
    }
#endif
    KS_TRY(const FileHeader header, file_header(tx, FileForm::Selection, false));
    KS_TRY(const auto proof,
           audit::LogReaderService::inclusion(tx, logged.leaf_index, header.size));
    std::string file;
    append_header(file, header);
    if (!append_event(file, logged.leaf_index, logged.nonce, logged.canonical, logged.values,
                      proof)) {
        return Error{.code = "audit/event-damaged",
                     .cause = "audit event " + event.text() + " cannot be read"};
    }
    append_end(file, 1);
    return file;
}

Result<void> LogProofService::record_disclosure(WriteTx& tx, const Actor& actor, EventId event)
{
    return audit_.append(
        tx, {.actor = actor, .action = "audit.prove-event", .target = {"event", event.text()}});
}

Result<KeptComparison> LogProofService::compare_kept(ReadTx& tx,
                                                     std::span<const SignedNote> kept) const
{
    KS_TRY(const auto origins, list_origins(tx));
    KS_TRY(const audit::TreeHead head, audit::LogReaderService::head(tx));
    KeptComparison comparison;
    // Of the newest name, begun by whatever gave up the last entries that were.
    bool newest_agrees = false;
    for (const SignedNote& note : kept) {
        const auto signs = [&](const Origin& origin) {
            return open_checkpoint(note, origin.key).has_value();
        };
        const auto origin = std::ranges::find_if(origins, signs);
        if (origin == origins.end()) {
            comparison.unknown += 1;
            continue;
        }
        const auto checkpoint = open_checkpoint(note, origin->key);
        const std::string which =
            "the checkpoint of " + std::to_string(checkpoint->size) + " entries kept elsewhere";
        if (const auto next = origin + 1;
            next != origins.end() && checkpoint->size > next->first_size) {
            comparison.given_up.push_back({.from = next->first_size,
                                           .size = checkpoint->size,
                                           .reason = next->reason,
                                           .at = next->started_at});
        } else if (checkpoint->size > head.size) {
            comparison.faults.push_back(which + ": the log has only " + std::to_string(head.size) +
                                        ", the newest were cut");
        } else {
            KS_TRY(const Digest root, audit::LogReaderService::root_at(tx, checkpoint->size));
            if (root == checkpoint->root) {
                comparison.compared += 1;
                newest_agrees = newest_agrees || origin + 1 == origins.end();
            } else {
                comparison.faults.push_back(which + " has another root: the log was changed since");
            }
        }
    }
    comparison.is_silent = !comparison.given_up.empty() && !newest_agrees;
    return comparison;
}

Result<bool> LogProofService::is_newest_name_ours(ReadTx& tx) const
{
    KS_TRY(const auto newest, store_.find_newest_origin(tx));
    if (!newest) {
        return true; // Nothing was served yet.
    }
    KS_TRY(const Origin origin, origin_of(*newest));
    const auto seed = keys_.open(crypto::KeyPurpose::CheckpointSigning, sealed_for(origin.name),
                                 newest->sealed_seed);
    return seed && crypto::ed25519_public_key(*seed) == origin.key.key;
}

Result<std::optional<std::string>> LogProofService::find_rollback(ReadTx& tx,
                                                                  const SignedNote& last) const
{
    KS_TRY(const KeptComparison found, compare_kept(tx, std::span(&last, 1)));
    if (!found.faults.empty()) {
        return std::optional(found.faults.front());
    }
    if (found.unknown > 0) {
        return std::optional<std::string>("it is not signed by a key of this log");
    }
    if (!found.given_up.empty()) {
        return std::optional<std::string>("the log gave up entries of it when a backup was "
                                          "restored");
    }
    return std::optional<std::string>{};
}

Result<void> LogProofService::accept_rollback(WriteTx& tx, const Actor& actor,
                                              const SignedNote& last, std::string_view why)
{
    const auto kept = Checkpoint::parse(last.text);
    KS_TRY(const audit::TreeHead head, audit::LogReaderService::head(tx));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "audit.accept-rollback",
             .target = {"origin", kept ? kept->origin : std::string()},
             .details = {{"size_sent_away", kept ? std::to_string(kept->size) : std::string()},
                         {"size_here", std::to_string(head.size)},
                         {"why", std::string(why)}}}));
    KS_TRY([[maybe_unused]] const Origin origin,
           start_new_origin(tx, actor, OriginReason::RollbackAccepted));
    return {};
}

Result<std::optional<Bytes>> LogProofService::find_tile(ReadTx& tx, const TilePath& path)
{
    KS_TRY(const auto hashes, audit::LogReaderService::find_tile(tx, path.address));
    if (!hashes || hashes->size() < path.width) {
        return std::optional<Bytes>{};
    }
    Bytes bytes;
    for (std::size_t i = 0; i < path.width; ++i) {
        if (path.address.level == audit::kBundleLevel) {
            // "a sequence of big-endian uint16 length-prefixed log entries"
            bytes.push_back(std::byte{0});
            bytes.push_back(std::byte{sizeof(Digest)});
        }
        bytes.insert(bytes.end(), (*hashes)[i].begin(), (*hashes)[i].end());
    }
    return std::optional(std::move(bytes));
}

} // namespace keystead::log_proof
