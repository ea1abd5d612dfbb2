// core/settings.h
//
// The settings in effect, as plain values: what a preset, a file and the environment came to. No
// code knows a preset by name. Reading and checking them is app/settings_loader; the reference with
// every key, default and bound is docs/settings.md.
#pragma once

#include "core/ip_address.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keystead {

enum class SignUpMode : std::uint8_t { Open, Invitation, Closed };
enum class WhenSessionsFull : std::uint8_t { Ask, EndOldest };

struct ProductSettings {
    std::string name = "Keystead";
    std::string preset;        // shown, never compared
    std::string support_url;   // or empty
    std::string support_email; // or empty
};

struct ServerSettings {
    std::string base_url =
        "http://localhost:8080"; // without trailing slash; links are built from it alone
    std::string base_path;       // "" or "/account"
    std::string listen_address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string metrics_address = "127.0.0.1";
    std::uint16_t metrics_port = 9464; // 0: none
    std::string tls_certificate;       // PEM paths; both or neither
    std::string tls_key;
    bool behind_tls_proxy = false;
    std::vector<IpRange> trusted_proxies;
    std::uint32_t threads = 0; // event loops; 0: one a core
    std::uint32_t store_threads = 8;
    std::uint32_t connections_max = 10000;
    std::uint32_t connections_per_source_max = 256;
    std::uint32_t head_bytes_max = 16384;
    std::chrono::seconds head_timeout{10};
    std::chrono::seconds body_timeout{30};
    std::chrono::seconds idle_timeout{75};
    std::chrono::seconds request_timeout{60};
    std::chrono::seconds drain_timeout{20};
    std::string access_log = "stdout"; // "stdout", "off" or a path
};

struct StorageSettings {
    std::string data_folder = "./data";
    std::string postgres; // libpq connection string; empty: SQLite in the data folder
    std::uint32_t postgres_connections = 16;
    std::uint32_t sqlite_readers = 4;
    std::string root_key_file; // empty: <data_folder>/root.key, made on first run
};

struct PasswordSettings {
    std::uint32_t length_min = 8;                    // code points, where the password stands alone
    std::uint32_t length_min_with_second_factor = 8; // where a second factor is enforced
    bool require_upper = true;
    bool require_lower = true;
    bool require_digit = true;
    bool require_special = true;
    bool require_letter = false;
    std::uint32_t strength_min = 2; // zxcvbn score 0…4; 0: not asked
    std::string breach_filter; // path of a filter made by `keystead breach-filter build`; or empty
    std::uint32_t argon2_memory_kib = 65536;
    std::uint32_t argon2_passes = 3;
    std::uint32_t hash_threads = 0; // 0: as many as cores
    std::uint32_t hash_queue_max = 64;
};

struct SessionSettings {
    std::optional<std::chrono::seconds> idle_timeout = std::chrono::hours{14 * 24};
    std::optional<std::chrono::seconds>
        idle_timeout_remembered; // nothing: as idle_timeout, and remember-me is not offered
    std::optional<std::chrono::seconds> absolute_lifetime;
    std::chrono::seconds shared_device_idle_timeout = std::chrono::minutes{30};
    std::uint32_t at_most = 50;
    WhenSessionsFull when_full = WhenSessionsFull::Ask;
    std::chrono::seconds step_up_age = std::chrono::minutes{5};
    std::uint32_t cache_entries_max = 1'000'000;
};

struct AccountSettings {
    SignUpMode sign_up = SignUpMode::Open;
    bool offer_second_factor = true; // the next step right after sign-up
    std::chrono::seconds link_lifetime = std::chrono::minutes{30};
    std::chrono::seconds invitation_lifetime = std::chrono::hours{72};
    std::chrono::seconds set_up_lifetime =
        std::chrono::hours{24}; // of the first operator's token; each start prints a new one
    std::chrono::seconds deletion_wait = std::chrono::hours{14 * 24};
    std::chrono::seconds email_undo = std::chrono::hours{7 * 24};
    std::chrono::seconds factor_freeze = std::chrono::hours{24};
};

struct MailSettings {
    std::string smtp_url; // "smtp://host:587", "smtps://host:465"; empty: files in data_folder/mail
    std::string username;
    std::string password_file;
    std::string from_address = "security@localhost";
    std::string from_name;          // empty: the product's name
    std::string ca_file;            // empty: the system's
    std::uint32_t per_hour_max = 3; // mails an hour an address and purpose
};

struct PlaceSettings {
    std::string database; // .mmdb of the operator; empty: the built-in country database
};

/// Requests a minute, by route group.
struct Quotas {
    std::uint32_t sensitive_per_minute = 30;
    std::uint32_t write_per_minute = 120;
    std::uint32_t read_per_minute = 600;
};

struct LimitSettings {
    Quotas account; // of one account, or of one service client
    Quotas token{.sensitive_per_minute = 10, .write_per_minute = 60, .read_per_minute = 300};
    /// Per source address (IPv6: /64), whoever comes from there: many people may share one.
    Quotas address{.sensitive_per_minute = 30, .write_per_minute = 240, .read_per_minute = 1200};
};

/// One right of the product's catalogue.
struct NamedPermission {
    std::string name;  // "deploy-projects"
    std::string words; // "Deploy projects"
};

