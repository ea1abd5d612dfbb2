#include "app/setting_keys.h"

#include "app/api_setting_keys.h"
#include "app/event_setting_keys.h"
#include "app/setting_types.h"
#include "app/site_setting_keys.h"
#include "crypto/argon2id.h"

#include <algorithm>
#include <numeric>

namespace keystead::app {
namespace {

using crypto::kArgon2idCeiling;
using crypto::kArgon2idFloor;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::vector<SettingKey> product_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(text_key(
        "product.name", [](auto& s) -> auto& { return s.product.name; },
        "What people read in pages, mails and authenticator apps."));
    keys.push_back(text_key(
        "product.preset", [](auto& s) -> auto& { return s.product.preset; },
        "The preset that the other settings start from (presets/ in the source tree)."));
    keys.push_back(text_key(
        "product.support_url", [](auto& s) -> auto& { return s.product.support_url; },
        "Where people find help: an https or mailto address; empty: nowhere."));
    keys.push_back(text_key(
        "product.support_email", [](auto& s) -> auto& { return s.product.support_email; },
        "The e-mail address of those who help people whose account was compromised; empty: none is "
        "shown."));
    return keys;
}

std::vector<SettingKey> server_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(text_key(
        "server.base_url", [](auto& s) -> auto& { return s.server.base_url; },
        "Scheme, host and port by which browsers reach the server; links in mails are built from "
        "it alone. https, or http on localhost."));
    keys.push_back(text_key(
        "server.base_path", [](auto& s) -> auto& { return s.server.base_path; },
        "Path under which everything is served, such as \"/account\"; empty: the root."));
    keys.push_back(text_key(
        "server.listen_address", [](auto& s) -> auto& { return s.server.listen_address; },
        "IP address to listen on. Beyond loopback it needs TLS, or a declared TLS proxy."));
    keys.push_back(number_key(
        "server.port", [](auto& s) -> auto& { return s.server.port; }, 0, 65535,
        "Port to listen on; 0: any free one, printed at the start."));
    keys.push_back(text_key(
        "server.metrics_address", [](auto& s) -> auto& { return s.server.metrics_address; },
        "IP address of the metrics listener, which speaks clear text: loopback, or a declared TLS "
        "proxy."));
    keys.push_back(number_key(
        "server.metrics_port", [](auto& s) -> auto& { return s.server.metrics_port; }, 0, 65535,
        "Port of the metrics listener; 0: none."));
    keys.push_back(text_key(
        "server.tls_certificate", [](auto& s) -> auto& { return s.server.tls_certificate; },
        "PEM file of the certificate and its chain; read again on SIGHUP. Goes with tls_key."));
    keys.push_back(text_key(
        "server.tls_key", [](auto& s) -> auto& { return s.server.tls_key; },
        "PEM file of the private key. Goes with tls_certificate."));
    keys.push_back(flag_key(
        "server.behind_tls_proxy", [](auto& s) -> auto& { return s.server.behind_tls_proxy; },
        "A proxy in front ends TLS, and nobody else reaches the listener."));
    keys.push_back(ranges_key(
        "server.trusted_proxies", [](auto& s) -> auto& { return s.server.trusted_proxies; },
        "Whose forwarding headers are believed, read from right to left."));
    keys.push_back(number_key(
        "server.threads", [](auto& s) -> auto& { return s.server.threads; }, 0, 256,
        "Event loops; 0: one a core."));
    keys.push_back(number_key(
        "server.store_threads", [](auto& s) -> auto& { return s.server.store_threads; }, 1, 256,
        "Threads for ordinary reads and writes."));
    keys.push_back(number_key(
        "server.connections_max", [](auto& s) -> auto& { return s.server.connections_max; }, 16,
        1000000, "Open connections in all."));
    keys.push_back(number_key(
        "server.connections_per_source_max",
        [](auto& s) -> auto& { return s.server.connections_per_source_max; }, 1, 1000000,
        "Open connections of one address (IPv6: one /64)."));
    keys.push_back(number_key(
        "server.head_bytes_max", [](auto& s) -> auto& { return s.server.head_bytes_max; }, 1024,
        65536, "Bytes of a request head."));
    keys.push_back(duration_key(
        "server.head_timeout", [](auto& s) -> auto& { return s.server.head_timeout; },
        {seconds{1}, minutes{5}}, "Time for a request head to arrive."));
    keys.push_back(duration_key(
        "server.body_timeout", [](auto& s) -> auto& { return s.server.body_timeout; },
        {seconds{1}, minutes{10}}, "Time for a request body to arrive."));
    keys.push_back(duration_key(
        "server.idle_timeout", [](auto& s) -> auto& { return s.server.idle_timeout; },
        {seconds{1}, hours{1}}, "Time that a connection may wait between requests."));
    keys.push_back(duration_key(
        "server.request_timeout", [](auto& s) -> auto& { return s.server.request_timeout; },
        {seconds{1}, minutes{10}}, "Time that a request may take in all."));
    keys.push_back(duration_key(
        "server.drain_timeout", [](auto& s) -> auto& { return s.server.drain_timeout; },
        {seconds{0}, minutes{10}}, "Time that requests in hand get at a stop."));
    keys.push_back(text_key(
        "server.access_log", [](auto& s) -> auto& { return s.server.access_log; },
        "\"stdout\", \"off\" or the path of a file."));
    return keys;
}

