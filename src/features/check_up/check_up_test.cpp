// guards: the order of findings (worst first), and that each is there for its reason alone (M-20
// itself is proved end to end)
#include "features/check_up/check_up.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace keystead::check_up {
namespace {

using namespace std::chrono_literals;

const Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}};

/// An account that lacks nothing.
Facts well_kept()
{
    return {.now = kNow,
            .password = PasswordFacts{.changed_at = kNow - std::chrono::days{30}},
            .has_second_factor = true,
            .codes_left = 10,
            .watched_least = std::chrono::days{30},
            .addresses = 2};
}

TokenFacts token_of(std::string name)
{
    return {.subject = {"tok_1", std::move(name)},
            .created_at = kNow - std::chrono::days{60},
            .has_product_rights = true,
            .product_uses = 5};
}

SshKeyFacts key_of(std::string name)
{
    return {.subject = {"ssh_1", std::move(name)}, .created_at = kNow - std::chrono::days{10}};
}

std::vector<Kind> kinds_of(const Facts& facts)
{
    std::vector<Kind> kinds;
    for (const auto& finding : look_at(facts).findings) {
        kinds.push_back(finding.kind);
    }
    return kinds;
}

using Kinds = std::vector<Kind>;

TEST(CheckUp, SaysThatAllIsWell)
{
    const auto result = look_at(well_kept());
    EXPECT_TRUE(result.findings.empty());
    EXPECT_EQ(result.in_order.size(), 7U);
}

// guards: worst first, whatever order the slices are asked in
TEST(CheckUp, TellsTheWorstFirst)
{
    Facts facts{.now = kNow,
                .password = PasswordFacts{.changed_at = kNow - std::chrono::days{500},
                                          .easy_to_guess = true,
                                          .breached = true},
                .email_unconfirmed = true};
    facts.countries = {{"FR", kNow - std::chrono::days{400}}, {"US", kNow - 1h}};
    facts.sessions = {{{"ses_1", "United States"}, "US"}};
    facts.tokens = {token_of("a"), token_of("b"), token_of("c")};
    facts.tokens[0].suspended = true;
    facts.tokens[1].unused = true;
    facts.tokens[2].may_read_account = true;
    facts.ssh_keys = {key_of("a"), key_of("b"), key_of("c")};
    facts.ssh_keys[0].created_at = kNow - std::chrono::days{400};
    facts.ssh_keys[1].suspended = true;
    facts.ssh_keys[2].rotate_at = kNow;
    const auto result = look_at(facts);
    const Kinds expected{Kind::PasswordBreached, Kind::SessionUnfamiliar, Kind::SecondFactorMissing,
                         Kind::PasswordWeak,     Kind::TokenWide,         Kind::TokenUnused,
                         Kind::TokenSuspended,   Kind::SshKeyDue,         Kind::SshKeySuspended,
                         Kind::EmailUnconfirmed, Kind::AddressSingle,     Kind::SshKeyOld};
    EXPECT_EQ(kinds_of(facts), expected);
    EXPECT_TRUE(result.in_order.empty()) << "backup codes come with the second factor";
    EXPECT_TRUE(std::ranges::is_sorted(
        result.findings, {}, [](const Finding& finding) { return severity_of(finding.kind); }));
}

// guards: age alone is told last, as advice, and only where nothing graver asks for a new one (NIST
// SP 800-63B-4 §3.1.1.2)
TEST(CheckUp, TellsOfAnOldPasswordAsAdvice)
{
    Facts facts = well_kept();
    facts.password->changed_at = kNow - kPasswordOld + 1s;
    EXPECT_TRUE(kinds_of(facts).empty());
    facts.password->changed_at = kNow - kPasswordOld;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::PasswordOld});
    EXPECT_EQ(severity_of(Kind::PasswordOld), Severity::Advice);
    EXPECT_EQ(look_at(facts).findings[0].since, facts.password->changed_at);
    facts.password->breached = true;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::PasswordBreached});
}

TEST(CheckUp, CountsBackupCodesOnlyBesideASecondFactor)
{
    Facts facts = well_kept();
    facts.codes_left = kCodesFew + 1;
    EXPECT_TRUE(kinds_of(facts).empty());
    facts.codes_left = kCodesFew;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::BackupCodesFew});
    EXPECT_EQ(look_at(facts).findings[0].left, kCodesFew);
    facts.codes_suspended = true;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::BackupCodesSuspended});
    facts.codes_left = 0;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::BackupCodesMissing});
    facts.has_second_factor = false;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SecondFactorMissing});
}

