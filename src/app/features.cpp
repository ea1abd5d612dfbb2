#include "app/features.h"

#include "core/json.h"
#include "features/api_token/token_view_routes.h"
#include "features/host/host_view_routes.h"
#include "features/session/session_routes.h"
#include "features/ssh_key/ssh_key_view_routes.h"
#include "features/webhook/webhook_routes.h"

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

namespace keystead::app {
namespace {

std::uint32_t cores()
{
    return std::max(1U, std::thread::hardware_concurrency());
}

/// What this machine calls itself, fit for a syslog header; or nothing.
std::string host_name()
{
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) {
        return {};
    }
    std::string text(name.data());
    std::erase_if(text, [](char c) { return c <= 0x20 || c >= 0x7f; });
    return text;
}

} // namespace

Result<FeatureResources> open_feature_resources(Foundation& foundation)
{
    const Settings& settings = foundation.settings;
    FeatureResources resources;
    if (!settings.audit.checkpoint_syslog.empty() &&
        !log_proof::SyslogTarget::parse(settings.audit.checkpoint_syslog)) {
        return Error{ErrorKind::InvalidInput, "settings/invalid",
                     "audit.checkpoint_syslog must look like udp://host:514, tcp://host:601 or "
                     "unix:/dev/log."};
    }
    if (!settings.password.breach_filter.empty()) {
        KS_TRY(resources.breaches, password::BreachFilter::open(settings.password.breach_filter));
    }
    const auto at_once =
        settings.password.hash_threads == 0 ? cores() : settings.password.hash_threads;
    KS_TRY(resources.hasher, password::PasswordHasher::make(settings.password, at_once,
                                                            *foundation.keys, foundation.random));
    KS_TRY(resources.places,
           place::PlaceService::open(settings.place.database, settings.storage.data_folder));
    resources.outgoing = outgoing::make_client(settings.outgoing);
    if (!settings.audit.ship_url.empty()) {
        KS_CHECK(resources.outgoing->check(settings.audit.ship_url, outgoing::NamedBy::Operator));
    }
    KS_TRY(resources.mail,
           notify::open_mail_transport(settings.mail, settings.storage.data_folder));
    return resources;
}

