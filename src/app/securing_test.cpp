// What is frozen is accepted nowhere, and comes back only by the steps: the whole flow, over all
// features.
#include "features/session/session_routes.h"
#include "test/support/peopled_world.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace keystead::app {
namespace {

using test::json_object;
using test::kPassword;
using test::member_text;
using test::Person;
using test::Visitor;
using World = test::PeopledWorld;

constexpr std::string_view kNewPassword = "Larch-Quay-73-Ember";
constexpr std::string_view kNewToken =
    R"({"name":"build server","kind":"deploy","expires_in_days":90})";

class Securing : public testing::TestWithParam<Database::Engine> {
protected:
    std::string refusal(Visitor& visitor, std::string_view line, std::string_view json = "{}")
    {
        const auto answer = world_.call(visitor, line, json);
        return answer ? std::string("accepted") : std::string(answer.error().code);
    }
    bool is_token_accepted(const std::string& token)
    {
        const auto principal = world_.features().authenticator.load({.bearer = token});
        return principal && principal->kind == http::Principal::Kind::Token;
    }
    http::Principal principal_of(const Visitor& visitor) { return *world_.principal_of(visitor); }
    std::string step(Visitor& visitor)
    {
        return member_text(world_.must(visitor, "GET /v1/account/secure"), "step");
    }
    void change_password(Visitor& visitor)
    {
        world_.must(visitor, "POST /v1/account/password",
                    json_object({{"current_password", kPassword}, {"new_password", kNewPassword}}));
    }
    void enroll(Person& one)
    {
        world_.begin_enrollment(one);
        world_.must(one.visitor, "POST /v1/account/totp/" + one.totp_id + "/confirm",
                    json_object({{"code", world_.code(one.totp_secret, 0)}}));
    }
    void look_at_the_rest(Person& one)
    {
        world_.must(one.visitor, "POST /v1/account/secure/addresses",
                    R"({"emails":[")" + one.email + R"("]})");
        world_.must(one.visitor, "POST /v1/account/secure/activity",
                    R"({"verdict":"me","all_usual":true,"lines":[]})");
        for (const auto& line : lines(one, {.kind = securing::LineKind::Grave}).items) {
            world_.must(one.visitor, "POST /v1/account/secure/activity",
                        R"({"verdict":"me","lines":[")" + line.activity.id.text() + R"("]})");
        }
    }
    securing::LinesPage lines(const Person& one, const securing::LinesQuery& query)
    {
        return *world_.database().read([&](ReadTx& tx) {
            return world_.features().securing.list_lines(tx, *AccountId::parse(one.id), query);
        });
    }
    /// As many events of one kind, in the account's log.
    void record(const Person& one, std::string_view action, int count)
    {
        const auto id = *AccountId::parse(one.id);
        ASSERT_TRUE(world_.database().write([&](WriteTx& tx) -> Result<void> {
            for (int n = 0; n < count; ++n) {
                KS_CHECK(world_.features().audit.append(
                    tx, {.actor = {.kind = ActorKind::Account, .account = id},
                         .action = action,
                         .account = id}));
            }
            return {};
        }));
    }
    /// As "this was not me" does.
    void lock_factors(const Person& one)
    {
        ASSERT_EQ(code_of([&](WriteTx& tx) {
                      return world_.features().accounts.freeze_factors(
                          tx, {}, *AccountId::parse(one.id), world_.now() + std::chrono::hours{24});
                  }),
                  "done");
    }
    /// As a mail has it that tells of what the person's session did.
    std::string not_me_link(const Person& one)
    {
        const std::string session = world_.session_of(one.visitor);
        const auto link = world_.database().write([&](WriteTx& tx) -> Result<Secret> {
            KS_CHECK(world_.features().audit.append(tx, {.actor = {}, .action = "session.create"}));
            return world_.features().links.make(tx, {.purpose = link::Purpose::NotMe,
                                                     .lifetime = std::chrono::hours{1},
                                                     .account = *AccountId::parse(one.id),
                                                     .reference = session});
        });
        return link ? std::string(link->reveal_text()) : std::string();
    }
    void run(std::string_view sql)
    {
        ASSERT_EQ(code_of([&](WriteTx& tx) -> Result<void> {
                      KS_TRY([[maybe_unused]] const int rows, tx.exec(sql));
                      return world_.features().audit.append(tx,
                                                            {.actor = {}, .action = "test.run"});
                  }),
                  "done");
    }
    /// What one statement in a transaction of its own came to.
    template <class Act> std::string code_of(Act act)
    {
        const auto done = world_.database().write([&](WriteTx& tx) { return act(tx); });
        return done ? std::string("done") : std::string(done.error().code);
    }

