// features/check_up/check_up.h
//
// What an account lacks, worst first. Pure: facts in, findings out; no clock, no storage.
//
// A finding is advice: nothing is refused because of one. An old password is told of last, and no
// change is asked for (NIST SP 800-63B-4 §3.1.1.2: "SHALL NOT require subscribers to change
// passwords periodically").
#pragma once

#include "core/clock.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::check_up {

/// In the order in which findings are told.
enum class Kind : std::uint8_t {
    PasswordBreached,
    SessionUnfamiliar,
    SecondFactorMissing,
    PasswordWeak,
    BackupCodesMissing,
    BackupCodesSuspended,
    BackupCodesFew,
    TokenWide,
    TokenUnused,
    TokenSuspended,
    SshKeyDue,
    SshKeySuspended,
    SshKeyUnused,
    EmailUnconfirmed,
    AddressSingle,
    SshKeyOld,
    PasswordOld,
};
enum class Severity : std::uint8_t { Urgent, Important, Advice };
/// What was looked at; each has a page in the UI where its findings are mended.
enum class Area : std::uint8_t {
    Password,
    SecondFactor,
    BackupCodes,
    Sessions,
    Tokens,
    SshKeys,
    Addresses,
};

/// "password-breached", …: as the API says it.
std::string_view text_of(Kind kind);
std::string_view text_of(Severity severity);
std::string_view text_of(Area area);
Severity severity_of(Kind kind);
Area area_of(Kind kind);
/// The UI's page: "/account/password".
std::string_view page_of(Area area);

/// A session, token or key that a finding is about.
struct Subject {
    std::string id;
    std::string name; // of a session: its country
};

struct PasswordFacts {
    Instant changed_at{};
    bool easy_to_guess = false;
    bool breached = false;
};

struct SessionFacts {
    Subject subject;
    std::string country_code; // or empty
};

struct CountryFacts {
    std::string code;
    Instant first_seen_at{};
};

struct TokenFacts {
    Subject subject;
    Instant created_at{};
    bool suspended = false;
    bool unused = false;             // nobody has used it for long
    bool may_read_account = false;   // through this API
    bool has_product_rights = false; // what the product asks about with every use
    std::int64_t account_reads = 0;  // of the last 90 days
    std::int64_t product_uses = 0;
};

struct SshKeyFacts {
    Subject subject;
    Instant created_at{};
    bool suspended = false;
    std::optional<Instant> rotate_at; // where the preset reminds of rotation
    std::optional<Instant> last_used_at;
};

struct Facts {
    Instant now{};
    std::optional<PasswordFacts> password; // nothing: there is none
    bool has_second_factor = false;
    std::int64_t codes_left = 0;
    bool codes_suspended = false;
    std::vector<SessionFacts> sessions;   // without the one that asks
    std::vector<CountryFacts> countries;  // signed in from, known longest first
    std::vector<TokenFacts> tokens;       // that have not expired
    std::vector<SshKeyFacts> ssh_keys;    // that are not being replaced
    std::optional<Instant> servers_since; // uses of keys are reported; nothing: no server does
    std::chrono::seconds watched_least{}; // a token's uses say something after that time
    bool email_unconfirmed = false;
    std::size_t addresses = 1; // confirmed ones that notices go to
};

struct Finding {
    Kind kind{};
    std::vector<Subject> subjects = {};
    std::optional<Instant> since = {};     // of an old password
    std::optional<std::int64_t> left = {}; // backup codes
};

struct CheckUp {
    std::vector<Finding> findings; // worst first
    std::vector<Area> in_order;    // looked at, and nothing found
};

CheckUp look_at(const Facts& facts);

/// It holds rights of a kind that none of its uses needed.
bool is_wider_than_its_use(const TokenFacts& token, const Facts& facts);
/// Nobody has signed in with it for long, as far as there was a server to tell of it.
bool is_unused(const SshKeyFacts& key, const Facts& facts);
/// The account came to know that country only lately, and others before it.
bool is_unfamiliar(std::string_view country_code, const Facts& facts);

inline constexpr std::int64_t kCodesFew = 3;
inline constexpr std::chrono::days kPasswordOld{365};
inline constexpr std::chrono::days kSshKeyOld{365};
inline constexpr std::chrono::days kSshKeyUnused{90};
inline constexpr std::chrono::days kCountryNew{30};

} // namespace keystead::check_up
