// guards: receivers that hang, fail or get much keep nobody else's waiting
#include "features/webhook/lane_book.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace keystead::webhook {
namespace {

using namespace std::chrono_literals;

class LaneBookTest : public testing::Test {
protected:
    std::optional<EndpointId> take(WorkerKind worker = WorkerKind::AnyLane)
    {
        const auto turn = book_.take(worker, now_);
        return turn ? std::optional(turn->endpoint) : std::nullopt;
    }
    static EndpointId endpoint(unsigned char number)
    {
        IdBytes bytes{};
        bytes[15] = std::byte{number};
        return EndpointId{bytes};
    }
    void make_bad(EndpointId id)
    {
        book_.offer(id, 1);
        ASSERT_TRUE(take());
        book_.end(id, {.failed = true}, now_);
        now_ += LaneBook::pause_after(1);
    }

    Instant now_{1h};
    LaneBook book_;
    const EndpointId a_ = endpoint(1);
    const EndpointId b_ = endpoint(2);
};

TEST_F(LaneBookTest, ServesLanesInTurn)
{
    book_.offer(a_, 1);
    book_.offer(b_, 1);
    std::vector<EndpointId> order;
    for (int i = 0; i < 4; ++i) {
        order.push_back(*take());
        book_.end(order.back(), {.more = true}, now_);
    }
    EXPECT_EQ(order, (std::vector{a_, b_, a_, b_}));
}

TEST_F(LaneBookTest, CallsAnEndpointSoManyTimesAtOnce)
{
    book_.offer(a_, 1);
    book_.offer(b_, 2);
    EXPECT_EQ(take(), a_);
    EXPECT_EQ(take(), b_);
    EXPECT_EQ(take(), b_);
    EXPECT_FALSE(take());
    book_.end(a_, {.more = true}, now_);
    EXPECT_EQ(take(), a_);
}

TEST_F(LaneBookTest, ForgetsALaneThatHasNothingMore)
{
    book_.offer(a_, 1);
    EXPECT_EQ(take(), a_);
    book_.end(a_, {}, now_);
    EXPECT_FALSE(take());
}

TEST_F(LaneBookTest, LosesNoOfferThatComesDuringATurn)
{
    book_.offer(a_, 1);
    EXPECT_EQ(take(), a_);
    book_.offer(a_, 1);
    book_.end(a_, {.more = false}, now_);
    EXPECT_EQ(take(), a_);
}

TEST_F(LaneBookTest, PausesLongerAfterEachFailure)
{
    auto last = 0s;
    for (int failure = 1; failure <= 10; ++failure) {
        book_.offer(a_, 1);
        ASSERT_EQ(take(), a_) << failure;
        book_.end(a_, {.failed = true}, now_);
        book_.offer(a_, 1);
        const auto pause = LaneBook::pause_after(static_cast<std::uint32_t>(failure));
        EXPECT_GE(pause, last);
        EXPECT_FALSE(take());
        EXPECT_TRUE(book_.is_paused(a_, now_ + pause - 1s));
        now_ += pause;
        last = pause;
    }
    EXPECT_EQ(last, 5min);
}

TEST_F(LaneBookTest, WaitsAsLongAsAReceiverWishes)
{
    book_.offer(a_, 1);
    ASSERT_TRUE(take());
    book_.end(a_, {.failed = true, .wait_at_least = 1h}, now_);
    EXPECT_TRUE(book_.is_paused(a_, now_ + 59min));
    book_.offer_now(a_, 1); // Somebody tests it.
    EXPECT_EQ(take(), a_);
}

TEST_F(LaneBookTest, KeepsHalfOfTheWorkersFromBadLanes)
{
    make_bad(a_);
    book_.offer(a_, 4);
    EXPECT_FALSE(take(WorkerKind::GoodLanesOnly));
    book_.offer(b_, 1);
    EXPECT_EQ(take(WorkerKind::GoodLanesOnly), b_);
    EXPECT_EQ(take(WorkerKind::AnyLane), a_);
    EXPECT_FALSE(take(WorkerKind::AnyLane)) << "a bad lane gets one call at a time";
    book_.end(a_, {.more = true, .slowest = 3s}, now_);
    EXPECT_FALSE(take(WorkerKind::GoodLanesOnly)) << "slow is as bad as failing";
    EXPECT_EQ(take(WorkerKind::AnyLane), a_);
    book_.end(a_, {.more = true}, now_);
    EXPECT_EQ(take(WorkerKind::GoodLanesOnly), a_) << "it has recovered";
}

TEST_F(LaneBookTest, ForgetsEndpointsThatAreNoMore)
{
    make_bad(a_);
    book_.offer(a_, 1);
    book_.forget(a_);
    EXPECT_FALSE(take());
    book_.end(a_, {}, now_); // A turn that ends afterwards does no harm.
}

TEST(LaneBookRace, GivesNoEndpointMoreCallsThanItMayHave)
{
    LaneBook book;
    constexpr int kLanes = 8;
    std::array<std::atomic<int>, kLanes> in_flight{};
    std::atomic<bool> exceeded = false;
    const auto number_of = [](EndpointId id) {
        return std::to_integer<std::size_t>(id.bytes()[15]);
    };
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 8; ++worker) {
            workers.emplace_back([&] {
                for (int i = 0; i < 2000; ++i) {
                    IdBytes bytes{};
                    bytes[15] = static_cast<std::byte>(i % kLanes);
                    book.offer(EndpointId{bytes}, 2);
                    if (const auto turn = book.take(WorkerKind::AnyLane, Instant{1h})) {
                        auto& flying = in_flight[number_of(turn->endpoint)];
                        exceeded = exceeded || ++flying > 2;
                        --flying;
                        book.end(turn->endpoint, {.more = i % 3 == 0}, Instant{1h});
                    }
                }
            });
        }
    }
    EXPECT_FALSE(exceeded);
}

} // namespace
} // namespace keystead::webhook
