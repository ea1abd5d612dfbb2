#include "features/audit/audit_verification.h"

#include "features/audit/audit_store.h"
#include "features/audit/canonical_event.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace keystead::audit {

namespace {

/// No transaction is open for so long: an event that is older by more than this than the newest
/// numbered one was there when that got its number.
constexpr std::chrono::seconds kOpenMax{10};

Result<std::vector<Digest>> load_tile(ReadTx& tx, TileAddress address)
{
    AuditStore store;
    KS_TRY(auto hashes, store.find_tile(tx, address));
    if (!hashes) {
        return Error{.code = "audit/tree-damaged",
                     .cause = "tile " + std::to_string(address.level) + "/" +
                              std::to_string(address.index) + " is missing"};
    }
    return *std::move(hashes);
}

class Verifier {
public:
    explicit Verifier(ReadTx& tx) : tx_(tx) {}

    Result<Verification> run()
    {
        const auto loaded = store_.load_head(tx_);
        if (!loaded && loaded.error().code == "audit/tree-damaged") {
            fault(loaded.error().cause);
            return std::move(result_);
        }
        KS_TRY(const TreeHead head, loaded);
        result_.size = head.size;
        result_.root = head.root;
        KS_CHECK(check_events());
        KS_CHECK(check_tiles(head));
        KS_CHECK(check_unnumbered());
        return std::move(result_);
    }

private:
    /// An event at hand, by its id.
    struct Readable {
        EventId id;
        std::uint64_t leaf_index = 0;
        auto operator<=>(const Readable&) const = default;
    };
    /// Personal values are of one person or two.
    static constexpr std::uint32_t kValueRowsMax = 4 * kTileWidth;

    void fault(std::string words)
    {
        if (result_.faults.size() < Verification::kFaultsMax) {
            result_.faults.push_back(std::move(words));
        }
    }

    /// A head that names more entries than there can be would keep the loop busy for ever.
    bool may_go_on() const { return result_.faults.size() < Verification::kFaultsMax; }

    /// A tile as stored, or nothing and a fault. Errors: of the statement alone.
    Result<std::vector<Digest>> tile(TileAddress address)
    {
        auto hashes = load_tile(tx_, address);
        if (!hashes && hashes.error().code == "audit/tree-damaged") {
            fault(hashes.error().cause);
            return std::vector<Digest>{};
        }
        return hashes;
    }

    /// Every event: numbers without a gap, the entry that the bundle holds, columns and values as
    /// committed to.
    Result<void> check_events()
    {
        KS_TRY(const auto first, store_.find_first_leaf(tx_));
        std::uint64_t next = 0;
        for (std::uint64_t bundle = first.value_or(result_.size) / kTileWidth;
             bundle * kTileWidth < result_.size && may_go_on(); ++bundle) {
            KS_TRY(bundle_, tile({kBundleLevel, bundle}));
            readable_.clear();
            KS_CHECK(store_.for_each_stored(tx_, bundle * kTileWidth, (bundle + 1) * kTileWidth,
                                            [&](const RowView& row) -> Result<void> {
                                                check_row(row, next);
                                                return {};
                                            }));
            KS_CHECK(check_values());
        }
        if (missing_before_ > kept_from_) {
            fault("entries " + std::to_string(kept_from_) + " to " +
                  std::to_string(missing_before_ - 1) + " have no event");
        }
        KS_TRY(const auto last, store_.find_last_leaf(tx_));
        const std::uint64_t end = last ? *last + 1 : 0;
        if (end != result_.size) {
            fault("the tree has " + std::to_string(result_.size) +
                  " entries, the newest event is number " + std::to_string(end) + " of them");
        }
        return {};
    }

    /// `next`: the number that the next event must have.
    void check_row(const RowView& row, std::uint64_t& next)
    {
        if (!std::holds_alternative<std::int64_t>(row.value(0))) {
            fault("an event has a number that the tree never gives");
            return;
        }
        const auto leaf_index = static_cast<std::uint64_t>(row.integer(0));
        note_gap(next, leaf_index);
        next = leaf_index + 1;
        if (const auto stored = stored_event_of(row)) {
            check_event(*stored);
        } else {
            fault("the event of entry " + std::to_string(leaf_index) + " cannot be read");
        }
    }

