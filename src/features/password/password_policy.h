// features/password/password_policy.h
//
// Which passwords may be chosen: length, characters, classes, common and breached ones, personal
// words, strength. Pure. It names every rule that a password breaks, at once (ASVS V6.2; NIST SP
// 800-63B-4 §3.1.1.2), and makes the two types that the rest of the slice takes instead of text:
// NormalizedPassword (what is hashed) and AcceptedPassword.
#pragma once

#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::password {

class BreachFilter;

constexpr std::size_t kCodePointsMax = 256;
constexpr std::size_t kBytesMax = 4096;

/// Whether a second factor is enforced for the account whose password it will be.
enum class SecondFactor : std::uint8_t { NotEnforced, Enforced };

/// Which rule a password met when it was set. Stored, so that the last second factor cannot leave
/// behind a password that is too weak alone; its length is never stored.
enum class Satisfies : std::uint8_t { Alone = 1, WithSecondFactor = 2 };

/// UTF-8 in NFC, within the bounds, without control characters: the only form that is ever hashed.
class NormalizedPassword {
public:
    /// Nothing when `typed` is no UTF-8, too long, empty, or holds a control character: no account
    /// has such a password.
    static std::optional<NormalizedPassword> from(const Secret& typed);
    const Secret& text() const { return text_; }

private:
    explicit NormalizedPassword(Secret text) : text_(std::move(text)) {}
    Secret text_;
};

/// A password that met the policy. Only PasswordPolicy::accept makes one.
class AcceptedPassword {
public:
    const Secret& text() const { return text_; }
    Satisfies satisfies() const { return satisfies_; }

private:
    friend class PasswordPolicy;
    AcceptedPassword(Secret text, Satisfies satisfies)
        : text_(std::move(text)), satisfies_(satisfies)
    {
    }
    Secret text_;
    Satisfies satisfies_;
};

/// Whose password it will be: what others would guess first.
struct Person {
    std::string_view email;
    std::string_view name = {}; // may be empty
};

/// What today's rules find in a password that was chosen under others. Of the classes of characters
/// nothing: they make none harder to guess (NIST SP 800-63B-4 §3.1.1.2).
struct Faults {
    bool easy_to_guess = false;
    bool breached = false;
    bool operator==(const Faults&) const = default;
};

class PasswordPolicy {
public:
    /// `breaches` may be null (the operator gave no list) and outlives the policy.
    PasswordPolicy(const PasswordSettings& settings, std::string product_name,
                   const BreachFilter* breaches);

    /// Errors: password/refused (InvalidInput) with one field error for each rule that failed, all
    /// at `pointer`: password/too-short, /too-long, /control-character, /missing-upper,
    /// /missing-lower, /missing-digit, /missing-special, /missing-letter, /common, /breached,
    /// /personal, /not-yours, /too-weak.
    Result<AcceptedPassword> accept(const Secret& typed, const Person& person,
                                    SecondFactor second_factor,
                                    std::string_view pointer = "/password") const;

    Faults find_faults(const Secret& typed, const Person& person, SecondFactor second_factor) const;

private:
    PasswordSettings settings_;
    std::string product_name_;
    const BreachFilter* breaches_;
};

/// The error for a new password that is the old one, where that one is known to others:
/// password/unchanged (InvalidInput).
Error unchanged(std::string_view pointer);

} // namespace keystead::password
