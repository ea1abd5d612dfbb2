// What no single key can tell. Each rule names the key to change and says why.
#include "app/setting_types.h"
#include "app/settings_loader.h"
#include "core/ip_address.h"
#include "core/permission.h"

#include <algorithm>
#include <filesystem>

namespace keystead::app {
namespace {

using Faults = std::vector<FieldError>;

void add(Faults& faults, std::string_view key, std::string words)
{
    faults.push_back({std::string(key), "settings/invalid", std::move(words)});
}

bool is_port(std::string_view text)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && text.size() <= 5 && text.front() != '0' &&
           std::ranges::all_of(text, is_digit) && std::stoi(std::string(text)) <= 65535;
}

bool is_host_name(std::string_view text)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, fits) &&
           text.front() != '.' && text.front() != '-' && text.back() != '.' &&
           text.find("..") == std::string_view::npos;
}

/// Why `url` is no origin that links and passkeys can stand on; empty when it is one.
std::string base_url_fault(std::string_view url)
{
    const bool clear_text = url.starts_with("http://");
    if (!clear_text && !url.starts_with("https://")) {
        return "must begin with https:// (or http://localhost)";
    }
    const std::string_view authority = url.substr(clear_text ? 7 : 8);
    const std::size_t colon = authority.rfind(':');
    const std::string_view host = authority.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) {
        return "has a port that is none";
    }
    if (IpAddress::parse(host) || !is_host_name(host)) {
        return "must name a host in small letters, without path or trailing slash; passkeys do not "
               "work on an IP address";
    }
    if (clear_text && host != "localhost") {
        return "must be https: only localhost may be reached in clear text";
    }
    return {};
}

bool is_base_path(std::string_view path)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '/';
    };
    return path.empty() ||
           (path.size() <= 100 && path.front() == '/' && path.back() != '/' &&
            std::ranges::all_of(path, fits) && path.find("//") == std::string_view::npos);
}

void check_server(const ServerSettings& server, Faults& faults)
{
    if (std::string fault = base_url_fault(server.base_url); !fault.empty()) {
        add(faults, "server.base_url", std::move(fault));
    }
    if (!is_base_path(server.base_path)) {
        add(faults, "server.base_path", "must be empty or look like \"/account\"");
    }
    const bool tls = !server.tls_certificate.empty();
    if (tls != !server.tls_key.empty()) {
        add(faults, tls ? "server.tls_key" : "server.tls_certificate",
            "certificate and key go together: give both or neither");
    }
    if (tls && server.base_url.starts_with("http://")) {
        add(faults, "server.base_url", "must be https when there is a certificate");
    }
    if (!tls && !server.behind_tls_proxy && server.base_url.starts_with("https://")) {
        add(faults, "server.base_url",
            "is https, but nothing speaks TLS: give a certificate, or set server.behind_tls_proxy");
    }
    for (const auto& [key, text, is_clear] :
         {std::tuple{"server.listen_address", &server.listen_address, !tls},
          std::tuple{"server.metrics_address", &server.metrics_address, true}}) {
        const auto address = IpAddress::parse(*text);
        if (!address) {
            add(faults, key, "must be an IP address");
        } else if (is_clear && !address->is_loopback() && !server.behind_tls_proxy) {
            add(faults, key,
                "would carry clear text beyond this machine: give a certificate, or set "
                "server.behind_tls_proxy");
        }
    }
}

void check_sessions(const SessionSettings& session, Faults& faults)
{
    if (session.idle_timeout_remembered && !session.idle_timeout) {
        add(faults, "session.idle_timeout_remembered",
            "means nothing without session.idle_timeout");
    }
    if (session.idle_timeout_remembered && session.idle_timeout &&
        *session.idle_timeout_remembered < *session.idle_timeout) {
        add(faults, "session.idle_timeout_remembered",
            "must not be shorter than session.idle_timeout");
    }
    if (session.absolute_lifetime && session.idle_timeout &&
        *session.absolute_lifetime < *session.idle_timeout) {
        add(faults, "session.absolute_lifetime", "must not be shorter than session.idle_timeout");
    }
}

void check_mail(const MailSettings& mail, Faults& faults)
{
    if (!mail.smtp_url.empty() && !mail.smtp_url.starts_with("smtp://") &&
        !mail.smtp_url.starts_with("smtps://")) {
        add(faults, "mail.smtp_url", "must begin with smtp:// or smtps://");
    }
    if (mail.smtp_url.find('@') != std::string::npos) {
        add(faults, "mail.smtp_url",
            "must not carry a name or password: use mail.username and mail.password_file");
    }
    if (!is_mail_address(mail.from_address)) {
        add(faults, "mail.from_address", "must be one plain address");
    }
    if (mail.username.empty() != mail.password_file.empty()) {
        add(faults, "mail.username",
            "username and password_file go together: give both or neither");
    }
}

