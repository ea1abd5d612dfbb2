#include "features/ssh_key/ssh_key.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace keystead::ssh_key {

std::string_view state_text(State state)
{
    switch (state) {
    case State::Active: return "active";
    case State::Ending: return "ending";
    case State::Suspended: return "suspended";
    }
    std::abort();
}

std::string_view reason_text(Reason reason)
{
    switch (reason) {
    case Reason::Unneeded: return "unneeded";
    case Reason::Rotated: return "rotated";
    case Reason::Lost: return "lost";
    case Reason::Compromised: return "compromised";
    case Reason::Proven: return "proven-compromised";
    case Reason::NotMe: return "not-me";
    }
    std::abort();
}

std::optional<Reason> reason_from_text(std::string_view text)
{
    constexpr std::array kChoices = {Reason::Unneeded, Reason::Rotated, Reason::Lost,
                                     Reason::Compromised};
    const auto* const found = std::ranges::find(kChoices, text, reason_text);
    return found == kChoices.end() ? std::nullopt : std::optional(*found);
}

} // namespace keystead::ssh_key
