#include "features/host/login_meter.h"

#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace keystead::host {
namespace {

using namespace std::chrono_literals;

struct Meter : testing::Test {
    test::FakeClock clock;
    LoginMeter meter{clock};
    HostId host{IdBytes{std::byte{1}}};
    HostId other{IdBytes{std::byte{2}}};
};

TEST_F(Meter, TakesTenMinutesWorthAtOnceAndThenOneEveryTwoSeconds)
{
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(meter.charge(host, 100), std::nullopt);
    }
    EXPECT_EQ(meter.charge(host, 1), 2s);
    EXPECT_EQ(meter.charge(host, 100), 200s);
    EXPECT_EQ(meter.charge(other, 100), std::nullopt) << "each server has its own";
    EXPECT_EQ(meter.charge(host, 0), std::nullopt) << "what reports none is not held up";
    clock.advance(2s);
    EXPECT_EQ(meter.charge(host, 1), std::nullopt);
    EXPECT_EQ(meter.charge(host, 1), 2s);
    clock.advance(10min);
    EXPECT_EQ(meter.charge(host, 300), std::nullopt);
}

TEST_F(Meter, NeverRefusesTwiceAServerThatWaits)
{
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
        if (const auto wait = meter.charge(host, 7)) {
            ++refused;
            clock.advance(*wait);
            EXPECT_EQ(meter.charge(host, 7), std::nullopt);
        }
    }
    EXPECT_GT(refused, 100);
}

} // namespace
} // namespace keystead::host