    World world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, Securing, testing::ValuesIn(test::engines()), test::engine_name);

// guards: sessions and API keys of a frozen account are refused, and the one that asked is replaced
TEST_P(Securing, EndsWhatTheAccountCouldBeEnteredBy)
{
    Person one = world_.person();
    const auto made = world_.must(one.visitor, "POST /v1/account/tokens", kNewToken);
    const std::string token = member_text(made, "token");
    const Visitor other = world_.sign_in(one);
    const Visitor before = one.visitor;
    EXPECT_TRUE(is_token_accepted(token));

    const auto summary = world_.must(one.visitor, "POST /v1/account/secure");
    EXPECT_EQ(summary.find("sessions_ended")->integer(), 2);
    EXPECT_EQ(summary.find("tokens_suspended")->integer(), 1);
    EXPECT_FALSE(is_token_accepted(token));
    EXPECT_EQ(principal_of(other).kind, http::Principal::Kind::Nobody);
    EXPECT_EQ(principal_of(before).kind, http::Principal::Kind::Nobody);
    EXPECT_TRUE(principal_of(one.visitor).is_restricted);
    EXPECT_EQ(step(one.visitor), "password");

    Visitor thief;
    EXPECT_EQ(refusal(thief, "POST /v1/sign-in",
                      json_object({{"email", one.email}, {"password", kPassword}})),
              "password/change-required");
}

// guards: the steps in their order, none skipped; the old password is refused; a token's old secret
// never comes back; at the end an ordinary session
TEST_P(Securing, LeadsTheOwnerBackInStepByStep)
{
    Person one = world_.person();
    const auto made = world_.must(one.visitor, "POST /v1/account/tokens", kNewToken);
    const std::string old_secret = member_text(made, "token");
    world_.must(one.visitor, "POST /v1/account/secure");
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/secure/finish"), "securing/not-done");
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/totp", json_object({{"name", "phone"}})),
              "securing/other-step");
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/password",
                      json_object({{"current_password", kPassword}, {"new_password", kPassword}})),
              "password/unchanged");
    change_password(one.visitor);
    EXPECT_EQ(step(one.visitor), "second-factor");
    const std::string replace =
        "POST /v1/account/secure/tokens/" + member_text(made, "id") + "/replace";
    EXPECT_EQ(refusal(one.visitor, replace), "securing/other-step");
    enroll(one);
    EXPECT_EQ(step(one.visitor), "tokens");
    const std::string new_secret = member_text(world_.must(one.visitor, replace), "token");
    EXPECT_FALSE(is_token_accepted(new_secret)) << "not before the account is open again";
    EXPECT_EQ(step(one.visitor), "addresses");
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/secure/addresses",
                      R"({"emails":["other@example.test"]})"),
              "securing/addresses-changed");
    look_at_the_rest(one);
    EXPECT_EQ(step(one.visitor), "finish");

    world_.must(one.visitor, "POST /v1/account/secure/finish");
    EXPECT_FALSE(principal_of(one.visitor).is_restricted);
    EXPECT_TRUE(is_token_accepted(new_secret));
    EXPECT_FALSE(is_token_accepted(old_secret));
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/secure/finish"), "securing/not-begun");
}

