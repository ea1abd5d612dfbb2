#include "features/account_data/export_service.h"

#include <utility>

namespace keystead::account_data {
namespace {

void write_account(JsonWriter& json, const account::Account& account)
{
    json.key("account").begin_object();
    json.member("id", account.id.text());
    json.member("email", account.email.text());
    json.member("name", account.name);
    json.member("created_at", account.created_at);
    json.member("state", account.is_active() ? "active" : "disabled");
    json.member("operator", account.is_operator());
    json.member("personal_team", account.personal_team.text());
    json.member("factors_frozen_until", account.factors_frozen_until);
    json.member("deletes_at", account.delete_at);
    json.key("pending_email");
    if (account.pending_email) {
        json.value(account.pending_email->text());
    } else {
        json.null();
    }
    json.member("email_undo_until", account.email_undo_until);
    json.end_object();
}

void write_addresses(JsonWriter& json, const std::vector<account::ListedAddress>& addresses)
{
    json.key("addresses").begin_array();
    for (const account::ListedAddress& listed : addresses) {
        json.begin_object();
        json.member("id", listed.address.id.text());
        json.member("email", listed.address.email.text());
        json.member("primary", listed.is_primary);
        json.member("created_at", listed.address.created_at);
        json.member("confirmed_at", listed.address.confirmed_at);
        json.end_object();
    }
    json.end_array();
}

} // namespace

Result<std::string> ExportService::make(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const account::Account account, accounts_.load(tx, actor.account));
    KS_TRY(const auto addresses, addresses_.list(tx, account.id));
    KS_TRY(const auto told, accounts_.addresses_to_tell(tx, account.id));
    JsonWriter json;
    json.begin_object();
    json.member("made_at", clock_.now());
    write_account(json, account);
    write_addresses(json, addresses);
    json.key("notices_go_to").begin_array();
    for (const account::EmailAddress& address : told) {
        json.value(address.text()); // former addresses too, while an undo is open
    }
    json.end_array();
    for (const DataSource& source : sources_) {
        json.key(source.name);
        KS_CHECK(source.write(tx, account.id, json));
    }
    json.end_object();
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "account.export",
                                .account = account.id,
                                .target = {.kind = "account", .id = account.id.text()}}));
    return std::move(json).take();
}

} // namespace keystead::account_data
