// app/security_txt.h
//
// /.well-known/security.txt: how whoever finds a vulnerability reports it (RFC 9116). It is made
// from the settings, or a file of the operator's that is served as it is. The second is how it gets
// its signature (RFC 9116 §2.3): what the settings make is printed, signed by gpg where the key is,
// and put back as a file, so that no signing key lies on a server that faces the network. What a
// file says is read here; that its signature is good is not checked here.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "core/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {

inline constexpr std::string_view kSecurityTxtPath = "/.well-known/security.txt";

/// A URI that may stand in a field: plain characters alone, and not http (RFC 9116 §2.4: "web URIs
/// MUST begin with "https://"").
bool is_field_uri(std::string_view text);
/// The end of a day in UTC ("2027-06-30"), or a time of RFC 3339 in UTC.
std::optional<Instant> parse_expiry(std::string_view text);

/// Nothing when the settings name no contact. They were checked.
std::optional<std::string> make_security_txt(const Settings& settings);

struct SecurityTxt {
    enum class Signature : std::uint8_t { Absent, Present };
    Signature signature = Signature::Absent;
    std::vector<std::pair<std::string, std::string>> fields; // names in small letters
    Instant expires{};

    bool has(std::string_view name) const;
};
/// Errors: security-txt/malformed (InvalidInput): not of RFC 9116's form, or without a field that
/// it demands.
Result<SecurityTxt> read_security_txt(std::string_view text);

/// What is served: the file, or what the settings make; nothing when there is neither. The file is
/// read now. Errors: settings/security-txt (InvalidInput): there is no such file, or it is not of
/// RFC 9116's form.
Result<std::optional<std::string>> load_security_txt(const Settings& settings);

/// What should be mended in `text`, which read_security_txt() understood; empty: nothing.
std::vector<std::string> security_txt_faults(const Settings& settings, const SecurityTxt& served,
                                             Instant now);

} // namespace keystead::app
