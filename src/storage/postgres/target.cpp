#include "storage/postgres/target.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace keystead::storage {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

std::string_view find_option(const Options& options, std::string_view keyword)
{
    const auto found = std::find_if(options.begin(), options.end(),
                                    [&](const auto& option) { return option.first == keyword; });
    return found == options.end() ? std::string_view{} : std::string_view(found->second);
}

void set_default(Options& options, std::string_view keyword, std::string_view value)
{
    if (find_option(options, keyword).empty()) {
        options.emplace_back(keyword, value);
    }
}

/// libpq tries the hosts of a list in turn: each has to be local.
bool are_local_hosts(std::string_view list)
{
    while (true) {
        const std::size_t comma = list.find(',');
        if (!is_local_host(list.substr(0, comma))) {
            return false;
        }
        if (comma == list.npos) {
            return true;
        }
        list.remove_prefix(comma + 1);
    }
}

Result<Options> read_options(const std::string& connection)
{
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(connection.c_str(), &message), &PQconninfoFree);
    PQfreemem(message); // It quotes the text, which may hold a password.
    if (!parsed) {
        return Error{
            ErrorKind::InvalidInput, "storage/bad-connection",
            "The PostgreSQL connection is neither \"host=… dbname=…\" nor a postgresql:// URI."};
    }
    Options options;
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') {
            options.emplace_back(option->keyword, option->val);
        }
    }
    return options;
}

} // namespace

bool is_local_host(std::string_view host)
{
    // RFC 6761 §6.3 gives "localhost" to loopback; "@" begins an abstract socket's name.
    return host.starts_with('/') || host.starts_with('@') || host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && std::all_of(host.begin(), host.end(), [](char c) {
                return (c >= '0' && c <= '9') || c == '.';
            }));
}

Result<Target> parse_target(const std::string& connection)
{
    KS_TRY(Options options, read_options(connection));
    if (!find_option(options, "service").empty()) {
        return Error{ErrorKind::InvalidInput, "storage/bad-connection",
                     "The PostgreSQL connection must name its host itself, not a service."};
    }
    set_default(options, "host", "/var/run/postgresql");
    const std::string_view address = find_option(options, "hostaddr");
    const bool is_local = are_local_hosts(find_option(options, "host")) &&
                          (address.empty() || are_local_hosts(address));
    set_default(options, "sslmode", is_local ? "prefer" : "verify-full");
    const bool is_verified = find_option(options, "sslmode") == "verify-full";
    if (!is_local && !is_verified) {
        return Error{ErrorKind::InvalidInput, "storage/insecure",
                     "A PostgreSQL server that is not on this machine is reached with "
                     "sslmode=verify-full only."};
    }
    set_default(options, "gssencmode", "disable");
    set_default(options, "application_name", "keystead");
    set_default(options, "connect_timeout", "5");
    set_default(options, "tcp_user_timeout", "15000");
    std::erase_if(options, [](const auto& option) { return option.first == "client_encoding"; });
    options.emplace_back("client_encoding", "UTF8");
    return Target{std::move(options), is_verified};
}

} // namespace keystead::storage
