// features/securing/securing.h
//
// The steps by which a compromised account is secured, and where its owner stands. Pure.
//
//   frozen ──▶ Password ──▶ SecondFactor ──▶ Tokens ──▶ SshKeys ──▶ Addresses ──▶ Activity ──▶
//   finish: open again
//
// In this order: what keeps others out comes first. A step is done when there is nothing left to
// do in it, told from the credentials themselves, so that the flow goes on wherever it was left.
#pragma once

#include "core/clock.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keystead::securing {

enum class Step : std::uint8_t { Password, SecondFactor, Tokens, SshKeys, Addresses, Activity };
inline constexpr std::array kSteps{Step::Password, Step::SecondFactor, Step::Tokens,
                                   Step::SshKeys,  Step::Addresses,    Step::Activity};
/// "password", "second-factor", "tokens", "ssh-keys", "addresses", "activity".
std::string_view text_of(Step step);

/// How much is left in each step, in their order.
struct Progress {
    Instant since{};
    std::array<std::uint32_t, kSteps.size()> left{};

    std::uint32_t left_in(Step step) const { return left[static_cast<std::size_t>(step)]; }
    /// Where the owner stands; nothing: all is done, and the flow can be finished.
    std::optional<Step> current() const;
};

/// Stored: never renumber.
enum class Verdict : std::uint8_t { Me = 1, NotMe = 2 };
/// "me", "not-me".
std::string_view text_of(Verdict verdict);

/// What a recorded action is to somebody who looks for what was not them. Grave: what changes how
/// the account is entered, or what of it goes out; each is looked at. Usual: what can be made many
/// without that (sign-ins, what the product tells), so that it is looked at apart, where it hides
/// nothing. Part: no line by itself; it belongs to one that is (a password that was tried, to the
/// session that began with it), or is our own upkeep. What is not known here is grave.
enum class LineKind : std::uint8_t { Grave, Usual, Part };
LineKind kind_of(std::string_view action);
/// The actions that are of that kind; of Grave, those that are not.
std::span<const std::string_view> names_of(LineKind kind);
/// "grave", "usual".
std::string_view text_of(LineKind kind);

} // namespace keystead::securing
