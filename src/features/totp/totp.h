// features/totp/totp.h
//
// Time-based one-time passwords: the arithmetic of RFC 6238 on RFC 4226, the text a person types,
// and nothing else. Pure: no clock, no storage. It therefore cannot refuse a replay; TotpService
// does.
#pragma once

#include "core/clock.h"
#include "core/secret.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::totp {

/// Whole 30-second periods since the Unix epoch (RFC 6238 §4.2, T0 = 0, X = 30 s).
enum class TimeStep : std::uint64_t {};

constexpr std::chrono::seconds kPeriod{30};
constexpr std::size_t kSecretBytes = 20; // RFC 4226 §4 R6: 160 bits recommended
constexpr std::uint64_t kWindowSteps = 1;
constexpr std::uint32_t kAuthenticatorsMax = 5;

/// A code as typed, in its canonical form.
using Code = std::array<char, 6>;

/// Six ASCII digits, which may be grouped by single spaces as apps show them ("123 456"); nothing
/// for anything else.
std::optional<Code> parse_code(std::string_view typed);

/// The step that `now` lies in; times before 1970 are step 0.
TimeStep step_of(Instant now);

/// HOTP (RFC 4226 §5.3) of the step with HMAC-SHA-1, modulo 10^digits, digits ≤ 9.
std::uint32_t hotp(const Secret& secret, TimeStep step, int digits);

/// Finds the newest time step, at most one away from `now` (RFC 6238 §5.2), whose code is `code`.
/// Takes the same time whether and wherever a code matches.
std::optional<TimeStep> match_code(const Secret& secret, const Code& code, Instant now);

/// otpauth://totp/Issuer:account?secret=…&issuer=… as authenticator apps read it (Key URI format):
/// issuer and account percent-encoded, what is every app's default left out.
Secret otpauth_uri(std::string_view issuer, std::string_view account, const Secret& secret);

} // namespace keystead::totp
