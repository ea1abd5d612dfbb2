#include "features/check_up/check_up_service.h"

#include "features/totp/totp.h"
#include "test/support/sign_in_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace keystead::check_up {
namespace {

using namespace std::chrono_literals;
using Kinds = std::vector<Kind>;

constexpr std::string_view kEmail = "ada@example.com";

class CheckUps : public testing::TestWithParam<Database::Engine> {
protected:
    CheckUps()
        : places_(*place::PlaceService::open("", std::filesystem::temp_directory_path().string()))
    {
        EXPECT_TRUE(permissions_.open(*world_.database));
        ada_ = world_.register_account(kEmail);
    }
    template <class Act> auto write(Act act)
    {
        return world_.database->write([&](WriteTx& tx) { return act(tx); });
    }
    CheckUp look(SessionId asks)
    {
        auto found =
            world_.database->read([&](ReadTx& tx) { return check_ups_.look(tx, ada_, asks); });
        EXPECT_TRUE(found);
        return *std::move(found);
    }
    /// As an own session sees them, without the two that a new account has: no second factor, one
    /// address.
    Kinds kinds()
    {
        Kinds found;
        for (const auto& finding : look(SessionId{}).findings) {
            if (finding.kind != Kind::SecondFactorMissing && finding.kind != Kind::AddressSingle) {
                found.push_back(finding.kind);
            }
        }
        return found;
    }
    session::Established sign_in(std::string country = "FR")
    {
        world_.country = std::move(country);
        world_.clock.advance(1s);
        return world_.session_of(kEmail);
    }
    std::optional<password::StoredPassword> stored()
    {
        return *world_.database->read([&](ReadTx& tx) { return world_.passwords.find(tx, ada_); });
    }