std::vector<SettingKey> storage_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(text_key(
        "storage.data_folder", [](auto& s) -> auto& { return s.storage.data_folder; },
        "Folder of the database, the root key and mails in development; mode 0700."));
    keys.push_back(text_key(
        "storage.postgres", [](auto& s) -> auto& { return s.storage.postgres; },
        "libpq connection string; empty: SQLite in the data folder.", Sensitivity::Secret));
    keys.push_back(number_key(
        "storage.postgres_connections",
        [](auto& s) -> auto& { return s.storage.postgres_connections; }, 1, 16,
        "Connections to PostgreSQL."));
    keys.push_back(number_key(
        "storage.sqlite_readers", [](auto& s) -> auto& { return s.storage.sqlite_readers; }, 1, 64,
        "Reading connections to SQLite."));
    keys.push_back(text_key(
        "storage.root_key_file", [](auto& s) -> auto& { return s.storage.root_key_file; },
        "File of the root key, mode 0600; empty: root.key in the data folder, made when the "
        "database is new."));
    return keys;
}

std::vector<SettingKey> password_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "password.length_min", [](auto& s) -> auto& { return s.password.length_min; }, 8, 256,
        "Code points of a password that stands alone."));
    keys.push_back(number_key(
        "password.length_min_with_second_factor",
        [](auto& s) -> auto& { return s.password.length_min_with_second_factor; }, 8, 256,
        "Code points of a password beside an enforced second factor."));
    keys.push_back(flag_key(
        "password.require_upper", [](auto& s) -> auto& { return s.password.require_upper; },
        "An upper-case letter is required. Not recommended by NIST SP 800-63B-4."));
    keys.push_back(flag_key(
        "password.require_lower", [](auto& s) -> auto& { return s.password.require_lower; },
        "A lower-case letter is required. Not recommended by NIST SP 800-63B-4."));
    keys.push_back(flag_key(
        "password.require_digit", [](auto& s) -> auto& { return s.password.require_digit; },
        "A digit is required. Not recommended by NIST SP 800-63B-4."));
    keys.push_back(flag_key(
        "password.require_special", [](auto& s) -> auto& { return s.password.require_special; },
        "A character that is no letter or digit is required. Not recommended by NIST SP "
        "800-63B-4."));
    keys.push_back(flag_key(
        "password.require_letter", [](auto& s) -> auto& { return s.password.require_letter; },
        "A letter of either case is required. Not recommended by NIST SP 800-63B-4."));
    keys.push_back(number_key(
        "password.strength_min", [](auto& s) -> auto& { return s.password.strength_min; }, 0, 4,
        "Least zxcvbn score; 0: not asked."));
    keys.push_back(text_key(
        "password.breach_filter", [](auto& s) -> auto& { return s.password.breach_filter; },
        "Filter of breached passwords made by `keystead breach-filter build`; empty: none."));
    keys.push_back(number_key(
        "password.argon2_memory_kib", [](auto& s) -> auto& { return s.password.argon2_memory_kib; },
        kArgon2idFloor.memory_kib, kArgon2idCeiling.memory_kib,
        "Memory of one password hash, in KiB."));
    keys.push_back(number_key(
        "password.argon2_passes", [](auto& s) -> auto& { return s.password.argon2_passes; },
        kArgon2idFloor.passes, kArgon2idCeiling.passes, "Passes of one password hash."));
    keys.push_back(number_key(
        "password.hash_threads", [](auto& s) -> auto& { return s.password.hash_threads; }, 0, 256,
        "Password hashes at a time; 0: as many as cores."));
    keys.push_back(number_key(
        "password.hash_queue_max", [](auto& s) -> auto& { return s.password.hash_queue_max; }, 1,
        10000, "Requests that may wait for a password hash; more get 503."));
    return keys;
}

