#include "features/api_token/api_token_service.h"

#include "test/support/account_world.h"

#include <gtest/gtest.h>

#include <atomic>

namespace keystead::api_token {
namespace {

using namespace std::chrono_literals;

class ApiTokens : public testing::TestWithParam<Database::Engine> {
protected:
    ApiTokens()
    {
        settings_.at_most = 3;
        EXPECT_TRUE(permissions_.open(*world_.database));
        owners_rights_ = permissions_.all();
        ada_ = world_.create("ada@example.test")->id;
        bob_ = world_.create("bob@example.test")->id;
    }
    Result<Made> create(AccountId account, NewToken wanted = {.name = "ci",
                                                              .kind = Kind::Deploy,
                                                              .permissions = {},
                                                              .addresses = {},
                                                              .expires_at = {}})
    {
        return world_.database->write([&](WriteTx& tx) {
            return service_.create(tx, world_.owner_of(account), account, wanted);
        });
    }
    Result<Made> rotate(AccountId account, TokenId id, std::chrono::seconds overlap = 1h)
    {
        return world_.database->write([&](WriteTx& tx) {
            return service_.rotate(tx, world_.owner_of(account), account, id, overlap);
        });
    }
    Result<void> revoke(AccountId account, TokenId id)
    {
        return world_.database->write([&](WriteTx& tx) {
            return service_.revoke(tx, world_.owner_of(account), account, id, "owner");
        });
    }
    Surrender surrender(const Secret& secret)
    {
        return *world_.database->write(
            [&](WriteTx& tx) { return service_.surrender(tx, Actor{}, secret.reveal_text()); });
    }
    /// As a request does: memory first, then the database.
    std::optional<CachedToken> check(const Secret& secret, std::string_view from = "203.0.113.7")
    {
        const CachedToken::Use use{world_.clock.now(), *IpAddress::parse(from), TokenUse::Check};
        std::optional<CachedToken> found;
        const auto parsed = service_.parse(secret.reveal_text());
        if (!parsed ||
            !service_.find_cached(*parsed, use, [&](const CachedToken& token) { found = token; })) {
            found = *service_.load(*world_.database, secret.reveal_text(), use);
        }
        return found;
    }
    PermissionSet set(std::vector<std::string> names) { return *permissions_.set_of(names); }

    test::AccountWorld world_{GetParam()};
    PermissionSettings permission_settings_;
    permission::PermissionStore permission_store_;
    permission::PermissionService permissions_{permission_store_, world_.audit,
                                               permission_settings_};
    ApiTokenSettings settings_;
    PermissionSet owners_rights_;
    ApiTokenStore store_;
    ApiTokenService service_{ApiTokenParts{
        store_, world_.accounts, permissions_, world_.audit, world_.keys, world_.clock,
        world_.random, settings_,
        [this](ReadTx&, AccountId) -> Result<PermissionSet> { return owners_rights_; },
        [this](WriteTx& tx, const Actor& actor, AccountId account, notify::Purpose purpose,
               const notify::Facts& facts) {
            return world_.notices.tell_owner(tx, actor, account, purpose, facts);
        }}};
    AccountId ada_;
    AccountId bob_;
};

TEST_P(ApiTokens, HoldWhatTheirKindSays)
{
    const auto made = create(ada_);
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->secret.reveal_text().starts_with("ks_pat_"));
    EXPECT_TRUE(crypto::has_token_form(made->secret.reveal_text()));
    const auto found = check(made->secret);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->account, ada_);
    EXPECT_EQ(found->permissions, set({"view-projects", "deploy-projects", "view-logs"}));
    EXPECT_FALSE(found->permissions.has(kReadAccount));
    EXPECT_EQ(world_.audit.count("token.create"), 1);

    const auto admin = create(ada_, {"all", Kind::Admin, {}, {}, {}});
    EXPECT_EQ(check(admin->secret)->permissions, permissions_.all());
    const auto custom = create(ada_, {"one", Kind::Custom, {"view-logs"}, {}, {}});
    EXPECT_EQ(check(custom->secret)->permissions, set({"view-logs"}));
}

// guards: never more than the owner's, when it is made
TEST_P(ApiTokens, AreRefusedWhatTheirOwnerMayNotDo)
{
    owners_rights_ = set({"view-projects", "view-logs"});
    const auto refused = create(ada_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "token/exceeds-owner");
    EXPECT_TRUE(create(ada_, {"read", Kind::ReadOnly, {}, {}, {}}));
    EXPECT_EQ(create(ada_, {"all", Kind::Custom, {"full-access"}, {}, {}}).error().code,
              "token/exceeds-owner");
}

