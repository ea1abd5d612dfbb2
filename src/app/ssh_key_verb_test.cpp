#include "app/ssh_key_verb.h"
#include "app/ssh_keygen.h"
#include "core/json.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace keystead::app {
namespace {

constexpr std::string_view kPublicHalf =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGwpyF7Pwgbm0gHGeA5SGxxbjLQBCGBh2sfxs8yeF09D";

/// A server and an ssh-keygen that remember what they were asked.
struct SshKeyNew : testing::Test {
    Result<std::string> run(const std::string& account = "ada@example.org",
                            const std::string& name = {})
    {
        Invocation invocation;
        invocation.texts[std::string(kFileArgument)] = file;
        if (!account.empty()) {
            invocation.texts["--account"] = account;
        }
        if (!name.empty()) {
            invocation.texts["--name"] = name;
        }
        const auto ask = [this](std::string_view command,
                                const std::string& arguments) -> Result<std::string> {
            calls.push_back(std::string(command) + " " + arguments);
            if (command == refused) {
                return Error{ErrorKind::LimitReached, "ssh-key/limit-reached", "No room."};
            }
            return std::string("{}");
        };
        const auto make = [this](const std::string& path,
                                 const std::string& comment) -> Result<void> {
            calls.push_back("make " + comment);
            std::ofstream(path + ".pub") << public_file; // No private file: nobody may want it.
            return {};
        };
        return make_ssh_key({ask, make}, invocation);
    }

    test::TemporaryFolder folder;
    std::string file = folder.path() / "laptop";
    std::string public_file = std::string(kPublicHalf) + " laptop\n";
    std::string refused; // the command that the server refuses
    std::vector<std::string> calls;
};

const std::string kArguments = R"({"account":"ada@example.org","name":"laptop","public_key":")";

// guards: what leaves is the public half without its comment, and the private file is not needed
TEST_F(SshKeyNew, SendsThePublicHalfAlone)
{
    const auto made = run();
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(calls, (std::vector<std::string>{"ssh-key check " + kArguments + "\"}", "make laptop",
                                               "ssh-key add " + kArguments +
                                                   std::string(kPublicHalf) + "\"}"}));
    const auto json = parse_json(*made);
    EXPECT_EQ(json->find("private_key_file")->string(), file);
    EXPECT_EQ(json->find("added_to")->string(), "ada@example.org");
    EXPECT_TRUE(json->find("fingerprint")->string().starts_with("SHA256:"));
}

// guards: a file that should be public and is not stays here
TEST_F(SshKeyNew, SendsNothingThatIsNoPublicKey)
{
    public_file = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
                  "-----END OPENSSH PRIVATE KEY-----\n";
    const auto made = run();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "ssh-key/private-key");
    EXPECT_EQ(calls.size(), 2U) << "asked, made, and not added";
}

// guards: no key is made that would be refused, and none over a file that is there
TEST_F(SshKeyNew, MakesNothingInVain)
{
    refused = "ssh-key check";
    EXPECT_EQ(run().error().code, "ssh-key/limit-reached");
    EXPECT_EQ(calls.size(), 1U);
    calls.clear();
    for (const std::string& there : {file, file + ".pub"}) {
        std::filesystem::create_symlink("/nonexistent", there);
        EXPECT_EQ(run().error().code, "ssh-key/file-exists");
        std::filesystem::remove(there);
    }
    EXPECT_EQ(run("ada@example.org", "two\nlines").error().code, "ssh-key/name-invalid");
    EXPECT_EQ(run("", std::string(101, 'x')).error().code, "ssh-key/name-invalid");
    EXPECT_TRUE(calls.empty());
}

// guards: who was refused after the key was made hears that it is there
TEST_F(SshKeyNew, TellsOfAKeyThatWasNotAdded)
{
    refused = "ssh-key add";
    const auto made = run();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "ssh-key/limit-reached");
    EXPECT_NE(made.error().detail.find(file + ".pub"), std::string::npos);
}

// guards: without an account nothing is asked of anybody
TEST_F(SshKeyNew, AsksNobodyWithoutAnAccount)
{
    const auto made = run("", "work");
    ASSERT_TRUE(made);
    EXPECT_EQ(calls, std::vector<std::string>{"make work"});
    EXPECT_EQ(parse_json(*made)->find("public_key")->string(), kPublicHalf);
}

// guards: what is run is what PATH's absolute folders have, and never what lies around here
TEST(FindProgram, LooksInAbsoluteFoldersAlone)
{
    const test::TemporaryFolder folder;
    const auto make = [&](const std::string& name, bool executable) {
        std::filesystem::create_directories(folder.path() / name);
        const auto path = folder.path() / name / "tool";
        std::ofstream(path) << "#!/bin/sh\n";
        std::filesystem::permissions(path, std::filesystem::perms(executable ? 0755 : 0644));
        return path.parent_path().string();
    };
    const std::string plain = make("plain", false);
    const std::string first = make("first", true);
    const std::string second = make("second", true);
    std::filesystem::create_directories(folder.path() / "folder" / "tool");
    const std::string relative = std::filesystem::relative(second).string();
    const auto find = [](const std::string& path) {
        return find_program({{"PATH", path}}, "tool").value_or("");
    };
    EXPECT_EQ(find(plain + ":" + first + ":" + second), first + "/tool");
    EXPECT_EQ(find("::.:" + relative + ":" + second), second + "/tool");
    EXPECT_EQ(find(relative + ":" + (folder.path() / "folder").string() + ":" + plain), "");
    EXPECT_EQ(find(""), "");
    EXPECT_FALSE(find_program({}, "tool"));
}

// guards: settings, which may be secrets, are not handed on
TEST(EnvironmentForOthers, LeavesOursOut)
{
    EXPECT_EQ(environment_for_others({{"HOME", "/home/ada"},
                                      {"KEYSTEAD__STORAGE__ROOT_KEY", "secret"},
                                      {"KEYSTEAD_CONFIG", "x"}}),
              std::vector<std::string>{"HOME=/home/ada"});
}

} // namespace
} // namespace keystead::app
