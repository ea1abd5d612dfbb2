// features/session/session.h
//
// What a session is, and when it is over. Pure: no clock, no storage.
//
//   established ──▶ live ──▶ expired  (idle timeout or absolute lifetime; NIST SP 800-63B-4 §5.2)
//                    │ ▲
//   require          ▼ │ step-up
//   authentication  due ──▶ revoked   (by its owner, an operator, or a change of credentials: the
//   row is gone)
//
// Both limits are kept as absolute times on the server (ASVS V7.3.1, V7.3.2); the cookie's Max-Age
// decides nothing.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/settings.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::session {

/// How a person proved who they are (bits; a session keeps all that it was established or stepped
/// up with).
enum class Method : std::uint8_t {
    Password = 1,
    Totp = 2,
    BackupCode = 4,
    SignUpLink = 8,
    SetUpToken = 16
};

class Methods {
public:
    constexpr Methods() = default;
    constexpr Methods(Method method)
        : bits_(static_cast<std::uint8_t>(method)) {} // NOLINT(google-explicit-constructor)
    constexpr Methods with(Methods more) const
    {
        Methods both;
        both.bits_ = static_cast<std::uint8_t>(bits_ | more.bits_);
        return both;
    }
    constexpr bool has(Method method) const
    {
        return (bits_ & static_cast<std::uint8_t>(method)) != 0;
    }
    constexpr bool has_second_factor() const
    {
        return has(Method::Totp) || has(Method::BackupCode);
    }
    /// A password, or what stands in its place on the one day it is chosen.
    constexpr bool has_first_factor() const
    {
        return has(Method::Password) || has(Method::SignUpLink) || has(Method::SetUpToken);
    }
    /// "password", "totp", … in a fixed order, as the API shows them.
    std::vector<std::string_view> names() const;
    /// "password,totp": how it is stored.
    std::string stored() const;
    static Methods from_stored(std::string_view text);
    constexpr bool operator==(const Methods&) const = default;

private:
    std::uint8_t bits_ = 0;
};

/// What a session looked like from outside when it began; for the owner's eyes.
struct Origin {
    std::string ip;
    std::int64_t place_kind = 0;  // place::Place::Kind
    std::string country_code;     // ISO 3166-1 alpha-2, or empty
    std::string city;             // or empty
    std::int64_t device_kind = 0; // client_device::DeviceKind
    std::string browser;
    std::string browser_version;
    std::string system;
};

enum class DeviceTrust : std::uint8_t { Own, Remembered, Shared };

struct Session {
    SessionId id;
    AccountId account;
    Digest token_digest{};
    Instant created_at{};
    Instant authenticated_at{};
    Instant last_active_at{};
    std::optional<Instant> expires_at;
    std::optional<std::chrono::microseconds> idle_timeout;
    DeviceTrust trust = DeviceTrust::Own;
    bool must_authenticate = false;
    Methods methods;
    Origin origin;
    std::optional<Instant> device_known_since; // nothing: a shared device, or one not noted yet

    /// When it ends if nothing is asked any more; nothing without an idle timeout.
    std::optional<Instant> idle_expires_at() const
    {
        return idle_timeout ? std::optional(last_active_at + *idle_timeout) : std::nullopt;
    }
    bool is_over(Instant now) const
    {
        return (expires_at && now >= *expires_at) ||
               (idle_timeout && now >= last_active_at + *idle_timeout);
    }
};

struct Lifetimes {
    std::optional<Instant> expires_at;
    std::optional<std::chrono::microseconds> idle_timeout;
    std::optional<std::chrono::seconds> cookie_max_age; // nothing: ends with the browser
};

/// The limits of a session that begins at `now`, by the preset's settings and how the device is
/// trusted.
Lifetimes lifetimes(const SessionSettings& settings, DeviceTrust trust, Instant now);

} // namespace keystead::session