struct PermissionSettings {
    std::vector<NamedPermission> catalogue = {
        {"view-projects", "View projects"},   {"deploy-projects", "Deploy projects"},
        {"manage-servers", "Manage servers"}, {"view-logs", "View logs"},
        {"manage-domains", "Manage domains"}, {"full-access", "Full access"}};
    std::string full_access = "full-access"; // contains all others; empty: none does
};

struct ApiTokenSettings {
    std::uint32_t at_most = 3;                                   // an account
    std::chrono::seconds lifetime = std::chrono::hours{90 * 24}; // unless set at creation
    std::optional<std::chrono::seconds> lifetime_max = std::chrono::hours{365 * 24};
    std::chrono::seconds rotation_overlap = std::chrono::hours{24}; // unless set at rotation
    std::chrono::seconds unused_after = std::chrono::hours{30 * 24};
    std::vector<std::string> read_only = {"view-projects", "view-logs"};
    std::vector<std::string> deploy = {"view-projects", "deploy-projects", "view-logs"};
    std::vector<std::string> admin = {"full-access"};
    std::uint32_t cache_entries_max = 1'000'000;
};

struct SshKeySettings {
    std::uint32_t at_most = 3;                    // an account
    std::optional<std::chrono::seconds> reminder; // a key is that old: its owner is told, again and
                                                  // again
    std::chrono::seconds rotation_overlap = std::chrono::hours{24}; // unless set at rotation
};

struct HostSettings {
    std::uint32_t at_most = 100; // servers of an account; 0: none, and no routes for them
    std::chrono::seconds enrolment_lifetime = std::chrono::hours{24};
    bool end_sessions = false;     // a server ends what is open of a key that was removed
    std::vector<std::string> pins; // "sha256//…" of what ends TLS in front of this server
    std::string permission; // of the catalogue: a token that holds it manages servers; or empty
};

struct OutgoingSettings {
    std::vector<IpRange> allowed_addresses; // inside ones that calls may go to; public ones always
    std::vector<std::string> clear_text_hosts; // lower case; all others by https alone
    bool allowed_for_accounts = false;         // both lists hold for what account holders name, too
    std::string ca_file;                       // empty: the system's
    std::string name_server;                   // "192.0.2.1:53"; empty: the system's
};

struct WebhookSettings {
    std::uint32_t endpoints_per_account = 5; // 0: none
    std::uint32_t queue_max = 10'000;        // deliveries that wait for one endpoint
    std::uint32_t threads = 8;
    std::chrono::seconds secret_overlap = std::chrono::hours{24};
    std::chrono::seconds retention = std::chrono::hours{7 * 24};
};

/// What the product tells of its own (POST /v1/events).
struct ProductEventSettings {
    std::string type_namespace = "product"; // types begin with it and a dot
    std::vector<std::string> link_hosts;    // lower case; beside the base URL's own origin
};

struct NoticeSettings {
    std::vector<std::string> optional = {"new-device", "sessions-ended", "key-reminder",
                                         "webhook-stopped"}; // an account may switch these off
    std::vector<std::string> off_by_default;                 // until the account switches them on
    std::uint32_t failures_told = 5; // refused attempts before a sign-in that its owner is told of
    std::chrono::seconds merge = std::chrono::hours{1}; // one notice of a kind of attack as long
};

struct AuditSettings {
    std::chrono::hours retention{2 * 365 * 24};
    std::string checkpoint_file;   // outside the data folder; empty: none
    std::string checkpoint_syslog; // "udp://host:514", "tcp://host:601", "unix:/dev/log"; or empty
    std::chrono::seconds checkpoint_interval{60};
    std::string ship_url;        // every event is sent there; empty: nowhere
    std::string ship_token_file; // its first line: the bearer token; or empty
    bool ship_personal_values = false;
    std::chrono::seconds ship_alert_after = std::chrono::minutes{15};
};

/// RFC 9116: how a vulnerability is reported.
struct SecurityTxtSettings {
    std::vector<std::string> contact; // mail addresses and URIs, best first; empty: not served
    std::string subject = "Vulnerability report"; // of mails to those addresses
    std::optional<std::chrono::seconds> acknowledge_within = std::chrono::hours{24};
    std::string expires; // "2027-06-30", or a time of RFC 3339
    std::string policy;
    std::string encryption;
    std::string acknowledgments;
    std::string hiring;
    std::vector<std::string> preferred_languages; // RFC 5646
    std::string file;                             // served as it is, instead of all that; or empty
};

struct Settings {
    ProductSettings product;
    ServerSettings server;
    StorageSettings storage;
    PasswordSettings password;
    SessionSettings session;
    AccountSettings account;
    MailSettings mail;
    PlaceSettings place;
    LimitSettings limits;
    PermissionSettings permission;
    ApiTokenSettings api_token;
    SshKeySettings ssh_key;
    HostSettings host;
    AuditSettings audit;
    OutgoingSettings outgoing;
    WebhookSettings webhook;
    ProductEventSettings product_event;
    NoticeSettings notice;
    SecurityTxtSettings security_txt;

    /// Mail is shown on a development page: no SMTP server, base URL on localhost, no proxy
    /// declared.
    bool shows_mail() const;
};

} // namespace keystead
