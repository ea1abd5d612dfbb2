#include "features/password/password_policy.h"

#include "core/encoding.h"
#include "features/password/breach_filter.h"
#include "features/password/common_passwords.h"
#include "features/password/personal_words.h"
#include "features/password/strength.h"
#include "features/password/unicode_text.h"

#include <algorithm>
#include <utility>

namespace keystead::password {
namespace {

/// "password1!" is "password": so many digits or signs at the end add nothing.
constexpr std::size_t kTrivialSuffixMax = 4;

bool is_trivial(char character)
{
    const bool is_letter =
        (character >= 'a' && character <= 'z') || static_cast<unsigned char>(character) >= 0x80;
    return !is_letter;
}

bool is_common(std::string_view folded)
{
    if (is_common_password(folded)) {
        return true;
    }
    for (std::size_t cut = 0;
         cut < kTrivialSuffixMax && !folded.empty() && is_trivial(folded.back()); ++cut) {
        folded.remove_suffix(1);
        if (is_common_password(folded)) {
            return true;
        }
    }
    return false;
}

/// Gathers the refusals of one password.
class Refusals {
public:
    explicit Refusals(std::string_view pointer) : pointer_(pointer) {}
    void add_if(bool failed, std::string_view code, std::string detail)
    {
        if (failed) {
            fields_.push_back(
                {.pointer = std::string(pointer_), .code = code, .detail = std::move(detail)});
        }
    }
    std::vector<FieldError> take() && { return std::move(fields_); }

private:
    std::string_view pointer_;
    std::vector<FieldError> fields_;
};

void check_classes(Refusals& refusals, const PasswordSettings& settings,
                   const CharacterCounts& counts)
{
    refusals.add_if(settings.require_upper && counts.upper == 0, "password/missing-upper",
                    "Use at least one capital letter.");
    refusals.add_if(settings.require_lower && counts.lower == 0, "password/missing-lower",
                    "Use at least one small letter.");
    refusals.add_if(settings.require_letter && counts.letters == 0, "password/missing-letter",
                    "Use at least one letter.");
    refusals.add_if(settings.require_digit && counts.digits == 0, "password/missing-digit",
                    "Use at least one digit.");
    refusals.add_if(settings.require_special && counts.special == 0, "password/missing-special",
                    "Use at least one character that is neither letter nor digit.");
}

/// Secrets of ours begin so (crypto/token.h); people see them in links and when they make keys.
constexpr std::string_view kOurSecrets = "ks_";
constexpr std::size_t kOurSecretsBytesMin = 40;

/// What activates an account must not become its password (ASVS V6.4.1).
bool is_secret_of_ours(std::string_view folded)
{
    return folded.starts_with(kOurSecrets) && folded.size() >= kOurSecretsBytesMin;
}

Error refused(std::vector<FieldError> fields)
{
    return Error{.kind = ErrorKind::InvalidInput,
                 .code = "password/refused",
                 .detail = "This password cannot be used.",
                 .fields = std::move(fields)};
}

} // namespace

std::optional<NormalizedPassword> NormalizedPassword::from(const Secret& typed)
{
    if (typed.size() == 0 || typed.size() > kBytesMax || !is_valid_utf8(typed.reveal_text())) {
        return std::nullopt;
    }
    Secret text = to_nfc(typed.reveal_text());
    const CharacterCounts counts = count_characters(text.reveal_text());
    if (counts.code_points > kCodePointsMax || counts.control > 0) {
        return std::nullopt;
    }
    return NormalizedPassword(std::move(text));
}

PasswordPolicy::PasswordPolicy(const PasswordSettings& settings, std::string product_name,
                               const BreachFilter* breaches)
    : settings_(settings), product_name_(std::move(product_name)), breaches_(breaches)
{
}

Result<AcceptedPassword> PasswordPolicy::accept(const Secret& typed, const Person& person,
                                                SecondFactor second_factor,
                                                std::string_view pointer) const
{
    Refusals refusals(pointer);
    if (typed.size() >
        kBytesMax) { // Nothing more is worked out about what nobody should have sent.
        refusals.add_if(true, "password/too-long", "Use at most 256 characters.");
        return refused(std::move(refusals).take());
    }
    if (!is_valid_utf8(typed.reveal_text())) {
        refusals.add_if(true, "password/control-character", "Use text.");
        return refused(std::move(refusals).take());
    }
    Secret text = to_nfc(typed.reveal_text());
    const CharacterCounts counts = count_characters(text.reveal_text());
    const std::uint32_t length_min = second_factor == SecondFactor::Enforced
                                         ? settings_.length_min_with_second_factor
                                         : settings_.length_min;
    refusals.add_if(counts.code_points < length_min, "password/too-short",
                    "Use at least " + std::to_string(length_min) + " characters.");
    refusals.add_if(counts.code_points > kCodePointsMax, "password/too-long",
                    "Use at most 256 characters.");
    refusals.add_if(counts.control > 0, "password/control-character",
                    "Tabs, line breaks and other control characters cannot be used.");
    check_classes(refusals, settings_, counts);

    const Secret folded = fold_case(text.reveal_text());
    const auto words = personal_words(person.email, person.name, product_name_);
    refusals.add_if(is_common(folded.reveal_text()), "password/common",
                    "Many people use this password: it is tried first.");
    refusals.add_if(breaches_ != nullptr && breaches_->contains(text), "password/breached",
                    "This password is in a list of stolen passwords.");
    refusals.add_if(contains_personal_word(folded, words), "password/personal",
                    "Leave out your name, your e-mail address and the name of this service.");
    refusals.add_if(is_secret_of_ours(folded.reveal_text()), "password/not-yours",
                    "This is the secret of a link or key: choose words of your own.");
    refusals.add_if(settings_.strength_min > 0 && strength_of(text, words) < settings_.strength_min,
                    "password/too-weak",
                    "This password is easy to guess: use several unusual words.");

    auto fields = std::move(refusals).take();
    if (!fields.empty()) {
        return refused(std::move(fields));
    }
    const bool strong_alone = counts.code_points >= settings_.length_min;
    return AcceptedPassword(std::move(text),
                            strong_alone ? Satisfies::Alone : Satisfies::WithSecondFactor);
}

Faults PasswordPolicy::find_faults(const Secret& typed, const Person& person,
                                   SecondFactor second_factor) const
{
    const auto accepted = accept(typed, person, second_factor);
    if (accepted) {
        return {};
    }
    const auto broke = [&](std::string_view code) {
        return std::ranges::any_of(accepted.error().fields,
                                   [code](const FieldError& field) { return field.code == code; });
    };
    return {.easy_to_guess = broke("password/too-short") || broke("password/common") ||
                             broke("password/personal") || broke("password/not-yours") ||
                             broke("password/too-weak"),
            .breached = broke("password/breached")};
}

Error unchanged(std::string_view pointer)
{
    constexpr std::string_view kCode = "password/unchanged";
    constexpr std::string_view kWords = "This is the old password. Choose another one.";
    Error error{ErrorKind::InvalidInput, kCode, std::string(kWords)};
    error.fields = {{std::string(pointer), kCode, std::string(kWords)}};
    return error;
}

} // namespace keystead::password