std::vector<SettingKey> session_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(optional_duration_key(
        "session.idle_timeout", [](auto& s) -> auto& { return s.session.idle_timeout; },
        {minutes{1}, days{3650}}, "A session unused for so long ends."));
    keys.push_back(optional_duration_key(
        "session.idle_timeout_remembered",
        [](auto& s) -> auto& { return s.session.idle_timeout_remembered; },
        {minutes{1}, days{3650}},
        "The same where \"remember me\" was chosen; none: it is not offered."));
    keys.push_back(optional_duration_key(
        "session.absolute_lifetime", [](auto& s) -> auto& { return s.session.absolute_lifetime; },
        {minutes{1}, days{3650}}, "A session of this age ends, used or not."));
    keys.push_back(duration_key(
        "session.shared_device_idle_timeout",
        [](auto& s) -> auto& { return s.session.shared_device_idle_timeout; },
        {minutes{1}, days{1}}, "Idle timeout of a session on a shared device."));
    keys.push_back(number_key(
        "session.at_most", [](auto& s) -> auto& { return s.session.at_most; }, 1, 1000,
        "Sessions an account."));
    keys.push_back(choice_key<WhenSessionsFull>(
        "session.when_full", [](auto& s) -> auto& { return s.session.when_full; },
        {{"ask", WhenSessionsFull::Ask}, {"end-oldest", WhenSessionsFull::EndOldest}},
        "What a sign-in beyond that does: ask which session to end, or end the oldest."));
    keys.push_back(duration_key(
        "session.step_up_age", [](auto& s) -> auto& { return s.session.step_up_age; },
        {minutes{1}, hours{1}}, "How long after authenticating grave acts need no step-up."));
    keys.push_back(number_key(
        "session.cache_entries_max", [](auto& s) -> auto& { return s.session.cache_entries_max; },
        1000, 100000000, "Sessions kept in memory for fast checks."));
    return keys;
}

std::vector<SettingKey> account_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(choice_key<SignUpMode>(
        "account.sign_up", [](auto& s) -> auto& { return s.account.sign_up; },
        {{"open", SignUpMode::Open},
         {"invitation", SignUpMode::Invitation},
         {"closed", SignUpMode::Closed}},
        "Who may make an account."));
    keys.push_back(flag_key(
        "account.offer_second_factor",
        [](auto& s) -> auto& { return s.account.offer_second_factor; },
        "Offer a second factor as the next step right after sign-up."));
    keys.push_back(duration_key(
        "account.link_lifetime", [](auto& s) -> auto& { return s.account.link_lifetime; },
        {minutes{5}, hours{24}}, "How long a link in a mail works."));
    keys.push_back(duration_key(
        "account.invitation_lifetime",
        [](auto& s) -> auto& { return s.account.invitation_lifetime; }, {hours{1}, days{30}},
        "How long an invitation works."));
    keys.push_back(duration_key(
        "account.deletion_wait", [](auto& s) -> auto& { return s.account.deletion_wait; },
        {minutes{1}, days{90}}, "Time between asking for deletion and erasure."));
    keys.push_back(duration_key(
        "account.email_undo", [](auto& s) -> auto& { return s.account.email_undo; },
        {hours{1}, days{30}},
        "How long a change of e-mail address can be undone from the old one."));
    keys.push_back(duration_key(
        "account.factor_freeze", [](auto& s) -> auto& { return s.account.factor_freeze; },
        {minutes{1}, days{30}}, "How long factors cannot be changed after \"this was not me\"."));
    return keys;
}

