#include "agent/statement.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "features/host/krl.h"
#include "features/host/snapshot.h"

#include <gtest/gtest.h>

namespace keystead::agent {
namespace {

using std::chrono::seconds;

const Instant kNow{seconds(1'790'000'000)};
// Of test/vectors/ssh/public_keys.vec.
constexpr std::string_view kBlob =
    "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
constexpr std::string_view kId = "ssh_0000000000000000000001";

Secret seed_of(int number)
{
    Secret seed(32);
    seed.writable()[0] = static_cast<std::byte>(number);
    return seed;
}

std::string key_line(std::string_view user)
{
    return "key " + std::string(user) + " ssh-ed25519 " + std::string(kBlob) + " " +
           std::string(kId) + "\n";
}

std::string content_of(std::string_view user)
{
    return host::content_text(
        host::make_krl({}),
        {{std::string(user), "ssh-ed25519 " + std::string(kBlob), std::string(kId)}});
}

std::string signed_as(const std::string& statement, const std::string& content, const Secret& seed)
{
    const auto signature = crypto::ed25519_sign(seed, as_bytes(statement));
    return host::snapshot_text(statement, signature, content);
}

std::string snapshot_of(const std::string& content, const Secret& seed)
{
    host::Statement statement;
    statement.host = "hst_1";
    statement.issued = kNow;
    statement.content = host::content_digest(content);
    statement.of_removed_keys = host::OpenSessions::AreEnded;
    return signed_as(host::statement_text(statement), content, seed);
}

// guards: what Keystead writes is what a server reads
TEST(Statement, IsReadAsKeysteadWritesIt)
{
    const Secret seed = seed_of(1);
    const auto key = crypto::ed25519_public_key(seed);
    const auto snapshot = read_snapshot(snapshot_of(content_of("root"), seed), key);
    ASSERT_TRUE(snapshot) << snapshot.error().detail;
    EXPECT_EQ(snapshot->statement.host, "hst_1");
    EXPECT_EQ(snapshot->statement.issued, kNow);
    EXPECT_EQ(snapshot->statement.expires, kNow + seconds(900));
    EXPECT_EQ(snapshot->statement.of_removed_keys, OpenSessions::AreEnded);
    const auto content = parse_content(snapshot->content);
    ASSERT_TRUE(content) << content.error().detail;
    EXPECT_EQ(content->krl, host::make_krl({}));
    ASSERT_EQ(content->keys.size(), 1U);
    EXPECT_EQ(content->keys[0].key_id, kId);
    EXPECT_NE(find_key(*content, "root", "ssh-ed25519", kBlob), nullptr);
    EXPECT_NE(find_key(*content, "root", *fingerprint_of(kBlob)), nullptr);
    EXPECT_EQ(find_key(*content, "gpu", "ssh-ed25519", kBlob), nullptr);
    EXPECT_EQ(find_key(*content, "root", "ssh-rsa", kBlob), nullptr);
}

// guards: one changed bit anywhere, or another's signature, is nobody's answer
TEST(Statement, IsRefusedWhenAnythingIsChanged)
{
    const Secret seed = seed_of(1);
    const auto key = crypto::ed25519_public_key(seed);
    const std::string text = snapshot_of(content_of("root"), seed);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(read_snapshot(changed, key)) << at;
    }
    // What was cut off with the content is the answer "nothing changed"; elsewhere it is none.
    const auto head = text.find("\n\n") + 2;
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(read_snapshot(text.substr(0, size), key).has_value(), size == head) << size;
    }
    const auto other = read_snapshot(snapshot_of(content_of("root"), seed_of(2)), key);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, "agent/wrong-signature");
    const auto swapped = text.substr(0, head) + content_of("gpu");
    EXPECT_EQ(read_snapshot(swapped, key).error().code, "agent/wrong-content");
}

// guards: a word of a later version is passed over, a wrong one is not
TEST(Statement, TakesUnknownWordsAndNoWrongOnes)
{
    const std::string good = "keystead-statement/v1\nhost hst_1\nissued 10\nexpires 20\ncontent " +
                             std::string(64, '0') + "\nend-sessions no\n";
    EXPECT_TRUE(parse_statement(good));
    EXPECT_TRUE(parse_statement(good + "weather fine\n"));
    for (const std::string_view line :
         {"host hst_1", "issued 10", "expires 20", "end-sessions no", "content "}) {
        std::string without = good;
        without.erase(without.find(line),
                      without.find('\n', without.find(line)) - without.find(line) + 1);
        EXPECT_FALSE(parse_statement(without)) << line;
        EXPECT_FALSE(parse_statement(good + std::string(line) + "\n")) << line << " twice";
    }
    for (const std::string_view bad :
         {"keystead-statement/v2\n", "keystead-statement/v1", "", "\n", "host hst_1\n"}) {
        EXPECT_FALSE(parse_statement(bad));
    }
    for (const auto& [from, to] : {std::pair{"10", "010"},
                                   {"10", "-1"},
                                   {"20", "10"},
                                   {"no", "No"},
                                   {"hst_1", "acc_1"},
                                   {"hst_1", "hst_ 1"},
                                   {"0000", "00x0"}}) {
        std::string bad = good;
        bad.replace(bad.find(from), std::string_view(from).size(), to);
        EXPECT_FALSE(parse_statement(bad)) << bad;
    }
    EXPECT_FALSE(parse_statement(good + "long " + std::string(kLineBytesMax, 'x') + "\n"));
}

// guards: nothing that OpenSSH would not read as a key or a list is put before it
TEST(Statement, HasNoContentThatIsNone)
{
    const std::string krl = "krl " + base64_encode(host::make_krl({})) + "\n";
    EXPECT_TRUE(parse_content(krl));
    EXPECT_TRUE(parse_content(krl + key_line("root") + "later what ever\n"));
    const std::string user_of_33(33, 'a');
    for (const std::string& bad :
         {std::string{}, key_line("root"), krl + krl, std::string("krl AAAA\n"),
          std::string("krl \n"), krl + "key root ssh-ed25519 AAAA " + std::string(kId) + "\n",
          krl + "key root ssh-rsa " + std::string(kBlob) + " " + std::string(kId) + "\n",
          krl + "key root ssh-ed25519 " + std::string(kBlob) + "\n", krl + key_line("-oProxy"),
          krl + key_line(user_of_33), krl + key_line("a/b"), krl + key_line("root\t"),
          krl + key_line("root").substr(0, 20)}) {
        EXPECT_FALSE(parse_content(bad)) << bad;
    }
}

// guards: M-18's fifteen minutes, and a clock that is behind
TEST(Statement, HoldsForFifteenMinutesAndNotBeforeItWasMade)
{
    Statement statement;
    statement.issued = kNow;
    statement.expires = kNow + seconds(900);
    EXPECT_TRUE(holds_at(statement, kNow));
    EXPECT_TRUE(holds_at(statement, kNow + seconds(899)));
    EXPECT_FALSE(holds_at(statement, kNow + seconds(900)));
    EXPECT_TRUE(holds_at(statement, kNow - kClockSkewMax));
    EXPECT_FALSE(holds_at(statement, kNow - kClockSkewMax - seconds(1)));
    statement.expires = kNow + seconds(86'400);
    EXPECT_FALSE(holds_at(statement, kNow + seconds(900)));
    statement.expires = kNow + seconds(60);
    EXPECT_FALSE(holds_at(statement, kNow + seconds(60)));
}

// guards: nobody between serves what was true a while ago
TEST(Statement, IsFollowedByNoOlderOne)
{
    EXPECT_TRUE(may_follow(kNow, kNow, kNow)) << "asked twice in a second";
    EXPECT_FALSE(may_follow(kNow - seconds(1), kNow, kNow));
    EXPECT_TRUE(may_follow(kNow + seconds(1), kNow, kNow));
}

// guards: clocks that are put right do not shut a server off until that time comes again
TEST(Statement, IsFollowedByAnOlderOneOfATimeThatIsOver)
{
    const Instant ahead = kNow + kClockSkewMax;
    EXPECT_FALSE(may_follow(kNow, ahead, kNow)) << "no error of a clock explains that it was heard";
    EXPECT_TRUE(may_follow(kNow, ahead + seconds(1), kNow));
}

std::string end_of(std::string_view host, const Digest& token)
{
    const Secret seed = seed_of(1);
    host::End end{.host = std::string(host), .token = token, .issued = kNow};
    return signed_as(host::end_text(end), "", seed);
}

// guards: an end is signed, whole, and about one token of one server, now
TEST(Statement, OfAnEnd)
{
    const auto key = crypto::ed25519_public_key(seed_of(1));
    const Digest token{std::byte{7}};
    const std::string text = end_of("hst_1", token);
    const auto end = read_end(text, key);
    ASSERT_TRUE(end) << end.error().detail;
    EXPECT_TRUE(is_over(*end, "hst_1", token, kNow));
    EXPECT_FALSE(is_over(*end, "hst_2", token, kNow));
    EXPECT_FALSE(is_over(*end, "hst_1", Digest{}, kNow)) << "the server has another one by now";
    EXPECT_TRUE(is_over(*end, "hst_1", token, kNow - kClockSkewMax));
    EXPECT_FALSE(is_over(*end, "hst_1", token, kNow - kClockSkewMax - seconds(1)));
    EXPECT_FALSE(is_over(*end, "hst_1", token, kNow + kStatementAgeMax));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(read_end(changed, key)) << at;
        EXPECT_FALSE(read_end(text.substr(0, at), key)) << at;
    }
    EXPECT_FALSE(read_end(text + "x", key));
    EXPECT_FALSE(read_end(snapshot_of(content_of("root"), seed_of(1)), key));
    EXPECT_FALSE(read_snapshot(text, key)) << "nor is an end a list without keys";
}

TEST(Statement, SaysThatThereAreTooManyKeys)
{
    const auto krl = host::content_text(host::make_krl({}), {});
    EXPECT_FALSE(parse_content(krl)->has_too_many);
    const auto content = parse_content(krl + std::string(host::kTooManyKeys));
    ASSERT_TRUE(content);
    EXPECT_TRUE(content->has_too_many);
}

TEST(Statement, KnowsUserNames)
{
    for (const std::string_view good : {"root", "a", "ec2-user", "_apt", "A.b", "9"}) {
        EXPECT_TRUE(is_login_user(good)) << good;
    }
    for (const std::string_view bad : {"", "-a", "a b", "a\n", "a/b", "ü", "a;b", "a$"}) {
        EXPECT_FALSE(is_login_user(bad)) << bad;
    }
}

} // namespace
} // namespace keystead::agent
