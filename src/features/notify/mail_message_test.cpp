// guards: a mail is well formed, and nothing given becomes a header, a boundary or markup
#include "features/notify/mail_message.h"

#include <gtest/gtest.h>

#include <string>

namespace keystead::notify {
namespace {

Mail example()
{
    return {.from_name = "Example",
            .from_address = "security@example.com",
            .to = "alice@example.org",
            .subject = "Example: hello",
            .text = "Hello\n",
            .html = "<p>Hello</p>\n",
            .message_id = "msg_1",
            .date = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                            std::chrono::hours{3}}};
}

TEST(MailMessage, IsTheseBytes)
{
    EXPECT_EQ(*compose(example()),
              "Date: Sun, 22 Nov 2026 03:00:00 +0000\r\n"
              "From: Example <security@example.com>\r\n"
              "To: <alice@example.org>\r\n"
              "Subject: =?UTF-8?B?RXhhbXBsZTogaGVsbG8=?=\r\n"
              "Message-ID: <msg_1@example.com>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/alternative; boundary=\"=_keystead_msg_1\"\r\n"
              "\r\n"
              "--=_keystead_msg_1\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "Hello\r\n"
              "\r\n"
              "--=_keystead_msg_1\r\n"
              "Content-Type: text/html; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "<p>Hello</p>\r\n"
              "\r\n"
              "--=_keystead_msg_1--\r\n");
}

TEST(MailMessage, LetsNoNameBecomeAHeader)
{
    for (const std::string hostile :
         {"a\r\nBcc: eve@example.net", "a\nBcc: eve@example.net", "a\rBcc: x",
          "\" <eve@example.net>, \"", "=?UTF-8?Q?=0D=0ABcc:_x?=", "\xff\r\n\r\nbody"}) {
        Mail mail = example();
        mail.from_name = hostile;
        mail.subject = hostile;
        const std::string text = *compose(mail);
        EXPECT_EQ(text.find("\nBcc"), std::string::npos) << hostile;
        EXPECT_EQ(text.find("eve@"), std::string::npos) << hostile;
        EXPECT_EQ(text.find("\r\n\r\n"), text.find("\r\n\r\n--=_keystead_msg_1")) << hostile;
    }
}

TEST(MailMessage, RefusesAddressesThatCouldBeMore)
{
    for (const std::string hostile :
         {"", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "a@b,c@d", "<a@b>",
          "\"a\"@b", "a@b>", "a\t@b", "a@b\x7f", "a@\xff", "a@[127.0.0.1]"}) {
        EXPECT_FALSE(is_mail_address(hostile)) << hostile;
        Mail mail = example();
        mail.to = hostile;
        EXPECT_EQ(compose(mail).error().code, "notify/bad-address");
    }
    EXPECT_TRUE(is_mail_address("a.b+c=d@example.org"));
    EXPECT_TRUE(is_mail_address("zoë@exämple.org"));
}

TEST(MailMessage, FoldsLongHeadersAtCharacters)
{
    std::string name;
    for (int i = 0; i < 60; ++i) {
        name += "ü";
    }
    const std::string folded = header_text(name);
    for (std::size_t begin = 0; begin < folded.size();) {
        const std::size_t end = std::min(folded.find("\r\n", begin), folded.size());
        EXPECT_LE(end - begin, 76U);
        begin = end + 2;
    }
    EXPECT_TRUE(folded.starts_with("=?UTF-8?B?w7zDv")) << folded; // "üü…"
    EXPECT_EQ(header_text("Plain name_1-2"), "Plain name_1-2");
}

TEST(MailMessage, EncodesBodiesAsQuotedPrintable)
{
    EXPECT_EQ(quoted_printable("a=b"), "a=3Db");
    EXPECT_EQ(quoted_printable("ü"), "=C3=BC");
    EXPECT_EQ(quoted_printable("end \nnext"), "end=20\r\nnext");
    EXPECT_EQ(quoted_printable(".\n..x"), "=2E\r\n=2E.x");
    const std::string encoded = quoted_printable(std::string(500, 'x') + std::string(100, '='));
    for (std::size_t begin = 0; begin < encoded.size();) {
        const std::size_t end = std::min(encoded.find("\r\n", begin), encoded.size());
        EXPECT_LE(end - begin, 76U);
        begin = end + 2;
    }
}

TEST(MailMessage, EscapesMarkup)
{
    EXPECT_EQ(escape_html("<b a=\"'\">&"), "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
}

} // namespace
} // namespace keystead::notify
