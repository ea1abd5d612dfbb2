#include "features/account/email_address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace keystead::account {
namespace {

std::string canonical(std::string_view input)
{
    const auto address = EmailAddress::parse(input);
    return address ? address->text() : "refused";
}

// guards: one spelling for what is one mailbox, whatever engine keeps it
TEST(EmailAddress, HasOneCanonicalForm)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"Ada.Lovelace+x@Example.COM", "ada.lovelace+x@example.com"},
        {"a@b\xC3\xBC"
         "cher.example",
         "a@xn--bcher-kva.example"},
        {"a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"},
        {"a@fa\xC3\x9F.example", "a@xn--fa-hia.example"},                    // not "fass": IDNA2008
        {"e\xCC\x81t\xC3\xA9@example.com", "\xC3\xA9t\xC3\xA9@example.com"}, // NFC
        // J with a caron stays two characters in NFC, j with one becomes one (U+01F0).
        {"J\xCC\x8C@example.com", "\xC7\xB0@example.com"},
        {"j\xCC\x8C@example.com", "\xC7\xB0@example.com"},
        {"E\xCC\x81@example.com", "\xC3\x89@example.com"}, // a letter that is not ASCII: it stays
        {"a@b\xE3\x80\x82"
         "example",
         "a@b.example"}, // U+3002 is a dot (UTS #46 §4)
        {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
        {"\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD@example.com",
         "\xD0\xB8\xD0\xB2\xD0\xB0\xD0\xBD@example.com"},
    };
    for (const auto& [input, expected] : cases) {
        EXPECT_EQ(canonical(input), expected) << input;
        EXPECT_EQ(canonical(expected), expected);
    }
}

// guards: only ASCII is folded: what another letter's capital delivers to is not ours to say
TEST(EmailAddress, KeepsTheCaseOfOtherLetters)
{
    EXPECT_NE(canonical("\xC3\x89@example.com"), canonical("\xC3\xA9@example.com"));
    EXPECT_NE(canonical("\xC4\xB1@example.com"), canonical("i@example.com")); // dotless i
}

// guards: what is not plainly a mailbox that mail can be sent to is refused
TEST(EmailAddress, RefusesEveryOtherForm)
{
    const std::string long_local(65, 'a');
    const std::string long_label(64, 'a');
    const std::string long_domain = std::string(62, 'a') + '.' + std::string(62, 'b') + '.' +
                                    std::string(62, 'c') + '.' + std::string(62, 'd') + ".example";
    const std::vector<std::string> refused = {
        "",
        "@",
        "a",
        "a@",
        "@b.example",
        "a@b",
        "a@b@c.example",
        "a@.example",
        "a@b..example",
        "a@b.example.",
        ".a@b.example",
        "a.@b.example",
        "a..b@b.example",
        "\"a b\"@b.example",
        "a b@b.example",
        "a(c)@b.example",
        "a@(c)b.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@0x7f.0x1",
        "a@[IPv6:::1]",
        "a@-b.example",
        "a@b-.example",
        "a@b_c.example",
        "a@b.example\r\nBcc: c@d.example",
        "a\n@b.example",
        std::string("a\0b@c.example", 13),
        std::string("a@c\0.example", 12),
        "<a@b.example>",
        "a@b.example,c@d.example",
        "a@ex%41mple.com",
        long_local + "@b.example",
        "a@" + long_label + ".example",
        "a@" + long_domain,
        "a@xn--a.example",
        "a@xn--abc.example",       // no U-label comes to these
        "\xE2\x84\xAA@b.example",  // KELVIN SIGN, which NFC makes a K
        "\xEF\xBD\x81@b.example",  // fullwidth a
        "\xEF\xAC\x81@b.example",  // ligature fi
        "p\xD0\xB0ypal@b.example", // a Cyrillic a among Latin letters
        "a\xE2\x80\x8D"
        "b@b.example", // ZERO WIDTH JOINER
        "a\xC2\xAD"
        "b@b.example", // SOFT HYPHEN
        "\xE2\x80\xAE"
        "a@b.example", // RIGHT-TO-LEFT OVERRIDE
        "\xCC\x81"
        "a@b.example", // a mark with nothing to stand on
        "a\xC2\xA0"
        "b@b.example", // NO-BREAK SPACE
        "\xC0\xAF@b.example",
        "\xED\xA0\x80@b.example",
        "\xFF@b.example", // not UTF-8
    };
    for (const std::string& input : refused) {
        const auto address = EmailAddress::parse(input);
        ASSERT_FALSE(address) << input;
        EXPECT_EQ(address.error().kind, ErrorKind::InvalidInput);
        EXPECT_EQ(address.error().code, "account/email-invalid");
        ASSERT_EQ(address.error().fields.size(), 1U);
        EXPECT_EQ(address.error().fields[0].pointer, "/email");
    }
}

// guards: the limits of RFC 5321 §4.5.3.1 to the byte
TEST(EmailAddress, TakesWhatIsJustShortEnough)
{
    EXPECT_NE(canonical(std::string(64, 'a') + "@b.example"), "refused");
    EXPECT_NE(canonical("a@" + std::string(63, 'b') + ".example"), "refused");
    const std::string domain = std::string(63, 'b') + '.' + std::string(63, 'c') + '.' +
                               std::string(53, 'd') + ".example";         // 189
    EXPECT_NE(canonical(std::string(64, 'a') + '@' + domain), "refused"); // 254
    EXPECT_EQ(canonical(std::string(64, 'a') + "@e" + domain), "refused");
}

// guards: canonical is a fixed point, so that stored and typed addresses meet
RC_GTEST_PROP(EmailAddressProperty, ParsingTwiceChangesNothing, ())
{
    const auto letter = rc::gen::elementOf(std::vector<std::string>{"a",
                                                                    "B",
                                                                    "z",
                                                                    "0",
                                                                    "-",
                                                                    ".",
                                                                    "+",
                                                                    "_",
                                                                    "\xC3\xA9",
                                                                    "e\xCC\x81",
                                                                    "\xC3\x89",
                                                                    "\xD0\xB8",
                                                                    "\xE3\x81\x82",
                                                                    "\xC3\x9F",
                                                                    "\xE2\x84\xAA",
                                                                    "\xE2\x80\x8D",
                                                                    "xn--",
                                                                    "@",
                                                                    " ",
                                                                    "%"});
    std::string input;
    for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
        input += *letter;
    }
    input += '@';
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
        input += *letter;
    }
    input += ".example";
    const auto address = EmailAddress::parse(input);
    RC_CLASSIFY(address.has_value(), "accepted");
    if (address) {
        const auto again = EmailAddress::parse(address->text());
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->text() == address->text());
    }
}

// guards: ASCII case never makes two accounts of one mailbox
RC_GTEST_PROP(EmailAddressProperty, AsciiCaseDoesNotMatter, ())
{
    const auto local =
        *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', '{')));
    RC_PRE(local.size() <= kLocalPartBytesMax);
    std::string shouted = local;
    for (char& c : shouted) {
        c = *rc::gen::arbitrary<bool>() ? static_cast<char>(c - 'a' + 'A') : c;
    }
    RC_ASSERT(canonical(shouted + "@EXAMPLE.com") == canonical(local + "@example.COM"));
}

} // namespace
} // namespace keystead::account
