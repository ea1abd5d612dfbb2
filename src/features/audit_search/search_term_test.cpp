// guards: what is searched as text holds nothing personal
#include "features/audit_search/search_term.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::audit_search {
namespace {

TEST(SearchTerm, ReadsActors)
{
    const AccountId account{IdBytes{std::byte{1}}};
    const ClientId client{IdBytes{std::byte{2}}};
    EXPECT_EQ(parse_actor(account.text()), (ActorFilter{ActorKind::Account, account.bytes()}));
    EXPECT_EQ(parse_actor(client.text()), (ActorFilter{ActorKind::ServiceClient, client.bytes()}));
    EXPECT_EQ(parse_actor("system"), (ActorFilter{ActorKind::System, {}}));
    EXPECT_EQ(parse_actor("operator"), (ActorFilter{ActorKind::Operator, {}}));
    EXPECT_EQ(parse_actor("nobody"), (ActorFilter{ActorKind::Nobody, {}}));
    for (const char* wrong : {"", "account", "acc_", "ses_0000000000000000000001", "System"}) {
        EXPECT_FALSE(parse_actor(wrong)) << wrong;
    }
}

TEST(SearchTerm, SplitsTextIntoSmallWords)
{
    EXPECT_EQ(words_of("Session.revoke, SESSION  2 (caf\xc3\xa9)"),
              (std::vector<std::string>{"2", "caf\xc3\xa9", "revoke", "session"}));
    EXPECT_TRUE(words_of(" ,.-_ ").empty());
    EXPECT_EQ(words_of(std::string(100, 'a')), std::vector{std::string(64, 'a')});
}

TEST(SearchTerm, FindsWordsOfPlainFactsAloneAndNeverOfPersonalOnes)
{
    audit::LogEvent stored;
    stored.event.action = "session.revoke";
    stored.event.target_kind = "session";
    stored.event.facts = {{"reason", "owner"}, {"name", Digest{}}};
    stored.values = {{.position = 1, .salt = {}, .value = "Ada Lovelace"}};
    const auto terms = terms_of(stored);
    const auto is_indexed = [&](const char* text) {
        const auto wanted = terms_of(Filter{.words = words_of(text)});
        return std::ranges::all_of(
            wanted, [&](Term term) { return std::ranges::binary_search(terms, term); });
    };
    for (const char* text : {"revoke", "owner", "session owner", "OWNER"}) {
        EXPECT_TRUE(matches({.words = words_of(text)}, stored)) << text;
        EXPECT_TRUE(is_indexed(text)) << text;
    }
    for (const char* text : {"ada", "lovelace", "reason", "own", "owner ada"}) {
        EXPECT_FALSE(matches({.words = words_of(text)}, stored)) << text;
        EXPECT_FALSE(is_indexed(text)) << text;
    }
}

} // namespace
} // namespace keystead::audit_search
