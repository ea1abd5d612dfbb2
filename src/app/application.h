// app/application.h
//
// Everything that runs, built once on a Foundation: features, routes, commands, jobs, HTTP server.
// Used by `serve`, by commands without a server (which start neither jobs nor HTTP), and by
// `openapi`.
#pragma once

#include "app/command_table.h"
#include "app/embedded_assets.h"
#include "app/features.h"
#include "app/foundation.h"
#include "app/jobs.h"
#include "app/log.h"
#include "app/log_start.h"
#include "core/result.h"
#include "http/metrics.h"
#include "http/problem.h"
#include "http/route_table.h"
#include "http/server.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace keystead::app {

class Application {
public:
    /// `foundation` and `log` outlive it. Errors: those of open_feature_resources().
    static Result<std::unique_ptr<Application>> make(Foundation& foundation, Log& log);
    Application(Foundation& foundation, Log& log,
                FeatureResources resources); // make() alone calls it
    ~Application();
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    const CommandTable& commands() const { return commands_; }
    const http::RouteTable& routes() const { return routes_; }
    Features& features() { return features_; }
    /// Begins the log (log_start.h), starts jobs, then HTTP. Errors: those of begin_log() and of
    /// http::Server::start().
    Result<void> start(RollbackPolicy rollback);
    /// Lets requests in hand finish, then ends HTTP and jobs. True: all requests finished in time.
    bool stop();
    /// SIGHUP: certificate and access log anew.
    void reload();
    std::uint16_t port() const { return server_->port(); }

private:
    http::ServerOptions server_options();
    bool is_ready();
    void number_the_rest();
    void send_last_checkpoint();
    void measure_credential_slot();

    Foundation& foundation_;
    Log& log_;
    JobRunner jobs_;
    Features features_;
    http::ProblemCatalogue catalogue_;
    http::RouteTable routes_;
    http::Metrics metrics_;
    EmbeddedAssets assets_;
    CommandTable commands_;
    std::atomic<bool> serving_ = false;   // asked by requests, which come before start() has ended
    std::atomic<bool> is_healthy_ = true; // as the database last said
    std::atomic<std::int64_t> health_due_ = 0; // when it is asked again, microseconds since boot
    std::unique_ptr<http::Server> server_;     // it stands on all the above
    std::jthread measuring_;                   // last: uses the server
};

/// The OpenAPI document of this build with these settings; needs no data and makes none.
Result<std::string> openapi_of_this_build(const Settings& settings);

} // namespace keystead::app
