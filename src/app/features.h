// app/features.h
//
// Every feature, built once, in the order in which they stand on each other. The one place that
// knows them all; what one slice needs of another beyond its service is handed over here as a
// function.
#pragma once

#include "app/authenticator.h"
#include "app/cookie_neighbours.h"
#include "app/credential_ender.h"
#include "app/device_words.h"
#include "app/foundation.h"
#include "app/limit_tally.h"
#include "features/account/account_admin_service.h"
#include "features/account/account_service.h"
#include "features/account/email_change_service.h"
#include "features/account/notices_service.h"
#include "features/account/notification_address_service.h"
#include "features/account_data/deletion_service.h"
#include "features/account_data/export_service.h"
#include "features/api_token/api_token_service.h"
#include "features/api_token/api_token_usage_service.h"
#include "features/attempt_budget/attempt_budget_service.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "features/audit_export/audit_export_service.h"
#include "features/audit_retention/audit_retention_service.h"
#include "features/audit_search/audit_index_service.h"
#include "features/audit_search/audit_search_service.h"
#include "features/audit_search/audit_view_service.h"
#include "features/audit_search/filter_service.h"
#include "features/audit_shipping/audit_shipping_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/check_up/check_up_service.h"
#include "features/client_device/client_device_service.h"
#include "features/factor_reset/factor_reset_service.h"
#include "features/host/host_content_service.h"
#include "features/host/host_report_service.h"
#include "features/host/host_service.h"
#include "features/idempotency/idempotency_service.h"
#include "features/incident/incident_service.h"
#include "features/known_device/known_device_service.h"
#include "features/link/link_service.h"
#include "features/log_proof/checkpoint_sender_job.h"
#include "features/log_proof/log_proof_service.h"
#include "features/notify/outbox_sender.h"
#include "features/notify/outbox_service.h"
#include "features/password/assessment_service.h"
#include "features/password/breach_filter.h"
#include "features/password/password_service.h"
#include "features/password_change/password_change_service.h"
#include "features/permission/permission_service.h"
#include "features/place/place_service.h"
#include "features/product_event/product_event_service.h"
#include "features/recovery/recovery_service.h"
#include "features/securing/securing_service.h"
#include "features/service_client/service_client_service.h"
#include "features/session/session_service.h"
#include "features/sign_in/sign_in_service.h"
#include "features/sign_in_flow/sign_in_flow_service.h"
#include "features/sign_up/sign_up_service.h"
#include "features/ssh_key/ssh_key_service.h"
#include "features/step_up/step_up_service.h"
#include "features/totp/totp_service.h"
#include "features/webhook/delivery_service.h"
#include "features/webhook/event_relay_service.h"
#include "features/webhook/webhook_service.h"
#include "http/route.h"
#include "outgoing/client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace keystead::app {

/// What opening features can fail at, opened before the rest is built.
struct FeatureResources {
    std::unique_ptr<password::BreachFilter> breaches; // or null: the operator gave no list
    std::unique_ptr<password::PasswordHasher> hasher;
    std::unique_ptr<place::PlaceService> places;
    std::unique_ptr<notify::MailTransport> mail;
    std::unique_ptr<const outgoing::Client> outgoing;
};
/// Errors: breach-filter/…, place/no-database, notify/…
Result<FeatureResources> open_feature_resources(Foundation& foundation);

struct FeatureHooks {
    std::function<void()> wake_outbox;                                   // a mail was queued
    std::function<void(MessageId, std::string_view)> mail_not_delivered; // for the log
    std::function<void()> wake_webhooks;                                 // a delivery was queued
    std::function<void(webhook::EndpointId, std::string_view)> webhook_failed; // for the log
};

class Features {
public:
    Features(Foundation& foundation, FeatureResources resources, FeatureHooks hooks);
    Features(const Features&) = delete;
    Features& operator=(const Features&) = delete;

    Foundation& foundation;
    FeatureResources resources;

