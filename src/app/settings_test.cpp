#include "app/presets.h"
#include "app/setting_types.h"
#include "app/settings_loader.h"
#include "app/settings_report.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace keystead::app {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

struct SettingsFile : testing::Test {
    std::string file(const std::string& text) const
    {
        const std::string path = folder.path() / "settings.toml";
        std::ofstream(path) << text;
        return path;
    }
    test::TemporaryFolder folder;
};

std::string fault_of(const SettingsSources& sources)
{
    const auto loaded = load_settings(sources);
    return loaded ? "" : loaded.error().detail;
}

// guards: the numbers of the presets table, one by one
TEST(Settings, PresetsHaveTheirNumbers)
{
    const Settings marketplace = load_settings({.preset = "marketplace"})->settings;
    EXPECT_EQ(marketplace.account.sign_up, SignUpMode::Open);
    EXPECT_TRUE(marketplace.account.offer_second_factor);
    EXPECT_EQ(marketplace.password.length_min, 8U);
    EXPECT_TRUE(marketplace.password.require_upper && marketplace.password.require_lower &&
                marketplace.password.require_digit && marketplace.password.require_special);
    EXPECT_EQ(marketplace.session.idle_timeout, days{14});
    EXPECT_FALSE(marketplace.session.absolute_lifetime);
    EXPECT_EQ(marketplace.session.at_most, 50U);

    const Settings saas = load_settings({.preset = "saas"})->settings;
    EXPECT_EQ(saas.password.length_min, 12U);
    EXPECT_TRUE(saas.password.require_letter && saas.password.require_digit);
    EXPECT_FALSE(saas.password.require_upper || saas.password.require_lower ||
                 saas.password.require_special);
    EXPECT_FALSE(saas.session.idle_timeout);
    EXPECT_EQ(saas.session.absolute_lifetime, days{7});
    EXPECT_EQ(saas.session.at_most, 50U);

    const Settings devops = load_settings({.preset = "devops"})->settings;
    EXPECT_EQ(devops.account.sign_up, SignUpMode::Invitation);
    EXPECT_EQ(devops.password.length_min, 15U);
    EXPECT_EQ(devops.password.length_min_with_second_factor, 8U);
    EXPECT_FALSE(devops.password.require_upper || devops.password.require_digit ||
                 devops.password.require_special || devops.password.require_lower ||
                 devops.password.require_letter);
    EXPECT_EQ(devops.session.idle_timeout, hours{8});
    EXPECT_EQ(devops.session.idle_timeout_remembered, days{30});
    EXPECT_EQ(devops.session.absolute_lifetime, days{30});
    EXPECT_EQ(devops.session.at_most, 20U);
    for (const auto& settings : {marketplace, saas, devops}) {
        EXPECT_EQ(settings.audit.retention, days{730});
        EXPECT_EQ(settings.session.when_full, WhenSessionsFull::Ask);
    }
}