// guards: an authenticator from before the freeze ends when another takes its place, and new codes
// are demanded with it
TEST_P(Securing, ReplacesTheAuthenticatorThatMayHaveBeenCopied)
{
    Person one = world_.enrolled();
    world_.must(one.visitor, "POST /v1/account/secure");
    change_password(one.visitor);
    EXPECT_EQ(step(one.visitor), "second-factor") << "the old one does not count";
    enroll(one);
    EXPECT_EQ(step(one.visitor), "second-factor") << "the old codes do not count";
    const auto listed = world_.must(one.visitor, "GET /v1/account/totp");
    ASSERT_EQ(listed.find("items")->array().size(), 1U);
    EXPECT_EQ(member_text(listed.find("items")->array()[0], "id"), one.totp_id);
    world_.must(one.visitor, "POST /v1/account/backup-codes");
    EXPECT_NE(step(one.visitor), "second-factor");
}

// guards: recovery by mail leads into the flow, on another device, and refuses the old password
TEST_P(Securing, GoesOnElsewhereAfterRecoveryByMail)
{
    Person one = world_.person();
    ASSERT_TRUE(world_.command("account secure", json_object({{"account", one.email}})));
    EXPECT_EQ(principal_of(one.visitor).kind, http::Principal::Kind::Nobody);
    Visitor elsewhere;
    world_.must(elsewhere, "POST /v1/recovery", json_object({{"email", one.email}}));
    const auto token = world_.mailed(one.email, "/recovery/confirm");
    EXPECT_EQ(refusal(elsewhere, "POST /v1/recovery/confirm",
                      json_object({{"token", token}, {"password", kPassword}})),
              "password/unchanged");
    world_.must(elsewhere, "POST /v1/recovery/confirm",
                json_object({{"token", token}, {"password", kNewPassword}}));
    world_.must(elsewhere, "POST /v1/sign-in",
                json_object({{"email", one.email}, {"password", kNewPassword}}));
    EXPECT_TRUE(principal_of(elsewhere).is_restricted);
    EXPECT_EQ(step(elsewhere), "second-factor");
}

// guards: one that is not there does not save the others of the operator's list
TEST_P(Securing, FreezesAListForTheOperator)
{
    const Person ada = world_.person();
    const Person bob = world_.person();
    const auto answer = world_.command(
        "account secure",
        json_object({{"accounts", "# leaked\n" + ada.email + "\nnobody@example.test\r\n\n " +
                                      bob.id + " \n"}}));
    ASSERT_TRUE(answer);
    const auto json = parse_json(*answer);
    const auto& items = json->find("items")->array();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(member_text(items[0], "account"), ada.id);
    EXPECT_EQ(member_text(items[1], "problem"), "account/not-found");
    EXPECT_EQ(member_text(items[2], "account"), bob.id);
    EXPECT_EQ(principal_of(ada.visitor).kind, http::Principal::Kind::Nobody);
    EXPECT_EQ(principal_of(bob.visitor).kind, http::Principal::Kind::Nobody);
    EXPECT_FALSE(world_.command("account secure", "{}"));
}

// proves: K-06
// guards: a server that has the account's keys is told in the freeze's transaction, and named
TEST_P(Securing, NamesTheServersThatHaveNotConfirmed)
{
    Person one = world_.person();
    Features& f = world_.features();
    Database& db = world_.database();
    const auto id = *AccountId::parse(one.id);
    const Actor owner{.kind = ActorKind::Account, .account = id};
    ASSERT_TRUE(db.write(
        [&](WriteTx& tx) { return f.ssh_keys.add(tx, owner, id, {.name = "laptop", .key = {}}); }));
    const auto made = db.write([&](WriteTx& tx) {
        return f.hosts.create(tx, owner, id, {.name = "gpu-1", .login_users = {"root"}});
    });
    ASSERT_TRUE(made);
    const auto token = f.hosts.parse_enrolment(made->enrolment.reveal_text());
    const auto holder = f.hosts.load_enrolment(db, *token);
    ASSERT_TRUE(holder && holder->has_value());
    ASSERT_TRUE(db.write([&](WriteTx& tx) {
        return f.hosts.enroll(tx, Actor{}, **holder, token->digest, {.agent_version = "1"});
    }));
    const auto frozen = world_.must(one.visitor, "POST /v1/account/secure");
    const auto& servers = frozen.find("unconfirmed_servers")->array();
    ASSERT_EQ(servers.size(), 1U);
    EXPECT_EQ(member_text(servers[0], "name"), "gpu-1");
    const auto state = world_.must(one.visitor, "GET /v1/account/secure");
    EXPECT_EQ(state.find("unconfirmed_servers")->array().size(), 1U);
}

