// guards: an export or proof that was damaged in any way is refused, and it is said what is wrong
#include "features/log_proof/audit_file.h"

#include "core/encoding.h"
#include "features/log_proof/audit_file_check.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace keystead::log_proof {
namespace {

using audit::CanonicalEvent;
using audit::PersonalValue;

const std::string kOrigin = "keys.example/audit/1";

struct Logged {
    audit::Nonce nonce;
    Bytes canonical;
    std::vector<PersonalValue> values;
};

/// A log in memory, and the files that are made of it.
class AuditFile : public testing::Test {
protected:
    AuditFile()
    {
        for (int i = 0; i < 5; ++i) {
            add(i);
        }
    }

    /// As retention does, of what is before `leaf`.
    void record_retention(std::uint64_t leaf, ActorKind by = ActorKind::System)
    {
        const CanonicalEvent event{
            .id = EventId::make(clock_.now(), random_),
            .at = clock_.now(),
            .actor_kind = by,
            .action = std::string(audit::kRetentionAction),
            .facts = {{std::string(audit::kKeptFrom), std::to_string(leaf)}}};
        Logged logged{.nonce = random_bytes<32>(random_), .canonical = audit::encode_event(event)};
        entries_.push_back(audit::log_entry(logged.nonce, logged.canonical));
        log_.push_back(std::move(logged));
    }
    /// The whole file, without the events of these leaves.
    std::string without(std::initializer_list<std::size_t> leaves)
    {
        std::string file = whole();
        for (const std::size_t leaf : leaves) {
            std::string alone;
            append_entry(alone, leaf, entries_[leaf]);
            file = replaced(file, event_line(leaf), alone);
        }
        return file;
    }

    void add(int number)
    {
        CanonicalEvent event{.id = EventId::make(clock_.now(), random_),
                             .at = clock_.now(),
                             .actor_kind = ActorKind::Account,
                             .actor = AccountId::make(clock_.now(), random_).bytes(),
                             .outcome = audit::Outcome::Refused,
                             .action = "test.step",
                             .target_kind = "thing",
                             .target_id = "\"quoted\"\n" + std::to_string(number)};
        Logged logged{.nonce = random_bytes<32>(random_)};
        const auto commit = [&](std::string name, std::string value) {
            PersonalValue personal{.position = static_cast<std::uint8_t>(event.facts.size()),
                                   .salt = random_bytes<32>(random_),
                                   .value = std::move(value)};
            event.facts.push_back(
                {std::move(name), audit::commit_to(personal.salt, personal.value)});
            logged.values.push_back(std::move(personal));
        };
        commit("ip", "203.0.113." + std::to_string(number));
        event.facts.push_back({"number", std::to_string(number)});
        commit("typed", "p\xc3\xa4ss \"word\" \\ \n\x01\xe2\x80\xae");
        commit("bytes", std::string("\xff\x00", 2));
        logged.canonical = audit::encode_event(event);
        entries_.push_back(audit::log_entry(logged.nonce, logged.canonical));
        log_.push_back(std::move(logged));
    }

    Result<Digest> node(audit::merkle::Node wanted, std::size_t size) const
    {
        std::vector<Digest> hashes;
        for (std::uint64_t i = wanted.index << wanted.level;
             i < std::min<std::uint64_t>((wanted.index + 1) << wanted.level, size); ++i) {
            hashes.push_back(audit::merkle::leaf_hash(entries_[i]));
        }
        return audit::merkle::root_over(hashes);
    }

    Digest root(std::size_t size) const
    {
        const auto read = [&](audit::merkle::Node wanted) { return node(wanted, size); };
        return *audit::merkle::root_of(size, read);
    }

    SignedNote checkpoint(std::size_t size, const std::string& origin = kOrigin) const
    {
        return sign_note(Checkpoint{origin, size, root(size)}.text(), origin, Secret(32));
    }

    FileHeader header(FileForm form) const
    {
        return {.form = form,
                .origin = kOrigin,
                .size = log_.size(),
                .root = root(log_.size()),
                .vkey = key_.text(),
                .checkpoint = checkpoint(log_.size()).encode(),
                .exported_at = clock_.now()};
    }

    std::string event_line(std::size_t index) const
    {
        std::string line;
        EXPECT_TRUE(append_event(line, index, log_[index].nonce, log_[index].canonical,
                                 log_[index].values));
        return line;
    }

    std::string whole() const
    {
        std::string file;
        append_header(file, header(FileForm::Whole));
        for (std::size_t i = 0; i < log_.size(); ++i) {
            file += event_line(i);
        }
        append_end(file, log_.size());
        return file;
    }

