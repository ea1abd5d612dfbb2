// guards: a search finds exactly what reading everything would, page by page, while writing goes on
#include "features/audit_search/audit_index_service.h"
#include "features/audit_search/audit_search_service.h"

#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace keystead::audit_search {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 6> kActions{"session.create", "session.revoke",
                                                   "totp.confirm",   "password.change",
                                                   "sign_in.refuse", "link.send"};
constexpr std::array<std::string_view, 4> kReasons{"owner", "factor-changed", "expired", "unusual"};
constexpr std::array<std::string_view, 3> kAddresses{"203.0.113.9", "2001:db8::1", "192.0.2.7"};

class AuditSearch : public testing::TestWithParam<Database::Engine> {
protected:
    AuditSearch()
    {
        if (GetParam() == Database::Engine::Sqlite) {
            database_->set_before_commit(audit::AuditSequencer::before_commit);
        }
        for (AccountId& account : accounts_) {
            account = AccountId::make(clock_.now(), random_);
        }
    }
    std::uint32_t number(std::uint32_t below)
    {
        const auto bytes = random_bytes<4>(random_);
        std::uint32_t value = 0;
        for (const std::byte byte : bytes) {
            value = value << 8 | std::to_integer<std::uint32_t>(byte);
        }
        return value % below;
    }
    template <class List> auto one_of(const List& list)
    {
        return list[number(static_cast<std::uint32_t>(list.size()))];
    }

    Result<void> append_random(WriteTx& tx)
    {
        Actor actor{.kind = ActorKind::System};
        if (const auto kind = number(10); kind < 7) {
            actor = {.kind = ActorKind::Account, .account = one_of(accounts_)};
        } else if (kind < 9) {
            actor = {.kind = ActorKind::Nobody};
        }
        if (actor.kind != ActorKind::System) {
            actor.ip = IpAddress::parse(one_of(kAddresses));
        }
        audit::Event event{.actor = actor,
                           .action = one_of(kActions),
                           .outcome = static_cast<audit::Outcome>(1 + number(3)),
                           .target = {"session", "ses_" + std::to_string(number(20))},
                           .details = {{"reason", std::string(one_of(kReasons))},
                                       {"name", "secretive", audit::Detail::Kind::Personal}}};
        if (number(3) == 0) {
            event.account = one_of(accounts_);
        }
        return audit_.append(tx, event);
    }
    void append(int count)
    {
        while (count > 0) {
            const int some = std::min(count, 500);
            ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
                for (int i = 0; i < some; ++i) {
                    // Sometimes the clock is set back.
                    clock_.advance(number(200) == 0 ? seconds{-300} : seconds{2});
                    KS_CHECK(append_random(tx));
                }
                return {};
            }));
            count -= some;
        }
        ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    }
    void index() { ASSERT_TRUE(index_.run_once(*database_)); }
    std::uint64_t indexed()
    {
        return *database_->read([&](ReadTx& tx) { return AuditSearchStore().load_indexed(tx); });
    }
    std::vector<audit::LogEvent> all()
    {
        return *database_->read([&](ReadTx& tx) { return reader_.list_range(tx, 0, 1'000'000); });
    }

    Filter random_filter()
    {
        Filter filter;
        const auto likely = [&] { return number(3) == 0; };
        if (likely()) {
            filter.actor = number(4) == 0
                               ? ActorFilter{.kind = ActorKind::System}
                               : ActorFilter{ActorKind::Account, one_of(accounts_).bytes()};
        }
        if (number(6) == 0) {
            filter.account = one_of(accounts_);
        }
        if (likely()) {
            filter.action = one_of(kActions);
        }
        if (likely()) {
            filter.target = "ses_" + std::to_string(number(22)); // two of them are nowhere
        }
        if (likely()) {
            filter.ip = reader_.digest_of(*IpAddress::parse(one_of(kAddresses)));
        }
        if (likely()) {
            filter.outcome = static_cast<audit::Outcome>(1 + number(3));
        }
        if (number(4) == 0) {
            filter.words = words_of(one_of(kReasons));
        }
        if (likely()) {
            const auto span = static_cast<std::uint32_t>((clock_.now() - start_) / seconds{1});
            filter.from = start_ + seconds{number(span)};
            if (number(2) == 0) {
                filter.before = *filter.from + seconds{number(2000)};
            }
        }
        return filter;
    }

    template <class Step> std::vector<std::uint64_t> gather(const Step& step)
    {
        std::vector<std::uint64_t> leaves;
        std::optional<std::uint64_t> at;
        for (int pages = 0; pages < 20'000; ++pages) {
            const auto found = database_->read([&](ReadTx& tx) { return step(tx, at); });
            EXPECT_TRUE(found);
            for (const audit::LogEvent& event : found->items) {
                leaves.push_back(event.leaf);
            }
            at = found->next;
            if (!at) {
                return leaves;
            }
        }
        ADD_FAILURE() << "the pages do not end";
        return leaves;
    }
    std::vector<std::uint64_t> newest(const Filter& filter, std::uint32_t limit)
    {
        return gather([&](ReadTx& tx, std::optional<std::uint64_t> at) {
            return search_.newest(tx, filter, at, limit);
        });
    }
    std::vector<std::uint64_t> oldest(const Filter& filter, std::uint32_t limit)
    {
        return gather([&](ReadTx& tx, std::optional<std::uint64_t> at) {
            return search_.oldest(tx, filter, at.value_or(0), std::nullopt, limit);
        });
    }
    void compare(const std::vector<audit::LogEvent>& events, int filters)
    {
        for (int i = 0; i < filters; ++i) {
            const Filter filter = random_filter();
            std::vector<std::uint64_t> expected;
            for (const audit::LogEvent& event : events) {
                if (matches(filter, event)) {
                    expected.push_back(event.leaf);
                }
            }
            const std::uint32_t limit = 40 + number(60);
            ASSERT_EQ(oldest(filter, limit), expected) << "filter " << i;
            std::ranges::reverse(expected);
            ASSERT_EQ(newest(filter, limit), expected) << "filter " << i;
        }
    }

    test::FakeClock clock_;
    Instant start_ = clock_.now();
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    audit::AuditService audit_{clock_, random_, keys_};
    audit::AuditSequencer sequencer_{*database_};
    audit::AuditReader reader_{keys_};
    AuditIndexService index_{reader_};
    AuditSearchService search_{reader_};
    std::array<AccountId, 5> accounts_;
};

