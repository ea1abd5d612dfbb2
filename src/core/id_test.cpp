#include "core/id.h"

#include <gtest/gtest.h>

namespace keystead {
namespace {

struct CountingRandom final : Random {
    void fill(std::span<std::byte> out) override
    {
        for (auto& byte : out) {
            byte = static_cast<std::byte>(next_++ * 151);
        }
    }
    int next_ = 1;
};

// guards: UUIDv7 layout (RFC 9562 §5.7), so that ids sort by time
TEST(Id, IsAUuidOfVersion7)
{
    CountingRandom random;
    const auto early = SessionId::make(from_micros(1'645'557'742'000'000),
                                       random); // time of RFC 9562 appendix A.6
    EXPECT_EQ(std::to_integer<int>(early.bytes()[0]), 0x01);
    EXPECT_EQ(std::to_integer<int>(early.bytes()[1]), 0x7F);
    EXPECT_EQ(std::to_integer<int>(early.bytes()[2]), 0x22);
    EXPECT_EQ(std::to_integer<int>(early.bytes()[5]), 0xB0);
    EXPECT_EQ(std::to_integer<int>(early.bytes()[6]) >> 4, 7);
    EXPECT_EQ(std::to_integer<int>(early.bytes()[8]) >> 6, 2);
    const auto late = SessionId::make(from_micros(1'645'557'742'001'000), random);
    EXPECT_LT(early, late);
    EXPECT_LT(early.text(), late.text());
}

// guards: one text form an id, and none that belongs to another kind
TEST(Id, ReadsExactlyWhatItWrites)
{
    CountingRandom random;
    const auto id = AccountId::make(from_micros(1'795'314'881'000'000), random);
    const std::string text = id.text();
    EXPECT_EQ(text.size(), 26U);
    EXPECT_TRUE(text.starts_with("acc_"));
    EXPECT_EQ(AccountId::parse(text), id);
    EXPECT_FALSE(SessionId::parse(text));
    EXPECT_FALSE(AccountId::parse(text + "0"));
    EXPECT_FALSE(AccountId::parse(text.substr(0, 25)));
    EXPECT_FALSE(AccountId::parse("acc_zzzzzzzzzzzzzzzzzzzzzz")) << "more than 128 bits";
    EXPECT_FALSE(AccountId::parse("acc_000000000000000000000-"));
    EXPECT_TRUE(AccountId{}.is_nil());
    EXPECT_EQ(AccountId::parse(AccountId{}.text()), AccountId{});
}

} // namespace
} // namespace keystead
