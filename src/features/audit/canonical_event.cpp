#include "features/audit/canonical_event.h"

#include "core/result.h"
#include "crypto/hash.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstring>
#include <span>
#include <utility>

namespace keystead::audit {

namespace {

constexpr std::uint8_t kFormVersion = 1;
constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kCommitment = 1;

class Writer {
public:
    void bytes(ByteView view) { out_.insert(out_.end(), view.begin(), view.end()); }
    template <std::unsigned_integral T> void number(T value)
    {
        for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
            out_.push_back(static_cast<std::byte>(value >> shift));
        }
    }
    void text(std::string_view value)
    {
        KS_ASSERT(value.size() <= kTextBytesMax);
        number(static_cast<std::uint16_t>(value.size()));
        bytes(as_bytes(value));
    }
    Bytes take() && { return std::move(out_); }

private:
    Bytes out_;
};

/// Reads what Writer wrote. After the first shortage every read gives zeros and complete() is
/// false.
class Reader {
public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}
    template <std::size_t N> std::array<std::byte, N> bytes()
    {
        std::array<std::byte, N> value{};
        std::ranges::copy(take(N), value.begin());
        return value;
    }
    template <std::unsigned_integral T> T number()
    {
        std::uint64_t value = 0;
        for (const std::byte byte : take(sizeof(T))) {
            value = (value << 8) | std::to_integer<std::uint64_t>(byte);
        }
        return static_cast<T>(value);
    }
    /// Of the bytes that are read.
    std::string_view text()
    {
        const auto size = number<std::uint16_t>();
        if (size > kTextBytesMax) {
            fits_ = false;
        }
        return as_text(take(size));
    }
    bool fits() const { return fits_; }
    bool complete() const { return fits_ && rest_.empty(); }

private:
    ByteView take(std::size_t count)
    {
        if (!fits_ || rest_.size() < count) {
            fits_ = false;
            return {};
        }
        const ByteView taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    ByteView rest_;
    bool fits_ = true;
};

bool read_facts(Reader& reader, std::vector<Fact>& facts)
{
    const auto count = reader.number<std::uint8_t>();
    if (count > kFactsMax) {
        return false;
    }
    facts.resize(count);
    for (Fact& fact : facts) {
        fact.name = reader.text();
        switch (reader.number<std::uint8_t>()) {
        case kPlain: {
            auto* const text = std::get_if<std::string>(&fact.value);
            (text != nullptr ? *text : fact.value.emplace<std::string>()) = reader.text();
            break;
        }
        case kCommitment: fact.value = reader.bytes<sizeof(Digest)>(); break;
        default: return false; // A number from outside, not one of our enumerations.
        }
        if (!reader.fits()) {
            return false;
        }
    }
    return true;
}

} // namespace

Bytes encode_event(const CanonicalEvent& event)
{
    KS_ASSERT(event.facts.size() <= kFactsMax);
    Writer writer;
    writer.number(kFormVersion);
    writer.bytes(event.id.bytes());
    writer.number(static_cast<std::uint64_t>(to_micros(event.at)));
    writer.number(std::to_underlying(event.actor_kind));
    writer.bytes(event.actor);
    writer.bytes(event.session.bytes());
    writer.bytes(event.request.bytes());
    writer.bytes(event.account.bytes());
    writer.number(std::to_underlying(event.outcome));
    writer.text(event.action);
    writer.text(event.target_kind);
    writer.text(event.target_id);
    writer.number(static_cast<std::uint8_t>(event.facts.size()));
    for (const Fact& fact : event.facts) {
        writer.text(fact.name);
        if (const auto* plain = std::get_if<std::string>(&fact.value)) {
            writer.number(kPlain);
            writer.text(*plain);
        } else {
            writer.number(kCommitment);
            writer.bytes(std::get<Digest>(fact.value));
        }
    }
    return std::move(writer).take();
}

std::optional<CanonicalEvent> decode_event(ByteView bytes)
{
    CanonicalEvent event;
    return decode_event(bytes, event) ? std::optional(std::move(event)) : std::nullopt;
}

bool decode_event(ByteView bytes, CanonicalEvent& event)
{
    Reader reader(bytes);
    if (reader.number<std::uint8_t>() != kFormVersion) {
        return false;
    }
    event.id = EventId{reader.bytes<16>()};
    event.at = from_micros(static_cast<std::int64_t>(reader.number<std::uint64_t>()));
    const auto actor_kind = reader.number<std::uint8_t>();
    event.actor = reader.bytes<16>();
    event.session = SessionId{reader.bytes<16>()};
    event.request = RequestId{reader.bytes<16>()};
    event.account = AccountId{reader.bytes<16>()};
    const auto outcome = reader.number<std::uint8_t>();
    event.action = reader.text();
    event.target_kind = reader.text();
    event.target_id = reader.text();
    if (!read_facts(reader, event.facts) || !reader.complete() ||
        actor_kind > std::to_underlying(ActorKind::System) ||
        outcome < std::to_underlying(Outcome::Ok) ||
        outcome > std::to_underlying(Outcome::Failed)) {
        return false;
    }
    event.actor_kind = static_cast<ActorKind>(actor_kind);
    event.outcome = static_cast<Outcome>(outcome);
    return true;
}

std::optional<std::uint64_t> kept_from(const CanonicalEvent& event)
{
    if (event.action != kRetentionAction || event.actor_kind != ActorKind::System) {
        return std::nullopt;
    }
    const auto fact = std::ranges::find(event.facts, kKeptFrom, &Fact::name);
    const auto* const text =
        fact == event.facts.end() ? nullptr : std::get_if<std::string>(&fact->value);
    std::uint64_t leaf = 0;
    if (text == nullptr ||
        std::from_chars(text->data(), text->data() + text->size(), leaf).ec != std::errc{}) {
        return std::nullopt;
    }
    return leaf;
}

Bytes encode_values(const std::vector<PersonalValue>& values)
{
    Writer writer;
    writer.number(kFormVersion);
    for (const PersonalValue& value : values) {
        writer.number(value.position);
        writer.bytes(value.salt);
        writer.text(value.value);
    }
    return std::move(writer).take();
}

bool read_values(
    ByteView bytes,
    function_ref<void(std::uint8_t position, const Salt& salt, std::string_view value)> take)
{
    Reader reader(bytes);
    if (reader.number<std::uint8_t>() != kFormVersion) {
        return false;
    }
    while (reader.fits() && !reader.complete()) {
        const auto position = reader.number<std::uint8_t>();
        const auto salt = reader.bytes<sizeof(Salt)>();
        const std::string_view value = reader.text();
        if (reader.fits()) {
            take(position, salt, value);
        }
    }
    return reader.complete();
}

std::optional<std::vector<PersonalValue>> decode_values(ByteView bytes)
{
    std::vector<PersonalValue> values;
    const bool whole =
        read_values(bytes, [&](std::uint8_t position, const Salt& salt, std::string_view value) {
            values.push_back({position, salt, std::string(value)});
        });
    return whole ? std::optional(std::move(values)) : std::nullopt;
}

Digest commit_to(const Salt& salt, std::string_view value)
{
    return crypto::sha256_of({salt, as_bytes(value)});
}

Digest log_entry(ByteView nonce, ByteView canonical_event)
{
    return crypto::sha256_of({nonce, canonical_event});
}

} // namespace keystead::audit