std::vector<SettingKey> mail_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(text_key(
        "mail.smtp_url", [](auto& s) -> auto& { return s.mail.smtp_url; },
        "\"smtp://host:587\" (STARTTLS) or \"smtps://host:465\"; empty: files in the data "
        "folder."));
    keys.push_back(text_key(
        "mail.username", [](auto& s) -> auto& { return s.mail.username; },
        "Name to sign in to the mail server with; empty: no sign-in."));
    keys.push_back(text_key(
        "mail.password_file", [](auto& s) -> auto& { return s.mail.password_file; },
        "File of the mail server's password; also a systemd credential's path."));
    keys.push_back(text_key(
        "mail.from_address", [](auto& s) -> auto& { return s.mail.from_address; },
        "Sender of all mails."));
    keys.push_back(text_key(
        "mail.from_name", [](auto& s) -> auto& { return s.mail.from_name; },
        "Name of the sender; empty: the product's."));
    keys.push_back(text_key(
        "mail.ca_file", [](auto& s) -> auto& { return s.mail.ca_file; },
        "PEM file of the authorities that vouch for the mail server; empty: the system's."));
    keys.push_back(number_key(
        "mail.per_hour_max", [](auto& s) -> auto& { return s.mail.per_hour_max; }, 1, 60,
        "Mails an hour to one address for one purpose."));
    return keys;
}

std::vector<SettingKey> place_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(text_key(
        "place.database", [](auto& s) -> auto& { return s.place.database; },
        "Country or city database (.mmdb) of your own; empty: the built-in countries."));
    return keys;
}

std::vector<SettingKey> audit_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(duration_key(
        "audit.retention", [](auto& s) -> auto& { return s.audit.retention; },
        {days{30}, days{3650}}, "How long events are kept."));
    keys.push_back(text_key(
        "audit.checkpoint_file", [](auto& s) -> auto& { return s.audit.checkpoint_file; },
        "File that the log's checkpoints are appended to: an absolute path outside the data "
        "folder, best on another machine's disk. A database older than its last checkpoint does "
        "not start. Empty: none."));
    keys.push_back(text_key(
        "audit.checkpoint_syslog", [](auto& s) -> auto& { return s.audit.checkpoint_syslog; },
        "Where checkpoints are sent by syslog: udp://host:514, tcp://host:601 or unix:/dev/log; "
        "empty: nowhere."));
    keys.push_back(duration_key(
        "audit.checkpoint_interval", [](auto& s) -> auto& { return s.audit.checkpoint_interval; },
        {std::chrono::seconds{1}, hours{24}},
        "How often a checkpoint is sent away when the log has grown."));
    keys.push_back(text_key(
        "audit.ship_url", [](auto& s) -> auto& { return s.audit.ship_url; },
        "Where every event is sent, as JSON Lines: an https:// address on another machine; "
        "empty: nowhere."));
    keys.push_back(text_key(
        "audit.ship_token_file", [](auto& s) -> auto& { return s.audit.ship_token_file; },
        "File whose first line is the bearer token for audit.ship_url; empty: none is sent."));
    keys.push_back(flag_key(
        "audit.ship_personal_values", [](auto& s) -> auto& { return s.audit.ship_personal_values; },
        "Send addresses, names and devices too. What was sent is out of reach when a person is "
        "erased."));
    keys.push_back(duration_key(
        "audit.ship_alert_after", [](auto& s) -> auto& { return s.audit.ship_alert_after; },
        {std::chrono::seconds{1}, hours{24}},
        "How long the receiver may take nothing before the operators are told."));
    return keys;
}