Features::Features(Foundation& foundation_, FeatureResources resources_, FeatureHooks hooks)
    : foundation(foundation_), resources(std::move(resources_)),
      audit_log(foundation.clock, foundation.random, *foundation.keys),
      audit(audit_log, foundation.clock, foundation.random, webhook_lanes, hooks.wake_webhooks),
      sequencer(*foundation.database), log_proofs(audit, *foundation.keys, foundation.clock,
                                                  foundation.random, foundation.settings.server),
      checkpoint_sender(*foundation.database, log_proofs, foundation.settings.audit, host_name()),
      audit_reader(*foundation.keys), audit_index(audit_reader), audit_search(audit_reader),
      audit_views(audit, foundation.clock),
      audit_exports(audit, audit_reader, audit_search, log_proofs),
      audit_retention(*foundation.database, audit_log, audit_reader, audit_index, foundation.clock,
                      foundation.settings.audit.retention),
      outbox(foundation.clock, foundation.random, *foundation.keys, foundation.settings.mail,
             std::move(hooks.wake_outbox)),
      outbox_sender(*foundation.database, *foundation.keys, *resources.mail, foundation.settings,
                    std::move(hooks.mail_not_delivered)),
      device_words(client_devices), mint(*foundation.keys, foundation.random),
      links(link_store, mint, foundation.clock, foundation.random),
      link_sweep(*foundation.database, link_store, audit),
      accounts(account_store, audit, foundation.clock, foundation.random),
      audit_filters(audit_reader, accounts),
      notices(accounts, notice_store, links, outbox, audit, foundation.settings, foundation.clock,
              [this](const ClientDescription& client) { return device_words.words_of(client); }),
      audit_shipping(
          {*foundation.database, audit, audit_reader, audit_exports, log_proofs,
           *resources.outgoing, foundation.settings.audit,
           [this](WriteTx& tx, Instant since) { return tell_operators_of_shipping(tx, since); }}),
      policy(foundation.settings.password, foundation.settings.product.name,
             resources.breaches.get()),
      passwords(audit, foundation.clock), assessments(policy, *foundation.keys),
      budgets(*foundation.keys),
      totp(*foundation.keys, foundation.random, audit, foundation.clock, passwords, tell_owner()),
      backup_codes(
          *resources.hasher, *foundation.keys, foundation.random, audit, foundation.clock,
          tell_owner(),
          [this](ReadTx& tx, AccountId account) { return totp.has_confirmed(tx, account); }),
      sessions(session_store, accounts, totp, audit, *foundation.keys, foundation.clock,
               foundation.random, foundation.settings.session),
      permissions(permission_store, audit, foundation.settings.permission), tokens(token_parts()),
      token_usage(token_store, tokens, *resources.places, foundation.clock,
                  foundation.settings.api_token),
      ssh_keys({ssh_key_store, audit, foundation.clock, foundation.random,
                foundation.settings.ssh_key, tell_owner(), key_follower(),
                check_not_being_secured()}),
      host_contents({host_store, host_records, accounts, ssh_keys, *foundation.keys,
                     foundation.clock, foundation.random, foundation.settings.host}),
      hosts({host_store, host_records, host_contents, accounts, ssh_keys, audit, *foundation.keys,
             foundation.clock, foundation.random, foundation.settings.host}),
      host_reports(host_store, host_records, host_contents, ssh_keys, audit, foundation.clock,
                   foundation.random),
      product_events({product_event_store, accounts, audit, *foundation.keys, foundation.clock,
                      foundation.random, foundation.settings.audit.retention}),
      idempotency(idempotency_store, foundation.clock),
      credential_ender(sessions, tokens, webhooks, hosts),
      account_admin(accounts, credential_ender, notices, links, outbox, audit,
                    foundation.settings.account),
      email_change(accounts, account_store, credential_ender, notices, links, outbox, audit,
                   foundation.settings.account, foundation.clock),
      addresses(accounts, account_store, notices, links, outbox, audit, foundation.settings.account,
                foundation.clock, foundation.random),
      known_devices(known_device_store, *foundation.keys, foundation.clock, foundation.random),
      flows(flow_store, audit, *foundation.keys, foundation.clock, foundation.random),
      clients(client_store, audit, *foundation.keys, foundation.clock, foundation.random),
      sign_in({accounts, notices, passwords, assessments, budgets, known_devices, sessions, flows,
               totp, backup_codes, links, audit, *foundation.keys, foundation.clock,
               foundation.settings.account, foundation.settings.notice}),
      sign_up({accounts, passwords, links, outbox, sign_in, audit, *foundation.keys,
               foundation.clock, foundation.random, foundation.settings.account}),
      step_up(
          {accounts, passwords, budgets, sessions, totp, backup_codes, audit, foundation.clock}),
      password_change(
          {accounts, notices, passwords, budgets, sessions, totp, links, audit, foundation.clock}),
      recovery({accounts, notices, passwords, budgets, sessions, totp, backup_codes, links, outbox,
                audit, *foundation.keys, foundation.clock, foundation.settings.account}),
      factor_resets({accounts, notices, sessions, passwords, totp, backup_codes, budgets, links,
                     audit, foundation.clock}),
      webhooks({audit, notices, *resources.outgoing, *foundation.keys, foundation.clock,
                foundation.random, foundation.settings.webhook, webhook_lanes, hooks.wake_webhooks,
                check_not_being_secured()}),
      incidents(accounts, sessions, tokens, ssh_keys, known_devices, factor_resets, links, notices,
                webhooks, audit, foundation.clock, foundation.settings.account),
      securing(securing_parts()),
      check_ups({accounts, addresses, passwords, assessments, totp, backup_codes, sessions,
                 known_devices, tokens, token_usage, permissions, ssh_keys,
                 [this](ReadTx& tx, AccountId account) { return servers_since(tx, account); },
                 foundation.settings.api_token, foundation.settings.ssh_key, foundation.clock}),
      webhook_deliveries({*foundation.database, webhooks, notices, audit, *resources.outgoing,
                          foundation.clock, foundation.random, foundation.settings.webhook,
                          webhook_lanes, std::move(hooks.webhook_failed)}),
      exports(accounts, addresses, data_sources(), audit, foundation.clock),
      deletion(accounts, notices, audit, foundation.settings.account, foundation.clock),
      erasure(*foundation.database, accounts, credential_ender, links, outbox, erasers(), audit),
      authenticator(*foundation.database, sessions, flows, clients, tokens, hosts,
                    foundation.clock),
      limit_tally(*foundation.database, audit)
{
    if (foundation.database->engine() == Database::Engine::Sqlite) {
        foundation.database->set_before_commit(audit::AuditSequencer::before_commit);
    }
}

