#include "app/security_txt.h"
#include "app/settings_loader.h"
#include "core/encoding.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace keystead::app {
namespace {

using std::chrono::days;

const Instant kNow = *parse_rfc3339("2026-11-22T10:00:00Z");

Settings with_contact()
{
    Settings settings;
    settings.server.base_url = "https://id.example.com";
    settings.security_txt.contact = {"security@example.com", "https://example.com/report"};
    settings.security_txt.expires = "2027-06-30";
    settings.security_txt.policy = "https://example.com/policy";
    return settings;
}

/// As `gpg --clearsign` frames it.
std::string framed(const std::string& text)
{
    return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + text +
           "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n"
           "-----END PGP SIGNATURE-----\n";
}

std::string refusal(const std::string& text)
{
    const auto read = read_security_txt(text);
    return read ? "" : read.error().detail;
}

/// The faults of one setting, given as the environment has it.
std::string fault_of(const std::string& key, const std::string& value)
{
    const auto loaded =
        load_settings({.environment = {{"KEYSTEAD__SECURITY_TXT__EXPIRES", "2027-06-30"},
                                       {"KEYSTEAD__SECURITY_TXT__" + key, value}}});
    return loaded ? "" : loaded.error().detail;
}

// guards: the file that S-10 asks for, from the settings alone
TEST(SecurityTxt, IsMadeFromTheSettings)
{
    Settings settings = with_contact();
    EXPECT_EQ(*make_security_txt(settings),
              "# We acknowledge each report within 24 hours.\n"
              "Contact: mailto:security@example.com?subject=Vulnerability%20report\n"
              "Contact: https://example.com/report\n"
              "Expires: 2027-06-30T23:59:59Z\n"
              "Canonical: https://id.example.com/.well-known/security.txt\n"
              "Policy: https://example.com/policy\n");
    settings.security_txt.subject.clear();
    settings.security_txt.acknowledge_within = std::chrono::minutes{90};
    EXPECT_EQ(make_security_txt(settings)->substr(0, 44),
              "# We acknowledge each report within 2 hours.")
        << "no less is promised than was set";
    settings.security_txt.acknowledge_within = days{3};
    settings.security_txt.contact = {"o'neil&co%a?b@example.com", "tel:+49-30-1234"};
    settings.security_txt.expires = "2027-01-01t12:00:00z";
    settings.security_txt.encryption = "openpgp4fpr:5f2de5521c63a801";
    settings.security_txt.acknowledgments = "https://example.com/thanks";
    settings.security_txt.hiring = "https://example.com/jobs";
    settings.security_txt.preferred_languages = {"en", "pt-BR"};
    settings.server.base_url = "http://localhost:8080"; // RFC 9116 §2.5.2: https alone
    EXPECT_EQ(*make_security_txt(settings), "# We acknowledge each report within 3 days.\n"
                                            "Contact: mailto:o%27neil%26co%25a%3Fb@example.com\n"
                                            "Contact: tel:+49-30-1234\n"
                                            "Expires: 2027-01-01T12:00:00Z\n"
                                            "Encryption: openpgp4fpr:5f2de5521c63a801\n"
                                            "Acknowledgments: https://example.com/thanks\n"
                                            "Preferred-Languages: en, pt-BR\n"
                                            "Policy: https://example.com/policy\n"
                                            "Hiring: https://example.com/jobs\n");
    settings.security_txt.acknowledge_within.reset();
    EXPECT_TRUE(make_security_txt(settings)->starts_with("Contact: "));
    EXPECT_FALSE(make_security_txt(Settings{}));
}

// guards: what is made can be read, and says the same signed and unsigned
TEST(SecurityTxt, IsReadAsItWasMade)
{
    const std::string text = *make_security_txt(with_contact());
    const auto plain = read_security_txt(text);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->signature, SecurityTxt::Signature::Absent);
    EXPECT_EQ(plain->expires, *parse_rfc3339("2027-06-30T23:59:59Z"));
    const auto is_signed = read_security_txt(framed("- " + text)); // RFC 9580 §7.2: any line may
    ASSERT_TRUE(is_signed) << is_signed.error().detail;
    EXPECT_EQ(is_signed->signature, SecurityTxt::Signature::Present);
    EXPECT_EQ(is_signed->fields, plain->fields);
    EXPECT_TRUE(read_security_txt("CONTACT: https://a.example \r\nexpires: 2027-01-01T00:00:00z\r\n"
                                  "X-Other: anything at all\r\n"));
}

// guards: RFC 9116 §2.5: what a file must have, may have once, and may not have
TEST(SecurityTxt, RefusesWhatIsNone)
{
    const std::string contact = "Contact: mailto:a@example.com\n";
    const std::string expires = "Expires: 2027-01-01T00:00:00Z\n";
    ASSERT_EQ(refusal(contact + expires), "");
    for (const std::string& text : std::vector<std::string>{
             "", contact, expires, contact + expires + expires, contact + "Expires: 2027-01-01\n",
             contact + "Expires: soon\n", contact + "Expires: 2027-13-01T00:00:00Z\n",
             "Contact: http://a.example\n" + expires, "Contact: a@example.com\n" + expires,
             "Contact: mailto:\n" + expires, "Contact:mailto:a@example.com\n" + expires,
             contact + expires + "Policy: http://a.example\n", contact + expires + "and a word\n",
             contact + expires + "Preferred-Languages: en\nPreferred-Languages: de\n",
             contact + expires + std::string("# \0", 3), contact + expires + "# \x1b[2J\n",
             contact + expires + "# \xff\n", "<!doctype html><title>Contact: x</title>"}) {
        EXPECT_NE(refusal(text), "") << text;
    }
}

