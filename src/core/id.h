// core/id.h
//
// Identifiers: 16 bytes (UUIDv7, RFC 9562 §5.7: 48 bits of milliseconds, then random), stored as
// BYTEA/BLOB, shown as a prefix and 22 base62 digits ("acc_01h…"). Each kind is a type of its own:
// two cannot be swapped.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keystead {

using IdBytes = std::array<std::byte, 16>;

/// UUIDv7 of `now`.
IdBytes make_id_bytes(Instant now, Random& random);
/// `prefix` + 22 base62 digits (fixed width, most significant first).
std::string id_to_text(std::string_view prefix, const IdBytes& bytes);
/// Nothing unless `text` is exactly what id_to_text() makes with that prefix.
std::optional<IdBytes> id_from_text(std::string_view prefix, std::string_view text);

template <class Tag> class Id {
public:
    constexpr Id() = default; // All zero: no such thing.
    explicit constexpr Id(const IdBytes& bytes) : bytes_(bytes) {}
    static Id make(Instant now, Random& random) { return Id{make_id_bytes(now, random)}; }
    static std::optional<Id> parse(std::string_view text)
    {
        if (const auto bytes = id_from_text(Tag::kPrefix, text)) {
            return Id{*bytes};
        }
        return std::nullopt;
    }
    std::string text() const { return id_to_text(Tag::kPrefix, bytes_); }
    const IdBytes& bytes() const { return bytes_; }
    bool is_nil() const { return bytes_ == IdBytes{}; }
    auto operator<=>(const Id&) const = default;

private:
    IdBytes bytes_{};
};

// clang-format off
struct AccountTag { static constexpr std::string_view kPrefix = "acc_"; };
struct SessionTag { static constexpr std::string_view kPrefix = "ses_"; };
struct FlowTag { static constexpr std::string_view kPrefix = "flw_"; };
struct DeviceTag { static constexpr std::string_view kPrefix = "dev_"; };
struct AuthenticatorTag { static constexpr std::string_view kPrefix = "otp_"; };
struct AddressTag { static constexpr std::string_view kPrefix = "adr_"; };
struct ClientTag { static constexpr std::string_view kPrefix = "cli_"; };
struct TokenTag { static constexpr std::string_view kPrefix = "tok_"; };
struct HostTag { static constexpr std::string_view kPrefix = "hst_"; };
struct TeamTag { static constexpr std::string_view kPrefix = "team_"; };
struct EventTag { static constexpr std::string_view kPrefix = "evt_"; };
struct LinkTag { static constexpr std::string_view kPrefix = "lnk_"; };
struct MessageTag { static constexpr std::string_view kPrefix = "msg_"; };
struct RequestTag { static constexpr std::string_view kPrefix = "req_"; };
// clang-format on
using AccountId = Id<AccountTag>;
using SessionId = Id<SessionTag>;
using FlowId = Id<FlowTag>;
using DeviceId = Id<DeviceTag>;
using AuthenticatorId = Id<AuthenticatorTag>;
using AddressId = Id<AddressTag>;
using ClientId = Id<ClientTag>;
using TokenId = Id<TokenTag>;
using HostId = Id<HostTag>;
using TeamId = Id<TeamTag>;
using EventId = Id<EventTag>;
using LinkId = Id<LinkTag>;
using MessageId = Id<MessageTag>;
using RequestId = Id<RequestTag>;

} // namespace keystead

template <class Tag> struct std::hash<keystead::Id<Tag>> {
    std::size_t operator()(const keystead::Id<Tag>& id) const noexcept
    {
        std::size_t value = 0; // The last eight bytes of a UUIDv7 are random.
        std::memcpy(&value, id.bytes().data() + 8, sizeof value);
        return value;
    }
};