totp::TellOwner Features::tell_owner()
{
    return [this](WriteTx& tx, const Actor& actor, AccountId account, notify::Purpose purpose,
                  const notify::Facts& facts) {
        return notices.tell_owner(tx, actor, account, purpose, facts);
    };
}

Result<void> Features::tell_operators_of_shipping(WriteTx& tx, Instant failing_since)
{
    const Actor system{.kind = ActorKind::System};
    KS_TRY(const auto operators, account_store.list_operators(tx));
    for (const account::Account& one : operators) {
        KS_CHECK(notices.tell_owner(tx, system, one.id, notify::Purpose::AuditNotShipped,
                                    {{"since", rfc3339(failing_since)}}));
    }
    return {};
}

securing::Parts Features::securing_parts()
{
    return {accounts,
            addresses,
            notices,
            passwords,
            totp,
            backup_codes,
            factor_resets,
            sessions,
            flows,
            known_devices,
            tokens,
            ssh_keys,
            webhooks,
            links,
            audit,
            audit_log,
            foundation.clock,
            {[this](WriteTx& tx, AccountId account) { return hosts.follow_account(tx, account); },
             [this](ReadTx& tx, AccountId account) { return unconfirmed_servers(tx, account); }}};
}

Result<std::vector<securing::Server>> Features::unconfirmed_servers(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto views, hosts.list(tx, account, std::nullopt, host::kHostsListedMax));
    std::vector<securing::Server> servers;
    for (const auto& view : views) {
        if (view.removals_pending > 0) {
            servers.push_back({view.host.id.text(), view.host.name, view.cache_ends_at});
        }
    }
    return servers;
}

std::function<Result<void>(ReadTx&, AccountId)> Features::check_not_being_secured()
{
    return [this](ReadTx& tx, AccountId account) {
        return accounts.check_not_being_secured(tx, account);
    };
}

api_token::ApiTokenParts Features::token_parts()
{
    return {token_store, accounts, permissions, audit, *foundation.keys, foundation.clock,
            foundation.random, foundation.settings.api_token,
            // An account alone may do everything of its own; teams will say less here.
            [this](ReadTx&, AccountId) -> Result<PermissionSet> { return permissions.all(); },
            tell_owner()};
}

// Servers let keys in, and are told of each that ends in the transaction that ends it.
ssh_key::KeyFollower Features::key_follower()
{
    return {
        .removed = [this](WriteTx& tx,
                          const ssh_key::SshKey& key) { return hosts.key_removed(tx, key); },
        .replaced =
            [this](WriteTx& tx, const ssh_key::SshKey& old, const ssh_key::SshKey& next) {
                return hosts.key_replaced(tx, old, next);
            },
        .changed = [this](WriteTx& tx, AccountId account) { host_contents.forget(tx, account); },
        .any_changed = [this](WriteTx& tx) { host_contents.forget_all(tx); }};
}

Result<void> Features::open()
{
    KS_TRY([[maybe_unused]] const int released,
           outbox_sender.release_claims(foundation.clock.now()));
    KS_CHECK(permissions.open(*foundation.database));
    host_permission = permissions.find(foundation.settings.host.permission).value_or(kNoPermission);
    return {};
}

