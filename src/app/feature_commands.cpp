#include "app/feature_commands.h"

#include "core/json.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};
constexpr int kPage = 100;

void write_account(JsonWriter& json, const account::Account& account)
{
    json.begin_object()
        .member("id", account.id.text())
        .member("email", account.email.text())
        .member("name", account.name)
        .member("state", account.is_active() ? "active" : "disabled")
        .member("operator", account.is_operator())
        .member("created_at", account.created_at)
        .end_object();
}

Result<std::string> set_up_link(Features& f)
{
    KS_TRY(const auto token, f.foundation.database->write([&](WriteTx& tx) {
        return f.sign_up.make_set_up_token(tx, kOperator);
    }));
    if (!token) {
        return Error{ErrorKind::Conflict, "set-up/closed",
                     "There is an operator already: sign in instead."};
    }
    JsonWriter json;
    json.begin_object()
        .member("set_up_link", link_url(f.foundation.settings, "/set-up", *token))
        .end_object();
    return std::move(json).take();
}

// Without a password the person chooses one by mail; an operator's account is never made by mail
// alone.
Result<std::string> invite(Features& f, const account::EmailAddress& email)
{
    KS_CHECK(f.foundation.database->write(
        [&](WriteTx& tx) { return f.account_admin.invite(tx, kOperator, email); }));
    JsonWriter json;
    json.begin_object().member("invited", email.text()).end_object();
    return std::move(json).take();
}

Result<std::string> create_account(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto email, account::EmailAddress::parse(text_argument(arguments, "email")));
    const auto name = text_argument(arguments, "name");
    const bool is_operator = flag_argument(arguments, "operator");
    const auto typed = text_argument(arguments, "password");
    if (typed.empty()) {
        if (is_operator) {
            return Error{ErrorKind::InvalidInput, "account/operator-needs-password",
                         "Give an operator's password with --password-stdin."};
        }
        return invite(f, email);
    }
    KS_TRY(const auto accepted,
           f.policy.accept(Secret::copy_of(typed), {.email = email.text(), .name = name},
                           password::SecondFactor::NotEnforced));
    KS_TRY(const auto hashed,
           f.resources.hasher->hash_new(f.sign_up.new_id(), accepted, password::QueuePlace::Kept));
    const account::NewAccount wanted{.email = email,
                                     .name = std::string(name),
                                     .standing = is_operator ? account::Standing::Operator
                                                             : account::Standing::Ordinary,
                                     .id = hashed.account};
    KS_TRY(const auto made,
           f.foundation.database->write([&](WriteTx& tx) -> Result<account::Account> {
               KS_TRY(auto account, f.accounts.create(tx, kOperator, wanted));
               KS_CHECK(f.passwords.set(tx, kOperator, hashed, password::SetReason::SignUp));
               return account;
           }));
    JsonWriter json;
    write_account(json, made);
    return std::move(json).take();
}

