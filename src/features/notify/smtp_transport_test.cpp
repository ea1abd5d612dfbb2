// guards: mail leaves by SMTP within its time, never in clear to another machine, and a bad server
// is told from a bad mail
#include "features/notify/mail_transport.h"

#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace keystead::notify {
namespace {

/// Answers one connection at a time with what the test wants, and keeps what it was told.
class ScriptedServer {
public:
    enum class Manner { Takes, RefusesRecipient, SaysNothing };
    explicit ScriptedServer(Manner manner)
        : manner_(manner), listener_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{.sin_family = AF_INET,
                            .sin_port = 0,
                            .sin_addr = {htonl(INADDR_LOOPBACK)},
                            .sin_zero = {}};
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 4), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~ScriptedServer()
    {
        ::shutdown(listener_, SHUT_RDWR);
        if (const int client = client_.load(); client >= 0) {
            ::shutdown(client, SHUT_RDWR);
        }
        thread_.join();
        ::close(listener_);
    }
    std::string url(const std::string& host) const
    {
        return "smtp://" + host + ":" + std::to_string(port_);
    }
    const std::string& heard() const { return heard_; } // after the server is done with the mail

private:
    void serve()
    {
        for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
            client_ = client;
            converse(client);
            client_ = -1;
            ::close(client);
        }
    }
    static void say(int client, std::string_view line)
    {
        static_cast<void>(::send(client, line.data(), line.size(), MSG_NOSIGNAL));
    }
    void converse(int client)
    {
        if (manner_ != Manner::SaysNothing) {
            say(client, "220 test ESMTP\r\n");
        }
        std::string line;
        bool in_data = false;
        for (char c = 0; ::recv(client, &c, 1, 0) == 1;) {
            line += c;
            if (!line.ends_with("\r\n")) {
                continue;
            }
            heard_ += line;
            if (in_data) {
                if (line == ".\r\n") {
                    in_data = false;
                    say(client, "250 taken\r\n");
                }
            } else if (manner_ != Manner::SaysNothing) {
                in_data = line.starts_with("DATA");
                say(client, in_data ? "354 go on\r\n" : answer(line));
            }
            line.clear();
        }
    }
    std::string_view answer(std::string_view line) const
    {
        return line.starts_with("RCPT") && manner_ == Manner::RefusesRecipient
                   ? "550 no such person\r\n"
                   : "250 ok\r\n";
    }

    Manner manner_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> client_{-1};
    std::string heard_;
    std::jthread thread_;
};

OutgoingMail mail()
{
    return {.from = "security@example.com",
            .to = "alice@example.org",
            .message_id = "msg_1",
            .text = Secret::copy_of("Subject: hello\r\n\r\n.dot\r\n")};
}

Delivery send_to(const std::string& url)
{
    auto transport = open_smtp_transport({.url = url,
                                          .username = "",
                                          .password = Secret(0),
                                          .connect_timeout = std::chrono::seconds{1},
                                          .total_timeout = std::chrono::seconds{1}});
    EXPECT_TRUE(transport);
    return (*transport)->send(mail());
}

TEST(SmtpTransport, HandsAMailOver)
{
    std::string heard;
    {
        ScriptedServer server(ScriptedServer::Manner::Takes);
        const Delivery delivery = send_to(server.url("127.0.0.1"));
        EXPECT_EQ(delivery.outcome, Delivery::Outcome::Sent) << delivery.cause;
        heard = server.heard();
    }
    EXPECT_NE(heard.find("MAIL FROM:<security@example.com>"), std::string::npos);
    EXPECT_NE(heard.find("RCPT TO:<alice@example.org>"), std::string::npos);
    EXPECT_NE(heard.find("Subject: hello\r\n\r\n..dot\r\n.\r\n"), std::string::npos) << heard;
}

TEST(SmtpTransport, TellsARefusedMailFromAServerThatIsNotThere)
{
    ScriptedServer server(ScriptedServer::Manner::RefusesRecipient);
    const Delivery refused = send_to(server.url("localhost"));
    EXPECT_EQ(refused.outcome, Delivery::Outcome::Refused) << refused.cause;
    EXPECT_EQ(refused.cause.find("alice"), std::string::npos);
    const Delivery nobody = send_to("smtp://127.0.0.1:1");
    EXPECT_EQ(nobody.outcome, Delivery::Outcome::Unreachable) << nobody.cause;
}

TEST(SmtpTransport, WaitsForASilentServerOnlySoLong)
{
    ScriptedServer server(ScriptedServer::Manner::SaysNothing);
    EXPECT_EQ(send_to(server.url("127.0.0.1")).outcome, Delivery::Outcome::Unreachable);
}

TEST(SmtpTransport, SendsNothingInClearToWhatIsNotLoopback)
{
    std::string heard;
    {
        ScriptedServer server(ScriptedServer::Manner::Takes);
        // 0.0.0.0 leads to this machine, but is not a loopback address by name.
        EXPECT_EQ(send_to(server.url("0.0.0.0")).outcome, Delivery::Outcome::Unreachable);
        heard = server.heard();
    }
    EXPECT_EQ(heard.find("MAIL"), std::string::npos) << heard;
}

TEST(SmtpTransport, RefusesUrlsThatAreNotSmtp)
{
    for (const std::string url : {"", "localhost:25", "http://localhost", "file:///etc/passwd",
                                  "smtp://", "smtp://user:secret@localhost"}) {
        const auto transport =
            open_smtp_transport({.url = url, .username = "", .password = Secret(0)});
        ASSERT_FALSE(transport) << url;
        EXPECT_EQ(transport.error().code, "notify/bad-smtp-url");
    }
}

TEST(FileTransport, WritesAWholeMailThatOnlyItsOwnerReads)
{
    const test::TemporaryFolder folder;
    FileTransport transport(folder.path() / "mail");
    ASSERT_EQ(transport.send(mail()).outcome, Delivery::Outcome::Sent);
    ASSERT_EQ(transport.send(mail()).outcome, Delivery::Outcome::Sent); // Again: the same file.
    std::ifstream file(folder.path() / "mail" / "msg_1.eml");
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), "Subject: hello\r\n\r\n.dot\r\n");
    struct stat status {};
    ASSERT_EQ(::stat((folder.path() / "mail" / "msg_1.eml").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(FileTransport, SaysWhenItCannotWrite)
{
    FileTransport transport("/dev/null/mail");
    EXPECT_EQ(transport.send(mail()).outcome, Delivery::Outcome::Unreachable);
}

} // namespace
} // namespace keystead::notify