Result<void> Features::export_tokens(ReadTx& tx, AccountId account, JsonWriter& json)
{
    KS_TRY(const auto list, tokens.list(tx, account));
    KS_TRY(const auto uses, token_usage.usage(tx, account));
    const auto none = token_usage.unused_yet();
    const Instant now = foundation.clock.now();
    json.begin_array();
    for (const auto& listed : list) {
        const auto used = uses.find(listed.token.id);
        api_token::write_token(
            json,
            {listed, used == uses.end() ? none : used->second, token_usage.is_unused(listed), now},
            permissions);
    }
    json.end_array();
    return {};
}

Result<void> Features::export_ssh_keys(ReadTx& tx, AccountId account, JsonWriter& json)
{
    KS_TRY(const auto list, ssh_keys.list(tx, account));
    json.begin_array();
    for (const auto& key : list) {
        ssh_key::write_ssh_key(json, {key, foundation.settings.ssh_key, foundation.clock.now()});
    }
    json.end_array();
    return {};
}

Result<std::optional<Instant>> Features::servers_since(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto list, hosts.list(tx, account, std::nullopt, host::kHostsListedMax));
    std::optional<Instant> since;
    for (const auto& view : list) {
        if (const auto at = view.host.enrolled_at) {
            since = since ? std::min(*since, *at) : *at;
        }
    }
    return since;
}

Result<void> Features::export_hosts(ReadTx& tx, AccountId account, JsonWriter& json)
{
    KS_TRY(const auto list, hosts.list(tx, account, std::nullopt, host::kHostsListedMax));
    json.begin_array();
    for (const auto& view : list) {
        host::write_host(json, view, foundation.clock.now());
    }
    json.end_array();
    return {};
}

Result<void> Features::export_host_logins(ReadTx& tx, AccountId account, JsonWriter& json)
{
    constexpr int kAtMost = 10'000; // the newest
    KS_TRY(const auto list, host_reports.list_of_account(tx, account, kAtMost));
    json.begin_array();
    for (const auto& login : list) {
        host::write_login(json, login, {}, *resources.places);
    }
    json.end_array();
    return {};
}

Result<void> Features::write_behind()
{
    KS_CHECK(hosts.write_seen(*foundation.database));
    KS_CHECK(
        sessions.write_activity(*foundation.database, session::SessionService::ActivityShare::All));
    return token_usage.write_uses(*foundation.database);
}

std::vector<account_data::DataSource> Features::data_sources()
{
    return {
        {"sessions",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) -> Result<void> {
             KS_TRY(const auto list, sessions.list(tx, account));
             json.begin_array();
             for (const auto& session : list) {
                 session::write_session(json, session, std::nullopt);
             }
             json.end_array();
             return {};
         }},
        {"authenticators",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) -> Result<void> {
             KS_TRY(const auto list, totp.list(tx, account));
             json.begin_array();
             for (const auto& one : list) {
                 json.begin_object()
                     .member("id", one.id.text())
                     .member("name", one.name)
                     .member("confirmed", one.confirmed)
                     .member("created_at", one.created_at)
                     .member("last_used_at", one.last_used_at)
                     .end_object();
             }
             json.end_array();
             return {};
         }},
        {"backup_codes",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) -> Result<void> {
             KS_TRY(const auto status, backup_codes.status(tx, account));
             json.begin_object()
                 .member("remaining", status.remaining)
                 .member("created_at", status.created_at)
                 .end_object();
             return {};
         }},
        {"api_keys", [this](ReadTx& tx, AccountId account,
                            JsonWriter& json) { return export_tokens(tx, account, json); }},
        {"ssh_keys", [this](ReadTx& tx, AccountId account,
                            JsonWriter& json) { return export_ssh_keys(tx, account, json); }},
        {"servers", [this](ReadTx& tx, AccountId account,
                           JsonWriter& json) { return export_hosts(tx, account, json); }},
        {"server_logins",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) {
             return export_host_logins(tx, account, json);
         }},
        {"securing",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) -> Result<void> {
             KS_TRY(const auto progress, securing.progress(tx, account));
             KS_TRY(const auto verdicts, securing.list_verdicts(tx, account));
             json.begin_object().member("since",
                                        progress ? std::optional(progress->since) : std::nullopt);
             json.key("verdicts").begin_array();
             for (const auto& said : verdicts) { // No event: all other usual ones.
                 json.begin_object()
                     .member("event",
                             said.first.is_nil() ? std::nullopt : std::optional(said.first.text()))
                     .member("verdict", securing::text_of(said.second))
                     .end_object();
             }
             json.end_array().end_object();
             return {};
         }},
        {"webhooks",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) -> Result<void> {
             KS_TRY(const auto list, webhooks.list(tx, account));
             json.begin_array();
             for (const auto& view : list) {
                 webhook::write_endpoint(json, view);
             }
             json.end_array();
             return {};
         }},
        {"activity",
         [this](ReadTx& tx, AccountId account, JsonWriter& json) {
             return audit_log.export_for_account(tx, account, json);
         }},
    };
}