// guards: what was let in before the freeze adds nothing after it
TEST_P(Securing, AddsNoCredentialForARequestThatCameBefore)
{
    const Person one = world_.person();
    const auto id = *AccountId::parse(one.id);
    ASSERT_TRUE(world_.command("account secure", json_object({{"account", one.id}})));
    Features& f = world_.features();
    const Actor before{.kind = ActorKind::Account, .account = id};
    EXPECT_EQ(code_of([&](WriteTx& tx) {
                  return f.tokens.create(tx, before, id,
                                         {.name = "x", .kind = api_token::Kind::Deploy});
              }),
              "account/being-secured");
    EXPECT_EQ(code_of([&](WriteTx& tx) {
                  return f.ssh_keys.add(tx, before, id, {.name = "x", .key = {}});
              }),
              "account/being-secured");
    EXPECT_EQ(code_of([&](WriteTx& tx) {
                  return f.email_change.request(tx, before,
                                                *account::EmailAddress::parse("new@example.test"));
              }),
              "account/being-secured");
    EXPECT_EQ(code_of([&](WriteTx& tx) {
                  return f.addresses.add(tx, before,
                                         *account::EmailAddress::parse("new@example.test"));
              }),
              "account/being-secured");
}

// guards: what was let in before the freeze and comes after it neither lets a key in again, nor
// deletes the account, nor makes codes of the old authenticator
TEST_P(Securing, DoesNothingForARequestThatWasLetInBefore)
{
    Person one = world_.enrolled();
    Features& f = world_.features();
    const auto id = *AccountId::parse(one.id);
    const Actor owner{.kind = ActorKind::Account, .account = id};
    const auto key = world_.database().write(
        [&](WriteTx& tx) { return f.ssh_keys.add(tx, owner, id, {.name = "laptop", .key = {}}); });
    ASSERT_TRUE(key);
    Visitor before = one.visitor;
    before.admitted = principal_of(one.visitor);
    world_.must(one.visitor, "POST /v1/account/secure");
    EXPECT_EQ(refusal(before, "POST /v1/account/ssh-keys/" + key->id.text() + "/confirm"),
              "account/being-secured");
    EXPECT_EQ(refusal(before, "DELETE /v1/account"), "account/being-secured");
    EXPECT_EQ(refusal(before, "POST /v1/account/backup-codes"), "account/being-secured");
    const auto keys = world_.database().read([&](ReadTx& tx) { return f.ssh_keys.list(tx, id); });
    EXPECT_TRUE(keys->at(0).suspended_at);
}

// guards: whoever has the enrolment token of a server can do nothing with it after a freeze
TEST_P(Securing, EndsTheEnrolmentsOfServers)
{
    Person one = world_.person();
    Features& f = world_.features();
    Database& db = world_.database();
    const auto id = *AccountId::parse(one.id);
    const Actor owner{.kind = ActorKind::Account, .account = id};
    const auto made = db.write([&](WriteTx& tx) {
        return f.hosts.create(tx, owner, id, {.name = "gpu-1", .login_users = {"root"}});
    });
    ASSERT_TRUE(made);
    const auto token = f.hosts.parse_enrolment(made->enrolment.reveal_text());
    const auto holder = f.hosts.load_enrolment(db, *token);
    ASSERT_TRUE(holder && holder->has_value());
    world_.must(one.visitor, "POST /v1/account/secure");
    const auto after = f.hosts.load_enrolment(db, *token);
    ASSERT_TRUE(after);
    EXPECT_FALSE(after->has_value());
    EXPECT_EQ(code_of([&](WriteTx& tx) {
                  return f.hosts.enroll(tx, Actor{}, **holder, token->digest,
                                        {.agent_version = "1"});
              }),
              "host/required")
        << "of one that was let in before";
}