Result<std::string> list_accounts(Features& f, const JsonValue& arguments)
{
    std::optional<AccountId> after;
    if (const auto cursor = text_argument(arguments, "cursor"); !cursor.empty()) {
        after = AccountId::parse(cursor);
        if (!after) {
            return Error{ErrorKind::InvalidInput, "request/invalid-cursor",
                         "Not a cursor of this list."};
        }
    }
    KS_TRY(const auto list, f.foundation.database->read([&](ReadTx& tx) {
        return f.accounts.list(tx, text_argument(arguments, "query"), after, kPage);
    }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const auto& account : list) {
        write_account(json, account);
    }
    json.end_array().key("next_cursor");
    if (list.size() < kPage) {
        json.null();
    } else {
        json.value(list.back().id.text());
    }
    json.end_object();
    return std::move(json).take();
}

Result<std::string> change_state(Features& f, const JsonValue& arguments, account::State to)
{
    KS_TRY(const auto changed,
           f.foundation.database->write_essential([&](WriteTx& tx) -> Result<account::Account> {
               KS_TRY(const auto account,
                      named_account(tx, f, text_argument(arguments, "account")));
               return to == account::State::Active
                          ? f.account_admin.enable(tx, kOperator, account.id)
                          : f.account_admin.disable(tx, kOperator, account.id);
           }));
    JsonWriter json;
    write_account(json, changed);
    return std::move(json).take();
}

Result<std::string> reset_factors(Features& f, const JsonValue& arguments)
{
    const auto second = text_argument(arguments, "second_operator");
    KS_TRY(
        const auto done_at,
        f.foundation.database->write([&](WriteTx& tx) -> Result<std::optional<Instant>> {
            KS_TRY(const auto account, named_account(tx, f, text_argument(arguments, "account")));
            if (flag_argument(arguments, "cancel")) {
                KS_CHECK(f.factor_resets.cancel(tx, kOperator, account.id));
                return std::optional<Instant>{};
            }
            KS_TRY(const auto asked_by, named_account(tx, f, text_argument(arguments, "operator")));
            std::optional<AccountId> agreed_by;
            if (!second.empty()) {
                KS_TRY(const auto other, named_account(tx, f, second));
                agreed_by = other.id;
            }
            KS_TRY(const Instant at,
                   f.factor_resets.ask(tx, kOperator, account.id, asked_by.id, agreed_by));
            return std::optional{at};
        }));
    JsonWriter json;
    json.begin_object().member("resets_at", done_at).end_object();
    return std::move(json).take();
}

void write_client(JsonWriter& json, const service_client::ServiceClient& client)
{
    json.member("id", client.id.text()).member("name", client.name).key("rights").begin_array();
    for (const auto right : service_client::right_names(client.rights)) {
        json.value(right);
    }
    json.end_array().member("created_at", client.created_at).member("suspended", client.suspended);
}

Result<std::string> create_client(Features& f, const JsonValue& arguments)
{
    std::uint32_t rights = 0;
    for (const std::string_view word : list_argument(arguments, "rights")) {
        const auto right = service_client::right_from_text(word);
        if (!right) {
            return Error{ErrorKind::InvalidInput, "client/invalid",
                         "Rights are: introspect, read-accounts, hosts, events."};
        }
        rights |= *right;
    }
    KS_TRY(const auto made, f.foundation.database->write([&](WriteTx& tx) {
        return f.clients.create(tx, kOperator, text_argument(arguments, "name"), rights);
    }));
    JsonWriter json;
    json.begin_object();
    write_client(json, made.client);
    json.member("token", made.token.reveal_text()).end_object();
    return std::move(json).take();
}

Result<std::string> list_clients(Features& f)
{
    KS_TRY(const auto list,
           f.foundation.database->read([&](ReadTx& tx) { return f.clients.list(tx); }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const auto& client : list) {
        json.begin_object();
        write_client(json, client);
        json.end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<std::string> revoke_client(Features& f, const JsonValue& arguments)
{
    const auto id = ClientId::parse(text_argument(arguments, "client"));
    if (!id) {
        return Error{ErrorKind::NotFound, "client/not-found", "There is no such service client."};
    }
    KS_CHECK(f.foundation.database->write_essential(
        [&](WriteTx& tx) { return f.clients.revoke(tx, kOperator, *id); }));
    JsonWriter json;
    json.begin_object().member("revoked", id->text()).end_object();
    return std::move(json).take();
}

Result<std::string> confirm_client(Features& f, const JsonValue& arguments)
{
    const auto id = ClientId::parse(text_argument(arguments, "client"));
    if (!id) {
        return Error{ErrorKind::NotFound, "client/not-found", "There is no such service client."};
    }
    KS_CHECK(f.foundation.database->write(
        [&](WriteTx& tx) { return f.clients.confirm(tx, kOperator, *id); }));
    JsonWriter json;
    json.begin_object().member("confirmed", id->text()).end_object();
    return std::move(json).take();
}

Result<std::string> confirm_backup_codes(Features& f, const JsonValue& arguments)
{
    KS_TRY(const auto account,
           f.foundation.database->write([&](WriteTx& tx) -> Result<account::Account> {
               KS_TRY(auto named, named_account(tx, f, text_argument(arguments, "account")));
               KS_CHECK(f.backup_codes.confirm(tx, kOperator, named.id));
               return named;
           }));
    JsonWriter json;
    json.begin_object().member("confirmed", account.id.text()).end_object();
    return std::move(json).take();
}

} // namespace

Result<account::Account> named_account(ReadTx& tx, Features& f, std::string_view name)
{
    if (const auto id = AccountId::parse(name)) {
        return f.accounts.load(tx, *id);
    }
    KS_TRY(const auto email, account::EmailAddress::parse(name, "/account"));
    KS_TRY(auto found, f.accounts.find_by_email(tx, email));
    if (!found) {
        return Error{ErrorKind::NotFound, "account/not-found", "There is no such account."};
    }
    return *std::move(found);
}

std::string link_url(const Settings& settings, std::string_view path, const Secret& token)
{
    std::string url = settings.server.base_url + settings.server.base_path;
    url.append(path).append("#").append(token.reveal_text());
    return url;
}

void add_feature_commands(CommandTable& table, Features& f)
{
    table.add("set-up link", [&f](const JsonValue&) { return set_up_link(f); });
    table.add("account create",
              [&f](const JsonValue& arguments) { return create_account(f, arguments); });
    table.add("account list",
              [&f](const JsonValue& arguments) { return list_accounts(f, arguments); });
    table.add("account disable", [&f](const JsonValue& arguments) {
        return change_state(f, arguments, account::State::Disabled);
    });
    table.add("account enable", [&f](const JsonValue& arguments) {
        return change_state(f, arguments, account::State::Active);
    });
    table.add("account reset-factors",
              [&f](const JsonValue& arguments) { return reset_factors(f, arguments); });
    table.add("client create",
              [&f](const JsonValue& arguments) { return create_client(f, arguments); });
    table.add("client list", [&f](const JsonValue&) { return list_clients(f); });
    table.add("client confirm",
              [&f](const JsonValue& arguments) { return confirm_client(f, arguments); });
    table.add("account confirm-backup-codes",
              [&f](const JsonValue& arguments) { return confirm_backup_codes(f, arguments); });
    table.add("client revoke",
              [&f](const JsonValue& arguments) { return revoke_client(f, arguments); });
}

} // namespace keystead::app
