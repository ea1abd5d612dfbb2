#include "features/password/breach_filter.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "features/password/password_policy.h"
#include "test/support/temporary_folder.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace keystead::password {
namespace {

class Filter : public testing::Test {
protected:
    std::string path(const char* name) const { return (folder_.path() / name).string(); }
    void write_list(const std::string& text) const
    {
        std::ofstream(path("list"), std::ios::binary) << text;
    }
    Result<BreachFilterSummary> build() const
    {
        return build_breach_filter(path("list"), path("filter"));
    }
    static bool contains(const BreachFilter& filter, std::string_view text)
    {
        return filter.contains(Secret::copy_of(text));
    }

    test::TemporaryFolder folder_;
};

// guards: no false negative, and fewer false positives than the header says: 1 in 10,000 (K-10)
TEST_F(Filter, FindsAllOfTheListAndHardlyAnythingElse)
{
    constexpr int kPasswords = 50'000;
    constexpr int kStrangers = 1'000'000;
    std::string list;
    for (int number = 0; number < kPasswords; ++number) {
        list += "in-" + std::to_string(number) + '\n';
    }
    write_list(list);
    const auto summary = build();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->passwords, std::uint64_t{kPasswords});
    EXPECT_EQ(summary->skipped, 0U);
    EXPECT_LT(summary->file_bytes, std::uint64_t{kPasswords} * 3 + 256);
    const auto filter = *BreachFilter::open(path("filter"));
    EXPECT_EQ(filter->size(), std::uint64_t{kPasswords});
    for (int number = 0; number < kPasswords; ++number) {
        ASSERT_TRUE(contains(*filter, "in-" + std::to_string(number)));
    }
    int false_positives = 0;
    for (int number = 0; number < kStrangers; ++number) {
        false_positives += contains(*filter, "out-" + std::to_string(number)) ? 1 : 0;
    }
    RecordProperty("false_positives_in_a_million", false_positives);
    EXPECT_LT(false_positives, kStrangers / 10'000);
}

// guards: the form that Have I Been Pwned offers, in either case, with and without counts
TEST_F(Filter, ReadsLinesOfHashes)
{
    const auto hash = [](std::string_view text) {
        return hex_encode(crypto::sha1(as_bytes(text)));
    };
    std::string upper = hash("walnut");
    for (char& digit : upper) {
        digit = static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
    }
    write_list(upper + ":12\r\n" + hash("sleigh") + "\nnot a hash\n" + hash("turbid") + "0\n");
    const auto summary = build();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->passwords, 2U);
    EXPECT_EQ(summary->skipped, 2U);
    const auto filter = *BreachFilter::open(path("filter"));
    EXPECT_TRUE(contains(*filter, "walnut"));
    EXPECT_TRUE(contains(*filter, "sleigh"));
    EXPECT_FALSE(contains(*filter, "turbid"));
}

// guards: plain lists are normalized as the server normalizes what is typed
TEST_F(Filter, ReadsPlainPasswordsInNfc)
{
    write_list("cafe\xCC\x81 au lait\n\n" + std::string(5000, 'x') + "\nsleigh");
    const auto summary = build();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->passwords, 2U);
    EXPECT_EQ(summary->skipped, 2U);
    const auto filter = *BreachFilter::open(path("filter"));
    EXPECT_TRUE(contains(*filter, "caf\xC3\xA9 au lait"));

    PasswordSettings settings;
    settings.strength_min = 0;
    const PasswordPolicy policy(settings, "Keystead", filter.get());
    const auto refused =
        policy.accept(Secret::copy_of("sleigh"), {.email = "x@y.org"}, SecondFactor::NotEnforced);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(std::ranges::any_of(
        refused.error().fields, [](const FieldError& f) { return f.code == "password/breached"; }));
}

// guards: a filter that was cut, changed or is none is refused at start
TEST_F(Filter, RefusesADamagedFile)
{
    write_list("walnut\nsleigh\n");
    ASSERT_TRUE(build());
    std::ifstream in(path("filter"), std::ios::binary);
    const std::string good((std::istreambuf_iterator<char>(in)), {});
    const auto refused = [&](const std::string& bytes) {
        std::ofstream(path("bad"), std::ios::binary | std::ios::trunc) << bytes;
        const auto filter = BreachFilter::open(path("bad"));
        return !filter && filter.error().code == "breach-filter/damaged";
    };
    for (std::size_t at = 0; at < good.size(); at += 3) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 4);
        EXPECT_TRUE(refused(bad)) << at;
    }
    EXPECT_TRUE(refused(good.substr(0, good.size() - 64)));
    EXPECT_TRUE(refused(good + good));
    EXPECT_TRUE(refused(""));
    EXPECT_FALSE(refused(good));
    EXPECT_EQ(BreachFilter::open(path("absent")).error().code, "breach-filter/unreadable");
}

TEST_F(Filter, SaysWhyItCannotBeBuilt)
{
    EXPECT_EQ(build().error().code, "breach-filter/unreadable");
    write_list("\n\n");
    EXPECT_EQ(build().error().code, "breach-filter/empty");
    write_list("walnut\n");
    EXPECT_EQ(build_breach_filter(path("list"), path("no/such/folder")).error().code,
              "breach-filter/not-written");
    EXPECT_FALSE(std::filesystem::exists(path("filter")));
}

} // namespace
} // namespace keystead::password