// guards: whoever reads a mailbox of the account cannot throw its owner out of the way back in
TEST_P(Securing, OnlyRecordsThatItWasNotMeWhileTheOwnerIsLedBackIn)
{
    Person one = world_.person();
    const auto id = *AccountId::parse(one.id);
    const std::string began_with = world_.session_of(one.visitor);
    world_.must(one.visitor, "POST /v1/account/secure");
    const auto link = world_.database().write([&](WriteTx& tx) -> Result<Secret> {
        KS_CHECK(world_.features().audit.append(
            tx,
            {.actor = {}, .action = "session.create", .account = id})); // Its mail has the link.
        return world_.features().links.make(tx, {.purpose = link::Purpose::NotMe,
                                                 .lifetime = std::chrono::hours{1},
                                                 .account = id,
                                                 .reference = began_with});
    });
    ASSERT_TRUE(link);
    Visitor stranger;
    world_.must(stranger, "POST /v1/not-me",
                json_object({{"token", std::string(link->reveal_text())}}));
    EXPECT_TRUE(principal_of(one.visitor).is_restricted) << "still in";
    change_password(one.visitor);
    enroll(one); // Second factors are not locked.
    EXPECT_EQ(step(one.visitor), "addresses");
}

// guards: factors that an operator was talked into taking away stay
TEST_P(Securing, EndsAResetOfTheFactorsThatWaits)
{
    Person one = world_.enrolled();
    const Person boss = world_.operated();
    Features& f = world_.features();
    const auto id = *AccountId::parse(one.id);
    const Actor asking{.kind = ActorKind::Operator};
    ASSERT_TRUE(world_.database().write([&](WriteTx& tx) {
        return f.factor_resets.ask(tx, asking, id, *AccountId::parse(boss.id), std::nullopt);
    }));
    world_.must(one.visitor, "POST /v1/account/secure");
    EXPECT_EQ(code_of([&](WriteTx& tx) { return f.factor_resets.cancel(tx, asking, id); }),
              "factor-reset/not-pending");
}

// guards: a freeze proves nothing anew
TEST_P(Securing, IsAsFreshAsTheSessionThatAsked)
{
    Person one = world_.person();
    const auto before = principal_of(one.visitor).authenticated_at;
    world_.must(one.visitor, "POST /v1/account/secure");
    EXPECT_EQ(principal_of(one.visitor).authenticated_at, before);
}

