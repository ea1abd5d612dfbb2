// guards: checkpoints reach a file, and receivers of syslog over UDP, TCP and a local socket, once
// each; and a place that is away holds up no other
#include "features/log_proof/checkpoint_sender_job.h"

#include "core/json.h"
#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/temporary_folder.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace keystead::log_proof {
namespace {

/// A syslog receiver on a port of the system's choice, or on a path.
class Receiver {
public:
    explicit Receiver(int type) : socket_(socket(AF_INET, type, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        if (type == SOCK_STREAM) {
            EXPECT_EQ(listen(socket_, 4), 0);
        }
    }
    explicit Receiver(const std::string& path) : socket_(socket(AF_UNIX, SOCK_DGRAM, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~Receiver() { close(socket_); }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    std::string port() const
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        return std::to_string(ntohs(address.sin_port));
    }
    std::string take_datagram()
    {
        std::array<char, 4096> buffer{};
        const ssize_t got = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : "";
    }
    std::string take_connection()
    {
        const int peer = accept(socket_, nullptr, nullptr);
        std::string all;
        std::array<char, 4096> buffer{};
        for (ssize_t got = 0; (got = recv(peer, buffer.data(), buffer.size(), 0)) > 0;) {
            all.append(buffer.data(), static_cast<std::size_t>(got));
        }
        close(peer);
        return all;
    }

private:
    int socket_;
};

class CheckpointSender : public testing::Test {
protected:
    CheckpointSender()
    {
        database_->set_before_commit(audit::AuditSequencer::before_commit);
        EXPECT_TRUE(proofs_.ensure_origin(*database_, system_));
    }
    void append()
    {
        EXPECT_TRUE(database_->write([&](WriteTx& tx) {
            return audit_.append(tx, {.actor = system_, .action = "test.step"});
        }));
    }
    SignedCheckpoint head()
    {
        return *database_->read([&](ReadTx& tx) { return proofs_.sign_head(tx); });
    }
    CheckpointSenderJob job() { return {*database_, proofs_, settings_, "node.example"}; }
    static std::string contents_of(const std::string& path)
    {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    void expect_message(const std::string& message)
    {
        const std::string start =
            "<109>1 " + rfc3339(clock_.now()) + " node.example keystead - checkpoint - ";
        ASSERT_TRUE(message.starts_with(start)) << message;
        const auto json = parse_json(message.substr(start.size()));
        ASSERT_TRUE(json);
        EXPECT_EQ(json->find("note")->string(), head().note);
        EXPECT_EQ(json->find("size")->integer(), static_cast<std::int64_t>(head().checkpoint.size));
        EXPECT_EQ(json->find("origin")->string(), head().checkpoint.origin);
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    test::TemporaryFolder folder_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_;
    audit::AuditService audit_{clock_, random_, keys_};
    ServerSettings server_;
    LogProofService proofs_{audit_, keys_, clock_, random_, server_};
    AuditSettings settings_;
    const Actor system_{.kind = ActorKind::System};
};

TEST_F(CheckpointSender, AppendsToAFileWhenTheTreeHasGrown)
{
    settings_.checkpoint_file = folder_.path() / "checkpoints";
    CheckpointSenderJob sender = job();
    ASSERT_TRUE(sender.has_places());
    const std::string first = head().note;
    ASSERT_TRUE(sender.run_once(clock_.now()));
    ASSERT_TRUE(sender.run_once(clock_.now()));
    EXPECT_EQ(contents_of(settings_.checkpoint_file), first + "\n");
    append();
    ASSERT_TRUE(sender.run_once(clock_.now()));
    EXPECT_EQ(contents_of(settings_.checkpoint_file), first + "\n" + head().note + "\n");

    const CheckpointJournal journal(settings_.checkpoint_file);
    const auto last = journal.find_last();
    ASSERT_TRUE(last && last->has_value());
    EXPECT_EQ((*last)->encode(), head().note);
}

TEST_F(CheckpointSender, FindsTheLastWholeCheckpoint)
{
    const std::string path = folder_.path() / "checkpoints";
    const CheckpointJournal journal(path);
    EXPECT_FALSE(journal.find_last()->has_value()); // no file yet
    const auto write = [&](const std::string& text) { std::ofstream(path) << text; };
    write("");
    EXPECT_FALSE(journal.find_last()->has_value());
    write(head().note + "\n" + head().note.substr(0, 40)); // cut by a crash
    EXPECT_EQ((*journal.find_last())->encode(), head().note);
    write("something else\n");
    EXPECT_EQ(journal.find_last().error().code, "audit/journal-unreadable");
    // Longer than what is read of it.
    std::string many;
    for (int i = 0; i < 500; ++i) {
        many += head().note + "\n";
    }
    append();
    write(many + head().note + "\n");
    EXPECT_EQ((*journal.find_last())->encode(), head().note);
}

// guards: a note that a full disk broke off, wherever, spoils no other
TEST_F(CheckpointSender, GoesOnBehindANoteThatWasBrokenOff)
{
    const std::string path = folder_.path() / "checkpoints";
    CheckpointJournal journal(path);
    const std::string first = head().note;
    append();
    const std::string broken = head().note;
    append();
    const std::string last = head().note;
    for (std::size_t bytes = 0; bytes <= broken.size(); ++bytes) {
        std::ofstream(path, std::ios::trunc) << first << "\n" << broken.substr(0, bytes);
        ASSERT_TRUE(journal.append(last));
        const auto file = split_notes(contents_of(path));
        const bool is_whole = bytes == broken.size();
        ASSERT_EQ(file.notes.size(), is_whole ? 3U : 2U) << bytes;
        EXPECT_EQ(file.notes.front().encode(), first);
        EXPECT_EQ(file.notes.back().encode(), last);
        EXPECT_EQ((*journal.find_last())->encode(), last);
    }
}

TEST_F(CheckpointSender, WaitsForNothingThatIsNoFile)
{
    settings_.checkpoint_file = folder_.path() / "pipe";
    ASSERT_EQ(mkfifo(settings_.checkpoint_file.c_str(), 0600), 0);
    const auto outcome = job().run_once(clock_.now());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "audit/journal-unwritable");
}

TEST_F(CheckpointSender, ReachesSyslogOverUdp)
{
    Receiver receiver(SOCK_DGRAM);
    settings_.checkpoint_syslog = "udp://127.0.0.1:" + receiver.port();
    CheckpointSenderJob sender = job();
    ASSERT_TRUE(sender.run_once(clock_.now()));
    expect_message(receiver.take_datagram());
    ASSERT_TRUE(sender.run_once(clock_.now()));
    EXPECT_EQ(receiver.take_datagram(), "");
}

TEST_F(CheckpointSender, ReachesSyslogOverTcpWithCountedOctets)
{
    Receiver receiver(SOCK_STREAM);
    settings_.checkpoint_syslog = "tcp://127.0.0.1:" + receiver.port();
    ASSERT_TRUE(job().run_once(clock_.now()));
    const std::string got = receiver.take_connection();
    const std::size_t space = got.find(' ');
    ASSERT_NE(space, std::string::npos);
    EXPECT_EQ(std::stoul(got), got.size() - space - 1);
    expect_message(got.substr(space + 1));
}

TEST_F(CheckpointSender, ReachesALocalSyslogSocket)
{
    const std::string path = folder_.path() / "log";
    Receiver receiver(path);
    settings_.checkpoint_syslog = "unix:" + path;
    ASSERT_TRUE(job().run_once(clock_.now()));
    expect_message(receiver.take_datagram());
}

TEST_F(CheckpointSender, TriesAPlaceAgainAndHoldsUpNoOther)
{
    settings_.checkpoint_file = folder_.path() / "checkpoints";
    const std::string path = folder_.path() / "log";
    settings_.checkpoint_syslog = "unix:" + path;
    CheckpointSenderJob sender = job();
    const auto outcome = sender.run_once(clock_.now());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "audit/syslog-unreachable");
    EXPECT_EQ(contents_of(settings_.checkpoint_file), head().note + "\n");
    Receiver receiver(path);
    ASSERT_TRUE(sender.run_once(clock_.now()));
    expect_message(receiver.take_datagram());
    EXPECT_EQ(contents_of(settings_.checkpoint_file), head().note + "\n"); // not twice
}

TEST(SyslogTarget, IsNothingElse)
{
    const auto v6 = SyslogTarget::parse("udp://[::1]:514");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->port, "514");
    for (const char* bad : {"", "udp://", "udp://host", "udp://host:", "udp://host:99999",
                            "udp://host:5a", "udp://::1:514", "udp://ho st:514", "tls://host:6514",
                            "unix:log", "unix:", "tcp://host/:601", "tcp://:601"}) {
        EXPECT_FALSE(SyslogTarget::parse(bad)) << bad;
    }
    EXPECT_FALSE(SyslogTarget::parse("unix:/" + std::string(200, 'a')));
}

} // namespace
} // namespace keystead::log_proof