    audit::AuditService audit_log;
    webhook::LaneBook webhook_lanes;
    webhook::EventRelay audit; // what slices record goes by way of webhooks into the log
    audit::AuditSequencer sequencer;
    log_proof::LogProofService log_proofs;
    log_proof::CheckpointSenderJob checkpoint_sender;
    audit::AuditReader audit_reader;
    audit_search::AuditIndexService audit_index;
    audit_search::AuditSearchService audit_search;
    audit_search::AuditViewService audit_views;
    audit_export::AuditExportService audit_exports;
    audit_retention::AuditRetentionService audit_retention;
    notify::OutboxService outbox;
    notify::OutboxSender outbox_sender;
    client_device::ClientDeviceService client_devices;
    DeviceWords device_words;
    crypto::TokenMint mint;
    link::LinkStore link_store;
    link::LinkService links;
    link::LinkSweep link_sweep;
    account::AccountStore account_store;
    account::AccountService accounts;
    audit_search::FilterService audit_filters;
    account::NoticeStore notice_store;
    account::Notices notices;
    audit_shipping::AuditShippingService audit_shipping;
    password::PasswordPolicy policy;
    password::PasswordService passwords;
    password::AssessmentService assessments;
    attempt_budget::AttemptBudgetService budgets;
    totp::TotpService totp;
    backup_code::BackupCodeService backup_codes;
    session::SessionStore session_store;
    session::SessionService sessions;
    permission::PermissionStore permission_store;
    permission::PermissionService permissions;
    api_token::ApiTokenStore token_store;
    api_token::ApiTokenService tokens;
    api_token::ApiTokenUsageService token_usage;
    ssh_key::SshKeyStore ssh_key_store;
    ssh_key::SshKeyService ssh_keys;
    host::HostStore host_store;
    host::HostRecordStore host_records;
    host::HostContentService host_contents;
    host::HostService hosts;
    host::HostReportService host_reports;
    Permission host_permission = kNoPermission; // with which a token manages servers
    product_event::ProductEventStore product_event_store;
    product_event::ProductEventService product_events;
    idempotency::IdempotencyStore idempotency_store;
    idempotency::IdempotencyService idempotency;
    CredentialEnder credential_ender;
    account::AccountAdminService account_admin;
    account::EmailChangeService email_change;
    account::NotificationAddressService addresses;
    known_device::KnownDeviceStore known_device_store;
    known_device::KnownDeviceService known_devices;
    sign_in_flow::SignInFlowStore flow_store;
    sign_in_flow::SignInFlowService flows;
    service_client::ServiceClientStore client_store;
    service_client::ServiceClientService clients;
    sign_in::SignInService sign_in;
    sign_up::SignUpService sign_up;
    step_up::StepUpService step_up;
    password_change::PasswordChangeService password_change;
    recovery::RecoveryService recovery;
    factor_reset::FactorResetService factor_resets;
    webhook::WebhookService webhooks;
    incident::IncidentService incidents;
    securing::SecuringService securing;
    check_up::CheckUpService check_ups;
    webhook::DeliveryService webhook_deliveries;
    account_data::ExportService exports;
    account_data::DeletionService deletion;
    account_data::ErasureJob erasure;
    FeatureAuthenticator authenticator;
    LimitTally limit_tally;
    CookieNeighbours cookie_neighbours;

    /// Keeps a router that routes refer to.
    http::Router& keep(std::unique_ptr<http::Router> router)
    {
        routers_.push_back(std::move(router));
        return *routers_.back();
    }

    /// What must be read before anything is served. Errors: permission/too-many, those of the
    /// database.
    Result<void> open();
    /// What memory gathered and the database has not seen yet. Once, when the server has stopped.
    Result<void> write_behind();
    /// The time slot on which refusals of credential routes leave: above the dearest hash that is
    /// stored or made here.
    Result<std::chrono::milliseconds> credential_slot();

private:
    std::vector<account_data::DataSource> data_sources();
    std::vector<account_data::Eraser> erasers();
    totp::TellOwner tell_owner();
    Result<void> tell_operators_of_shipping(WriteTx& tx, Instant failing_since);
    api_token::ApiTokenParts token_parts();
    ssh_key::KeyFollower key_follower();
    securing::Parts securing_parts();
    Result<std::vector<securing::Server>> unconfirmed_servers(ReadTx& tx, AccountId account);
    /// Refuses what would add a credential to an account that is being secured.
    std::function<Result<void>(ReadTx&, AccountId)> check_not_being_secured();
    Result<void> export_tokens(ReadTx& tx, AccountId account, JsonWriter& json);
    Result<void> export_ssh_keys(ReadTx& tx, AccountId account, JsonWriter& json);
    /// Since when a server of the account has reported who logged in.
    Result<std::optional<Instant>> servers_since(ReadTx& tx, AccountId account);
    Result<void> export_hosts(ReadTx& tx, AccountId account, JsonWriter& json);
    Result<void> export_host_logins(ReadTx& tx, AccountId account, JsonWriter& json);

    std::vector<std::unique_ptr<http::Router>> routers_;
};

} // namespace keystead::app