// guards: nothing that an account can be flooded with hides what changed it, and all of that is
// looked at
TEST_P(Securing, ShowsWhatWasChangedWhateverTheAccountIsFloodedWith)
{
    using securing::LineKind;
    Person one = world_.person();
    record(one, "token.create", 120);
    record(one, "session.create", 700);
    record(one, "sign-in.attempt", 700);
    world_.must(one.visitor, "POST /v1/account/secure");
    std::size_t grave = 0;
    securing::LinesQuery query{.kind = LineKind::Grave};
    for (;;) {
        const auto page = lines(one, query);
        grave += page.items.size();
        for (const auto& line : page.items) {
            EXPECT_EQ(securing::kind_of(line.activity.action), LineKind::Grave)
                << line.activity.action;
        }
        if (!page.next_cursor) {
            EXPECT_EQ(page.left, grave);
            break;
        }
        query.cursor = *page.next_cursor;
    }
    EXPECT_GE(grave, 120U);
    const auto usual = lines(one, {.kind = LineKind::Usual});
    EXPECT_EQ(usual.items.size(), 50U);
    EXPECT_GE(usual.left, 700U);
    world_.must(one.visitor, "POST /v1/account/secure/activity",
                R"({"verdict":"not-me","lines":[")" + usual.items[0].activity.id.text() + R"("]})");
    world_.must(one.visitor, "POST /v1/account/secure/activity",
                R"({"verdict":"me","all_usual":true,"lines":[]})");
    const auto said = lines(one, {.kind = LineKind::Usual});
    EXPECT_EQ(said.left, 0U);
    EXPECT_EQ(said.items[0].verdict, securing::Verdict::NotMe) << "its own";
    EXPECT_EQ(said.items[1].verdict, securing::Verdict::Me);
    EXPECT_EQ(lines(one, {}).left, grave) << "none of them is said with the usual ones";
    const auto state = world_.must(one.visitor, "GET /v1/account/secure");
    EXPECT_EQ(state.find("steps")->array().back().find("left")->integer(),
              static_cast<std::int64_t>(grave));
}

// guards: a line of another account, or one that is none, cannot be spoken of
TEST_P(Securing, TakesAVerdictOnTheAccountsOwnLinesAlone)
{
    Person ada = world_.person();
    Person bob = world_.person();
    record(ada, "sign-in.attempt", 1);
    world_.must(ada.visitor, "POST /v1/account/secure");
    world_.must(bob.visitor, "POST /v1/account/secure");
    const auto about = [&](EventId id) {
        return refusal(ada.visitor, "POST /v1/account/secure/activity",
                       R"({"verdict":"me","lines":[")" + id.text() + R"("]})");
    };
    EXPECT_EQ(about(lines(ada, {}).items[0].activity.id), "accepted");
    EXPECT_EQ(about(lines(bob, {}).items[0].activity.id), "securing/no-such-line");
    const auto after = *world_.database().read([&](ReadTx& tx) {
        return world_.features().audit_log.list_for_account(tx, *AccountId::parse(ada.id), {});
    });
    EXPECT_EQ(about(after.items[0].id), "securing/no-such-line") << "after the freeze";
}

// guards: after "not me" the owner of a password alone can go on once the mailbox was proved, and a
// thief who has that password cannot add a factor by freezing the account
TEST_P(Securing, UnlocksSecondFactorsForWhoProvesTheMailbox)
{
    Person one = world_.person();
    lock_factors(one);
    world_.must(one.visitor, "POST /v1/account/secure");
    change_password(one.visitor);
    const auto state = world_.must(one.visitor, "GET /v1/account/secure");
    EXPECT_FALSE(state.find("factors_frozen_until")->is_null());
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/totp", json_object({{"name", "phone"}})),
              "account/factors-frozen");
    Visitor stranger;
    world_.must(stranger, "POST /v1/recovery", json_object({{"email", one.email}}));
    world_.must(stranger, "POST /v1/recovery/confirm",
                json_object({{"token", world_.mailed(one.email, "/recovery/confirm")},
                             {"password", "Moss-Lantern-29-Fjord"}}));
    one.visitor = {};
    world_.must(one.visitor, "POST /v1/sign-in",
                json_object({{"email", one.email}, {"password", "Moss-Lantern-29-Fjord"}}));
    EXPECT_EQ(step(one.visitor), "second-factor");
    enroll(one);
    EXPECT_NE(step(one.visitor), "second-factor");
}

// guards: whoever proved a second factor when they froze the account may set up the next one
TEST_P(Securing, UnlocksSecondFactorsForASessionThatProvedOne)
{
    Person one = world_.enrolled();
    lock_factors(one);
    world_.must(one.visitor, "POST /v1/account/secure");
    change_password(one.visitor);
    EXPECT_TRUE(
        world_.must(one.visitor, "GET /v1/account/secure").find("factors_frozen_until")->is_null());
    enroll(one);
}

