#include "app/routes.h"

#include "app/securing_gate.h"
#include "app/tls_certificate.h"
#include "features/account/account_routes.h"
#include "features/account/email_routes.h"
#include "features/account/notice_routes.h"
#include "features/account_data/account_data_routes.h"
#include "features/activity/activity_routes.h"
#include "features/api_token/api_token_routes.h"
#include "features/audit_export/audit_export_routes.h"
#include "features/audit_search/audit_search_routes.h"
#include "features/backup_code/backup_code_routes.h"
#include "features/check/check_routes.h"
#include "features/check_up/check_up_routes.h"
#include "features/host/host_routes.h"
#include "features/incident/incident_routes.h"
#include "features/log_proof/log_proof_routes.h"
#include "features/password_change/password_change_routes.h"
#include "features/product_event/product_event_routes.h"
#include "features/recovery/recovery_routes.h"
#include "features/securing/securing_routes.h"
#include "features/session/session_routes.h"
#include "features/sign_in/sign_in_routes.h"
#include "features/sign_up/sign_up_routes.h"
#include "features/ssh_key/ssh_key_routes.h"
#include "features/step_up/step_up_routes.h"
#include "features/totp/totp_routes.h"
#include "features/webhook/webhook_routes.h"

#include <algorithm>
#include <utility>

