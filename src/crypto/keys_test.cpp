#include "crypto/inventory.h"
#include "crypto/keys.h"

#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace keystead::crypto {
namespace {

using test::SeededRandom;

struct Keys : testing::Test {
    SeededRandom random;
    Secret root = make_key(random);
    RootKeyRing ring{root.clone(), random};
};

// guards: what is sealed opens, and the same plain text never looks the same twice
TEST_F(Keys, OpensWhatItSealed)
{
    for (const std::string_view plain : {"", "secret", "a longer one with \0 inside"}) {
        const Bytes first = ring.seal(KeyPurpose::TotpSeal, "totp/otp_1", as_bytes(plain));
        const Bytes second = ring.seal(KeyPurpose::TotpSeal, "totp/otp_1", as_bytes(plain));
        EXPECT_NE(first, second);
        EXPECT_EQ(ring.open(KeyPurpose::TotpSeal, "totp/otp_1", first)->reveal_text(), plain);
    }
}

// guards: a ciphertext copied to another row or purpose does not open
TEST_F(Keys, BindsToPurposeAndRow)
{
    const Bytes sealed = ring.seal(KeyPurpose::TotpSeal, "totp/otp_1", as_bytes("secret"));
    EXPECT_FALSE(ring.open(KeyPurpose::TotpSeal, "totp/otp_2", sealed));
    EXPECT_FALSE(ring.open(KeyPurpose::PasswordSeal, "totp/otp_1", sealed));
    EXPECT_EQ(ring.open(KeyPurpose::TotpSeal, "", sealed).error().code, "crypto/does-not-open");
}

// guards: one changed bit anywhere, or a byte missing, and nothing opens
// ASVS: V11.3.3
TEST_F(Keys, RefusesEveryChange)
{
    const Bytes sealed = ring.seal(KeyPurpose::OutboxSeal, "msg_1", as_bytes("mail"));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        Bytes changed = sealed;
        changed[i] ^= std::byte{1};
        EXPECT_FALSE(ring.open(KeyPurpose::OutboxSeal, "msg_1", changed)) << i;
        EXPECT_FALSE(ring.open(KeyPurpose::OutboxSeal, "msg_1", ByteView(sealed).first(i))) << i;
    }
}

// guards: another root key opens nothing and is told apart before it is used
// ASVS: V11.2.2
TEST_F(Keys, TellsRootKeysApart)
{
    const RootKeyRing other(make_key(random), random);
    const RootKeyRing same(root.clone(), random);
    const Bytes sealed = ring.seal(KeyPurpose::TotpSeal, "x", as_bytes("secret"));
    EXPECT_FALSE(other.open(KeyPurpose::TotpSeal, "x", sealed));
    EXPECT_TRUE(same.open(KeyPurpose::TotpSeal, "x", sealed));
    EXPECT_NE(ring.key_check_value(), other.key_check_value());
    EXPECT_EQ(ring.key_check_value(), same.key_check_value());
    EXPECT_EQ(sealing_key_of(sealed), ring.id());
}

// guards: no two purposes share a key or a name
TEST_F(Keys, GivesEveryPurposeItsOwnKey)
{
    std::set<std::string> keys;
    std::set<std::string_view> names;
    for (const KeyPurpose purpose : kKeyPurposes) {
        keys.emplace(ring.key(purpose).reveal_text());
        names.insert(key_use(purpose).name);
    }
    EXPECT_EQ(keys.size(), kKeyPurposes.size());
    EXPECT_EQ(names.size(), keys.size());
    EXPECT_NE(inventory_markdown().find("totp-seal"), std::string::npos);
}

// guards: docs/crypto-inventory.md lists every use as it is
// ASVS: V11.1.2
TEST_F(Keys, InventoryIsUpToDate)
{
    std::ostringstream file;
    file << std::ifstream("docs/crypto-inventory.md").rdbuf();
    EXPECT_TRUE(file.str().ends_with(inventory_markdown()))
        << "docs/crypto-inventory.md is stale; it should end in:\n"
        << inventory_markdown();
}

// guards: team → value keys: a value opens with its team's key and place only
TEST_F(Keys, WrapsTeamKeys)
{
    const Secret team_key = make_key(random);
    const Bytes wrapped = ring.seal(KeyPurpose::TeamKey, "team_1", team_key.reveal());
    const Secret unwrapped = *ring.open(KeyPurpose::TeamKey, "team_1", wrapped);
    EXPECT_FALSE(ring.open(KeyPurpose::TeamKey, "team_2", wrapped));
    const KeyId id = key_id_of(team_key);
    const Bytes value =
        seal_with(team_key, id, "team_1/DATABASE_URL/1", as_bytes("postgres://"), random);
    EXPECT_EQ(
        open_with(unwrapped, key_id_of(unwrapped), "team_1/DATABASE_URL/1", value)->reveal_text(),
        "postgres://");
    EXPECT_FALSE(open_with(unwrapped, id, "team_1/DATABASE_URL/2", value));
}

} // namespace
} // namespace keystead::crypto