// guards: a suspended token that expires meanwhile keeps nobody in its step
TEST_P(Securing, DoesNotWaitForATokenThatExpiresMeanwhile)
{
    Person one = world_.person();
    world_.must(one.visitor, "POST /v1/account/tokens", kNewToken);
    world_.must(one.visitor, "POST /v1/account/secure");
    change_password(one.visitor);
    enroll(one);
    EXPECT_EQ(step(one.visitor), "tokens");
    run("UPDATE api_token SET expires_at = created_at");
    EXPECT_EQ(step(one.visitor), "addresses");
}

// guards: as many authenticators as there may be do not keep the new one out
TEST_P(Securing, ReplacesAsManyAuthenticatorsAsThereMayBe)
{
    Person one = world_.enrolled();
    for (int n = 1; n < 5; ++n) {
        enroll(one);
    }
    EXPECT_EQ(refusal(one.visitor, "POST /v1/account/totp", json_object({{"name", "sixth"}})),
              "totp/limit-reached");
    world_.must(one.visitor, "POST /v1/account/secure");
    change_password(one.visitor);
    enroll(one);
    const auto listed = world_.must(one.visitor, "GET /v1/account/totp");
    ASSERT_EQ(listed.find("items")->array().size(), 1U);
    EXPECT_EQ(member_text(listed.find("items")->array()[0], "id"), one.totp_id);
}

// guards: a link "this was not me" from before the freeze, or from a mail of the flow, ends nothing
// any more
TEST_P(Securing, VoidsTheLinksOfBeforeAndOfTheFlow)
{
    Person one = world_.person();
    const auto of_before = not_me_link(one);
    world_.must(one.visitor, "POST /v1/account/secure");
    Visitor stranger;
    EXPECT_EQ(refusal(stranger, "POST /v1/not-me", json_object({{"token", of_before}})),
              "link/invalid");
    const auto of_flow = not_me_link(one);
    change_password(one.visitor);
    enroll(one);
    look_at_the_rest(one);
    world_.must(one.visitor, "POST /v1/account/secure/finish");
    EXPECT_EQ(refusal(stranger, "POST /v1/not-me", json_object({{"token", of_flow}})),
              "link/invalid");
}

// guards: the owner's device stays known from when it was
TEST_P(Securing, KeepsSinceWhenTheDeviceIsKnown)
{
    Person one = world_.person();
    Features& f = world_.features();
    const auto id = *AccountId::parse(one.id);
    const Instant since = world_.now() - std::chrono::hours{24};
    auto session = *SessionId::parse(world_.session_of(one.visitor));
    ASSERT_EQ(code_of([&](WriteTx& tx) -> Result<void> {
                  KS_CHECK(f.audit.append(tx, {.actor = {}, .action = "session.renew"}));
                  return f.sessions.note_device(tx, session, since);
              }),
              "done");
    world_.must(one.visitor, "POST /v1/account/secure");
    session = *SessionId::parse(world_.session_of(one.visitor));
    const auto found =
        world_.database().read([&](ReadTx& tx) { return f.sessions.find(tx, id, session); });
    ASSERT_TRUE(found && found->has_value());
    EXPECT_EQ((*found)->device_known_since, since);
}

// guards: what was shown once and never seen is made again in the steps that follow, and not before
TEST_P(Securing, MakesSecretsAgainThatWereNeverSeen)
{
    Person one = world_.person();
    const auto made = world_.must(one.visitor, "POST /v1/account/tokens", kNewToken);
    const std::string replace =
        "POST /v1/account/secure/tokens/" + member_text(made, "id") + "/replace";
    world_.must(one.visitor, "POST /v1/account/secure");
    const std::string codes = "POST /v1/account/backup-codes";
    EXPECT_EQ(refusal(one.visitor, codes), "securing/other-step");
    change_password(one.visitor);
    EXPECT_EQ(refusal(one.visitor, "GET /v1/account/tokens"), "securing/other-step");
    enroll(one);
    const auto again = world_.must(one.visitor, codes);
    EXPECT_EQ(again.find("codes")->array().size(), 10U);
    world_.must(one.visitor, replace);
    EXPECT_EQ(step(one.visitor), "addresses");
    world_.must(one.visitor, codes);
    world_.must(one.visitor, "GET /v1/account/tokens");
    const auto secret = member_text(world_.must(one.visitor, replace), "token");
    look_at_the_rest(one);
    world_.must(one.visitor, codes);
    EXPECT_EQ(step(one.visitor), "finish");
    world_.must(one.visitor, "POST /v1/account/secure/finish");
    EXPECT_TRUE(is_token_accepted(secret));
}

