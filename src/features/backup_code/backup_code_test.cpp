#include "features/backup_code/backup_code.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace keystead::backup_code {
namespace {

std::string normalized(std::string_view typed)
{
    const auto digits = normalize(typed);
    return digits ? std::string(digits->reveal_text()) : "refused";
}

// ASVS: V6.5.4
TEST(BackupCode, SpellsEightyBits)
{
    std::array<std::byte, kCodeBytes> bytes{};
    EXPECT_EQ(digits_of(bytes).reveal_text(), "0000000000000000");
    bytes.fill(std::byte{0xff});
    EXPECT_EQ(digits_of(bytes).reveal_text(), "ZZZZZZZZZZZZZZZZ");
    bytes = {std::byte{0x00}, std::byte{0x44}, std::byte{0x32}, std::byte{0x14}, std::byte{0xc7},
             std::byte{0x42}, std::byte{0x54}, std::byte{0xb6}, std::byte{0x35}, std::byte{0xcf}};
    EXPECT_EQ(digits_of(bytes).reveal_text(), "0123456789ABCDEF");
    EXPECT_EQ(grouped(digits_of(bytes)).reveal_text(), "0123-4567-89AB-CDEF");
}

TEST(BackupCode, ReadsWhatAPersonTypes)
{
    EXPECT_EQ(normalized("0123-4567-89ab-cdef"), "0123456789ABCDEF");
    EXPECT_EQ(normalized("  o1I3 4567 89ABCDEf "), "0113456789ABCDEF");
    EXPECT_EQ(normalized("llll-iiii-oooo-0000"), "1111111100000000");
}

TEST(BackupCode, RefusesWhatCannotBeACode)
{
    for (const std::string_view refused :
         {"", "0123-4567-89AB-CDE", "0123-4567-89AB-CDEF0", "0123-4567-89AB-CDEU",
          "0123_4567_89AB_CDEF", "0123\t456789ABCDEF",
          "\xEF\xBC\x90"
          "123456789ABCDEF",
          "123456"}) {
        EXPECT_EQ(normalized(refused), "refused") << refused;
    }
}

// guards: what is shown is what is read back, for any bits; no two sets of bits share a code
TEST(BackupCode, ReadsBackWhatItShows)
{
    std::mt19937_64 engine(20261122);
    for (int round = 0; round < 2000; ++round) {
        std::array<std::byte, kCodeBytes> bytes{};
        for (std::byte& byte : bytes) {
            byte = static_cast<std::byte>(engine() & 0xff);
        }
        const Secret digits = digits_of(bytes);
        ASSERT_EQ(normalized(grouped(digits).reveal_text()), digits.reveal_text());
        bytes[engine() % bytes.size()] ^= static_cast<std::byte>(1U << engine() % 8);
        ASSERT_NE(digits_of(bytes).reveal_text(), digits.reveal_text());
    }
}

} // namespace
} // namespace keystead::backup_code
