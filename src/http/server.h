// http/server.h
//
// The HTTP/1.1 server: event loops (one a core, SO_REUSEPORT), TLS, limits, lanes, access log,
// metrics listener. Knows no feature: routes, identities, pages and time are handed in. Nothing of
// Asio shows here.
//
// Threads: `ks-loop-N` (event loops), `ks-store-N`, `ks-cred-N` (nice 10), `ks-slow-N`,
// `ks-accesslog`.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "core/settings.h"
#include "http/metrics.h"
#include "http/principal.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/route_table.h"
#include "http/static_assets.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace keystead::http {

struct ServerOptions {
    ServerSettings settings;
    LimitSettings limits;
    std::uint32_t credential_threads = 0; // 0: as many as cores
    std::uint32_t credential_queue_max = 64;
    std::uint32_t store_queue_max = 1024;
    std::uint32_t slow_threads = 2;
    std::uint32_t slow_queue_max = 64;
    std::chrono::milliseconds credential_slot{500}; // until set_credential_slot()
    /// Half the places in the credential queue are for known devices, step-up and recovery: whose
    /// such a place would be (any number but 0), or nothing. Each has few of them (lane_pool.h). It
    /// sees the body unparsed; it must not block.
    std::function<std::optional<std::uint64_t>(const Request&, std::string_view body)>
        reserved_place_of = {};
    PageHook page = {};
    /// Told once of each error with a cause or of kind Internal, with the request it answers. Any
    /// thread.
    std::function<void(const Error&, const RequestId&)> on_error = {};
    /// Told of each refusal, by whomever, with the client's address. Any thread; must not block.
    std::function<void(const Error&, const IpAddress&)> on_refused = {};
};

/// What the server stands on; all outlive it.
struct ServerParts {
    const RouteTable& routes;
    const ProblemCatalogue& catalogue;
    Authenticator& authenticator;
    const Clock& clock;
    Random& random;
    Metrics& metrics;
    const StaticAssets* assets = nullptr;
};

/// Clear text leaves a machine only through a declared TLS proxy. Errors: server/clear-text
/// (InvalidInput) when the listening address is not loopback and neither TLS nor `behind_tls_proxy`
/// is set; server/bad-address; server/tls-pair.
Result<void> check_listen_address(const ServerSettings& settings);

class Server {
public:
    /// Binds, starts all threads and serves. Errors: those of check_listen_address(), server/tls
    /// (certificate or key unreadable or not a pair), server/bind (address taken),
    /// server/access-log.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, const ServerParts& parts);
    ~Server(); // Stops at once; call drain() before.
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;
    std::uint16_t metrics_port() const; // 0: none
    /// Length of the time slot on which refusals of credential routes leave; any thread.
    void set_credential_slot(std::chrono::milliseconds slot);
    /// Reads certificate and key again; new connections get the new pair. On an error the old pair
    /// stays.
    Result<void> reload_tls();
    /// Stops accepting, lets requests in hand finish, closes idle connections; returns when all are
    /// gone or the drain timeout has passed. True: all finished.
    bool drain();
    bool is_draining() const;
    /// Opens the access log's file again, after it was moved away.
    void reopen_access_log();

    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl); // start() alone calls it

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace keystead::http