    test::SignInWorld world_{GetParam()};
    PermissionSettings permission_settings_;
    permission::PermissionStore permission_store_;
    permission::PermissionService permissions_{permission_store_, world_.audit,
                                               permission_settings_};
    ApiTokenSettings token_settings_;
    api_token::ApiTokenStore token_store_;
    api_token::ApiTokenService tokens_{api_token::ApiTokenParts{
        token_store_, world_.accounts, permissions_, world_.audit, world_.keys, world_.clock,
        world_.random, token_settings_,
        [this](ReadTx&, AccountId) -> Result<PermissionSet> { return permissions_.all(); },
        world_.tell_owner}};
    std::unique_ptr<place::PlaceService> places_;
    api_token::ApiTokenUsageService token_usage_{token_store_, tokens_, *places_, world_.clock,
                                                 token_settings_};
    SshKeySettings ssh_key_settings_;
    ssh_key::SshKeyStore ssh_key_store_;
    ssh_key::SshKeyService ssh_keys_{ssh_key::SshKeyParts{ssh_key_store_, world_.audit,
                                                          world_.clock, world_.random,
                                                          ssh_key_settings_, world_.tell_owner}};
    CheckUpService check_ups_{
        {world_.accounts, world_.addresses, world_.passwords, world_.assessments, world_.totp,
         world_.backup_codes, world_.session_service, world_.devices, tokens_, token_usage_,
         permissions_, ssh_keys_, [this](ReadTx&, AccountId) { return servers_since(); },
         token_settings_, ssh_key_settings_, world_.clock}};
    Result<std::optional<Instant>> servers_since() const { return servers_since_; }
    std::optional<Instant> servers_since_;
    AccountId ada_;
};
INSTANTIATE_TEST_SUITE_P(Engines, CheckUps, testing::ValuesIn(test::engines()), test::engine_name);

TEST_P(CheckUps, FindWhatANewAccountLacks)
{
    const auto result = look(SessionId{});
    ASSERT_EQ(result.findings.size(), 2U);
    EXPECT_EQ(result.findings[0].kind, Kind::SecondFactorMissing);
    EXPECT_EQ(result.findings[1].kind, Kind::AddressSingle);
    const std::vector expected{Area::Password, Area::Sessions, Area::Tokens, Area::SshKeys};
    EXPECT_EQ(result.in_order, expected);
}

// guards: a second factor mends the worst finding; few codes are told of, and new ones mend that
TEST_P(CheckUps, FollowSecondFactorAndBackupCodes)
{
    const auto made = write([&](WriteTx& tx) {
        return world_.totp.begin_enrollment(tx, world_.owner_of(ada_), ada_, "phone");
    });
    ASSERT_TRUE(made);
    EXPECT_EQ(look(SessionId{}).findings[0].kind, Kind::SecondFactorMissing) << "not confirmed";
    const auto step = totp::step_of(world_.clock.now());
    auto code = std::to_string(totp::hotp(made->secret, step, 6));
    code.insert(0, 6 - code.size(), '0');
    ASSERT_EQ(write([&](WriteTx& tx) {
                  return world_.totp.confirm(tx, world_.owner_of(ada_), ada_,
                                             made->authenticator.id, code);
              })->check,
              totp::CodeCheck::Accepted);
    EXPECT_EQ(kinds(), Kinds{Kind::BackupCodesMissing});

    const auto new_codes = [&] {
        auto prepared = world_.backup_codes.prepare(ada_);
        EXPECT_TRUE(write([&](WriteTx& tx) {
            return world_.backup_codes.replace(tx, world_.owner_of(ada_), *prepared);
        }));
        return std::move(prepared->codes);
    };
    const auto codes = new_codes();
    EXPECT_TRUE(kinds().empty());
    const auto set =
        *world_.database->read([&](ReadTx& tx) { return world_.backup_codes.find_set(tx, ada_); });
    for (std::size_t used = 0; used < 7; ++used) {
        EXPECT_TRUE(kinds().empty());
        const auto attempt = world_.backup_codes.hash_attempt(ada_, set, codes[used].reveal_text(),
                                                              password::QueuePlace::Open);
        ASSERT_TRUE(write([&](WriteTx& tx) {
            return world_.backup_codes.spend(tx, world_.owner_of(ada_), *attempt);
        }));
    }
    EXPECT_EQ(kinds(), Kinds{Kind::BackupCodesFew});
    new_codes();
    EXPECT_TRUE(kinds().empty());
}

// guards: what today's rules find at a sign-in is kept until another password is chosen, sealed
TEST_P(CheckUps, FindAPasswordThatTodaysRulesWouldRefuse)
{
    sign_in();
    EXPECT_TRUE(kinds().empty());
    const auto before = stored()->assessment;
    EXPECT_FALSE(before.empty()) << "kept though nothing was found: its size says nothing";

    PasswordSettings stricter = world_.password_settings;
    stricter.length_min = 30;
    world_.policy = password::PasswordPolicy(stricter, "Product", nullptr);
    EXPECT_TRUE(kinds().empty()) << "nobody has typed it since";
    sign_in();
    EXPECT_EQ(kinds(), Kinds{Kind::PasswordWeak});
    EXPECT_EQ(stored()->assessment.size(), before.size());
    const auto kept = stored()->assessment;
    sign_in();
    EXPECT_EQ(stored()->assessment, kept) << "the same is not written twice";

    const auto changed = *stored();
    ASSERT_TRUE(write([&](WriteTx& tx) {
        return world_.passwords.replace(
            tx, world_.owner_of(ada_), changed,
            {.account = ada_, .sealed = {std::byte{1}}, .satisfies = password::Satisfies::Alone});
    }));
    EXPECT_TRUE(kinds().empty());
}

// guards: a wrong password marks nothing; nor does a right one that was changed meanwhile
TEST_P(CheckUps, MarkThePasswordThatWasCheckedAlone)
{
    const AccountId bob = world_.register_account("bob@example.com");
    PasswordSettings stricter = world_.password_settings;
    stricter.length_min = 30;
    world_.policy = password::PasswordPolicy(stricter, "Product", nullptr);
    ASSERT_TRUE(world_.sign_in_with(kEmail, "Wrong-Horse-7-Battery"));
    EXPECT_TRUE(stored()->assessment.empty());
    auto outdated = *stored();
    outdated.sealed = {std::byte{1}};
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(world_.assessments.note(tx, outdated, {.breached = true}));
        return world_.audit.append(tx, {.actor = Actor{}, .action = "test.step"});
    }));
    EXPECT_TRUE(kinds().empty());
    const auto current = *stored();
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(world_.assessments.note(tx, current, {.breached = true}));
        return world_.audit.append(tx, {.actor = Actor{}, .action = "test.step"});
    }));
    EXPECT_EQ(kinds(), Kinds{Kind::PasswordBreached});
    // Moved to another account's row it does not open.
    auto moved = *stored();
    moved.account = bob;
    EXPECT_EQ(world_.assessments.faults_of(moved).error().code, "crypto/does-not-open");
}

TEST_P(CheckUps, FindAnOldPassword)
{
    EXPECT_TRUE(kinds().empty());
    world_.clock.advance(kPasswordOld);
    EXPECT_EQ(kinds(), Kinds{Kind::PasswordOld});
}