// guards: the country that an account began in is never strange to it, another one is for 30 days
TEST(CheckUp, KnowsCountriesByWhenTheyBecameKnown)
{
    Facts facts = well_kept();
    facts.sessions = {{{"ses_1", "France"}, "FR"}, {{"ses_2", "United States"}, "US"}, {{}, ""}};
    facts.countries = {{"FR", kNow - 2h}, {"US", kNow - 1h}};
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SessionUnfamiliar});
    ASSERT_EQ(look_at(facts).findings[0].subjects.size(), 1U);
    EXPECT_EQ(look_at(facts).findings[0].subjects[0].id, "ses_2");
    facts.countries[1].first_seen_at = kNow - kCountryNew;
    EXPECT_TRUE(kinds_of(facts).empty());
    facts.countries.clear();
    EXPECT_TRUE(kinds_of(facts).empty());
}

TEST(CheckUp, FindsTokensThatAreWiderThanTheirUse)
{
    Facts facts = well_kept();
    const auto is_wide = [&facts](const TokenFacts& token) {
        facts.tokens = {token};
        return kinds_of(facts) == Kinds{Kind::TokenWide};
    };
    TokenFacts token = token_of("ci");
    EXPECT_FALSE(is_wide(token)) << "it needs what it has";
    token.may_read_account = true;
    EXPECT_TRUE(is_wide(token)) << "it never read the account";
    token.account_reads = 1;
    EXPECT_FALSE(is_wide(token));
    token.product_uses = 0;
    EXPECT_TRUE(is_wide(token)) << "the product never saw it";
    token.has_product_rights = false;
    EXPECT_FALSE(is_wide(token));
    token.has_product_rights = true;
    token.created_at = kNow - facts.watched_least + 1s;
    EXPECT_FALSE(is_wide(token)) << "too young to say";
    token.created_at = kNow - facts.watched_least;
    EXPECT_TRUE(is_wide(token));
    token.account_reads = 0;
    EXPECT_FALSE(is_wide(token)) << "nothing is known of its use";
}

// guards: a key whose rotation is due is not told of twice, nor one that no server accepts
TEST(CheckUp, TellsOfAKeyOnce)
{
    Facts facts = well_kept();
    facts.ssh_keys = {key_of("laptop")};
    EXPECT_TRUE(kinds_of(facts).empty());
    facts.ssh_keys[0].created_at = kNow - kSshKeyOld;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyOld});
    facts.ssh_keys[0].rotate_at = kNow + 1s;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyOld});
    facts.ssh_keys[0].rotate_at = kNow;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyDue});
    facts.ssh_keys[0].suspended = true;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeySuspended});
}

// guards: a key is called unused only as far as a server could have told of its use
TEST(CheckUp, TellsOfAKeyThatNobodyUses)
{
    Facts facts = well_kept();
    facts.ssh_keys = {key_of("laptop")};
    facts.ssh_keys[0].created_at = kNow - kSshKeyOld;
    facts.ssh_keys[0].rotate_at = kNow;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyDue}) << "no server reports";
    facts.servers_since = kNow - kSshKeyUnused + 1s;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyDue}) << "the server is new";
    facts.servers_since = kNow - kSshKeyUnused;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyUnused}) << "and not due or old besides";
    facts.ssh_keys[0].last_used_at = kNow - kSshKeyUnused + 1s;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyDue});
    facts.ssh_keys[0].last_used_at = kNow - kSshKeyUnused;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyUnused});
    facts.ssh_keys[0].suspended = true;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeySuspended});
    facts.ssh_keys[0].suspended = false;
    facts.ssh_keys[0].created_at = kNow - kSshKeyUnused + 1s;
    EXPECT_EQ(kinds_of(facts), Kinds{Kind::SshKeyDue}) << "the key is new";
}

TEST(CheckUp, SaysNothingOfAPasswordThatIsNotToBeTold)
{
    Facts facts = well_kept();
    facts.password.reset();
    const auto in_order = look_at(facts).in_order;
    EXPECT_EQ(std::ranges::count(in_order, Area::Password), 0);
    EXPECT_EQ(in_order.size(), 6U);
}

} // namespace
} // namespace keystead::check_up
