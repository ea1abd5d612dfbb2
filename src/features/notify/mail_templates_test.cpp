// guards: every message has its text and HTML, links come from the base URL alone, facts become
// neither markup nor link
#include "features/notify/mail_templates.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace keystead::notify {
namespace {

constexpr Sender kSender{.product_name = "Example & Co",
                         .base_url = "https://id.example.com/account",
                         .support_url = "https://example.com/help"};

Wording word_with(Purpose purpose, const MessagePayload& payload)
{
    return word(purpose, payload, from_micros(1'800'000'000'000'000), kSender);
}

TEST(MailTemplates, ExistForEveryPurpose)
{
    for (auto number = std::to_underlying(Purpose::SignUpLink);
         number <= std::to_underlying(Purpose::TokenSuspended); ++number) {
        const Wording wording = word_with(static_cast<Purpose>(number), {.to = "a@b"});
        EXPECT_TRUE(wording.subject.starts_with("Example & Co: "));
        EXPECT_EQ(wording.text.find('{'), std::string::npos) << wording.text;
        EXPECT_NE(wording.html.find("Example &amp; Co"), std::string::npos);
        EXPECT_NE(wording.text.find("When: 2027-01-15 08:00 UTC"), std::string::npos)
            << wording.text;
    }
}

TEST(MailTemplates, PutTheLinkOnTheBaseUrl)
{
    const Wording wording = word_with(Purpose::RecoveryLink,
                                      {.link_path = "/recovery/confirm", .link_token = "ks_lnk_1"});
    const std::string url = "https://id.example.com/account/recovery/confirm#ks_lnk_1";
    EXPECT_NE(wording.text.find("\n" + url + "\n"), std::string::npos);
    EXPECT_NE(wording.html.find("<a href=\"" + url + "\">"), std::string::npos);
}

TEST(MailTemplates, ShowNoLinkWhereNoneBelongs)
{
    for (const Purpose purpose :
         {Purpose::RecoveryNoAccount, Purpose::SignUpAccountExists, Purpose::AccountDeleted}) {
        const Wording wording =
            word_with(purpose, {.link_path = "/recovery/confirm", .link_token = "ks_lnk_1"});
        EXPECT_EQ(wording.text.find("ks_lnk_1"), std::string::npos);
        EXPECT_EQ(wording.html.find("ks_lnk_1"), std::string::npos);
    }
}

TEST(MailTemplates, NameTheUndoLinkAsWhatItIs)
{
    const Wording wording =
        word_with(Purpose::EmailChanged, {.link_path = "/email/undo", .link_token = "t"});
    EXPECT_NE(wording.text.find("Undo this change:\n"), std::string::npos);
    EXPECT_EQ(wording.text.find("This was not me"), std::string::npos);
}

TEST(MailTemplates, LetNoFactBecomeMarkupOrLink)
{
    const Wording wording =
        word_with(Purpose::AuthenticatorAdded,
                  {.facts = {{"name", "<a href=\"https://evil.example\">x</a>\nwww.evil.example"},
                             {"email", "a@b\r\n.<script>"},
                             {"device", "http://evil.example/"}}});
    EXPECT_EQ(wording.html.find("<a href"), std::string::npos);
    EXPECT_EQ(wording.html.find("<script"), std::string::npos);
    for (const std::string& form : {wording.text, wording.html}) {
        EXPECT_EQ(form.find("evil.example"), std::string::npos);
        EXPECT_EQ(form.find("http://"), std::string::npos);
        EXPECT_EQ(form.find("https://evil"), std::string::npos);
    }
}

TEST(MailTemplates, ShowAddressesAndTimesAsTheyAre)
{
    const Wording wording =
        word_with(Purpose::NewSignIn, {.facts = {{"time", "2026-11-22T03:20:11.000000Z"},
                                                 {"ip", "2001:db8::1"},
                                                 {"email", "a@example.org"}}});
    EXPECT_NE(wording.text.find("When: 2026-11-22 03:20 UTC"), std::string::npos);
    EXPECT_NE(wording.text.find("IP address: 2001:db8::1"), std::string::npos);
    EXPECT_NE(wording.text.find("E-mail address: a@example.org"), std::string::npos);
}

TEST(Defang, CutsAtACharacter)
{
    EXPECT_EQ(defang("Firefox 128.0 on Linux"), "Firefox 128.0 on Linux");
    EXPECT_EQ(defang("\xff"), "(unreadable)");
    std::string long_name;
    for (int i = 0; i < 300; ++i) {
        long_name += "ü";
    }
    EXPECT_LE(defang(long_name).size(), 205U);
}

} // namespace
} // namespace keystead::notify