std::vector<account_data::Eraser> Features::erasers()
{
    const Actor system{.kind = ActorKind::System};
    return {
        {"tokens", [this](WriteTx& tx, AccountId account) { return tokens.erase(tx, account); }},
        {"SSH keys",
         [this](WriteTx& tx, AccountId account) { return ssh_keys.erase(tx, account); }},
        {"servers", [this](WriteTx& tx, AccountId account) { return hosts.erase(tx, account); }},
        {"product events",
         [this](WriteTx& tx, AccountId account) { return product_events.erase(tx, account); }},
        {"idempotency keys",
         [this](WriteTx& tx, AccountId account) { return idempotency.erase(tx, account); }},
        {"password",
         [this](WriteTx& tx, AccountId account) { return passwords.erase(tx, account); }},
        {"totp",
         [this, system](WriteTx& tx, AccountId account) -> Result<void> {
             KS_TRY([[maybe_unused]] const int removed, totp.remove_all(tx, system, account));
             return {};
         }},
        {"backup codes",
         [this, system](WriteTx& tx, AccountId account) {
             return backup_codes.remove_all(tx, system, account);
         }},
        {"known devices",
         [this](WriteTx& tx, AccountId account) { return known_devices.erase(tx, account); }},
        {"securing",
         [this](WriteTx& tx, AccountId account) { return securing.erase(tx, account); }},
        {"sign-in flows",
         [this](WriteTx& tx, AccountId account) { return flows.erase(tx, account); }},
        {"pending resets",
         [this](WriteTx& tx, AccountId account) { return factor_resets.erase(tx, account); }},
        {"webhooks",
         [this](WriteTx& tx, AccountId account) { return webhooks.erase(tx, account); }},
        {"outbox",
         [this](WriteTx& tx, AccountId account) { return outbox.erase_account(tx, account); }},
        {"audit index",
         [this](WriteTx& tx, AccountId account) {
             return audit_index.forget_addresses(tx, account);
         }},
        {"audit values",
         [this](WriteTx& tx, AccountId account) { return audit_log.erase_account(tx, account); }},
    };
}

Result<std::chrono::milliseconds> Features::credential_slot()
{
    auto& hasher = *resources.hasher;
    KS_TRY(const auto dearest,
           foundation.database->read([&](ReadTx& tx) { return passwords.find_dearest_cost(tx); }));
    KS_TRY(auto slowest, hasher.measure(hasher.cost(), foundation.clock));
    if (dearest) {
        KS_TRY(const auto other, hasher.measure(*dearest, foundation.clock));
        slowest = std::max(slowest, other);
    }
    // Twice the quiet time, since both cores may be hashing; what takes longer leaves on a later
    // slot.
    constexpr std::chrono::milliseconds kGrain{50};
    const auto twice = std::chrono::ceil<std::chrono::milliseconds>(2 * slowest);
    return ((twice / kGrain) + 1) * kGrain;
}

} // namespace keystead::app
