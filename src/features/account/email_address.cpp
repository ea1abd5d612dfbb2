#include "features/account/email_address.h"

#include "core/encoding.h"

#include <algorithm>
#include <idn2.h>
#include <memory>
#include <optional>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <utility>

namespace keystead::account {
namespace {

constexpr std::size_t kInputBytesMax = 1024; // before NFC, which may shorten what it is given
constexpr std::size_t kLabelBytesMax = 63;   // RFC 1035 §2.3.4

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

template <typename Unit> Unit fold_ascii(Unit c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<Unit>(c - 'A' + 'a') : c;
}

bool is_ascii_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322 §3.2.3, atext; RFC 6531 §3.3 adds what is not ASCII, which has rules of its own below.
bool is_atext(char c)
{
    constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~";
    return static_cast<unsigned char>(c) >= 0x80 || is_ascii_alphanumeric(c) ||
           kSigns.find(c) != std::string_view::npos;
}

/// Atoms joined by single dots.
bool is_dot_atom(std::string_view text)
{
    if (text.empty() || text.front() == '.' || text.back() == '.' ||
        text.find("..") != std::string_view::npos) {
        return false;
    }
    return std::ranges::all_of(text, [](char c) { return c == '.' || is_atext(c); });
}

std::optional<std::u16string> to_utf16(std::string_view text)
{
    std::u16string units(text.size(), u'\0'); // UTF-16 never needs more units than UTF-8 has bytes.
    std::int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(units.data(), static_cast<std::int32_t>(units.size()), &length, text.data(),
                  static_cast<std::int32_t>(text.size()), &status);
    if (U_FAILURE(status) != 0) {
        return std::nullopt;
    }
    units.resize(static_cast<std::size_t>(length));
    return units;
}

std::optional<std::string> to_utf8(std::u16string_view units)
{
    std::string text(units.size() * 3, '\0');
    std::int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(text.data(), static_cast<std::int32_t>(text.size()), &length, units.data(),
                static_cast<std::int32_t>(units.size()), &status);
    if (U_FAILURE(status) != 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::u16string> normalize(const std::u16string& units)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* const nfc = unorm2_getNFCInstance(&status);
    // NFC grows UTF-16 at most threefold (UAX #15 §13).
    std::u16string normal(units.size() * 3 + 1, u'\0');
    const std::int32_t length =
        unorm2_normalize(nfc, units.data(), static_cast<std::int32_t>(units.size()), normal.data(),
                         static_cast<std::int32_t>(normal.size()), &status);
    if (U_FAILURE(status) != 0) {
        return std::nullopt;
    }
    normal.resize(static_cast<std::size_t>(length));
    return normal;
}

/// NFC on both sides of the folding: É is one letter, which stays, however it was spelled; and a y
/// may have a form with the mark behind it where Y has none (U+1E99).
std::optional<std::u16string> normalize_and_fold(const std::u16string& units)
{
    auto normal = normalize(units);
    if (!normal) {
        return std::nullopt;
    }
    std::ranges::transform(*normal, normal->begin(), fold_ascii<char16_t>);
    return normalize(*normal);
}

/// Refuses mixed scripts, invisible sequences and digits of more than one system (UTS #39 §5.1 to
/// §5.3), and everything outside the identifiers of UTS #39 §3.1: with that, control, format,
/// space, private and compatibility characters are gone.
class LocalPartChecker {
public:
    LocalPartChecker()
    {
        UErrorCode status = U_ZERO_ERROR;
        checker_.reset(uspoof_open(&status));
        uspoof_setRestrictionLevel(checker_.get(), USPOOF_SINGLE_SCRIPT_RESTRICTIVE);
        uspoof_setChecks(checker_.get(),
                         USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS,
                         &status);
        identifiers_ = uspoof_getRecommendedSet(&status);
        KS_ASSERT(U_SUCCESS(status) != 0);
    }

    bool accepts(const std::u16string& units) const
    {
        UErrorCode status = U_ZERO_ERROR;
        const std::int32_t faults =
            uspoof_check(checker_.get(), units.data(), static_cast<std::int32_t>(units.size()),
                         nullptr, &status);
        return U_SUCCESS(status) != 0 && faults == 0 && only_identifiers(units);
    }

    /// Whether everything beyond ASCII may stand in an identifier.
    bool only_identifiers(const std::u16string& units) const
    {
        const auto length = static_cast<std::int32_t>(units.size());
        for (std::int32_t at = 0; at < length;) {
            UChar32 point = 0;
            U16_NEXT(units.data(), at, length, point);
            if (point >= 0x80 && uset_contains(identifiers_, point) == 0) {
                return false;
            }
        }
        return true;
    }

private:
    struct Close {
        void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
    };
    std::unique_ptr<USpoofChecker, Close> checker_;
    const USet* identifiers_ = nullptr; // ICU's own, never freed
};

/// A mark at the start of an atom would join the sign before it on a screen.
bool starts_with_mark(const std::u16string& units)
{
    constexpr std::uint32_t kMarks = U_GC_MN_MASK | U_GC_MC_MASK | U_GC_ME_MASK;
    const auto length = static_cast<std::int32_t>(units.size());
    bool atom_begins = true;
    for (std::int32_t at = 0; at < length;) {
        UChar32 point = 0;
        U16_NEXT(units.data(), at, length, point);
        if (atom_begins && (U_MASK(u_charType(point)) & kMarks) != 0) {
            return true;
        }
        atom_begins = point < 0x80 && !is_ascii_alphanumeric(static_cast<char>(point));
    }
    return false;
}

std::optional<std::string> canonical_local_part(std::string_view input)
{
    if (!is_dot_atom(input)) {
        return std::nullopt;
    }
    // ASCII alone is folded: what other letters' case means is for the host of the mailbox to say
    // (RFC 5321 §2.4).
    std::string local(input);
    if (is_ascii(input)) {
        std::ranges::transform(local, local.begin(), fold_ascii<char>);
    } else {
        // Loading its data is dear; its use is not, and may be shared by threads.
        static const LocalPartChecker kChecker;
        const auto units = to_utf16(input);
        // Also before NFC: it turns KELVIN SIGN (U+212A) into K, which is somebody else's letter.
        if (!units || !kChecker.only_identifiers(*units)) {
            return std::nullopt;
        }
        const auto normal = normalize_and_fold(*units);
        if (!normal || starts_with_mark(*normal) || !kChecker.accepts(*normal)) {
            return std::nullopt;
        }
        auto text = to_utf8(*normal);
        if (!text || !is_dot_atom(*text)) {
            return std::nullopt;
        }
        local = std::move(*text);
    }
    return local.size() <= kLocalPartBytesMax ? std::optional(std::move(local)) : std::nullopt;
}

struct FreeIdn {
    void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, FreeIdn>;

std::optional<std::string> to_a_labels(const std::string& domain)
{
    char* answer = nullptr;
    const int outcome =
        idn2_to_ascii_8z(domain.c_str(), &answer, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    const IdnText owned(answer);
    if (outcome != IDN2_OK || answer == nullptr) {
        return std::nullopt;
    }
    std::string text(answer);
    std::ranges::transform(text, text.begin(), fold_ascii<char>);
    return text;
}

/// An A-label must be what its own U-label becomes: "xn--" before anything else is a second
/// spelling of some name.
bool survives_round_trip(const std::string& domain)
{
    if (domain.find("xn--") == std::string::npos) {
        return true;
    }
    char* answer = nullptr;
    const int outcome = idn2_to_unicode_8z8z(domain.c_str(), &answer, IDN2_NONTRANSITIONAL);
    const IdnText owned(answer);
    if (outcome != IDN2_OK || answer == nullptr || is_ascii(answer)) {
        return false;
    }
    return to_a_labels(answer) == domain;
}

bool is_label(std::string_view label)
{
    if (label.empty() || label.size() > kLabelBytesMax || label.front() == '-' ||
        label.back() == '-') {
        return false;
    }
    return std::ranges::all_of(label, [](char c) { return is_ascii_alphanumeric(c) || c == '-'; });
}

/// Letters, digits and hyphens (RFC 1123 §2.1), two labels at least, and a last one that is no
/// number: "1.2.3.4" and "0x7f.1" are addresses of machines in disguise.
bool is_host_name(std::string_view domain)
{
    if (domain.size() > kDomainBytesMax || domain.find('.') == std::string_view::npos) {
        return false;
    }
    std::string_view last;
    for (std::string_view rest = domain; !rest.empty() || last.empty();) {
        const std::size_t dot = rest.find('.');
        last = rest.substr(0, dot);
        if (!is_label(last)) {
            return false;
        }
        if (dot == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(dot + 1);
        if (rest.empty()) {
            return false; // a dot at the end
        }
    }
    return last.front() < '0' || last.front() > '9';
}

std::optional<std::string> canonical_domain(std::string_view input)
{
    if (input.empty() || input.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    auto domain = to_a_labels(std::string(input));
    if (!domain || !is_host_name(*domain) || !survives_round_trip(*domain)) {
        return std::nullopt;
    }
    return domain;
}

std::optional<std::string> canonical_form(std::string_view input)
{
    if (input.size() > kInputBytesMax || !is_valid_utf8(input)) {
        return std::nullopt;
    }
    const std::size_t at = input.find('@');
    if (at == std::string_view::npos || input.find('@', at + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    const auto local = canonical_local_part(input.substr(0, at));
    const auto domain = canonical_domain(input.substr(at + 1));
    if (!local || !domain || local->size() + 1 + domain->size() > kEmailBytesMax) {
        return std::nullopt;
    }
    return *local + '@' + *domain;
}

} // namespace

Result<EmailAddress> EmailAddress::parse(std::string_view input, std::string_view pointer)
{
    if (auto canonical = canonical_form(input)) {
        return EmailAddress(std::move(*canonical));
    }
    constexpr std::string_view kCode = "account/email-invalid";
    return Error{
        .kind = ErrorKind::InvalidInput,
        .code = kCode,
        .detail = "That is not an e-mail address that can be used here.",
        .fields = {{std::string(pointer), kCode, "Enter an address like name@example.com."}}};
}

std::string_view EmailAddress::local_part() const
{
    return std::string_view(text_).substr(0, text_.find('@'));
}

std::string_view EmailAddress::domain() const
{
    return std::string_view(text_).substr(text_.find('@') + 1);
}

} // namespace keystead::account
