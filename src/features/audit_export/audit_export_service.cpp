#include "features/audit_export/audit_export_service.h"

#include "core/encoding.h"
#include "features/audit/audit_service.h"
#include "features/audit/log_reader_service.h"
#include "features/audit_export/csv.h"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace keystead::audit_export {

namespace {

constexpr std::uint64_t kRangeLeaves = audit::kTileWidth; // one bundle of entries

const std::vector<std::string>& csv_head()
{
    static const std::vector<std::string> head{
        "entry",      "event",   "at",      "action",      "outcome",
        "actor_kind", "actor",   "account", "target_kind", "target",
        "session",    "request", "address", "user_agent",  "details",
    };
    return head;
}

template <class Id> std::string text_of(Id id)
{
    return id.is_nil() ? std::string{} : id.text();
}

std::string_view outcome_word(audit::Outcome outcome)
{
    switch (outcome) {
    case audit::Outcome::Ok: return "ok";
    case audit::Outcome::Refused: return "refused";
    case audit::Outcome::Failed: return "failed";
    }
    std::abort();
}

std::string_view actor_word(ActorKind kind)
{
    switch (kind) {
    case ActorKind::Nobody: return "nobody";
    case ActorKind::Account: return "account";
    case ActorKind::ServiceClient: return "service-client";
    case ActorKind::Operator: return "operator";
    case ActorKind::System: return "system";
    }
    std::abort();
}

Result<void> append_csv_event(std::string& out, const audit::LogEvent& stored)
{
    const audit::CanonicalEvent& event = stored.event;
    const auto activity = audit::activity_of(event, stored.values);
    if (!activity) {
        return Error{.code = "audit/event-damaged",
                     .cause = "the event of entry " + std::to_string(stored.leaf) +
                              " has values of nothing"};
    }
    std::string details;
    for (const auto& [name, value] : activity->details) {
        details.append(details.empty() ? "" : "; ")
            .append(name)
            .append("=")
            .append(is_valid_utf8(value) ? value : hex_encode(as_bytes(value)));
    }
    const std::string& agent = activity->client.user_agent;
    append_csv_line(out, std::array<std::string, 15>{
                             std::to_string(stored.leaf),
                             event.id.text(),
                             rfc3339(event.at),
                             event.action,
                             std::string(outcome_word(event.outcome)),
                             std::string(actor_word(event.actor_kind)),
                             activity->actor_id,
                             text_of(event.account),
                             event.target_kind,
                             event.target_id,
                             text_of(event.session),
                             text_of(event.request),
                             activity->ip,
                             is_valid_utf8(agent) ? agent : hex_encode(as_bytes(agent)),
                             std::move(details),
                         });
    return {};
}

} // namespace

std::optional<Format> parse_format(std::string_view text)
{
    for (const Format format : {Format::JsonLines, Format::Csv}) {
        if (text == format_word(format)) {
            return format;
        }
    }
    return std::nullopt;
}

std::string_view format_word(Format format)
{
    switch (format) {
    case Format::JsonLines: return "jsonl";
    case Format::Csv: return "csv";
    }
    std::abort();
}

std::string Position::text() const
{
    return std::to_string(next) + "/" + std::to_string(size) + "/" + std::to_string(lines) + "/" +
           std::to_string(first);
}

std::optional<Position> Position::parse(std::string_view text)
{
    Position position;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (std::uint64_t* number :
         {&position.next, &position.size, &position.lines, &position.first}) {
        if (number != &position.next) {
            if (at == end || *at++ != '/') {
                return std::nullopt;
            }
        }
        const auto [stopped, error] = std::from_chars(at, end, *number);
        if (error != std::errc{}) {
            return std::nullopt;
        }
        at = stopped;
    }
    return at == end ? std::optional(position) : std::nullopt;
}

Result<void> AuditExportService::record(WriteTx& tx, const Actor& actor, const Order& order)
{
    return audit_.append(
        tx, {.actor = actor,
             .action = "audit.export",
             .target = {.kind = "audit-log"},
             .details = {{"format", std::string(format_word(order.format))},
                         {"filter", order.filter_names},
                         {"personal_values", order.pseudonymous ? "left-out" : "included"}}});
}

Result<Position> AuditExportService::begin(ReadTx& tx, const Order& order, std::string& out) const
{
    if (order.format == Format::Csv) {
        append_csv_line(out, csv_head());
        KS_TRY(const std::uint64_t size, reader_.tree_size(tx));
        return Position{.size = size};
    }
    const auto form =
        order.is_whole() ? log_proof::FileForm::Whole : log_proof::FileForm::Selection;
    KS_TRY(const auto header, proofs_.file_header(tx, form, order.pseudonymous));
    log_proof::append_header(out, header);
    if (!order.is_whole()) {
        return Position{.size = header.size};
    }
    // Whoever checks the file wants to find on record that what it lacks was removed by retention.
    KS_TRY(const bool is_under_way, reader_.has_unnumbered(tx, audit::kRetentionAction));
    if (is_under_way) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "audit/not-numbered",
                     .detail = "Old events are being removed: ask again in a second.",
                     .retry_after = std::chrono::seconds{1}};
    }
    KS_TRY(const std::uint64_t first, reader_.first_leaf(tx));
    return Position{.size = header.size, .first = first};
}

