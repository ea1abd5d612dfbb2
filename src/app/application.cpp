#include "app/application.h"

#include "app/background.h"
#include "app/commands.h"
#include "app/dev_mail.h"
#include "app/routes.h"
#include "app/set_back.h"
#include "app/site_routes.h"
#include "core/json.h"
#include "crypto/hash.h"
#include "features/sign_in/sign_in_routes.h"
#include "http/openapi.h"
#include "http/system_routes.h"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace keystead::app {
namespace {

// Above two hashes at once of the dearest cost on all but the slowest machines.
constexpr std::chrono::seconds kSlotUntilMeasured{2};

/// For `openapi`: routes are declared and none is called.
class NoDatabase final : public Database {
public:
    Engine engine() const override { return Engine::Sqlite; }
    Result<void> health() override { return absent(); }
    bool may_answer_from_memory() const override { return false; }
    void set_before_commit(std::function<Result<void>(WriteTx&)>) override {}
    Result<void> maintain(Maintenance) override { return absent(); }

private:
    static Error absent()
    {
        return Error{ErrorKind::Unavailable, "storage/unavailable", "There is no database here."};
    }
    Result<void> run_read(function_ref<Result<void>(ReadTx&)>) override { return absent(); }
    Result<void> run_write(function_ref<Result<void>(WriteTx&)>) override { return absent(); }
    Result<void> run_write_essential(function_ref<Result<void>(WriteTx&)>) override
    {
        return absent();
    }
    Result<void> run_upkeep(function_ref<Result<void>(UpkeepTx&)>) override { return absent(); }
};

/// A number for whom a place is kept; never 0.
std::uint64_t place_number(ByteView whose)
{
    const Digest digest = crypto::sha256(whose);
    std::uint64_t number = 0;
    std::memcpy(&number, digest.data(), sizeof number);
    return number | 1U;
}

/// Password places are kept for those whom a storm of strangers must not shut out: the device that
/// signed in before to the account it now names, and the ways that only an owner walks.
std::optional<std::uint64_t> reserved_place_of(const Features& features,
                                               const http::Request& request, std::string_view body)
{
    if (!request.principal.account.is_nil()) {
        return place_number(request.principal.account.bytes());
    }
    if (request.path == "/v1/recovery/confirm") {
        return place_number(
            std::as_bytes(std::span(request.client_address.source_prefix().bytes())));
    }
    const auto cookie = request.cookie(sign_in::kDeviceCookie);
    if (request.path != "/v1/sign-in" || !cookie || !features.known_devices.parse(*cookie).digest) {
        return std::nullopt;
    }
    const auto parsed = parse_json(body);
    const JsonValue* const typed = parsed ? parsed->find("email") : nullptr;
    if (typed == nullptr || typed->kind() != JsonValue::Kind::String) {
        return std::nullopt;
    }
    const auto email = account::EmailAddress::parse(typed->string());
    if (!email || !features.known_devices.is_bound_to(*cookie, email->text())) {
        return std::nullopt;
    }
    return place_number(as_bytes(email->text()));
}

} // namespace

Application::Application(Foundation& foundation, Log& log, FeatureResources resources)
    : foundation_(foundation), log_(log), jobs_(foundation.clock, log),
      features_(foundation, std::move(resources),
                {.wake_outbox = [this] { jobs_.wake(kOutboxJob); },
                 .mail_not_delivered =
                     [this](MessageId message, std::string_view cause) {
                         log_.write(LogLevel::Warning, "mail not delivered",
                                    {{"message", message.text()}, {"cause", cause}});
                     },
                 .wake_webhooks =
                     [this] {
                         for (std::uint32_t n = 1; n <= foundation_.settings.webhook.threads; ++n) {
                             jobs_.wake(webhook_job(n));
                         }
                     },
                 .webhook_failed =
                     [this](webhook::EndpointId endpoint, std::string_view cause) {
                         log_.write(LogLevel::Warning, "webhook not delivered",
                                    {{"endpoint", endpoint.text()}, {"cause", cause}});
                     }}),
      assets_(embedded_files())
{
    const Settings& settings = foundation_.settings;
    add_problem_words(catalogue_);
    add_feature_routes(routes_, features_);
    add_site_routes(routes_, foundation_);
    if (settings.shows_mail()) {
        add_dev_mail_routes(routes_, settings.storage.data_folder + "/mail",
                            settings.server.base_url + settings.server.base_path);
    }
    http::add_system_routes(
        routes_, catalogue_,
        {.openapi = {.title = settings.product.name, .base_path = settings.server.base_path},
         .is_ready = [this] { return is_ready(); }});
    add_commands(commands_, features_);
}

Application::~Application()
{
    stop();
}

Result<std::unique_ptr<Application>> Application::make(Foundation& foundation, Log& log)
{
    KS_TRY(auto resources, open_feature_resources(foundation));
    return std::make_unique<Application>(foundation, log, std::move(resources));
}