// guards: what was done at the product before the freeze, and told after it, is shown; what was
// done after it is not
TEST_P(Securing, ShowsWhatTheProductToldLater)
{
    Person one = world_.person();
    const auto id = *AccountId::parse(one.id);
    const Instant before = world_.now();
    world_.must(one.visitor, "POST /v1/account/secure");
    const auto tell = [&](std::string name, Instant at) {
        return code_of([&](WriteTx& tx) {
            return world_.features().product_events.record(tx, {.kind = ActorKind::ServiceClient},
                                                           {{.id = std::move(name),
                                                             .account = id,
                                                             .type = "transfer",
                                                             .at = at,
                                                             .summary = "A transfer",
                                                             .link = {},
                                                             .amount = {},
                                                             .data = {},
                                                             .ip = {},
                                                             .user_agent = {}}});
        });
    };
    ASSERT_EQ(tell("a", before - std::chrono::minutes{5}), "done");
    ASSERT_EQ(tell("b", world_.now() + std::chrono::minutes{5}), "done");
    const auto usual = lines(one, {.kind = securing::LineKind::Usual});
    ASSERT_EQ(usual.told_later.size(), 1U);
    const auto left = usual.left;
    EXPECT_TRUE(lines(one, {.kind = securing::LineKind::Grave}).told_later.empty());
    const auto about = [&](EventId event) {
        return refusal(one.visitor, "POST /v1/account/secure/activity",
                       R"({"verdict":"not-me","lines":[")" + event.text() + R"("]})");
    };
    EXPECT_EQ(about(usual.told_later[0].activity.id), "accepted");
    const auto said = lines(one, {});
    EXPECT_EQ(said.told_later.at(0).verdict, securing::Verdict::NotMe);
    EXPECT_EQ(lines(one, {.kind = securing::LineKind::Usual}).left, left) << "it waits for none";
    const auto newest = *world_.database().read([&](ReadTx& tx) {
        return world_.features().audit_log.list_for_account(
            tx, id, {.limit = 1, .action = "product_event.record"});
    });
    EXPECT_EQ(about(newest.items.at(0).id), "securing/no-such-line");
}

// guards: a server that fails in the middle says what it froze, and tries no more of them
TEST_P(Securing, SaysOfEachOfAListWhatCameOfIt)
{
    const Person ada = world_.person();
    const Person bob = world_.person();
    const Person eve = world_.person();
    const std::string list =
        json_object({{"accounts", ada.email + "\n" + bob.email + "\n" + eve.email}});
    for (int n = 1;; ++n) {
        world_.failing().fail_at(n);
        const auto answer = world_.command("account secure", list);
        ASSERT_TRUE(world_.failing().has_failed());
        if (!answer) {
            continue; // In the first: nothing came of it.
        }
        const auto json = parse_json(*answer);
        const auto& items = json->find("items")->array();
        ASSERT_EQ(items.size(), 3U);
        EXPECT_EQ(member_text(items[0], "account"), ada.id);
        EXPECT_FALSE(member_text(items[1], "problem").empty());
        EXPECT_EQ(member_text(items[2], "problem"), member_text(items[1], "problem"));
        EXPECT_NE(principal_of(eve.visitor).kind, http::Principal::Kind::Nobody);
        break;
    }
    world_.failing().fail_at(0);
}

} // namespace
} // namespace keystead::app
