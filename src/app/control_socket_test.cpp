#include "app/control_socket.h"

#include "test/support/fake_clock.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include <sys/stat.h>

namespace keystead::app {
namespace {

struct Control : testing::Test {
    Control()
    {
        commands.add("echo", [](const JsonValue& arguments) -> Result<std::string> {
            JsonWriter out;
            out.begin_object()
                .member("said", text_argument(arguments, "say"))
                .member("loud", flag_argument(arguments, "loud"))
                .end_object();
            return std::move(out).take();
        });
        commands.add("refuse", [](const JsonValue&) -> Result<std::string> {
            Error error{ErrorKind::Conflict, "test/refused", "Not now."};
            error.fields.push_back({"/name", "test/name", "Too short."});
            return error;
        });
    }
    test::FakeClock clock;
    Log log{clock};
    CommandTable commands;
    test::TemporaryFolder temporary;
    std::string folder = temporary.path();
};

// guards: what the running server answers is what the command line gets
TEST_F(Control, CarriesCommandsAndAnswers)
{
    const auto server = ControlSocket::listen(folder, commands, log);
    ASSERT_TRUE(server);
    const auto answer = ask_running_server(folder, "echo", R"({"say":"a\"b\n\u00e9","loud":true})");
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(parse_json(**answer)->find("said")->string(), "a\"b\né");
    EXPECT_TRUE(parse_json(**answer)->find("loud")->boolean());
}

// guards: a refusal keeps its kind, code and fields
TEST_F(Control, CarriesErrors)
{
    const auto server = ControlSocket::listen(folder, commands, log);
    const auto refused = ask_running_server(folder, "refuse", "{}");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(refused.error().code, "test/refused");
    EXPECT_EQ(refused.error().detail, "Not now.");
    ASSERT_EQ(refused.error().fields.size(), 1U);
    EXPECT_EQ(refused.error().fields[0].pointer, "/name");
    EXPECT_EQ(ask_running_server(folder, "unknown", "{}").error().code, "command/unknown");
    EXPECT_EQ(ask_running_server(folder, "echo", "{\"a\":1,\"a\":2}").error().code,
              "request/malformed-json");
}

// guards: nobody else can reach it, and a socket that a killed server left behind is no server
TEST_F(Control, IsPrivateAndReplaced)
{
    EXPECT_FALSE(ask_running_server(folder, "echo", "{}")->has_value()) << "none runs";
    {
        const auto server = ControlSocket::listen(folder, commands, log);
        struct stat status {};
        ASSERT_EQ(stat((folder + "/control.sock").c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0600U);
        std::filesystem::rename(folder + "/control.sock", folder + "/kept");
    }
    std::filesystem::rename(folder + "/kept", folder + "/control.sock");
    EXPECT_FALSE(ask_running_server(folder, "echo", "{}")->has_value());
    const auto again = ControlSocket::listen(folder, commands, log);
    EXPECT_TRUE(ask_running_server(folder, "echo", "{}")->has_value());
    EXPECT_FALSE(ask_running_server(folder + "/absent", "echo", "{}")->has_value());
}

// guards: a data folder may lie deeper than a socket's path may be long
TEST_F(Control, WorksInADeepFolder)
{
    const std::string deep = folder + "/" + std::string(100, 'a') + "/" + std::string(100, 'b');
    std::filesystem::create_directories(deep);
    const auto server = ControlSocket::listen(deep, commands, log);
    ASSERT_TRUE(server);
    EXPECT_TRUE(ask_running_server(deep, "echo", "{}")->has_value());
}

} // namespace
} // namespace keystead::app
