// features/account/email_address.h
//
// The e-mail address as an identity: text from outside becomes one canonical form, or is refused.
// Two spellings that a mail system may deliver to different people never become one; one spelling
// always becomes the same bytes. Pure: it knows no clock, no storage and asks no name server. It
// does not promise that the address exists.
//
// Canonical form: local part in NFC with ASCII letters (only those) folded to lower case, "@",
// domain as IDNA2008 A-labels (UTS #46, non-transitional) in lower case. Sources: RFC 5321 §4.1.2
// and §4.5.3.1, RFC 6531 §3.3, RFC 5890, UTS #39 (mixed scripts). Dot-atoms only: quoted local
// parts, comments and address literals are refused.
#pragma once

#include "core/result.h"

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace keystead::account {

inline constexpr std::size_t kEmailBytesMax = 254; // RFC 5321 §4.5.3.1.3, less the angle brackets
inline constexpr std::size_t kLocalPartBytesMax = 64; // RFC 5321 §4.5.3.1.1
inline constexpr std::size_t kDomainBytesMax =
    253; // RFC 1035 §2.3.4 as text, which is under RFC 5321's 255

/// A canonical address. Equal addresses are equal bytes, in memory as in both databases.
class EmailAddress {
public:
    /// Errors: account/email-invalid (InvalidInput, with the field `pointer`). Never quotes the
    /// input.
    static Result<EmailAddress> parse(std::string_view input, std::string_view pointer = "/email");
    /// What parse() made earlier and the database kept.
    static EmailAddress stored(std::string canonical) { return EmailAddress(std::move(canonical)); }

    const std::string& text() const { return text_; }
    std::string_view local_part() const;
    std::string_view domain() const;
    auto operator<=>(const EmailAddress&) const = default;

private:
    explicit EmailAddress(std::string canonical) : text_(std::move(canonical)) {}
    std::string text_;
};

} // namespace keystead::account