// guards: another country is strange for a while, but not where the owner sits
TEST_P(CheckUps, FindSessionsInUnfamiliarCountries)
{
    sign_in("FR");
    const auto abroad = sign_in("US");
    EXPECT_EQ(kinds(), Kinds{Kind::SessionUnfamiliar});
    const auto finding = look(SessionId{}).findings[0];
    ASSERT_EQ(finding.subjects.size(), 1U);
    EXPECT_EQ(finding.subjects[0].id, abroad.session.id.text());
    EXPECT_EQ(finding.subjects[0].name, "United States");
    EXPECT_NE(look(abroad.session.id).findings[0].kind, Kind::SessionUnfamiliar);
    ASSERT_TRUE(write([&](WriteTx& tx) {
        return world_.session_service.revoke(tx, Actor{}, ada_, abroad.session.id, "test");
    }));
    EXPECT_TRUE(kinds().empty());
    sign_in("US");
    EXPECT_EQ(kinds(), Kinds{Kind::SessionUnfamiliar}) << "known since a second";
    world_.clock.advance(kCountryNew);
    sign_in("US");
    EXPECT_TRUE(kinds().empty());
}

TEST_P(CheckUps, FindTokensUnusedSuspendedAndWiderThanTheirUse)
{
    const auto made = write([&](WriteTx& tx) {
        return tokens_.create(tx, world_.owner_of(ada_), ada_,
                              {.name = "ci",
                               .kind = api_token::Kind::Admin,
                               .permissions = {},
                               .addresses = {},
                               .expires_at = world_.clock.now() + std::chrono::days{300}});
    });
    ASSERT_TRUE(made);
    EXPECT_TRUE(kinds().empty());
    world_.clock.advance(token_settings_.unused_after + 1s);
    EXPECT_EQ(kinds(), Kinds{Kind::TokenUnused});
    const auto use = [&](TokenUse kind) {
        const api_token::CachedToken::Use one{world_.clock.now(), *IpAddress::parse("203.0.113.7"),
                                              kind};
        const auto parsed = tokens_.parse(made->secret.reveal_text());
        if (!tokens_.find_cached(*parsed, one, [](const api_token::CachedToken&) {})) {
            ASSERT_TRUE(tokens_.load(*world_.database, made->secret.reveal_text(), one));
        }
        ASSERT_TRUE(token_usage_.write_uses(*world_.database));
    };
    use(TokenUse::Check);
    EXPECT_EQ(kinds(), Kinds{Kind::TokenWide});
    use(TokenUse::Api);
    EXPECT_TRUE(kinds().empty());
    ASSERT_TRUE(write([&](WriteTx& tx) { return tokens_.suspend_all(tx, Actor{}); }));
    EXPECT_EQ(kinds(), Kinds{Kind::TokenSuspended});
    world_.clock.advance(std::chrono::days{300});
    EXPECT_EQ(kinds(), Kinds{}) << "expired: nobody can use it";
}

TEST_P(CheckUps, FindSshKeysThatAreDueSuspendedOrOld)
{
    const auto key = ssh_key::parse_public_key_line(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOigbFj6qIa4pKVs8kXdrodKg50tCwnH8goOhl1J/Gtl");
    ASSERT_TRUE(key);
    const auto added = write([&](WriteTx& tx) {
        return ssh_keys_.add(tx, world_.owner_of(ada_), ada_, {"laptop", *key});
    });
    ASSERT_TRUE(added);
    EXPECT_TRUE(kinds().empty());
    ssh_key_settings_.reminder = std::chrono::days{90};
    world_.clock.advance(std::chrono::days{90});
    EXPECT_EQ(kinds(), Kinds{Kind::SshKeyDue});
    ssh_key_settings_.reminder.reset();
    EXPECT_TRUE(kinds().empty());
    ASSERT_TRUE(write([&](WriteTx& tx) { return ssh_keys_.suspend_all(tx, Actor{}); }));
    EXPECT_EQ(kinds(), Kinds{Kind::SshKeySuspended});
    ASSERT_TRUE(write([&](WriteTx& tx) {
        return ssh_keys_.revoke(tx, world_.owner_of(ada_), ada_, added->id,
                                ssh_key::Reason::Unneeded);
    }));
    EXPECT_TRUE(kinds().empty());
}

// guards: an address counts once it is confirmed
TEST_P(CheckUps, FindASingleAddress)
{
    world_.mails.take();
    ASSERT_TRUE(write([&](WriteTx& tx) {
        return world_.addresses.add(tx, world_.owner_of(ada_),
                                    *account::EmailAddress::parse("second@example.com"));
    }));
    EXPECT_EQ(look(SessionId{}).findings.back().kind, Kind::AddressSingle);
    const auto token = world_.mails.take().at(0).token;
    ASSERT_TRUE(write([&](WriteTx& tx) { return world_.addresses.confirm(tx, Actor{}, token); }));
    EXPECT_EQ(look(SessionId{}).findings.size(), 1U);
}

} // namespace
} // namespace keystead::check_up
