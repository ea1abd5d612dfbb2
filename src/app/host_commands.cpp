#include "app/host_commands.h"

#include "app/feature_commands.h"
#include "app/routes.h"
#include "app/ssh_key_commands.h"
#include "features/host/host_view_routes.h"

#include <string>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};
constexpr int kListed = 50;
constexpr int kRemovalsShown = 20;
constexpr std::size_t kMadeBytes = 32 * 1024; // with the token in it: never grows

Result<HostId> named_host(const JsonValue& arguments)
{
    const auto id = HostId::parse(text_argument(arguments, "host"));
    return id ? Result<HostId>(*id)
              : Result<HostId>(
                    Error{ErrorKind::NotFound, "host/not-found", "There is no such server."});
}

Result<host::NewHost> wanted_host(const JsonValue& arguments)
{
    const auto users = list_argument(arguments, "login_users");
    host::NewHost wanted{.name = std::string(text_argument(arguments, "name")),
                         .login_users = {users.begin(), users.end()},
                         .keys = std::nullopt};
    if (!check_key_name(wanted.name)) {
        return Error{ErrorKind::InvalidInput, "host/name-invalid",
                     "A server's name is 1 to 100 characters, without control characters."};
    }
    if (wanted.login_users.empty()) {
        wanted.login_users.emplace_back("root");
    }
    for (const std::string_view word : list_argument(arguments, "ssh_keys")) {
        const auto key = host::SshKeyId::parse(word);
        if (!key) {
            return Error{ErrorKind::InvalidInput, "host/unknown-key",
                         "\"" + std::string(word) + "\" is no SSH key's id: it begins with ssh_."};
        }
        wanted.keys = wanted.keys.value_or(std::vector<host::SshKeyId>{});
        wanted.keys->push_back(*key);
    }
    if (wanted.login_users.size() > host::kLoginUsersMax ||
        (wanted.keys && wanted.keys->size() > host::kChosenKeysMax)) {
        return Error{ErrorKind::InvalidInput, "host/login-user",
                     "A server has at most 16 login users, and 100 keys that are chosen."};
    }
    return wanted;
}

Result<std::string> add_host(Features& f, const JsonValue& arguments)
{
    struct Added {
        host::Made made;
        host::HostView view;
    };
    KS_TRY(const auto wanted, wanted_host(arguments));
    KS_TRY(const auto added, f.foundation.database->write([&](WriteTx& tx) -> Result<Added> {
        KS_TRY(const auto account, named_account(tx, f, text_argument(arguments, "account")));
        KS_TRY(auto made, f.hosts.create(tx, kOperator, account.id, wanted));
        KS_TRY(auto view, f.hosts.load_one(tx, account.id, made.host.id));
        return Added{std::move(made), std::move(view)};
    }));
    const Settings& settings = f.foundation.settings;
    JsonWriter json(kMadeBytes);
    host::write_made(json, added.view, added.made,
                     {settings.server.base_url + settings.server.base_path, host_pins(settings)(),
                      added.made.answer_key},
                     f.foundation.clock.now());
    return std::move(json).take();
}

Result<std::string> list_hosts(Features& f, const JsonValue& arguments)
{
    const auto cursor = HostId::parse(text_argument(arguments, "cursor"));
    KS_TRY(const auto views,
           f.foundation.database->read([&](ReadTx& tx) -> Result<std::vector<host::HostView>> {
               KS_TRY(const auto account,
                      named_account(tx, f, text_argument(arguments, "account")));
               return f.hosts.list(tx, account.id, cursor, kListed);
           }));
    const Instant now = f.foundation.clock.now();
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const auto& view : views) {
        json.begin_object()
            .member("id", view.host.id.text())
            .member("name", view.host.name)
            .member("login_users", host::join_users(view.host.login_users))
            .member("state", host::state_text(view.host.state(now)))
            .member("last_seen_at", view.host.seen_at)
            .member("removals_pending", view.removals_pending)
            .member("open_sessions", view.open_sessions)
            .end_object();
    }
    json.end_array().key("next_cursor");
    if (static_cast<int>(views.size()) == kListed) {
        json.value(views.back().host.id.text());
    } else {
        json.null();
    }
    return std::move(json.end_object()).take();
}

void write_removals(JsonWriter& json, const std::vector<host::Removal>& removals)
{
    json.key("removals").begin_array();
    for (const host::Removal& removal : removals) {
        json.begin_object();
        if (removal.key == host::kNoKey) {
            json.member("of", "a login user");
        } else {
            json.member("of", removal.key.text());
        }
        json.member("removed_at", removal.removed_at)
            .member("confirmed_at", removal.confirmed_at)
            .end_object();
    }
    json.end_array();
}

Result<std::string> show_host(Features& f, const JsonValue& arguments)
{
    KS_TRY(const HostId id, named_host(arguments));
    return f.foundation.database->read([&](ReadTx& tx) -> Result<std::string> {
        KS_TRY(const auto found, f.hosts.find_or_refuse(tx, std::nullopt, id));
        KS_TRY(const auto view, f.hosts.load_one(tx, found.account, id));
        KS_TRY(const auto removals, f.host_reports.list_removals(tx, id, kRemovalsShown));
        JsonWriter json;
        json.begin_object().member("account", found.account.text());
        host::write_members(json, view, f.foundation.clock.now());
        write_removals(json, removals);
        return std::move(json.end_object()).take();
    });
}

/// What ends something must succeed on a full disk.
Result<std::string> end_host(Features& f, const JsonValue& arguments)
{
    KS_TRY(const HostId id, named_host(arguments));
    KS_CHECK(f.foundation.database->write_essential([&](WriteTx& tx) -> Result<void> {
        KS_TRY(const auto found, f.hosts.find_or_refuse(tx, std::nullopt, id));
        return f.hosts.remove(tx, kOperator, found.account, id);
    }));
    JsonWriter json;
    json.begin_object().member("ended", id.text()).end_object();
    return std::move(json).take();
}

} // namespace

void add_host_commands(CommandTable& table, Features& f)
{
    table.add("host add", [&f](const JsonValue& arguments) { return add_host(f, arguments); });
    table.add("host list", [&f](const JsonValue& arguments) { return list_hosts(f, arguments); });
    table.add("host show", [&f](const JsonValue& arguments) { return show_host(f, arguments); });
    table.add("host end", [&f](const JsonValue& arguments) { return end_host(f, arguments); });
}

} // namespace keystead::app