    void note_gap(std::uint64_t next, std::uint64_t leaf)
    {
        if (leaf != next && next == 0) {
            missing_before_ = leaf; // perhaps by retention
        } else if (leaf != next) {
            fault("entries " + std::to_string(next) + " to " + std::to_string(leaf - 1) +
                  " have no event");
        }
    }

    static std::string name_of(EventId id, std::uint64_t leaf_index)
    {
        return "event " + id.text() + " (entry " + std::to_string(leaf_index) + ")";
    }
    static std::string name_of(const StoredEvent& stored)
    {
        return name_of(stored.id, stored.leaf_index);
    }

    /// Puts what was committed to among those whose personal values are compared, if it can be
    /// told.
    void check_event(const StoredEvent& stored)
    {
        const std::size_t offset = stored.leaf_index % kTileWidth;
        if (offset >= bundle_.size() ||
            bundle_[offset] != log_entry(stored.nonce, stored.canonical)) {
            fault(name_of(stored) + " is not what the tree holds");
            return;
        }
        CanonicalEvent& event = events_[offset];
        if (!decode_event(stored.canonical, event)) {
            fault(name_of(stored) + " cannot be read");
            return;
        }
        if (!columns_agree(event, stored)) {
            fault(name_of(stored) + " has search columns that say something else");
        }
        const bool time_went_back =
            event.action == kSetBackAction && event.actor_kind == ActorKind::System;
        newest_numbered_ = time_went_back ? std::nullopt : std::optional(event.at);
        note_retention(event);
        if (event.id == stored.id) { // Else its values are those of an event that is not there.
            readable_.push_back({stored.id, stored.leaf_index});
        }
    }

    /// Of the events at hand. Their values lie together, as their ids do, unless time jumped: then
    /// each is looked for on its own, instead of reading what lies between.
    Result<void> check_values()
    {
        if (readable_.empty()) {
            return {};
        }
        std::ranges::sort(readable_);
        auto at = readable_.begin();
        std::uint32_t rows = 0;
        EventId read_until;
        const auto take = [&](EventId id, std::optional<ByteView> contents) {
            ++rows;
            read_until = id;
            at = std::find_if(at, readable_.end(),
                              [&](const Readable& one) { return one.id >= id; });
            if (at != readable_.end() && at->id == id) {
                check_values_of(*at, contents);
            }
        };
        KS_CHECK(store_.for_each_values(tx_, readable_.front().id, readable_.back().id,
                                        kValueRowsMax, take));
        if (rows < kValueRowsMax) {
            return {};
        }
        for (const Readable& one : readable_) {
            if (one.id < read_until) {
                continue;
            }
            KS_CHECK(store_.for_each_values(tx_, one.id, one.id, kValueRowsMax,
                                            [&](EventId, std::optional<ByteView> contents) {
                                                check_values_of(one, contents);
                                            }));
        }
        return {};
    }

    void check_values_of(const Readable& one, std::optional<ByteView> contents)
    {
        if (!contents || !values_agree(events_[one.leaf_index % kTileWidth], *contents)) {
            fault(name_of(one.id, one.leaf_index) +
                  " has personal values that are not what was committed to");
        }
    }

    /// What the log itself says of events that are kept no more. Only events that agree with the
    /// tree are asked.
    void note_retention(const CanonicalEvent& event)
    {
        kept_from_ = std::max(kept_from_, kept_from(event).value_or(0));
    }

    static bool columns_agree(const CanonicalEvent& event, const StoredEvent& stored)
    {
        return event.id == stored.id && event.at == stored.at &&
               std::to_underlying(event.actor_kind) == stored.actor_kind &&
               event.actor == stored.actor.value_or(EventId{}).bytes() &&
               event.account == stored.account.value_or(AccountId{}) &&
               event.action == stored.action &&
               std::to_underlying(event.outcome) == stored.outcome &&
               event.target_kind == stored.target_kind && event.target_id == stored.target_id;
    }

    static bool values_agree(const CanonicalEvent& event, ByteView contents)
    {
        bool agree = true;
        const auto compare = [&](std::uint8_t position, const Salt& salt, std::string_view value) {
            const auto* const commitment = position < event.facts.size()
                                               ? std::get_if<Digest>(&event.facts[position].value)
                                               : nullptr;
            agree = agree && commitment != nullptr && *commitment == commit_to(salt, value);
        };
        return read_values(contents, compare) && agree;
    }

