// features/attempt_budget/attempt_budget.h
//
// How many guesses each thing that can be guessed allows: the numbers, and nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace keystead::attempt_budget {

/// What is counted. A number is stored (inside the HMAC) and never used again for something else.
enum class Scope : std::uint8_t {
    Source = 1,        // client address prefix: every guess from it, on whatever account
    UnknownDevice = 2, // canonical e-mail address: guesses from devices unknown to the account
    KnownDevice = 3,   // one known device of an account
    SecondFactor = 4,  // account: codes, over sign-in, step-up, enrolling and removing
    Recovery = 5,      // canonical e-mail address: links asked for
    StepUp = 6,       // account: passwords asked for inside a session (step-up, change of password)
    RecoveryCode = 7, // account: codes beside a recovery link; apart, so that guessing at sign-in
                      // leaves recovery open
};

/// Three limits at once; what is zero does not limit. Where waiting grows, `free` is at least 1.
struct Limits {
    std::chrono::seconds window{0}; // at most `in_window` attempts within it
    std::uint32_t in_window = 0;
    std::uint32_t free = 0;            // failures before waiting begins
    std::chrono::seconds delay_max{0}; // waiting grows 1 s, 2 s, 4 s … up to this
    std::uint32_t consecutive_max = 0; // then refused until cleared (SP 800-63B-4 §3.2.2: 100)
};

constexpr Limits limits_of(Scope scope)
{
    using namespace std::chrono_literals;
    switch (scope) {
    case Scope::Source: return {.window = 10min, .in_window = 60};
    case Scope::UnknownDevice: return {.free = 3, .delay_max = 1h, .consecutive_max = 100};
    case Scope::KnownDevice: return {.free = 5, .delay_max = 15min, .consecutive_max = 100};
    case Scope::SecondFactor: return {.window = 1h, .in_window = 20, .consecutive_max = 100};
    case Scope::Recovery: return {.window = 1h, .in_window = 10};
    case Scope::StepUp:
        return {
            .window = 1h, .in_window = 20, .free = 5, .delay_max = 15min, .consecutive_max = 100};
    case Scope::RecoveryCode: return {.window = 1h, .in_window = 20, .consecutive_max = 100};
    }
    std::abort(); // No default label: the compiler names the scope that someone forgot.
}

} // namespace keystead::attempt_budget