// guards: never more than the owner's, at every check
TEST_P(ApiTokens, LoseWhatTheirOwnerLoses)
{
    const auto made = create(ada_);
    EXPECT_TRUE(check(made->secret)->permissions.has(*permissions_.find("deploy-projects")));
    owners_rights_ = set({"view-projects"});
    ASSERT_TRUE(world_.database->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        return service_.forget_cached(tx, ada_);
    }));
    EXPECT_EQ(check(made->secret)->permissions, set({"view-projects"}));
}

TEST_P(ApiTokens, RefuseWhatIsNotInTheCatalogue)
{
    EXPECT_EQ(create(ada_, {"x", Kind::Custom, {"rule-the-world"}, {}, {}}).error().code,
              "token/unknown-permission");
    EXPECT_EQ(create(ada_, {"x", Kind::Custom, {}, {}, {}}).error().code, "token/kind-not-offered");
    settings_.deploy.clear();
    EXPECT_EQ(create(ada_).error().code, "token/kind-not-offered");
}

// guards: at most so many an account, though fifty creations race
TEST_P(ApiTokens, StayWithinTheLimitUnderARace)
{
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    test::race(50, [&](int) {
        const auto token = create(ada_);
        made += token ? 1 : 0;
        refused += !token && token.error().code == "token/limit-reached" ? 1 : 0;
    });
    EXPECT_EQ(made, 3);
    EXPECT_EQ(refused, 47);
    EXPECT_TRUE(create(bob_)) << "another account has its own limit";
}

TEST_P(ApiTokens, FreeTheirPlaceWhenRevokedOrExpired)
{
    const auto first = create(ada_);
    const auto second = create(ada_, {"short", Kind::Deploy, {}, {}, world_.clock.now() + 24h});
    ASSERT_TRUE(create(ada_));
    EXPECT_FALSE(create(ada_));
    ASSERT_TRUE(revoke(ada_, first->token.id));
    ASSERT_TRUE(create(ada_));
    EXPECT_FALSE(create(ada_));
    world_.clock.advance(25h);
    EXPECT_FALSE(check(second->secret)) << "it has expired";
    EXPECT_TRUE(create(ada_));
}

// guards: what was revoked is accepted no more, also where memory held it
TEST_P(ApiTokens, AreRefusedOnceRevoked)
{
    const auto made = create(ada_);
    ASSERT_TRUE(check(made->secret));
    EXPECT_EQ(revoke(bob_, made->token.id).error().code, "token/not-found");
    ASSERT_TRUE(check(made->secret));
    ASSERT_TRUE(revoke(ada_, made->token.id));
    EXPECT_FALSE(check(made->secret));
    EXPECT_EQ(revoke(ada_, made->token.id).error().code, "token/not-found");
    EXPECT_EQ(world_.audit.count("token.revoke"), 1);
}

// guards: a check that began before a revocation was answered leaves nothing behind
TEST_P(ApiTokens, AreRefusedOnceRevokedThoughChecksRace)
{
    for (int round = 0; round < 5; ++round) {
        const auto made = create(ada_);
        std::atomic<bool> stop{false};
        std::atomic<bool> answered{false};
        std::atomic<int> accepted_after{0};
        {
            std::vector<std::jthread> checkers;
            for (int i = 0; i < 3; ++i) {
                checkers.emplace_back([&] {
                    while (!stop) {
                        const bool was_answered = answered;
                        accepted_after += check(made->secret).has_value() && was_answered ? 1 : 0;
                    }
                });
            }
            ASSERT_TRUE(revoke(ada_, made->token.id));
            answered = true;
            for (int i = 0; i < 20; ++i) {
                EXPECT_FALSE(check(made->secret));
            }
            stop = true;
        }
        EXPECT_EQ(accepted_after, 0);
    }
}

TEST_P(ApiTokens, RotateWithAnOverlap)
{
    const auto made = create(ada_);
    ASSERT_TRUE(check(made->secret));
    const auto next = rotate(ada_, made->token.id);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->old_secret_ends_at, world_.clock.now() + 1h);
    EXPECT_TRUE(check(made->secret));
    EXPECT_TRUE(check(next->secret));
    EXPECT_EQ(rotate(ada_, made->token.id).error().code, "token/rotation-pending");
    world_.clock.advance(61min);
    EXPECT_FALSE(check(made->secret)) << "its end had been in memory too";
    EXPECT_TRUE(check(next->secret));
    ASSERT_TRUE(rotate(ada_, made->token.id)) << "the pending one is over";
    EXPECT_EQ(rotate(bob_, made->token.id).error().code, "token/not-found");
}