    /// Builds the tree anew from the entry bundles and compares every tile and the root.
    Result<void> check_tiles(const TreeHead& head)
    {
        const auto nothing = [](TileAddress) -> Result<std::vector<Digest>> {
            return std::vector<Digest>{};
        };
        KS_TRY(RightEdge edge, RightEdge::load(0, nothing));
        for (std::uint64_t first = 0; first < head.size; first += kTileWidth) {
            KS_TRY(const auto entries, tile({kBundleLevel, first / kTileWidth}));
            const auto expected = std::min<std::uint64_t>(kTileWidth, head.size - first);
            if (entries.size() != expected) {
                fault("entry bundle " + std::to_string(first / kTileWidth) + " holds " +
                      std::to_string(entries.size()) + " entries instead of " +
                      std::to_string(expected));
                return {};
            }
            std::ranges::for_each(entries, [&](const Digest& entry) { edge.append(entry); });
            for (const Tile& built : edge.take_filled()) {
                KS_CHECK(check_tile(built));
            }
        }
        for (const Tile& built : edge.changed_tiles()) {
            KS_CHECK(check_tile(built));
        }
        if (edge.root() != head.root) {
            fault("the root is not that of the entries");
        }
        return {};
    }

    Result<void> check_tile(const Tile& built)
    {
        KS_TRY(const auto stored, tile(built.address));
        if (!stored.empty() && stored != built.hashes) {
            fault("tile " + std::to_string(built.address.level) + "/" +
                  std::to_string(built.address.index) + " is not that of the entries");
        }
        return {};
    }

    /// Those that were passed over. Whether the sequencer is late says nothing about damage: a
    /// server that was killed leaves events without a number until it starts again.
    Result<void> check_unnumbered()
    {
        KS_TRY(const auto unnumbered, store_.count_unnumbered(tx_));
        result_.unnumbered = unnumbered.waiting;
        if (unnumbered.misnumbered > 0) {
            fault(std::to_string(unnumbered.misnumbered) +
                  " events have a number that the tree never gives");
        }
        if (unnumbered.oldest && newest_numbered_ &&
            *unnumbered.oldest < *newest_numbered_ - kOpenMax) {
            fault(std::to_string(unnumbered.waiting) +
                  " events have no number, though later ones have");
        }
        return {};
    }

    ReadTx& tx_;
    AuditStore store_;
    Verification result_;
    std::uint64_t missing_before_ = 0; // the first event is that of this leaf
    std::uint64_t kept_from_ = 0;      // the log says so
    std::vector<Digest> bundle_;       // of the events at hand
    std::vector<CanonicalEvent> events_ =
        std::vector<CanonicalEvent>(kTileWidth); // at hand, each at its place in the bundle
    std::vector<Readable> readable_;             // of those, the ones that can be told
    std::optional<Instant> newest_numbered_;     // since time last went back
};

} // namespace

Result<Verification> verify_all(ReadTx& tx)
{
    return Verifier(tx).run();
}

Result<Inclusion> prove_inclusion(ReadTx& tx, std::uint64_t leaf_index, std::uint64_t size)
{
    const auto load = [&](TileAddress address) { return load_tile(tx, address); };
    const auto read = [&](merkle::Node node) { return node_from_tiles(node, load); };
    Inclusion inclusion;
    KS_TRY(inclusion.proof, merkle::inclusion_proof(leaf_index, size, read));
    KS_TRY(const auto entries, load({kBundleLevel, leaf_index / kTileWidth}));
    if (leaf_index % kTileWidth >= entries.size()) {
        return Error{.code = "audit/tree-damaged", .cause = "an entry bundle is too short"};
    }
    inclusion.entry = entries[leaf_index % kTileWidth];
    return inclusion;
}

Result<std::vector<Digest>> prove_consistency(ReadTx& tx, std::uint64_t first_size,
                                              std::uint64_t second_size)
{
    const auto load = [&](TileAddress address) { return load_tile(tx, address); };
    const auto read = [&](merkle::Node node) { return node_from_tiles(node, load); };
    return merkle::consistency_proof(first_size, second_size, read);
}

} // namespace keystead::audit