http::ServerOptions Application::server_options()
{
    const Settings& settings = foundation_.settings;
    http::ServerOptions options{.settings = settings.server, .limits = settings.limits};
    options.credential_threads = settings.password.hash_threads;
    options.credential_queue_max = settings.password.hash_queue_max;
    options.reserved_place_of = [this](const http::Request& request, std::string_view body) {
        return reserved_place_of(features_, request, body);
    };
    options.page =
        make_page_hook(std::string(index_document(embedded_files())), settings.server.base_path);
    options.on_refused = [this](const Error& error, const IpAddress& client) {
        if (error.kind == ErrorKind::RateLimited) {
            features_.limit_tally.note(LimitTally::Refusal::Limit, client);
        } else if (error.code == link::invalid_link().code) {
            features_.limit_tally.note(LimitTally::Refusal::Link, client);
        }
    };
    options.on_error = [this](const Error& error, const RequestId& request) {
        log_.error("request failed", error, request);
    };
    return options;
}

Result<void> Application::start(RollbackPolicy rollback)
{
    KS_CHECK(features_.open());
    KS_CHECK(begin_log(features_, rollback));
    auto options = server_options();
    options.credential_slot = kSlotUntilMeasured;
    add_gauges(metrics_, features_);
    jobs_.start(background_jobs(features_, [this](std::string_view job) { jobs_.wake(job); }));
    const http::ServerParts parts{.routes = routes_,
                                  .catalogue = catalogue_,
                                  .authenticator = features_.authenticator,
                                  .clock = foundation_.clock,
                                  .random = foundation_.random,
                                  .metrics = metrics_,
                                  .assets = &assets_};
    KS_TRY(server_, http::Server::start(std::move(options), parts));
    measuring_ = std::jthread([this] { measure_credential_slot(); });
    serving_ = true;
    return {};
}

// Some hashes long: checks are answered meanwhile, and refusals leave on a slot that is too long
// rather than too short.
void Application::measure_credential_slot()
{
    const auto slot = features_.credential_slot();
    if (slot) {
        server_->set_credential_slot(*slot);
    } else {
        log_.error("the time of a password hash was not measured", slot.error());
    }
}

// Anyone may ask, without a limit: the database is asked once a second at most, by one of them.
bool Application::is_ready()
{
    constexpr std::chrono::microseconds kInterval = std::chrono::seconds{1};
    const std::int64_t now = foundation_.clock.since_boot().count();
    std::int64_t due = health_due_;
    if (now >= due && health_due_.compare_exchange_strong(due, now + kInterval.count())) {
        is_healthy_ = foundation_.database->health().has_value();
    }
    return serving_ && is_healthy_;
}

bool Application::stop()
{
    serving_ = false;
    const bool all_finished = server_ == nullptr || server_->drain();
    const bool has_served = server_ != nullptr;
    if (measuring_.joinable()) {
        measuring_.join();
    }
    server_.reset();
    features_.webhook_deliveries.stop();
    features_.audit_shipping.stop();
    jobs_.stop(); // Also where HTTP never started: what they use is destroyed before they are.
    if (has_served) {
        if (const auto written = features_.write_behind(); !written) {
            log_.error("last activity was not written", written.error());
        }
        number_the_rest();
        send_last_checkpoint();
        if (const auto remembered = remember_time(features_); !remembered) {
            log_.error("the time was not remembered", remembered.error());
        }
    }
    return all_finished;
}

/// With SQLite nothing ever waits for its number. No checkpoint speaks of what has none.
void Application::number_the_rest()
{
    if (foundation_.database->engine() != Database::Engine::Postgres) {
        return;
    }
    if (const auto numbered = features_.sequencer.run_once(foundation_.clock.now()); !numbered) {
        log_.error("the last events were not numbered", numbered.error());
    }
}

/// What was recorded since the job's last run is in a checkpoint elsewhere before the process ends.
void Application::send_last_checkpoint()
{
    if (!features_.checkpoint_sender.has_places()) {
        return;
    }
    if (const auto sent = features_.checkpoint_sender.run_once(foundation_.clock.now()); !sent) {
        log_.error("the last checkpoint was not sent away", sent.error());
    }
}

void Application::reload()
{
    server_->reopen_access_log();
    if (foundation_.settings.server.tls_certificate.empty()) {
        return;
    }
    if (const auto reloaded = server_->reload_tls(); !reloaded) {
        log_.error("the new certificate was refused; the old one stays", reloaded.error());
    } else {
        log_.write(LogLevel::Info, "certificate read again");
    }
}

Result<std::string> openapi_of_this_build(const Settings& settings)
{
    Foundation foundation;
    foundation.settings = settings;
    foundation.settings.password.breach_filter.clear();
    foundation.settings.storage.data_folder = "/tmp"; // nothing stays there
    foundation.database = std::make_unique<NoDatabase>();
    foundation.keys = std::make_unique<crypto::RootKeyRing>(crypto::make_key(foundation.random),
                                                            foundation.random);
    Log log(foundation.clock);
    KS_TRY(const auto application, Application::make(foundation, log));
    return http::openapi_document(application->routes(), {.title = settings.product.name,
                                                          .base_path = settings.server.base_path});
}

} // namespace keystead::app