// guards: a frame without its signature, or with something else in it, such as a private key
TEST(SecurityTxt, RefusesABrokenFrame)
{
    const std::string text = *make_security_txt(with_contact());
    const std::string good = framed(text);
    ASSERT_EQ(refusal(good), "");
    const std::string key = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n"
                            "-----END PGP PRIVATE KEY BLOCK-----\n";
    const std::size_t signature = good.find("-----BEGIN PGP SIGNATURE");
    std::string inside = good;
    inside.insert(good.find("-----END"), key);
    for (const std::string& broken :
         {good.substr(0, signature), good.substr(0, good.find("-----END")), good + "more\n",
          good + key, key + good, text + key, inside, framed("-" + text), framed(""),
          std::string("-----BEGIN PGP SIGNED MESSAGE-----"),
          "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n" + text}) {
        EXPECT_NE(refusal(broken), "") << broken;
    }
}

// guards: no setting can begin another line, or lead to clear text
TEST(SecurityTxt, RefusesSettingsThatWouldSayMore)
{
    EXPECT_EQ(fault_of("CONTACT", "security@example.com, https://example.com/report"), "");
    EXPECT_EQ(fault_of("PREFERRED_LANGUAGES", "en, pt-BR, zh-Hant-TW"), "");
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"CONTACT", "a@example.com\nPolicy: https://evil.example"},
             {"CONTACT", "https://example.com/\r\nHiring:x"},
             {"CONTACT", "https://example.com/a b"},
             {"CONTACT", "http://example.com/report"},
             {"CONTACT", "HTTP://example.com/report"},
             {"CONTACT", "example.com"},
             {"CONTACT", ":x"},
             {"POLICY", "https://example.com/\nContact: x"},
             {"POLICY", "http://example.com/"},
             {"POLICY", "javascript:alert(1)"},
             {"ENCRYPTION", "http://example.com/key"},
             {"ENCRYPTION", "openpgp4fpr:"},
             {"SUBJECT", "a\nb"},
             {"HIRING", "jobs"},
             {"ACKNOWLEDGMENTS", "https://example.com/\x7f"},
             {"PREFERRED_LANGUAGES", "en\nde"},
             {"PREFERRED_LANGUAGES", "englishlike"},
             {"PREFERRED_LANGUAGES", "-en"},
             {"EXPIRES", "2027-06-30\n"},
             {"EXPIRES", "next year"},
             {"EXPIRES", "2027-02-30"},
             {"FILE", "security.txt"},
             {"ACKNOWLEDGE_WITHIN", "1m"}}) {
        EXPECT_NE(fault_of(key, value), "") << key << " " << value;
    }
    const auto no_end =
        load_settings({.environment = {{"KEYSTEAD__SECURITY_TXT__CONTACT", "a@example.com"}}});
    ASSERT_FALSE(no_end);
    EXPECT_EQ(no_end.error().fields.at(0).pointer, "security_txt.expires");
}

// guards: what `doctor` warns of, on the day on which it begins to
TEST(SecurityTxt, HasFaultsThatAreTold)
{
    Settings settings = with_contact();
    const auto faults = [&](Instant now) {
        return security_txt_faults(settings, *read_security_txt(*make_security_txt(settings)), now);
    };
    const Instant end = *parse_expiry("2027-06-30");
    EXPECT_TRUE(faults(kNow).empty());
    EXPECT_TRUE(faults(end - days{30}).empty());
    EXPECT_EQ(faults(end - days{30} + std::chrono::seconds{1}).size(), 1U);
    EXPECT_NE(faults(end - days{1}).at(0).find("less than 30 days"), std::string::npos);
    EXPECT_NE(faults(end).at(0).find("expired"), std::string::npos);
    EXPECT_NE(faults(end - days{367}).at(0).find("more than a year"), std::string::npos);
    settings.security_txt.policy.clear();
    EXPECT_NE(faults(kNow).at(0).find("policy"), std::string::npos);
    const auto bare =
        read_security_txt("Contact: https://a.example\nExpires: 2027-01-01T00:00:00Z\n");
    EXPECT_EQ(security_txt_faults(settings, *bare, kNow).size(), 3U); // it differs, too
    settings.security_txt.contact.clear();
    EXPECT_EQ(security_txt_faults(settings, *bare, kNow).size(), 2U);
}

// guards: a file is served as it stands, and one that is none is not
TEST(SecurityTxt, IsTakenFromAFile)
{
    const test::TemporaryFolder folder;
    Settings settings = with_contact();
    settings.security_txt.file = folder.path() / "security.txt";
    const auto write = [&](const std::string& text) {
        std::ofstream(settings.security_txt.file) << text;
    };
    EXPECT_EQ(load_security_txt(settings).error().code, "settings/security-txt");
    const std::string text = framed(*make_security_txt(settings));
    write(text);
    EXPECT_EQ(**load_security_txt(settings), text);
    write("Contact: nobody\n");
    EXPECT_EQ(load_security_txt(settings).error().code, "settings/security-txt");
    write(text + std::string(33000, '\n'));
    EXPECT_EQ(load_security_txt(settings).error().code, "settings/security-txt");
    settings.security_txt.file.clear();
    EXPECT_EQ(*load_security_txt(settings), make_security_txt(settings));
    settings.security_txt.contact.clear();
    EXPECT_FALSE(*load_security_txt(settings));
}

} // namespace
} // namespace keystead::app
