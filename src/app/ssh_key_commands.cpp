#include "app/ssh_key_commands.h"

#include "app/feature_commands.h"
#include "core/encoding.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};

/// Before a key is made. What is decided, add_key() decides.
Result<std::string> check_room(Features& f, const JsonValue& arguments)
{
    KS_CHECK(check_key_name(text_argument(arguments, "name")));
    const auto at_most = f.foundation.settings.ssh_key.at_most;
    return f.foundation.database->read([&](ReadTx& tx) -> Result<std::string> {
        KS_TRY(const auto account, named_account(tx, f, text_argument(arguments, "account")));
        KS_TRY(const auto keys, f.ssh_keys.list(tx, account.id));
        const auto lasting =
            std::ranges::count_if(keys, [](const ssh_key::SshKey& key) { return !key.ends_at; });
        if (static_cast<std::size_t>(lasting) >= at_most) {
            return Error{ErrorKind::LimitReached, "ssh-key/limit-reached",
                         "An account has at most " + std::to_string(at_most) +
                             " SSH keys here. Revoke or rotate one."};
        }
        return std::string("{}");
    });
}

Result<std::string> add_key(Features& f, const JsonValue& arguments)
{
    const std::string name(text_argument(arguments, "name"));
    KS_CHECK(check_key_name(name));
    KS_TRY(const auto key, ssh_key::parse_public_key_line(text_argument(arguments, "public_key")));
    KS_TRY(
        const auto added, f.foundation.database->write([&](WriteTx& tx) -> Result<ssh_key::SshKey> {
            KS_TRY(const auto account, named_account(tx, f, text_argument(arguments, "account")));
            return f.ssh_keys.add(tx, kOperator, account.id, {name, key});
        }));
    JsonWriter json;
    json.begin_object().member("id", added.id.text()).end_object();
    return std::move(json).take();
}

} // namespace

Result<void> check_key_name(std::string_view name)
{
    constexpr std::size_t kCharactersMax = 100;
    const auto length = count_code_points(name);
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (!length || *length == 0 || *length > kCharactersMax ||
        std::ranges::any_of(name, is_control)) {
        return Error{ErrorKind::InvalidInput, "ssh-key/name-invalid",
                     "A key's name is 1 to 100 characters, without control characters."};
    }
    return {};
}

void add_ssh_key_commands(CommandTable& table, Features& f)
{
    table.add("ssh-key check",
              [&f](const JsonValue& arguments) { return check_room(f, arguments); });
    table.add("ssh-key add", [&f](const JsonValue& arguments) { return add_key(f, arguments); });
}

} // namespace keystead::app