// guards: preset < file < environment, and the preset itself can be named in each of them
TEST_F(SettingsFile, LaterSourcesWin)
{
    const std::string path =
        file("[product]\npreset = \"saas\"\n[server]\nport = 1000\nmetrics_port = 2000\n");
    const auto loaded =
        load_settings({.config_path = path,
                       .environment = {{"KEYSTEAD__SERVER__PORT", "3000"}, {"HOME", "/root"}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->settings.product.preset, "saas");
    EXPECT_EQ(loaded->settings.server.port, 3000);
    EXPECT_EQ(loaded->settings.server.metrics_port, 2000);
    EXPECT_EQ(loaded->settings.session.absolute_lifetime, days{7});
    EXPECT_EQ(loaded->origins.at("server.port"), "KEYSTEAD__SERVER__PORT");
    EXPECT_EQ(loaded->origins.at("server.metrics_port"), path);
    EXPECT_EQ(loaded->origins.at("session.absolute_lifetime"), "preset saas");
    EXPECT_EQ(load_settings({.preset = "devops", .config_path = path})->settings.product.preset,
              "devops");
    EXPECT_EQ(load_settings({})->settings.product.preset, default_preset());
}

// guards: a mistyped key is an error, with the right one named
TEST_F(SettingsFile, RefusesUnknownKeysWithASuggestion)
{
    EXPECT_NE(fault_of({.config_path = file("[session]\nidle_timout = \"1h\"\n")})
                  .find("\"session.idle_timeout\""),
              std::string::npos);
    EXPECT_NE(fault_of({.config_path = file("[sesion]\nidle_timeout = \"1h\"\n")})
                  .find("\"session.idle_timeout\""),
              std::string::npos);
    EXPECT_NE(fault_of({.environment = {{"KEYSTEAD__SERVER__PROT", "1"}}}).find("\"server.port\""),
              std::string::npos);
    EXPECT_EQ(fault_of({.config_path = file("[zzz]\nqqq = 1\n")}).find("did you mean"),
              std::string::npos);
    EXPECT_NE(fault_of({.config_path = file("port = 1\n")}), "");
    EXPECT_NE(fault_of({.config_path = file("[server.more]\nport = 1\n")}), "");
    EXPECT_NE(fault_of({.preset = "bank"}).find("marketplace"), std::string::npos);
    EXPECT_NE(fault_of({.config_path = "/nowhere/settings.toml"}), "");
}

// guards: every fault is told at once
TEST_F(SettingsFile, TellsAllFaultsTogether)
{
    const auto loaded =
        load_settings({.config_path = file("[server]\nport = 70000\nidle_timeout = 75\nx = 1\n")});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().fields.size(), 3U);
}

// guards: values of the wrong kind or out of bounds, from file and environment alike
TEST_F(SettingsFile, RefusesBadValues)
{
    const std::string bad[] = {
        "[server]\nport = \"x\"",
        "[server]\nport = -1",
        "[server]\nport = 1.5",
        "[server]\nport = 08",
        "[server]\nbehind_tls_proxy = \"yes\"",
        "[server]\nbehind_tls_proxy = 1",
        "[server]\ntrusted_proxies = [\"10.0.0.1/8\"]",
        "[server]\ntrusted_proxies = [1]",
        "[server]\ntrusted_proxies = true",
        "[server]\nbase_url = \"a\\nb\"",
        "[session]\nidle_timeout = 60",
        "[session]\nidle_timeout = \"60\"",
        "[session]\nidle_timeout = \"1w\"",
        "[session]\nidle_timeout = \"-1h\"",
        "[session]\nidle_timeout = \"1s\"",
        "[session]\nidle_timeout = \"\"",
        "[session]\nidle_timeout = \"99999999999999999999d\"",
        "[server]\nhead_timeout = \"none\"",
        "[account]\nsign_up = \"Open\"",
        "[account]\nlink_lifetime = 1979-05-27",
        "not toml",
        "[,]",
        "[",
        "[[ =",
        "[\xc3\xa9]",
        " [ \n[server]",
        "[server]\nport = 1\nport = 2",
        "[password]\nargon2_memory_kib = 19455",
        "[password]\nargon2_passes = 1",
        "[password]\nargon2_memory_kib = 2000000000",
        "[password]\nlength_min = 7",
    };
    for (const auto& text : bad) {
        EXPECT_NE(fault_of({.config_path = file(text)}), "") << text;
    }
    EXPECT_NE(fault_of({.environment = {{"KEYSTEAD__SERVER__PORT", "80 "}}}), "");
    EXPECT_NE(fault_of({.environment = {{"KEYSTEAD__SERVER__BEHIND_TLS_PROXY", "TRUE"}}}), "");
}

// guards: it does not start with clear text beyond loopback, half a certificate, or links that lead
// nowhere
TEST_F(SettingsFile, RefusesWhatDoesNotFitTogether)
{
    const auto server = [this](const std::string& lines) {
        return fault_of({.config_path = file("[server]\n" + lines)});
    };
    EXPECT_EQ(server("base_url = \"http://localhost\""), "");
    EXPECT_EQ(server("base_url = \"https://id.example.org\"\nbehind_tls_proxy = "
                     "true\nlisten_address = \"0.0.0.0\""),
              "");
    EXPECT_EQ(server("base_url = \"https://id.example.org:8443\"\ntls_certificate = \"c\"\ntls_key "
                     "= \"k\"\nlisten_address = \"::\""),
              "");
    const std::string bad[] = {
        "listen_address = \"0.0.0.0\"",
        "listen_address = \"localhost\"",
        "metrics_address = \"10.0.0.1\"",
        "base_url = \"http://example.org\"",
        "base_url = \"http://127.0.0.1:8080\"",
        "base_url = \"https://10.0.0.1\"",
        "base_url = \"http://localhost/\"",
        "base_url = \"http://localhost:0\"",
        "base_url = \"http://localhost:99999\"",
        "base_url = \"http://localhost.evil.org\"",
        "base_url = \"http://user@localhost\"",
        "base_url = \"ftp://localhost\"",
        "base_url = \"https://id.example.org\"",
        "base_url = \"https://Id.example.org\"\nbehind_tls_proxy = true",
        "base_url = \"https://id.example.org?\"\nbehind_tls_proxy = true",
        "base_url = \"\"",
        "tls_certificate = \"c\"",
        "tls_key = \"k\"",
        "tls_certificate = \"c\"\ntls_key = \"k\"", // base_url is still http
        "base_path = \"account\"",
        "base_path = \"/account/\"",
        "base_path = \"/a//b\"",
        "base_path = \"/a?b\"",
    };
    for (const auto& lines : bad) {
        EXPECT_NE(server(lines), "") << lines;
    }
    for (const std::string lines :
         {"from_address = \"a\"", "from_address = \"a@b, c@d\"", "from_address = \"A <a@b>\"",
          "smtp_url = \"http://x\"", "smtp_url = \"smtp://u:p@host\"", "username = \"u\""}) {
        EXPECT_NE(fault_of({.config_path = file("[mail]\n" + lines)}), "") << lines;
    }
    EXPECT_NE(fault_of({.config_path = file(
                            "[session]\nidle_timeout = \"8h\"\nidle_timeout_remembered = \"1h\"")}),
              "");
    EXPECT_NE(fault_of({.config_path =
                            file("[session]\nidle_timeout = \"8h\"\nabsolute_lifetime = \"1h\"")}),
              "");
    EXPECT_NE(fault_of({.config_path =
                            file("[password]\nlength_min_with_second_factor = 9\nlength_min = 8")}),
              "");
}

// guards: secrets come from files too, and are never shown
TEST_F(SettingsFile, HidesSecrets)
{
    const std::string path = file("host=db password=hunter2\n");
    const auto loaded =
        load_settings({.environment = {{"KEYSTEAD__STORAGE__POSTGRES_FILE", path},
                                       {"KEYSTEAD__STORAGE__ROOT_KEY", "ks_root_x"}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->settings.storage.postgres, "host=db password=hunter2");
    EXPECT_EQ(loaded->root_key_text->reveal_text(), "ks_root_x");
    for (const auto& report : {settings_as_toml(*loaded), settings_as_json(*loaded)}) {
        EXPECT_EQ(report.find("hunter2"), std::string::npos);
        EXPECT_EQ(report.find("ks_root_x"), std::string::npos);
        EXPECT_NE(report.find("(hidden)"), std::string::npos);
    }
    EXPECT_NE(fault_of({.environment = {{"KEYSTEAD__SERVER__PORT_FILE", path}}}), "")
        << "only secrets";
}

// guards: toml++ is given nothing that it takes for granted not to be there
TEST_F(SettingsFile, IsLookedAtBeforeItIsParsed)
{
    const auto fault = [this](const std::string& text) {
        return fault_of({.config_path = file(text)});
    };
    EXPECT_EQ(fault("\xEF\xBB\xBF[server]\r\nport = 8443\r\n"), "");
    EXPECT_EQ(fault("[product] # für alle\nname = \"Größe [\\\"\"\n"), "");
    EXPECT_EQ(fault("[product]\nname = '''\n[ \\'''\n"), "");
    EXPECT_EQ(fault("[product]\nname = \"\"\"a [ü]\"\"\"\"\"\n[server]\n"), "");
    const std::pair<std::string, std::string> refused[] = {
        {"[server]\n\n[ \n]", "line 3: a section without a name"},
        {"[[", "line 1: a section without a name"},
        {"[server]\nprénom = 1", "line 2: a character that is not ASCII"},
        {"\xC2\xA0[server]", "line 1: a character that is not ASCII"},
        {"\xEF\xBB\xBF\xEF\xBB\xBF[\x01", "line 1: a character that is not ASCII"},
        {"[product]\nname = \"\"\"ü\"\"\"\"ü", "line 2: a character that is not ASCII"},
        {"# a\xE2\x80\xA8[ \x01", "line 1: a separator of lines"},
        {"# a\x0C[", "line 1: a control character"},
        {"# a\r[", "line 1: a control character"},
        {"[product]\nname = \"\xFF\"", "the text is not UTF-8"},
    };
    for (const auto& [text, expected] : refused) {
        EXPECT_NE(fault(text).find(expected), std::string::npos) << text << ": " << fault(text);
    }
}

// guards: what is shown reads back to the same
TEST(Settings, PrintAsTomlThatReadsBack)
{
    for (const auto& preset : presets()) {
        const auto loaded = load_settings({.preset = std::string(preset.name)});
        LoadedSettings again;
        std::vector<FieldError> faults;
        apply_toml(again, settings_as_toml(*loaded), "printed", faults);
        EXPECT_TRUE(faults.empty());
        again.origins = loaded->origins;
        EXPECT_EQ(settings_as_toml(again), settings_as_toml(*loaded));
    }
}

// guards: the reference tells of every setting as it is (make it anew with `keystead config
// reference > docs/settings.md`)
TEST(Settings, ReferenceIsUpToDate)
{
    std::ostringstream file;
    file << std::ifstream("docs/settings.md").rdbuf();
    EXPECT_TRUE(file.str() == settings_reference()) << "docs/settings.md is stale";
}

// guards: mails with links in them are shown to nobody but a developer at this machine
TEST(Settings, ShowMailOnlyInDevelopment)
{
    Settings settings;
    EXPECT_TRUE(settings.shows_mail());
    settings.server.base_url = "https://localhost:8443";
    EXPECT_TRUE(settings.shows_mail());
    for (const auto* url :
         {"https://id.example.org", "http://localhost.example.org", "https://localhostile.org:1"}) {
        settings.server.base_url = url;
        EXPECT_FALSE(settings.shows_mail()) << url;
    }
    settings = {};
    settings.mail.smtp_url = "smtp://mail";
    EXPECT_FALSE(settings.shows_mail());
    settings = {};
    settings.server.behind_tls_proxy = true;
    EXPECT_FALSE(settings.shows_mail());
    settings = {};
    settings.server.trusted_proxies.push_back(*IpRange::parse("10.0.0.0/8"));
    EXPECT_FALSE(settings.shows_mail());
}

// guards: durations have one meaning
TEST(Settings, ReadDurations)
{
    EXPECT_EQ(parse_duration("14d"), days{14});
    EXPECT_EQ(parse_duration("90s"), seconds{90});
    EXPECT_EQ(duration_text(seconds{90}), "90s");
    EXPECT_EQ(duration_text(minutes{30}), "30m");
    EXPECT_EQ(duration_text(days{14}), "14d");
    EXPECT_EQ(duration_text(seconds{0}), "0s");
    for (const auto* text : {"", "d", "14", "14D", "1h30m", " 1h", "1.5h", "+1h"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

} // namespace
} // namespace keystead::app