TEST_P(AuditSearch, FindsWhatReadingEverythingWould)
{
    append(200);
    compare(all(), 4); // nothing is indexed yet
    append(4500);
    index();
    EXPECT_GT(indexed(), kBlockLeaves);
    append(700); // and these not
    compare(all(), 12);
}

TEST_P(AuditSearch, GivesPagesThatNeitherRepeatNorLeaveOutWhileWritingGoesOn)
{
    append(600);
    index();
    append(100);
    const auto before = all();
    const Filter filter{.outcome = audit::Outcome::Ok};
    std::vector<std::uint64_t> expected;
    for (const auto& event : before) {
        if (matches(filter, event)) {
            expected.insert(expected.begin(), event.leaf);
        }
    }
    std::vector<std::uint64_t> seen = gather([&](ReadTx& tx, std::optional<std::uint64_t> at) {
        return search_.newest(tx, filter, at.value_or(700), 7);
    });
    EXPECT_EQ(seen, expected);
    seen.clear();
    std::optional<std::uint64_t> at = 700;
    while (at) {
        const auto page =
            *database_->read([&](ReadTx& tx) { return search_.newest(tx, filter, at, 7); });
        for (const auto& event : page.items) {
            seen.push_back(event.leaf);
        }
        at = page.next;
        append(40); // between two pages
        index();
    }
    EXPECT_EQ(seen, expected);
}