std::vector<SettingKey> outgoing_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(ranges_key(
        "outgoing.allowed_addresses", [](auto& s) -> auto& { return s.outgoing.allowed_addresses; },
        "Inside addresses (private, loopback and the like) that webhooks and other calls to named "
        "places may reach. Public addresses always, all others never."));
    keys.push_back(names_key(
        "outgoing.clear_text_hosts", [](auto& s) -> auto& { return s.outgoing.clear_text_hosts; },
        "Hosts that may be called by http instead of https; for receivers on the same network."));
    keys.push_back(flag_key(
        "outgoing.allowed_for_accounts",
        [](auto& s) -> auto& { return s.outgoing.allowed_for_accounts; },
        "Whether account holders' webhooks may go where those two lists lead, too; only operators' "
        "do unless set."));
    keys.push_back(text_key(
        "outgoing.ca_file", [](auto& s) -> auto& { return s.outgoing.ca_file; },
        "PEM file of the authorities that vouch for the servers called; empty: the system's."));
    keys.push_back(text_key(
        "outgoing.name_server", [](auto& s) -> auto& { return s.outgoing.name_server; },
        "IPv4 address, with a port if need be, of the name server asked for the servers called; "
        "empty: the system's."));
    return keys;
}

std::vector<SettingKey> webhook_keys()
{
    std::vector<SettingKey> keys;
    keys.push_back(number_key(
        "webhook.endpoints_per_account",
        [](auto& s) -> auto& { return s.webhook.endpoints_per_account; }, 0, 100,
        "Webhook endpoints an account; 0: accounts have none."));
    keys.push_back(number_key(
        "webhook.queue_max", [](auto& s) -> auto& { return s.webhook.queue_max; }, 100, 10'000'000,
        "Deliveries that may wait for one endpoint; more are dropped, and shown as dropped."));
    keys.push_back(number_key(
        "webhook.threads", [](auto& s) -> auto& { return s.webhook.threads; }, 2, 64,
        "Threads that deliver webhooks; half of them serve receivers that answer well alone."));
    keys.push_back(duration_key(
        "webhook.secret_overlap", [](auto& s) -> auto& { return s.webhook.secret_overlap; },
        {minutes{1}, days{30}},
        "How long after a rotation deliveries are signed with the old secret too."));
    keys.push_back(duration_key(
        "webhook.retention", [](auto& s) -> auto& { return s.webhook.retention; },
        {hours{1}, days{90}}, "How long finished deliveries are shown and can be repeated."));
    return keys;
}

std::vector<SettingKey> all_keys()
{
    std::vector<SettingKey> all;
    for (auto section :
         {product_keys(), server_keys(), storage_keys(), password_keys(), session_keys(),
          account_keys(), mail_keys(), place_keys(), limits_keys(), audit_keys(), permission_keys(),
          api_token_keys(), ssh_key_keys(), host_keys(), outgoing_keys(), webhook_keys(),
          product_event_keys(), notice_keys(), security_txt_keys()}) {
        std::ranges::move(section, std::back_inserter(all));
    }
    return all;
}

/// Levenshtein's distance: how many letters to add, drop or change.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::span<const SettingKey> setting_keys()
{
    static const std::vector<SettingKey> keys = all_keys();
    return keys;
}

const SettingKey* find_setting_key(std::string_view name)
{
    const auto found = std::ranges::find(setting_keys(), name, &SettingKey::name);
    return found == setting_keys().end() ? nullptr : &*found;
}

std::string_view nearest_setting_key(std::string_view name)
{
    constexpr std::size_t kNameBytesMax =
        80; // Longer ones resemble nothing; the distance costs their product.
    if (name.size() > kNameBytesMax) {
        return {};
    }
    std::string_view nearest;
    std::size_t least = name.size() / 3 + 2; // further away than this is no help
    for (const auto& key : setting_keys()) {
        if (const std::size_t distance = edit_distance(name, key.name); distance < least) {
            least = distance;
            nearest = key.name;
        }
    }
    return nearest;
}

} // namespace keystead::app
