#include "app/dev_mail.h"

#include <gtest/gtest.h>

namespace keystead::app {
namespace {

constexpr std::string_view kMail =
    "Subject: =?UTF-8?Q?Reset_=E2=9C=93?= =?UTF-8?B?IG5vdw==?=\r\n"
    "To: a@example.org\r\nDate: Sun, 22 Nov 2026\r\n 02:00:00 +0000\r\n"
    "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n"
    "--b1\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Open http://localhost:8080/recovery/confirm#ks_lnk=\r\n_1 =3D now\r\n"
    "--b1\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--b1--\r\n";

// guards: subject, address and plain text of what our sender writes
TEST(DevMail, ReadsAMessage)
{
    const DevMail mail = parse_mail(kMail);
    EXPECT_EQ(mail.subject, "Reset ✓ now");
    EXPECT_EQ(mail.to, "a@example.org");
    EXPECT_EQ(mail.date, "Sun, 22 Nov 2026 02:00:00 +0000");
    EXPECT_EQ(mail.text, "Open http://localhost:8080/recovery/confirm#ks_lnk_1 = now\n");
    EXPECT_EQ(parse_mail("Subject: x\n\nplain\n").text, "plain\n");
    EXPECT_EQ(parse_mail("Content-Transfer-Encoding: base64\n\naGk=\n").text, "hi");
}

// guards: nothing in a mail becomes markup, and only our own links become links
TEST(DevMail, EscapesAndLinks)
{
    EXPECT_EQ(mail_text_html("<b>\"&\"</b>", "http://localhost"),
              "&lt;b&gt;&quot;&amp;&quot;&lt;/b&gt;");
    EXPECT_EQ(mail_text_html("go http://localhost/a?b&c now", "http://localhost"),
              "go <a href=\"http://localhost/a?b&amp;c\">http://localhost/a?b&amp;c</a> now");
    EXPECT_EQ(mail_text_html("http://evil.example/", "http://localhost"), "http://evil.example/");
    EXPECT_EQ(mail_text_html("http://localhost\"onclick=x", "http://localhost"),
              "<a href=\"http://localhost\">http://localhost</a>&quot;onclick=x");
}

// guards: what is no mail is an empty one
TEST(DevMail, SurvivesNonsense)
{
    for (const auto* text :
         {"", "\n", ":", "=?", "Subject: =?UTF-8?B?", "Content-Type: multipart/x; boundary=\n\n",
          "Content-Type: multipart/x; boundary=b\n\n--b",
          "Content-Type: multipart/x; boundary=b\n\n--b\n--b"}) {
        (void)parse_mail(text);
    }
}

} // namespace
} // namespace keystead::app