void check_permissions(const Settings& settings, Faults& faults)
{
    constexpr std::size_t kOfTheProductMax = 60; // beside those built in
    const auto& catalogue = settings.permission.catalogue;
    const auto has = [&catalogue](const std::string& name) {
        return std::ranges::find(catalogue, name, &NamedPermission::name) != catalogue.end();
    };
    if (catalogue.size() > kOfTheProductMax) {
        add(faults, "permission.catalogue", "must not have more than 60 permissions");
    }
    for (auto one = catalogue.begin(); one != catalogue.end(); ++one) {
        if (one->name == kReadAccountName ||
            std::ranges::find(catalogue.begin(), one, one->name, &NamedPermission::name) != one) {
            add(faults, "permission.catalogue", "names \"" + one->name + "\" twice");
        }
    }
    const std::string& full = settings.permission.full_access;
    if (!full.empty() && !has(full)) {
        add(faults, "permission.full_access", "is not in permission.catalogue");
    }
    const auto& tokens = settings.api_token;
    for (const auto& [key, names] : {std::pair{"api_token.read_only", &tokens.read_only},
                                     std::pair{"api_token.deploy", &tokens.deploy},
                                     std::pair{"api_token.admin", &tokens.admin}}) {
        for (const std::string& name : *names) {
            if (name != kReadAccountName && !has(name)) {
                add(faults, key, "names \"" + name + "\", which is not in permission.catalogue");
            }
        }
    }
    const std::string& manages = settings.host.permission;
    if (!manages.empty() && !has(manages)) {
        add(faults, "host.permission", "is not in permission.catalogue");
    }
    if (tokens.lifetime_max && tokens.lifetime > *tokens.lifetime_max) {
        add(faults, "api_token.lifetime", "must not exceed api_token.lifetime_max");
    }
}

/// A checkpoint beside the data would be lost, or turned back, together with it.
void check_audit(const Settings& settings, Faults& faults)
{
    const std::string& file = settings.audit.checkpoint_file;
    if (!file.empty()) {
        std::error_code error;
        const auto place = std::filesystem::weakly_canonical(file, error);
        const auto data =
            std::filesystem::weakly_canonical(settings.storage.data_folder + "/", error);
        const auto inside = place.lexically_relative(data);
        if (!file.starts_with('/') || file.ends_with('/')) {
            add(faults, "audit.checkpoint_file", "must be the absolute path of a file");
        } else if (!inside.empty() && *inside.begin() != "..") {
            add(faults, "audit.checkpoint_file", "must lie outside storage.data_folder");
        }
    }
    const std::string& syslog = settings.audit.checkpoint_syslog;
    if (!syslog.empty() && !syslog.starts_with("udp://") && !syslog.starts_with("tcp://") &&
        !syslog.starts_with("unix:/")) {
        add(faults, "audit.checkpoint_syslog",
            "must look like udp://host:514, tcp://host:601 or unix:/dev/log");
    }
}

void check_outgoing(const OutgoingSettings& outgoing, Faults& faults)
{
    const std::string& server = outgoing.name_server;
    const std::size_t colon = server.find(':');
    const auto address = IpAddress::parse(server.substr(0, colon));
    const bool has_port = colon == std::string::npos || is_port(server.substr(colon + 1));
    if (!server.empty() && (!address || !address->is_v4() || !has_port)) {
        add(faults, "outgoing.name_server", "must look like \"192.0.2.1\" or \"192.0.2.1:53\"");
    }
}

void check_security_txt(const SecurityTxtSettings& security_txt, Faults& faults)
{
    constexpr std::size_t kContactsMax = 10;
    if (security_txt.contact.size() > kContactsMax) {
        add(faults, "security_txt.contact", "must not have more than 10 addresses");
    }
    if (!security_txt.contact.empty() && security_txt.expires.empty()) {
        add(faults, "security_txt.expires",
            "must be given with security_txt.contact: until when you vouch for it (RFC 9116 "
            "§2.5.5)");
    }
}

} // namespace

std::vector<FieldError> check_settings(const Settings& settings)
{
    Faults faults;
    check_server(settings.server, faults);
    check_sessions(settings.session, faults);
    check_mail(settings.mail, faults);
    check_permissions(settings, faults);
    check_audit(settings, faults);
    check_outgoing(settings.outgoing, faults);
    check_security_txt(settings.security_txt, faults);
    const std::string& support = settings.product.support_url;
    if (!support.empty() && !support.starts_with("https://") && !support.starts_with("mailto:")) {
        add(faults, "product.support_url", "must begin with https:// or mailto:");
    }
    const std::string& help = settings.product.support_email;
    if (!help.empty() && (help.find('@') == std::string::npos ||
                          help.find_first_of(" \t\r\n<>\",") != std::string::npos)) {
        add(faults, "product.support_email", "must be a bare e-mail address");
    }
    if (settings.product.name.empty()) {
        add(faults, "product.name", "must not be empty");
    }
    if (settings.password.length_min_with_second_factor > settings.password.length_min) {
        add(faults, "password.length_min_with_second_factor",
            "must not exceed password.length_min");
    }
    if (settings.storage.data_folder.empty()) {
        add(faults, "storage.data_folder", "must not be empty");
    }
    return faults;
}

} // namespace keystead::app