    std::string proof(std::size_t index) const
    {
        const auto read = [&](audit::merkle::Node wanted) { return node(wanted, log_.size()); };
        const auto path = *audit::merkle::inclusion_proof(index, log_.size(), read);
        std::string file;
        append_header(file, header(FileForm::Selection));
        EXPECT_TRUE(append_event(file, index, log_[index].nonce, log_[index].canonical,
                                 log_[index].values, path));
        append_end(file, 1);
        return file;
    }

    std::string faults(const std::string& file, std::vector<SignedNote> kept = {}) const
    {
        std::string words;
        for (const auto& fault : check_file(file, {.key = key_, .kept = std::move(kept)}).faults) {
            words += fault + "\n";
        }
        return words;
    }

    static std::string replaced(std::string text, const std::string& from, const std::string& to)
    {
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return at == std::string::npos ? text : text.replace(at, from.size(), to);
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    VerifierKey key_{.name = kOrigin, .key = crypto::ed25519_public_key(Secret(32))};
    std::vector<Logged> log_;
    std::vector<Digest> entries_;
};

TEST_F(AuditFile, IsFoundGoodAsItWasWritten)
{
    const auto report = check_file(whole(), {.key = key_, .kept = {checkpoint(3), checkpoint(5)}});
    EXPECT_TRUE(report.faults.empty()) << faults(whole());
    EXPECT_EQ(report.events, 5U);
    EXPECT_EQ(report.values, 15U);
    EXPECT_EQ(report.withheld, 0U);
    EXPECT_EQ(report.kept_compared, 2U);
    EXPECT_FALSE(report.own_key);
    for (std::size_t i = 0; i < log_.size(); ++i) {
        EXPECT_EQ(faults(proof(i)), "") << i;
    }
    EXPECT_TRUE(check_file(whole(), {}).own_key);
}

TEST_F(AuditFile, HoldsWhereValuesWereErased)
{
    log_[2].values.clear();
    log_[3].values.pop_back();
    const auto report = check_file(whole(), {.key = key_});
    EXPECT_TRUE(report.faults.empty());
    EXPECT_EQ(report.withheld, 4U);
    EXPECT_EQ(report.values, 11U);
}

TEST_F(AuditFile, HoldsWhereEventsWereRetired)
{
    record_retention(2);
    const std::string file = without({0, 1});
    const auto report = check_file(file, {.key = key_});
    EXPECT_TRUE(report.faults.empty()) << faults(file);
    EXPECT_EQ(report.entries_alone, 2U);
    EXPECT_NE(faults(replaced(file, base64_encode(entries_[1]), base64_encode(entries_[2]))), "");
}

// guards: an event that was taken away does not pass for one that retention removed
TEST_F(AuditFile, MissesAnEventThatRetentionDidNotRemove)
{
    const auto expect = [&](const std::string& file, const std::string& words) {
        EXPECT_NE(faults(file).find(words), std::string::npos) << words << "\n" << faults(file);
    };
    record_retention(1);
    record_retention(3, ActorKind::Account); // Only Keystead says what it removed.
    EXPECT_EQ(faults(without({0})), "");
    expect(without({1}), "its event is missing, and events before it are not");
    expect(without({0, 3}), "its event is missing, and events before it are not");
    expect(without({0, 1}), "entries up to 1 have no event, and the log records that retention "
                            "removed those before 1");
    expect(without({0, 1, 2, 3, 4, 5, 6}), "entries up to 6 have no event");
}

TEST_F(AuditFile, OfOneEventProvesALogOfOneEvent)
{
    log_.resize(1);
    entries_.resize(1);
    EXPECT_EQ(faults(proof(0)), "");
    EXPECT_EQ(faults(whole()), "");
}

TEST_F(AuditFile, SaysWhatIsWrong)
{
    const std::string file = whole();
    const auto expect = [&](const std::string& damaged, const std::string& words) {
        const std::string found = faults(damaged);
        EXPECT_NE(found.find(words), std::string::npos) << words << "\n--- said:\n" << found;
    };
    const std::string first = event_line(1);
    const std::string second = event_line(2);
    expect("", "the file is empty");
    expect("{}\n", "not the header");
    expect(replaced(file, first, ""), "entries 1 to 1 are missing");
    expect(replaced(file, first, ""), "lines were taken out");
    expect(replaced(file, first + second, second + first), "entries 1 to 1 are missing");
    expect(replaced(file, second, first), "stands twice");
    expect(replaced(file, "{\"end\":true,\"lines\":5}\n", ""), "the file was cut");
    expect(file + "{}\n", "something follows");
    expect(replaced(file, "203.0.113.2", "203.0.113.9"), "not what was committed to");
    expect(replaced(file, "\"number\",\"text\":\"2\"", "\"number\",\"text\":\"7\""),
           "the fields do not say");
    expect(replaced(file, "\"outcome\":\"refused\"", "\"outcome\":\"ok\""),
           "the fields do not say");
    expect(replaced(file, "{\"leaf_index\":0,", "{ \"leaf_index\":0,"), "neither an event");
    expect(replaced(file, "\"size\":5", "\"size\":6"), "something else than its checkpoint");
    expect(replaced(file, "\"form\":\"whole\"", "\"form\":\"half\""), "not the header");
    expect(replaced(file, "_export\":1", "_export\":2"), "not the header");
    expect(replaced(file, base64_encode(log_[1].nonce), base64_encode(log_[2].nonce)),
           "do not make the root");
    // An event that was changed together with all that shows it, but for the tree.
    auto event = *audit::decode_event(log_[1].canonical);
    event.outcome = audit::Outcome::Ok;
    log_[1].canonical = audit::encode_event(event);
    expect(whole(), "do not make the root");
}

TEST_F(AuditFile, IsRefusedWithoutTheLogsSignature)
{
    FileHeader forged = header(FileForm::Whole);
    const VerifierKey other{kOrigin, crypto::ed25519_public_key(Secret(32))};
    Secret seed(32);
    seed.writable()[0] = std::byte{1};
    forged.checkpoint =
        sign_note(Checkpoint{kOrigin, log_.size(), forged.root}.text(), kOrigin, seed).encode();
    std::string file;
    append_header(file, forged);
    EXPECT_NE(faults(file).find("not signed by the log's key"), std::string::npos);
    // With a key of its own it fits together; with the log's key it does not.
    forged.vkey = VerifierKey{kOrigin, crypto::ed25519_public_key(seed)}.text();
    std::string forgery;
    append_header(forgery, forged);
    forgery += whole().substr(whole().find('\n') + 1);
    EXPECT_TRUE(check_file(forgery, {}).faults.empty());
    EXPECT_NE(faults(forgery).find("not the one it was to be checked with"), std::string::npos);
}

TEST_F(AuditFile, ProofIsRefusedForAnotherPlaceEventOrPath)
{
    const std::string words = "does not lead from the event";
    const std::string file = proof(1);
    EXPECT_NE(faults(replaced(file, "{\"leaf_index\":1", "{\"leaf_index\":3")).find(words),
              std::string::npos);
    const std::size_t begin = file.find('\n') + 1;
    const std::string line = file.substr(begin, file.find('\n', begin) + 1 - begin);
    const std::string twice =
        replaced(replaced(file, line, line + line), "\"lines\":1", "\"lines\":2");
    EXPECT_NE(faults(twice).find("it stands twice or out of order"), std::string::npos);
    const std::size_t path = file.find("\"proof\":[\"") + 10;
    std::string changed = file;
    changed[path] = changed[path] == 'A' ? 'B' : 'A';
    EXPECT_NE(faults(changed).find(words), std::string::npos);
    const std::size_t end = file.find("\"]}");
    EXPECT_NE(faults(file.substr(0, file.rfind(",\"", end)) + file.substr(end + 1)).find(words),
              std::string::npos);
    EXPECT_NE(faults(replaced(file, "203.0.113.1", "203.0.113.2")).find("not what was committed"),
              std::string::npos);
}

TEST_F(AuditFile, EveryByteCounts)
{
    const std::string file = proof(2);
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::string changed = file;
        changed[at] = static_cast<char>(changed[at] ^ 4);
        // exported_at is nobody's claim but the exporter's: no signature covers it.
        const bool is_time = at > file.find("\"exported_at\"") && at < file.find('\n');
        EXPECT_TRUE(is_time || !faults(changed).empty()) << at << ": " << changed;
    }
}

TEST_F(AuditFile, IsHeldAgainstCheckpointsKeptElsewhere)
{
    const std::string older = whole();
    add(5);
    EXPECT_NE(faults(older, {checkpoint(6)}).find("the newest were cut"), std::string::npos);
    EXPECT_EQ(faults(whole(), {checkpoint(5)}), "");
    entries_[0][0] ^= std::byte{1}; // Another history.
    EXPECT_NE(faults(older, {checkpoint(4)}).find("another root"), std::string::npos);
    EXPECT_NE(faults(older, {checkpoint(4, "other.example/log")}).find("none is signed"),
              std::string::npos);
    EXPECT_NE(faults(proof(2), {checkpoint(4)}).find("cannot be compared"), std::string::npos);
}

TEST_F(AuditFile, HoldsNoValueWhenItSaysSo)
{
    FileHeader pseudonymous = header(FileForm::Whole);
    pseudonymous.pseudonymous = true;
    std::string file;
    append_header(file, pseudonymous);
    file += whole().substr(whole().find('\n') + 1);
    EXPECT_NE(faults(file).find("a pseudonymous file holds a personal value"), std::string::npos);
}

} // namespace
} // namespace keystead::log_proof
