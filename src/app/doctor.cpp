#include "app/doctor.h"

#include "app/control_socket.h"
#include "app/foundation.h"
#include "app/real_clock.h"
#include "app/security_txt.h"
#include "app/tls_certificate.h"
#include "core/json.h"
#include "crypto/root_key.h"
#include "features/notify/mail_transport.h"
#include "features/password/breach_filter.h"
#include "http/base_url.h"
#include "storage/postgres/role_check.h"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <sys/timex.h>

namespace keystead::app {
namespace {

using State = Finding::State;
using Findings = std::vector<Finding>;

void check_data_folder(const Settings& settings, Findings& findings)
{
    const std::string& folder = settings.storage.data_folder;
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) {
        findings.push_back({"data folder", State::Warning,
                            folder + " is not there yet: `keystead init` or `serve` makes it."});
    } else if ((status.st_mode & 0077) != 0) {
        findings.push_back(
            {"data folder", State::Failure, folder + " can be entered by others: chmod 700 it."});
    } else {
        findings.push_back({"data folder", State::Good, folder + " is private."});
    }
}

void check_root_key(const LoadedSettings& loaded, const std::string& credentials_directory,
                    Findings& findings)
{
    if (!credentials_directory.empty() || loaded.root_key_text) {
        findings.push_back(
            {"root key", State::Good, "It is given by a systemd credential or the environment."});
        return;
    }
    const std::string path = root_key_path(loaded.settings.storage);
    const auto key = crypto::read_root_key_file(path, crypto::FileAccess::OwnerOnly);
    if (key) {
        findings.push_back(
            {"root key", State::Good,
             path +
                 " is there and private. Keep a copy of it apart from the back-ups of the data."});
    } else {
        const bool absent = key.error().kind == ErrorKind::NotFound;
        findings.push_back(
            {"root key", absent ? State::Warning : State::Failure,
             key.error().detail + (absent ? " It is made when the data is new." : "")});
    }
}

void check_database(const LoadedSettings& loaded, const std::string& credentials_directory,
                    Findings& findings)
{
    const Settings& settings = loaded.settings;
    const auto running = ask_running_server(settings.storage.data_folder, "keys status", "{}");
    if (!running || *running) {
        findings.push_back(
            running ? Finding{"database", State::Good, "The server runs and its database answers."}
                    : Finding{"database", State::Failure, running.error().detail});
        return;
    }
    if (settings.storage.postgres.empty() &&
        !std::filesystem::exists(settings.storage.data_folder + "/keystead.db")) {
        findings.push_back({"database", State::Warning,
                            "There is none yet: `keystead init` or `serve` makes it."});
        return;
    }
    const auto opened = open_foundation(loaded, {.credentials_directory = credentials_directory,
                                                 .schema = SchemaPolicy::MustBeCurrent});
    findings.push_back(
        opened ? Finding{"database", State::Good,
                         "It opens, its schema is current and the root key fits. No server runs."}
               : Finding{"database", State::Failure,
                         opened.error().detail + " [" + std::string(opened.error().code) + "]"});
}

/// What is wrong with how long a password of the database's role is valid; empty: nothing.
std::string password_fault(const storage::DatabaseRole& role, Instant now)
{
    constexpr std::chrono::days kSoon{30};
    constexpr std::chrono::days kYear{366};
    if (!role.used_password) {
        return "";
    }
    const std::string mend = " (ALTER ROLE " + role.name +
                             " PASSWORD '…' VALID UNTIL '…', a year from now at most), or sign in "
                             "with a client certificate.";
    if (!role.password_end) {
        return "It signs in with a password that never ends: give it one with an end" + mend;
    }
    if (*role.password_end - now > kYear) {
        return "Its password is valid for more than a year: give it an earlier end" + mend;
    }
    if (*role.password_end - now < kSoon) {
        return "Its password ends " + rfc3339(*role.password_end) + ": change it before" + mend;
    }
    return "";
}

void check_database_role(const Settings& settings, Findings& findings)
{
    constexpr std::string_view kCheck = "database role";
    if (settings.storage.postgres.empty()) {
        return;
    }
    const auto role = storage::examine_role(settings.storage.postgres);
    if (!role) {
        findings.push_back({kCheck, State::Failure, role.error().detail});
        return;
    }
    std::string excess;
    for (const std::string& right : role->excess) {
        excess += (excess.empty() ? "" : ", ") + right;
    }
    if (!excess.empty()) {
        findings.push_back({kCheck, State::Warning,
                            role->name + " has rights that Keystead does not need: " + excess +
                                ". Use a role of its own that only owns its database."});
    }
    const std::string fault = password_fault(*role, RealClock{}.now());
    if (!fault.empty()) {
        findings.push_back({kCheck, State::Warning, fault});
    } else if (excess.empty()) {
        findings.push_back(
            {kCheck, State::Good,
             role->name + " has no rights beyond its database" +
                 (role->owns_tables ? ", which it owns (`keystead migrate --grant-to` makes do "
                                      "with less)"
                                    : "") +
                 (role->used_password ? "; its password ends " + rfc3339(*role->password_end) + "."
                                      : " and needs no password.")});
    }
}

void check_host(const Settings& settings, Findings& findings)
{
    const bool shared = !settings.server.base_path.empty();
    findings.push_back(
        shared ? Finding{"host", State::Warning,
                         "By its settings another application is on this host, outside of " +
                             settings.server.base_path +
                             ": whoever finds a hole in its pages acts with the sessions of these. "
                             "A host of its own, with an empty server.base_path, keeps them "
                             "apart."}
               : Finding{"host", State::Good, "By its settings the whole host is Keystead's."});
}

/// Whose cookies came to the running server; nothing when none runs or none came.
std::string foreign_cookies(const Settings& settings)
{
    const auto answer = ask_running_server(settings.storage.data_folder, "host neighbours", "{}");
    const auto told = answer && *answer ? parse_json(**answer) : Result<JsonValue>(JsonValue{});
    const JsonValue* const cookies = told ? told->find("cookies") : nullptr;
    std::string names;
    if (cookies != nullptr && cookies->kind() == JsonValue::Kind::Array) {
        for (const JsonValue& name : cookies->array()) {
            names.append(names.empty() ? "" : ", ").append(name.string());
        }
    }
    return names;
}

void check_cookies(const Settings& settings, Findings& findings)
{
    const std::string names = foreign_cookies(settings);
    if (!names.empty()) {
        findings.push_back(
            {"cookies", State::Warning,
             "Browsers of signed-in people send cookies that are not Keystead's: " + names +
                 ". Another application sets them for this host or for its parent domain. Let it "
                 "set them for its own host alone (no Domain), or give Keystead a domain that it "
                 "shares with nobody."});
    }
}

void check_clock(Findings& findings)
{
    constexpr std::chrono::sys_days kBuildEra{std::chrono::year{2026} / 1 / 1};
    timex state{};
    if (RealClock{}.now() < kBuildEra) {
        findings.push_back({"clock", State::Failure,
                            "It is years behind: links, codes and sessions would be wrong."});
    } else if (adjtimex(&state) == TIME_ERROR) {
        findings.push_back({"clock", State::Warning,
                            "The kernel says that nothing keeps it right: codes of authenticator "
                            "apps allow 30 s. Run an NTP client."});
    } else {
        findings.push_back({"clock", State::Good, "It is kept right."});
    }
}

void check_breach_filter(const Settings& settings, Findings& findings)
{
    const std::string& path = settings.password.breach_filter;
    if (path.empty()) {
        findings.push_back({"breach filter", State::Warning,
                            "There is none: common and personal words are refused, breached "
                            "passwords are not. See `keystead breach-filter build`."});
        return;
    }
    const auto filter = password::BreachFilter::open(path);
    findings.push_back(
        filter ? Finding{"breach filter", State::Good,
                         "It knows " + std::to_string((*filter)->size()) + " passwords."}
               : Finding{"breach filter", State::Failure, path + ": " + filter.error().detail});
}

void check_mail(const Settings& settings, Findings& findings)
{
    const auto transport = notify::open_mail_transport(settings.mail, settings.storage.data_folder);
    if (!transport) {
        findings.push_back({"mail", State::Failure, transport.error().detail});
    } else if (!settings.mail.smtp_url.empty()) {
        const bool from_localhost = settings.mail.from_address.ends_with("@localhost");
        findings.push_back(
            from_localhost
                ? Finding{"mail", State::Warning,
                          "mail.from_address is at localhost: other servers will refuse it."}
                : Finding{"mail", State::Good, "It goes to " + settings.mail.smtp_url + "."});
    } else {
        findings.push_back(
            settings.shows_mail()
                ? Finding{"mail", State::Warning,
                          "It is written to files and shown at /dev/mail: for development only."}
                : Finding{"mail", State::Failure,
                          "No mail leaves this server: set mail.smtp_url."});
    }
}

void check_certificate(const Settings& settings, Findings& findings)
{
    const std::string& path = settings.server.tls_certificate;
    if (path.empty()) {
        const bool proxied = settings.server.behind_tls_proxy;
        const bool blind = proxied && settings.server.trusted_proxies.empty();
        findings.push_back(
            blind ? Finding{"certificate", State::Warning,
                            "A proxy ends TLS, but server.trusted_proxies is empty: every client "
                            "looks like the proxy."}
                  : Finding{"certificate", State::Good,
                            proxied ? "A proxy ends TLS." : "Clear text, on this machine only."});
        return;
    }
    const auto end = certificate_end(path);
    if (!end) {
        findings.push_back({"certificate", State::Failure, end.error().detail});
        return;
    }
    const auto left = std::chrono::floor<std::chrono::days>(*end - RealClock{}.now());
    const State state = left < std::chrono::days{0}    ? State::Failure
                        : left < std::chrono::days{14} ? State::Warning
                                                       : State::Good;
    findings.push_back(
        {"certificate", state,
         "It ends " + rfc3339(*end) + ", in " + std::to_string(left.count()) + " days."});
    const auto base = http::BaseUrl::parse(settings.server.base_url);
    const auto doubt = why_not_trusted(path, base ? base->host : std::string_view{});
    if (doubt && !doubt->empty()) {
        findings.push_back({"certificate trust", State::Warning,
                            "Browsers will refuse it: " + *doubt +
                                ". Use one of a public authority, or of one that everybody here "
                                "trusts."});
    } else if (doubt) {
        findings.push_back({"certificate trust", State::Good, "An authority vouches for it."});
    }
}

void check_security_txt(const Settings& settings, Findings& findings)
{
    constexpr std::string_view kCheck = "security.txt";
    const auto served = load_security_txt(settings);
    if (!served) {
        findings.push_back({kCheck, State::Failure, served.error().detail});
        return;
    }
    if (!*served) {
        findings.push_back({kCheck, State::Warning,
                            "There is none: whoever finds a vulnerability is not told whom to "
                            "write to. Set security_txt.contact and .expires."});
        return;
    }
    const auto read = read_security_txt(**served);
    if (!read) {
        findings.push_back({kCheck, State::Failure, read.error().detail});
        return;
    }
    const Instant now = RealClock{}.now();
    const std::vector<std::string> faults = security_txt_faults(settings, *read, now);
    for (const std::string& fault : faults) {
        findings.push_back({kCheck, State::Warning, fault});
    }
    if (faults.empty()) {
        const bool is_signed = read->signature == SecurityTxt::Signature::Present;
        findings.push_back(
            {kCheck, State::Good,
             "It is served until " + rfc3339(read->expires) +
                 (is_signed ? ", signed; `gpg --verify` says whether well." : ", unsigned.")});
    }
}

std::string_view state_text(State state)
{
    switch (state) {
    case State::Good: return "good";
    case State::Warning: return "warning";
    case State::Failure: return "failure";
    }
    std::abort(); // No default label: the compiler names the state that someone forgot.
}

} // namespace

std::vector<Finding> examine_installation(const LoadedSettings& loaded,
                                          const std::string& credentials_directory)
{
    Findings findings{
        {"settings", State::Good,
         "They are complete and fit together (preset " + loaded.settings.product.preset + ")."}};
    check_data_folder(loaded.settings, findings);
    check_root_key(loaded, credentials_directory, findings);
    check_database(loaded, credentials_directory, findings);
    check_database_role(loaded.settings, findings);
    check_host(loaded.settings, findings);
    check_cookies(loaded.settings, findings);
    check_clock(findings);
    check_breach_filter(loaded.settings, findings);
    check_mail(loaded.settings, findings);
    check_certificate(loaded.settings, findings);
    check_security_txt(loaded.settings, findings);
    return findings;
}

std::string findings_as_json(const std::vector<Finding>& findings)
{
    JsonWriter out;
    out.begin_array();
    for (const auto& finding : findings) {
        out.begin_object()
            .member("check", finding.check)
            .member("state", state_text(finding.state))
            .member("words", finding.words)
            .end_object();
    }
    return std::move(out.end_array()).take();
}

bool has_failure(const std::vector<Finding>& findings)
{
    return std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.state == State::Failure; });
}

} // namespace keystead::app