// guards: a page that is full when enough was read goes on behind its last event
TEST_P(AuditSearch, LeavesNothingOutWhereThePageAndTheReadingEndTogether)
{
    const auto append_named = [&](std::string_view action, int count) {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                KS_CHECK(audit_.append(
                    tx, {.actor = {.kind = ActorKind::System}, .action = std::string(action)}));
            }
            return {};
        }));
    };
    // Nothing is indexed. The last 64 of those that one call reads hold two that match.
    constexpr int kRead = AuditSearchService::kReadMax;
    append_named("test.other", kRead - 20);
    append_named("test.wanted", 2);
    append_named("test.other", 2 * kRead);
    append_named("test.wanted", 2);
    append_named("test.other", kRead - 20);
    ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    const Filter filter{.action = "test.wanted"};
    for (const auto direction : {Direction::NewestFirst, Direction::OldestFirst}) {
        std::size_t found = 0;
        std::optional<std::uint64_t> at =
            direction == Direction::NewestFirst ? std::nullopt : std::optional<std::uint64_t>(0);
        do {
            const auto page = *database_->read([&](ReadTx& tx) {
                return direction == Direction::NewestFirst
                           ? search_.newest(tx, filter, at, 1)
                           : search_.oldest(tx, filter, *at, std::nullopt, 1);
            });
            found += page.items.size();
            at = page.next;
        } while (at);
        EXPECT_EQ(found, 4U);
    }
}

TEST_P(AuditSearch, FollowsTheTail)
{
    append(300);
    index();
    std::uint64_t at = 300;
    std::vector<std::uint64_t> seen;
    for (int round = 0; round < 8; ++round) {
        append(60);
        index();
        const auto found = *database_->read(
            [&](ReadTx& tx) { return search_.oldest(tx, {}, at, std::nullopt, 50); });
        for (const auto& event : found.items) {
            seen.push_back(event.leaf);
        }
        at = found.next.value_or(found.size);
    }
    ASSERT_EQ(seen.size(), 400U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i], 300 + i);
    }
}

// guards: after an erasure neither values nor index tell who was where
TEST_P(AuditSearch, ForgetsTheAddressesOfWhoIsErased)
{
    append(600);
    index();
    Filter filter{.actor = ActorFilter{ActorKind::Account, accounts_[0].bytes()}};
    filter.ip = reader_.digest_of(*IpAddress::parse(kAddresses[0]));
    ASSERT_FALSE(newest(filter, 50).empty());
    const std::size_t postings =
        database_
            ->read([&](ReadTx& tx) {
                return AuditSearchStore().find_postings(tx, 0, std::array{term_of_ip(*filter.ip)});
            })
            ->at(0)
            .leaves.count();
    const Actor system{.kind = ActorKind::System};
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(index_.forget_addresses(tx, accounts_[0]));
        KS_CHECK(audit_.erase_account(tx, accounts_[0]));
        return audit_.append(tx, {.actor = system, .action = "account.erase"});
    }));
    EXPECT_TRUE(newest(filter, 50).empty());
    const auto left = database_->read([&](ReadTx& tx) {
        return AuditSearchStore().find_postings(tx, 0, std::array{term_of_ip(*filter.ip)});
    });
    const auto events = all();
    std::uint32_t still = 0;
    for (const auto& event : events) {
        still += event.leaf < indexed() && matches({.ip = filter.ip}, event) ? 1 : 0;
    }
    EXPECT_EQ(left->at(0).leaves.count(), still);
    EXPECT_LT(still, postings);
    compare(events, 8);
}

TEST_P(AuditSearch, IndexesWholePartsOnceOnly)
{
    append(255);
    index();
    EXPECT_EQ(indexed(), 0U);
    append(1);
    index();
    EXPECT_EQ(indexed(), 256U);
    index();
    EXPECT_EQ(indexed(), 256U);
    append(1500);
    index();
    EXPECT_EQ(indexed(), 1536U);
}

INSTANTIATE_TEST_SUITE_P(Engines, AuditSearch, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::audit_search