TEST_P(ApiTokens, EndTheOldSecretOnWish)
{
    const auto made = create(ada_);
    const auto end_overlap = [&] {
        return world_.database->write([&](WriteTx& tx) {
            return service_.end_overlap(tx, world_.owner_of(ada_), ada_, made->token.id);
        });
    };
    EXPECT_EQ(end_overlap().error().code, "token/no-rotation");
    const auto next = rotate(ada_, made->token.id);
    ASSERT_TRUE(check(made->secret));
    ASSERT_TRUE(end_overlap());
    EXPECT_FALSE(check(made->secret));
    EXPECT_TRUE(check(next->secret));
    // No overlap at all.
    const auto third = rotate(ada_, made->token.id, 0s);
    EXPECT_FALSE(third->old_secret_ends_at);
    EXPECT_FALSE(check(next->secret));
    EXPECT_TRUE(check(third->secret));
}

// guards: fifty rotations make one new secret
TEST_P(ApiTokens, RotateOnceInARace)
{
    const auto made = create(ada_);
    std::atomic<int> rotated{0};
    test::race(50, [&](int) { rotated += rotate(ada_, made->token.id) ? 1 : 0; });
    EXPECT_EQ(rotated, 1);
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM api_token_secret"), 2);
    EXPECT_TRUE(check(made->secret));
}

// guards: whoever holds a token can end it, and nothing else
TEST_P(ApiTokens, CanBeEndedByTheirHolder)
{
    const auto made = create(ada_);
    const auto other = create(ada_);
    ASSERT_TRUE(check(made->secret));
    EXPECT_EQ(surrender(made->secret), Surrender::Revoked);
    EXPECT_FALSE(check(made->secret));
    EXPECT_EQ(surrender(made->secret), Surrender::Unknown);
    EXPECT_TRUE(check(other->secret));
    EXPECT_EQ(surrender(Secret::copy_of("ks_pat_nonsense")), Surrender::Unknown);

    // The old secret of a rotation ends alone: whoever found it cannot end the new one.
    const auto next = rotate(ada_, other->token.id);
    EXPECT_EQ(surrender(other->secret), Surrender::OldSecretEnded);
    EXPECT_FALSE(check(other->secret));
    EXPECT_TRUE(check(next->secret));
    EXPECT_EQ(surrender(next->secret), Surrender::Revoked);
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM api_token_secret"), 0);
}

TEST_P(ApiTokens, WorkFromTheirAddressesAlone)
{
    const auto made =
        create(ada_, {"office",
                      Kind::Deploy,
                      {},
                      {*IpRange::parse("203.0.113.0/24"), *IpRange::parse("2001:db8::/32")},
                      {}});
    const auto found = check(made->secret);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->may_come_from(*IpAddress::parse("203.0.113.255")));
    EXPECT_TRUE(found->may_come_from(*IpAddress::parse("2001:db8::1")));
    EXPECT_FALSE(found->may_come_from(*IpAddress::parse("203.0.114.1")));
    EXPECT_FALSE(found->may_come_from(*IpAddress::parse("2001:db9::1")));
}

// guards: a disabled owner's tokens are refused, also from memory
TEST_P(ApiTokens, AreRefusedWhileTheirOwnerIsDisabled)
{
    const auto made = create(ada_);
    ASSERT_TRUE(check(made->secret));
    const auto set_state = [&](account::State state) {
        ASSERT_TRUE(world_.database->write([&](WriteTx& tx) -> Result<void> {
            KS_TRY([[maybe_unused]] const bool changed,
                   world_.accounts.set_state(tx, Actor{}, ada_, state));
            return service_.forget_cached(tx, ada_);
        }));
    };
    set_state(account::State::Disabled);
    EXPECT_FALSE(check(made->secret));
    set_state(account::State::Active);
    EXPECT_TRUE(check(made->secret));
}

// guards: after a restore no token works until its owner has confirmed it
TEST_P(ApiTokens, WaitForTheirOwnerAfterARestore)
{
    const auto made = create(ada_);
    ASSERT_TRUE(check(made->secret));
    EXPECT_EQ(
        *world_.database->write([&](WriteTx& tx) { return service_.suspend_all(tx, Actor{}); }), 1);
    EXPECT_FALSE(check(made->secret));
    const auto concerned = world_.database->read(
        [&](ReadTx& tx) { return service_.list_suspended_accounts(tx, AccountId{}, 10); });
    EXPECT_EQ(*concerned, std::vector{ada_});
    const auto confirm = [&](AccountId account) {
        return world_.database->write([&](WriteTx& tx) {
            return service_.confirm(tx, world_.owner_of(account), account, made->token.id);
        });
    };
    EXPECT_EQ(confirm(bob_).error().code, "token/not-found");
    ASSERT_TRUE(confirm(ada_));
    EXPECT_TRUE(check(made->secret));
    EXPECT_EQ(confirm(ada_).error().code, "token/not-suspended");
}

