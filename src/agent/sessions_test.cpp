#include "agent/sessions.h"

#include "features/host/krl.h"

#include <gtest/gtest.h>

#include <utility>

#include <unistd.h>

namespace keystead::agent {
namespace {

const Instant kNow{std::chrono::seconds(1'790'000'000)};

const Boot kBoot{"4f1c", kNow - std::chrono::hours{1}};

Content content_with(std::string_view user)
{
    Content content;
    content.keys.push_back({std::string(user), "ssh-ed25519", "AAAA", "ssh_1", Digest{}});
    return content;
}

SessionEvent opened_by(const Process& sshd, std::string_view user = "gpu")
{
    SessionEvent event;
    event.sshd = sshd;
    event.at = kNow;
    event.login_user = user;
    event.address = "192.0.2.1";
    return event;
}

// guards: only what was opened with a key of ours is told, and told once
TEST(Sessions, AreToldOnceEach)
{
    Sessions sessions({});
    const Process mine = *parent_of(::getpid());
    sessions.take(opened_by(mine, "root"), content_with("gpu"), {}, "other-user");
    EXPECT_TRUE(sessions.to_report().is_empty());
    sessions.take(opened_by(mine), content_with("gpu"), {}, "one");
    const auto begun = sessions.to_report();
    EXPECT_EQ(begun.begun, std::vector<std::string>{"one"});
    EXPECT_TRUE(begun.ended.empty());
    EXPECT_EQ(
        sessions.report_json(begun, Digest{}),
        R"({"applied":")" + std::string(64, '0') +
            R"(","logins":[{"id":"one","login_user":"gpu","fingerprint":"SHA256:)" +
            std::string(43, 'A') +
            R"(","address":"192.0.2.1","began_at":"2026-09-21T14:13:20.000000Z"}],"ended":[]})");
    sessions.told(begun);
    EXPECT_TRUE(sessions.to_report().is_empty());
    sessions.look(kNow);
    EXPECT_TRUE(sessions.to_report().is_empty()) << "its process lives";

    SessionEvent closed;
    closed.kind = SessionEvent::Kind::Closed;
    closed.sshd = mine;
    closed.at = kNow;
    sessions.take(closed, {}, {}, "unused");
    const auto ended = sessions.to_report();
    EXPECT_EQ(ended.ended, std::vector<std::string>{"one"});
    sessions.told(ended);
    EXPECT_TRUE(sessions.all().empty());
}

// guards: a session whose process is gone is over, and a process that got its number is not it
// guards: whoever logs in very often pushes out what is over, never a session that is still to be
// ended
TEST(Sessions, ForgetWhatIsOverBeforeWhatIsOpen)
{
    Sessions sessions({});
    const Process mine = *parent_of(::getpid());
    const Process brief{mine.number, mine.start + 1};
    sessions.take(opened_by(mine), content_with("gpu"), {}, "held");
    for (std::size_t i = 1; i < kSessionsMax; ++i) {
        sessions.take(opened_by(brief), content_with("gpu"), {}, "brief" + std::to_string(i));
    }
    SessionEvent closed;
    closed.kind = SessionEvent::Kind::Closed;
    closed.sshd = brief;
    closed.at = kNow;
    sessions.take(closed, {}, {}, "unused");
    sessions.take(opened_by(brief), content_with("gpu"), {}, "one-more");
    const auto begun = sessions.to_report().begun;
    EXPECT_EQ(begun[0], "held");
    EXPECT_EQ(begun[1], "brief2");
}

TEST(Sessions, EndWithTheirProcess)
{
    Sessions sessions({});
    Process other = *parent_of(::getpid());
    ++other.start;
    sessions.take(opened_by(other), content_with("gpu"), {}, "one");
    sessions.look(kNow);
    EXPECT_EQ(sessions.to_report().ended, std::vector<std::string>{"one"});
}

// guards: what is kept is what is read again, and damage costs one line
TEST(Sessions, AreKeptAndReadAgain)
{
    Sessions sessions({});
    sessions.take(opened_by({7, 8}), content_with("gpu"), {}, "one");
    sessions.take(opened_by({9, 10}), content_with("gpu"), {}, "two");
    sessions.look(kNow);
    sessions.take(opened_by({11, 12}), content_with("gpu"), {}, "three");
    const auto text = sessions_text(sessions.all(), kBoot);
    EXPECT_EQ(sessions_text(parse_sessions(text, kBoot), kBoot), text);
    EXPECT_EQ(parse_sessions(text, kBoot).size(), 3U);
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_LE(parse_sessions(std::string_view(text).substr(0, size), kBoot).size(), 2U);
    }
    EXPECT_EQ(parse_sessions("session\n" + text + "session x y z\n", kBoot).size(), 3U);
    EXPECT_TRUE(parse_sessions("", kBoot).empty());
}

// guards: a session of a former boot is over, whoever has its process's number now
TEST(Sessions, AreOverAfterABoot)
{
    Sessions sessions({});
    const Process mine = *parent_of(::getpid());
    sessions.take(opened_by(mine), content_with("gpu"), {}, "one");
    const auto text = sessions_text(sessions.all(), kBoot);
    Sessions same(parse_sessions(text, kBoot));
    same.look(kNow);
    EXPECT_TRUE(same.to_report().ended.empty());
    const Boot next{"5e2d", kNow + std::chrono::hours{1}};
    Sessions after(parse_sessions(text, next));
    EXPECT_EQ(after.to_report().ended, std::vector<std::string>{"one"});
    ASSERT_EQ(after.all()[0].ended_at, next.began)
        << "or the next line ends whoever runs this test";
    EXPECT_EQ(after.end_removed({}), 0U) << "nor is anything ended that is not it";
}

// guards: a login that was under way when its key was removed is known, and ends like the others
TEST(Sessions, AreKnownThoughTheirKeyWasRemovedMeanwhile)
{
    Content refusing;
    refusing.krl = host::make_krl({Digest{}});
    Content other_key = content_with("gpu");
    other_key.keys[0].fingerprint = Digest{std::byte{1}};
    for (const auto& [now, before] : {std::pair{refusing, Content{}},
                                      {other_key, content_with("gpu")},
                                      {Content{}, content_with("gpu")}}) {
        Sessions sessions({});
        // Nobody has this number: what is to be ended is not there.
        sessions.take(opened_by({0x7FFFFFF0, 1}), now, before, "straddling");
        EXPECT_EQ(sessions.to_report().begun.size(), 1U);
        EXPECT_EQ(sessions.end_removed(now), 1U);
    }
    Sessions sessions({});
    Content refusing_another;
    refusing_another.krl = host::make_krl({Digest{std::byte{1}}});
    sessions.take(opened_by({7, 8}), refusing_another, other_key, "not ours");
    EXPECT_TRUE(sessions.all().empty());
}

// guards: reports stay within what Keystead takes at once, and lose nothing
TEST(Sessions, AreReportedInPortions)
{
    Sessions sessions({});
    for (int i = 0; i < 250; ++i) {
        sessions.take(opened_by({7, 8}), content_with("gpu"), {}, std::to_string(i));
    }
    sessions.look(kNow);
    int rounds = 0;
    std::size_t ended = 0;
    for (auto report = sessions.to_report(); !report.is_empty(); report = sessions.to_report()) {
        EXPECT_LE(report.begun.size(), kReportedMax);
        EXPECT_LE(report.ended.size(), kReportedMax);
        ended += report.ended.size();
        sessions.told(report);
        ++rounds;
    }
    EXPECT_EQ(ended, 250U);
    EXPECT_EQ(rounds, 3);
}

TEST(Processes, AreReadWhateverTheirName)
{
    const std::string rest = " S 41 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2";
    for (const char* const name : {"(sshd)", "(a b)", "(x) S 1 (y)", "())"}) {
        const auto status = parse_process_status(std::string("42 ") + name + rest);
        ASSERT_TRUE(status) << name;
        EXPECT_EQ(status->parent, 41);
        EXPECT_EQ(status->start, 987654U);
        EXPECT_FALSE(status->is_over);
    }
    for (const std::string_view bad :
         {"", "42", "42 (sshd)", "42 (sshd) S 41", "42 (sshd S 41 1"}) {
        EXPECT_FALSE(parse_process_status(bad)) << bad;
    }
    const auto mine = parent_of(::getpid());
    ASSERT_TRUE(mine);
    EXPECT_EQ(mine->number, ::getppid());
    EXPECT_TRUE(is_alive(*mine));
    EXPECT_FALSE(is_alive({mine->number, mine->start + 1}));
}

} // namespace
} // namespace keystead::agent
