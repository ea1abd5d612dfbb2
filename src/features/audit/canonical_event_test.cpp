// guards: an event has one canonical form, to the byte, and decode takes nothing else
#include "features/audit/canonical_event.h"

#include "core/encoding.h"

#include <gtest/gtest.h>

namespace keystead::audit {
namespace {

IdBytes filled(int byte)
{
    IdBytes bytes;
    bytes.fill(static_cast<std::byte>(byte));
    return bytes;
}

CanonicalEvent example()
{
    Digest commitment;
    commitment.fill(std::byte{0xcc});
    return {.id = EventId{filled(1)},
            .at = from_micros(0x0102030405060708),
            .actor_kind = ActorKind::Account,
            .actor = filled(2),
            .session = SessionId{filled(3)},
            .request = RequestId{filled(4)},
            .account = AccountId{filled(5)},
            .outcome = Outcome::Refused,
            .action = "a.b",
            .target_kind = "t",
            .target_id = "",
            .facts = {{"n", std::string("v")}, {"p", commitment}}};
}

TEST(CanonicalEvent, IsTheseBytes)
{
    const auto sixteen = [](std::string_view byte) {
        std::string text;
        for (int i = 0; i < 16; ++i) {
            text += byte;
        }
        return text;
    };
    EXPECT_EQ(hex_encode(encode_event(example())),
              "01" + sixteen("01") + "0102030405060708" + "01" + sixteen("02") + sixteen("03") +
                  sixteen("04") + sixteen("05") + "02" + "0003612e62" + "000174" + "0000" + "02" +
                  "00016e" + "00" + "000176" + "000170" + "01" + sixteen("cc") + sixteen("cc"));
}

TEST(CanonicalEvent, ComesBackAsItWas)
{
    EXPECT_EQ(decode_event(encode_event(example())), example());
}

TEST(CanonicalEvent, RefusesEveryShorterAndLongerForm)
{
    Bytes bytes = encode_event(example());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_event(ByteView(bytes).first(size))) << size;
    }
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode_event(bytes));
}

TEST(CanonicalEvent, RefusesNumbersThatMeanNothing)
{
    for (const std::size_t offset : {0U, 25U, 90U}) { // version, kind of actor, outcome
        Bytes bytes = encode_event(example());
        bytes[offset] = std::byte{0x7f};
        EXPECT_FALSE(decode_event(bytes)) << offset;
    }
}

TEST(PersonalValues, ComeBackAsTheyWereAndRefuseWhatIsCut)
{
    Salt salt;
    salt.fill(std::byte{7});
    const std::vector<PersonalValue> values{{0, salt, "203.0.113.9"}, {3, salt, ""}};
    const Bytes bytes = encode_values(values);
    EXPECT_EQ(decode_values(bytes), values);
    EXPECT_FALSE(decode_values(ByteView(bytes).first(bytes.size() - 1)));
    EXPECT_FALSE(decode_values({}));
}

TEST(Commitment, DependsOnSaltAndValue)
{
    const Salt salt{};
    Salt other{};
    other[0] = std::byte{1};
    EXPECT_NE(commit_to(salt, "a"), commit_to(salt, "b"));
    EXPECT_NE(commit_to(salt, "a"), commit_to(other, "a"));
    // SHA-256 of 32 zero bytes and "a", by coreutils: head -c 32 /dev/zero | cat - <(printf a) |
    // sha256sum
    EXPECT_EQ(hex_encode(commit_to(salt, "a")),
              "41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647");
}

} // namespace
} // namespace keystead::audit