Result<Position> AuditExportService::go_on(ReadTx& tx, const Order& order, Position position,
                                           std::string& out) const
{
    if (position.next < position.size) {
        KS_CHECK(order.is_whole() ? append_range(tx, order, position, out)
                                  : append_found(tx, order, position, out));
        return position;
    }
    if (order.format == Format::JsonLines) {
        log_proof::append_end(out, position.lines);
    }
    position.ended = true;
    return position;
}

Result<Parcel> AuditExportService::parcel(ReadTx& tx, std::uint64_t first, bool pseudonymous) const
{
    const Order order{.filter_names = "entries", .pseudonymous = pseudonymous}; // a selection
    Parcel parcel;
    KS_TRY(const Position position, begin(tx, order, parcel.file));
    KS_ASSERT(first < position.size);
    parcel.size = position.size;
    parcel.next = std::min(position.size, (first / kRangeLeaves + 1) * kRangeLeaves);
    KS_TRY(auto events, reader_.list_range(tx, first, parcel.next - first));
    for (audit::LogEvent& event : events) {
        KS_CHECK(append_line(tx, order, position, event, parcel.file));
    }
    parcel.events = events.size();
    log_proof::append_end(parcel.file, parcel.events);
    return parcel;
}

Result<void> AuditExportService::append_range(ReadTx& tx, const Order& order, Position& position,
                                              std::string& out) const
{
    const std::uint64_t end = std::min(position.size, (position.next / kRangeLeaves + 1) *
                                                          kRangeLeaves); // never across bundles
    KS_TRY(auto events, reader_.list_range(tx, position.next, end - position.next));
    std::optional<std::vector<Digest>> entries;
    auto event = events.begin();
    for (; position.next < end && out.size() < kPieceBytes; ++position.next) {
        if (event != events.end() && event->leaf == position.next) {
            KS_CHECK(append_line(tx, order, position, *event, out));
            ++event;
            ++position.lines;
        } else if (order.format == Format::JsonLines) {
            KS_CHECK(check_not_overtaken(tx, position));
            if (!entries) {
                KS_TRY(entries, audit::LogReaderService::find_tile(
                                    tx, {audit::kBundleLevel, position.next / kRangeLeaves}));
            }
            const std::size_t place = position.next % kRangeLeaves;
            if (!entries || place >= entries->size()) {
                return Error{.code = "audit/tree-damaged",
                             .cause = "the bundle of entry " + std::to_string(position.next) +
                                      " is missing or too short"};
            }
            log_proof::append_entry(out, position.next, (*entries)[place]);
            ++position.lines;
        }
    }
    return {};
}

/// An event that is not here although it was when the file began was removed by retention
/// meanwhile, which the file cannot say: its tree ends before that record. One that retention did
/// not remove is missing in the log; then the file shows that.
Result<void> AuditExportService::check_not_overtaken(ReadTx& tx, const Position& position) const
{
    if (position.next < position.first) {
        return {};
    }
    KS_TRY(const std::uint64_t first, reader_.first_leaf(tx));
    if (position.next < first) {
        return Error{ErrorKind::Conflict, "audit-export/overtaken",
                     "Old events were removed while the export ran. Begin it again."};
    }
    return {};
}

Result<void> AuditExportService::append_found(ReadTx& tx, const Order& order, Position& position,
                                              std::string& out) const
{
    KS_TRY(auto found, search_.oldest(tx, order.filter, position.next, position.size,
                                      audit_search::AuditSearchService::kPageMax));
    for (audit::LogEvent& event : found.items) {
        if (out.size() >= kPieceBytes) {
            position.next = event.leaf;
            return {};
        }
        KS_CHECK(append_line(tx, order, position, event, out));
        ++position.lines;
    }
    position.next = found.next.value_or(position.size);
    return {};
}

Result<void> AuditExportService::append_line(ReadTx& tx, const Order& order,
                                             const Position& position, audit::LogEvent& event,
                                             std::string& out) const
{
    if (order.pseudonymous) {
        event.values.clear();
    }
    if (order.format == Format::Csv) {
        return append_csv_event(out, event);
    }
    std::vector<Digest> proof;
    if (!order.is_whole()) {
        KS_TRY(proof, audit::LogReaderService::inclusion(tx, event.leaf, position.size));
    }
    const bool appended = log_proof::append_event(
        out, event.leaf, event.nonce, event.canonical, event.values,
        order.is_whole() ? std::nullopt : std::optional<std::span<const Digest>>(proof));
    KS_ASSERT(appended); // It was decoded before.
    return {};
}

} // namespace keystead::audit_export
