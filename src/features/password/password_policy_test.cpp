#include "features/password/password_policy.h"

#include "features/password/common_passwords.h"
#include "features/password/personal_words.h"
#include "features/password/strength.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace keystead::password {
namespace {

using Codes = std::set<std::string_view>;

/// No rule but those that a test turns on. (The four classes of a product that asks for them:
/// kFourClasses.)
PasswordSettings bare_rules()
{
    PasswordSettings settings;
    settings.length_min = 1;
    settings.length_min_with_second_factor = 1;
    settings.require_upper = settings.require_lower = settings.require_digit =
        settings.require_special = false;
    settings.strength_min = 0;
    return settings;
}

Codes refusals(const PasswordSettings& settings, std::string_view typed,
               const Person& person = {.email = "x@y.org"},
               SecondFactor second_factor = SecondFactor::NotEnforced)
{
    const PasswordPolicy policy(settings, "Keystead", nullptr);
    const auto accepted = policy.accept(Secret::copy_of(typed), person, second_factor);
    Codes codes;
    if (!accepted) {
        EXPECT_EQ(accepted.error().code, "password/refused");
        EXPECT_EQ(accepted.error().kind, ErrorKind::InvalidInput);
        EXPECT_FALSE(accepted.error().fields.empty());
        for (const FieldError& field : accepted.error().fields) {
            EXPECT_EQ(field.pointer, "/password");
            EXPECT_TRUE(codes.insert(field.code).second) << "each rule is named once";
        }
    }
    return codes;
}

// guards: of a password that is in use, only what makes it easier to guess is a fault; classes of
// characters never are (NIST SP 800-63B-4 §3.1.1.2)
TEST(PasswordPolicy, FindsFaultsInAPasswordInUse)
{
    const auto faults = [](const PasswordSettings& settings, std::string_view typed,
                           SecondFactor second_factor = SecondFactor::NotEnforced) {
        return PasswordPolicy(settings, "Keystead", nullptr)
            .find_faults(Secret::copy_of(typed), {.email = "ada@example.org"}, second_factor);
    };
    const Faults easy{.easy_to_guess = true};
    EXPECT_EQ(faults(PasswordSettings{}, "turbid walnut sleigh"), Faults{}) << "no class is missed";
    EXPECT_EQ(faults(PasswordSettings{}, "Passw0rd!"), easy);
    EXPECT_EQ(faults(PasswordSettings{}, "Ada-Example-1"), easy);
    PasswordSettings longer = bare_rules();
    longer.length_min = 15;
    longer.length_min_with_second_factor = 8;
    EXPECT_EQ(faults(longer, "turbid-walnut"), easy);
    EXPECT_EQ(faults(longer, "turbid-walnut", SecondFactor::Enforced), Faults{});
}

// guards: what activates an account does not become its password (ASVS V6.4.1)
TEST(PasswordPolicy, RefusesASecretThatWeMade)
{
    const std::string link = "ks_lnk_" + std::string(43, 'Q');
    EXPECT_EQ(refusals(bare_rules(), link), Codes{"password/not-yours"});
    EXPECT_EQ(refusals(bare_rules(), "KS_PAT_" + std::string(82, 'Q')),
              Codes{"password/not-yours"});
    EXPECT_EQ(refusals(bare_rules(), "ks_and-a-few-words"), Codes{});
}

// guards: every rule that failed is named at once (M-01), with the marketplace preset's numbers
TEST(PasswordPolicy, NamesEveryRuleAtOnce)
{
    EXPECT_EQ(refusals(PasswordSettings{}, "abc"),
              (Codes{"password/too-short", "password/missing-upper", "password/missing-digit",
                     "password/missing-special", "password/too-weak"}));
    EXPECT_EQ(refusals(PasswordSettings{}, "password"),
              (Codes{"password/missing-upper", "password/missing-digit", "password/missing-special",
                     "password/common", "password/too-weak"}));
    EXPECT_EQ(refusals(PasswordSettings{}, "Turbid-9-Walnut-Sleigh"), Codes{});
}

// guards: length counts code points after NFC, so that both spellings of é are one (SP 800-63B-4
// §3.1.1.2)
TEST(PasswordPolicy, CountsCodePointsAfterNormalization)
{
    auto settings = bare_rules();
    settings.length_min = 5;
    EXPECT_EQ(refusals(settings, "e\xCC\x81zgq"),
              Codes{"password/too-short"}); // e + combining acute: 4 after NFC
    EXPECT_EQ(
        refusals(
            settings,
            "\xF0\x9F\xA6\x94\xF0\x9F\xA6\x94\xF0\x9F\xA6\x94\xF0\x9F\xA6\x94\xF0\x9F\xA6\x94"),
        Codes{});
    const auto composed = NormalizedPassword::from(Secret::copy_of("caf\xC3\xA9"));
    const auto decomposed = NormalizedPassword::from(Secret::copy_of("cafe\xCC\x81"));
    ASSERT_TRUE(composed && decomposed);
    EXPECT_EQ(composed->text().reveal_text(), decomposed->text().reveal_text());
}

// guards: nothing is cut off, nothing is unbounded
TEST(PasswordPolicy, BoundsTheLengthWithoutCutting)
{
    const std::string most = [] {
        std::string text;
        while (text.size() < 256) {
            text += "zq8#Lw";
        }
        return text.substr(0, 256);
    }();
    EXPECT_EQ(refusals(bare_rules(), most), Codes{});
    EXPECT_EQ(refusals(bare_rules(), most + "x"), Codes{"password/too-long"});
    EXPECT_EQ(refusals(bare_rules(), std::string(5000, 'x')), Codes{"password/too-long"});
    EXPECT_FALSE(NormalizedPassword::from(Secret::copy_of(most + "x")));
    EXPECT_FALSE(NormalizedPassword::from(Secret::copy_of(std::string(5000, 'x'))));
    EXPECT_FALSE(NormalizedPassword::from(Secret::copy_of("")));
    EXPECT_FALSE(NormalizedPassword::from(Secret::copy_of("\xC3\x28")));
}

TEST(PasswordPolicy, RefusesControlCharacters)
{
    for (const std::string_view text : {"ab\tcd\x7f", "zq\nvx", "vw\xC2\x85yz"}) {
        EXPECT_EQ(refusals(bare_rules(), text), Codes{"password/control-character"}) << text;
        EXPECT_FALSE(NormalizedPassword::from(Secret::copy_of(text)));
    }
    EXPECT_EQ(refusals(bare_rules(), std::string_view("zq\0vx", 5)),
              Codes{"password/control-character"});
    EXPECT_EQ(refusals(bare_rules(), "wq vn \xE2\x82\xAC rz"), Codes{})
        << "space and symbols are welcome";
}

// guards: a class rule counts Unicode letters as letters
TEST(PasswordPolicy, CountsLettersOfAllScripts)
{
    auto settings = bare_rules();
    settings.require_upper = settings.require_lower = settings.require_letter =
        settings.require_digit = true;
    EXPECT_EQ(refusals(settings, "\xD0\x96\xD1\x83\xD0\xBA\x37"), Codes{}); // Жук7
    settings.require_special = true;
    EXPECT_EQ(refusals(settings, "\xD0\x96\xD1\x83\xD0\xBA\x37"),
              Codes{"password/missing-special"});
    EXPECT_EQ(refusals(settings, "\xD0\x96\xD1\x83\xD0\xBA 7"), Codes{}) << "a space is special";
}

// guards: the rule that a password met is stored, never its length (security: removing the last
// factor)
TEST(PasswordPolicy, SaysWhichRuleWasMet)
{
    auto settings = bare_rules();
    settings.length_min = 15;
    settings.length_min_with_second_factor = 8;
    const PasswordPolicy policy(settings, "Keystead", nullptr);
    const Person person{.email = "x@y.org"};
    EXPECT_FALSE(policy.accept(Secret::copy_of("zqvx-wnrk"), person, SecondFactor::NotEnforced));
    EXPECT_EQ(
        policy.accept(Secret::copy_of("zqvx-wnrk"), person, SecondFactor::Enforced)->satisfies(),
        Satisfies::WithSecondFactor);
    EXPECT_EQ(policy.accept(Secret::copy_of("zqvx-wnrk-htlm-o"), person, SecondFactor::Enforced)
                  ->satisfies(),
              Satisfies::Alone);
}

// guards: common passwords in any case and with a trivial ending (M-02)
TEST(PasswordPolicy, RefusesCommonPasswords)
{
    for (const std::string_view text :
         {"password", "PassWord", "password1", "Password1!", "dragon2024", "qwerty", "123456"}) {
        EXPECT_TRUE(refusals(bare_rules(), text).contains("password/common")) << text;
    }
    for (const std::string_view text : {"zqvx-wnrk", "password of a walnut", "dragon84726491"}) {
        EXPECT_FALSE(refusals(bare_rules(), text).contains("password/common")) << text;
    }
}

// guards: the built-in list is searched exactly: each of its lines is found, what lies between two
// lines is not
TEST(PasswordPolicy, FindsEveryLineOfTheCommonList)
{
    std::ifstream file("src/features/password/data/common-passwords.txt");
    std::string before;
    int count = 0;
    for (std::string line; std::getline(file, line); before = line, ++count) {
        ASSERT_LT(before, line);
        ASSERT_TRUE(is_common_password(line)) << line;
        const std::string between = before + '\x01';
        ASSERT_FALSE(is_common_password(between));
    }
    EXPECT_EQ(count, 96443);
    EXPECT_FALSE(is_common_password(""));
    EXPECT_FALSE(is_common_password("\xff\xff"));
    EXPECT_FALSE(is_common_password("dragon\nqwerty"));
}

// guards: e-mail, name and product are refused, backwards and with digits for letters too (M-02)
TEST(PasswordPolicy, RefusesPersonalWords)
{
    const Person person{.email = "Grace.Hopper@navy-yard.example",
                        .name = "Grace Brewster \xC3\x89lodie"};
    for (const std::string_view text :
         {"xx-grace-77", "xxHOPPERxx", "h0pp3r-h0pp3r", "reppoh-zzz", "my navy boat", "0yardyard",
          "qBREWSTERq", "xx\xC3\xA9lodiexx", "XX\xC3\x89LODIE", "K3y$tead!", "daetsyek"}) {
        EXPECT_EQ(refusals(bare_rules(), text, person), Codes{"password/personal"}) << text;
    }
    for (const std::string_view text : {"example-zq", "gra-hop-nav", "zq9-wnrk-vxy"}) {
        EXPECT_EQ(refusals(bare_rules(), text, person), Codes{}) << text;
    }
    const Person short_words{.email = "al@ab.org", .name = "Bo Li"};
    EXPECT_EQ(refusals(bare_rules(), "al ab bo li", short_words), Codes{})
        << "words under four letters are left alone";
}

// guards: strength is asked for as the setting says, and long passwords take no long time
TEST(PasswordPolicy, AsksForStrength)
{
    auto settings = bare_rules();
    settings.strength_min = 3;
    EXPECT_EQ(refusals(settings, "abcdefgh1").count("password/too-weak"), 1U);
    EXPECT_EQ(refusals(settings, "Turbid-9-Walnut-Sleigh"), Codes{});
    EXPECT_LT(strength_of(Secret::copy_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), {}), 3U);
    EXPECT_EQ(strength_of(Secret::copy_of(std::string(1000, 'x') + "turbid walnut"), {}),
              strength_of(Secret::copy_of(std::string(1000, 'x')), {}));
    EXPECT_EQ(strength_of(Secret::copy_of(""), {}), 0U);
}

} // namespace
} // namespace keystead::password
