#include "features/password/assessment_service.h"

#include <array>
#include <string>

namespace keystead::password {
namespace {

/// What is stored, sealed: one byte of these.
constexpr std::byte kEasyToGuess{1};
constexpr std::byte kBreached{2};

std::string bound_to(AccountId account)
{
    return "password-assessment/" + account.text();
}

} // namespace

Faults AssessmentService::assess(const Secret& typed, const Person& person,
                                 const StoredPassword& checked) const
{
    return policy_.find_faults(typed, person,
                               checked.satisfies == Satisfies::Alone ? SecondFactor::NotEnforced
                                                                     : SecondFactor::Enforced);
}

Result<void> AssessmentService::note(WriteTx& tx, const StoredPassword& checked, Faults faults)
{
    if (!checked.assessment.empty()) {
        const auto before = faults_of(checked);
        if (before && *before == faults) {
            return {};
        } // One that does not open any more is replaced: nobody is kept out for it.
    }
    const std::array plain{(faults.easy_to_guess ? kEasyToGuess : std::byte{}) |
                           (faults.breached ? kBreached : std::byte{})};
    return store_.set_assessment(
        tx, checked,
        keys_.seal(crypto::KeyPurpose::PasswordSeal, bound_to(checked.account), plain));
}

Result<Faults> AssessmentService::faults_of(const StoredPassword& stored) const
{
    if (stored.assessment.empty()) {
        return Faults{};
    }
    KS_TRY(const Secret plain, keys_.open(crypto::KeyPurpose::PasswordSeal,
                                          bound_to(stored.account), stored.assessment));
    const std::byte bits = plain.size() == 1 ? plain.reveal()[0] : std::byte{};
    return Faults{.easy_to_guess = (bits & kEasyToGuess) != std::byte{},
                  .breached = (bits & kBreached) != std::byte{}};
}

} // namespace keystead::password