// guards: what had expired does not work again because a clock was set back (ADR 0028)
TEST_P(ApiTokens, WaitForTheirOwnerAfterTheClockWasSetBack)
{
    const auto wall = world_.clock.now();
    const auto expiring = [&](std::chrono::hours in) {
        return create(ada_, {"e", Kind::Deploy, {}, {}, world_.clock.now() + in});
    };
    const auto over = expiring(10h);
    const auto live = expiring(30h);
    const auto new_secret = rotate(ada_, live->token.id, 5h);
    ASSERT_TRUE(check(over->secret) && check(live->secret) && check(new_secret->secret));
    world_.clock.advance(20h);
    const auto ahead = expiring(8h);
    const auto ahead_secret = rotate(ada_, ahead->token.id, 2h);
    ASSERT_TRUE(ahead_secret);
    EXPECT_FALSE(check(over->secret));
    const SetBack leap{.seen = world_.clock.now(), .wall = wall};
    ASSERT_EQ(
        *world_.database->write([&](WriteTx& tx) { return service_.set_back(tx, Actor{}, leap); }),
        1);
    world_.clock.set(wall);
    EXPECT_FALSE(check(over->secret));
    EXPECT_FALSE(check(live->secret)) << "the overlap was over";
    EXPECT_TRUE(check(new_secret->secret));
    EXPECT_EQ(world_.mails.take().back().purpose, notify::Purpose::TokenSuspended);
    ASSERT_TRUE(world_.database->write([&](WriteTx& tx) {
        return service_.confirm(tx, world_.owner_of(ada_), ada_, over->token.id);
    }));
    EXPECT_TRUE(check(over->secret));

    // What was made by the wrong clock lives as long as it would have.
    EXPECT_TRUE(check(ahead->secret));
    world_.clock.advance(2h);
    EXPECT_FALSE(check(ahead->secret));
    EXPECT_TRUE(check(ahead_secret->secret));
    world_.clock.advance(6h);
    EXPECT_FALSE(check(ahead_secret->secret));
}

TEST_P(ApiTokens, EndWithTheSessionThatWasNotTheOwners)
{
    const auto made = create(ada_);
    const auto other = create(ada_);
    EXPECT_EQ(*world_.database->write([&](WriteTx& tx) {
        return service_.revoke_made_in(tx, Actor{}, ada_, *made->token.created_in);
    }),
              1);
    EXPECT_FALSE(check(made->secret));
    EXPECT_TRUE(check(other->secret));
    EXPECT_EQ(*world_.database->write(
                  [&](WriteTx& tx) { return service_.revoke_all(tx, Actor{}, ada_, "secure"); }),
              1);
    EXPECT_FALSE(check(other->secret));
}

TEST_P(ApiTokens, TellTheirOwner)
{
    const auto made = create(ada_);
    ASSERT_TRUE(rotate(ada_, made->token.id, 0s));
    ASSERT_TRUE(revoke(ada_, made->token.id));
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 3U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::TokenCreated);
    EXPECT_EQ(mails[1].purpose, notify::Purpose::TokenRotated);
    EXPECT_EQ(mails[2].purpose, notify::Purpose::TokenRevoked);
}

TEST_P(ApiTokens, LeaveTheListAMonthAfterTheirEnd)
{
    const auto made = create(ada_, {"short", Kind::Deploy, {}, {}, world_.clock.now() + 24h});
    const auto listed = [&] {
        return world_.database->read([&](ReadTx& tx) { return service_.list(tx, ada_); })->size();
    };
    ASSERT_TRUE(service_.sweep(*world_.database, world_.clock.now() + 20 * 24h));
    EXPECT_EQ(listed(), 1U);
    ASSERT_TRUE(service_.sweep(*world_.database, world_.clock.now() + 32 * 24h));
    EXPECT_EQ(listed(), 0U);
    EXPECT_EQ(world_.audit.count("token.expire"), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, ApiTokens, testing::ValuesIn(test::engines()), test::engine_name);

} // namespace
} // namespace keystead::api_token