namespace keystead::app {
namespace {

/// Puts words for the client into memory before a handler opens a transaction whose notices want
/// them.
class WordsFirst final : public http::Router {
public:
    WordsFirst(http::Router& inner, DeviceWords& words) : inner_(inner), words_(words) {}
    void add(http::Route route) override
    {
        if (route.method != http::Method::Get) {
            route.handler = [this,
                             handler = std::move(route.handler)](const http::Request& request) {
                words_.prepare(request.client_description());
                return handler(request);
            };
        }
        inner_.add(std::move(route));
    }

private:
    http::Router& inner_;
    DeviceWords& words_;
};

account::FindAccountFacts account_facts(Features& f)
{
    return [&f](ReadTx& tx, const http::Request& request) -> Result<account::AccountFacts> {
        const AccountId id = request.principal.account;
        KS_TRY(const auto stored, f.passwords.find(tx, id));
        KS_TRY(const auto authenticators, f.totp.list(tx, id));
        KS_TRY(const auto codes, f.backup_codes.status(tx, id));
        account::AccountFacts facts;
        facts.has_password = stored.has_value();
        facts.password_changed_at = stored ? std::optional(stored->changed_at) : std::nullopt;
        facts.totp_count = static_cast<std::uint32_t>(
            std::ranges::count_if(authenticators, [](const auto& one) { return one.confirmed; }));
        facts.backup_codes_remaining = static_cast<std::uint32_t>(codes.remaining);
        facts.session_authenticated_at = request.principal.authenticated_at;
        const Instant fresh_until =
            request.principal.authenticated_at + f.foundation.settings.session.step_up_age;
        if (fresh_until > request.received_at) {
            facts.session_step_up_fresh_until = fresh_until;
        }
        facts.csrf_token =
            f.sessions.csrf_token(request.cookie(session::kSessionCookie).value_or(""));
        // Each page begins with this question, and only a browser asks it with cookies of others.
        f.cookie_neighbours.note(request.foreign_cookies);
        return facts;
    };
}

// A new factor ends the sessions that were made without it (security.md item 23).
totp::RotateSession rotate_session(Features& f)
{
    return [&f](WriteTx& tx, const http::Request& request) -> Result<totp::RotatedSession> {
        const Actor actor = request.actor();
        KS_TRY([[maybe_unused]] const int ended,
               f.sessions.revoke_others(tx, actor, actor.account, actor.session, "factor-changed"));
        KS_TRY([[maybe_unused]] const auto epoch, f.accounts.raise_epoch(tx, actor.account));
        KS_CHECK(f.securing.factor_confirmed(tx, actor));
        KS_TRY(auto established,
               f.sessions.renew(tx, actor, actor.account, actor.session, session::Method::Totp,
                                session::Proof::Strongest));
        return totp::RotatedSession{
            .cookie = {.name = std::string(session::kSessionCookie),
                       .value = std::string(established.token.reveal_text()),
                       .max_age = established.cookie_max_age},
            .csrf_token = std::move(established.csrf_token)};
    };
}

} // namespace

std::function<std::vector<std::string>()> host_pins(const Settings& settings)
{
    return [&settings] {
        std::vector<std::string> pins = settings.host.pins;
        if (!settings.server.tls_certificate.empty()) {
            if (auto pin = certificate_pin(settings.server.tls_certificate)) {
                pins.insert(pins.begin(), *std::move(pin));
            }
        }
        return pins;
    };
}

void add_feature_routes(http::Router& router, Features& f)
{
    Database& db = *f.foundation.database;
    const Settings& settings = f.foundation.settings;
    auto& hasher = *f.resources.hasher;
    auto& gate = f.keep(std::make_unique<SecuringGate>(router, db, f.securing));
    auto& words_first = f.keep(std::make_unique<WordsFirst>(gate, f.device_words));

    const sign_in::RouteParts sign_in_parts{
        db,      f.sign_in,     f.flows,        f.sessions,       f.known_devices,
        hasher,  f.assessments, f.backup_codes, f.client_devices, *f.resources.places,
        settings};
    sign_in::add_routes(words_first, sign_in_parts);
    sign_up::add_routes(words_first, {sign_in_parts, f.sign_up, f.policy});
    step_up::add_routes(words_first,
                        {db, f.step_up, f.sessions, hasher, f.backup_codes, settings.session});
    recovery::add_routes(words_first, {db, f.recovery, f.policy, hasher, f.backup_codes});
    password_change::add_routes(words_first,
                                {db, f.password_change, f.policy, hasher, settings.session});
    incident::add_routes(words_first, db, f.incidents);
    securing::add_routes(words_first, {db, f.securing, f.accounts, f.sessions, f.client_devices,
                                       *f.resources.places, f.foundation.clock, settings.product});
    session::add_routes(words_first, db, f.sessions, f.notices);
    totp::add_routes(words_first, {db, f.totp, f.backup_codes, f.budgets, f.accounts, f.idempotency,
                                   f.foundation.clock, settings.product.name, rotate_session(f)});
    backup_code::add_routes(words_first, {db, f.backup_codes, f.accounts, f.idempotency});
    account::add_routes(words_first, {db, f.accounts, f.account_admin, f.addresses,
                                      f.foundation.clock, account_facts(f)});
    account::add_notice_routes(words_first, db, f.notices);
    account::add_email_routes(words_first, {db, f.email_change, f.addresses});
    account_data::add_routes(words_first, {db, f.exports, f.deletion});
    activity::add_routes(words_first, db, f.audit_log, f.client_devices, *f.resources.places);
    api_token::add_routes(words_first, {db, f.tokens, f.token_usage, f.permissions, f.idempotency,
                                        settings.api_token});
    ssh_key::add_routes(words_first, {db, f.ssh_keys, *f.foundation.keys, f.foundation.random,
                                      settings.ssh_key, settings.server.base_url});
    if (settings.host.at_most > 0) {
        host::add_routes(words_first,
                         {db, f.hosts, f.host_contents, f.host_reports, f.accounts, f.ssh_keys,
                          f.idempotency, *f.resources.places, f.host_permission,
                          settings.server.base_url + settings.server.base_path,
                          host_pins(settings)});
    }
    check_up::add_routes(words_first, db, f.check_ups,
                         settings.server.base_url + settings.server.base_path);
    webhook::add_routes(words_first, {db, f.webhooks, f.idempotency});
    check::add_routes(words_first, {db, f.sessions, f.tokens, f.permissions});
    product_event::add_routes(
        words_first, {db, f.product_events, settings.product_event, settings.server.base_url});
    log_proof::add_routes(words_first, db, f.log_proofs);
    audit_export::add_routes(words_first, {db, f.audit_exports, f.audit_filters, f.sessions});
    audit_search::add_routes(words_first, {db, f.audit_reader, f.audit_search, f.audit_filters,
                                           f.audit_views, f.accounts, *f.foundation.keys,
                                           f.client_devices, *f.resources.places});
}

} // namespace keystead::app
