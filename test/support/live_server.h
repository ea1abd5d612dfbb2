// test/support/live_server.h
//
// For tests: a server on an ephemeral port of the loopback with routes of every kind, and a client
// that sends exactly the bytes it is given.
#pragma once

#include "http/server.h"
#include "http/system_routes.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <string_view>

namespace keystead::test {

using namespace http; // only tests include this

/// Knows the session "ks_ses_known" (cached), "ks_ses_stored" (after load()), "ks_ses_old" (no
/// step-up), the flow "ks_flw_known" and the client "ks_svc_known". The anti-forgery token is
/// "right".
class FakeAuthenticator final : public Authenticator {
public:
    explicit FakeAuthenticator(const Clock& clock) : clock_(clock) {}
    std::optional<Principal> find_cached(const Credentials& credentials) override;
    Result<Principal> load(const Credentials& credentials) override;
    bool csrf_matches(const Credentials&, std::string_view token) override
    {
        return token == "right";
    }
    std::atomic<int> loads{0};

private:
    Principal session() const;
    const Clock& clock_;
};

/// A connection that reads and writes raw bytes; every wait ends after a few seconds.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    /// False when the server has closed.
    bool send(std::string_view bytes);
    /// One answer, by its Content-Length; empty when the server closed first.
    std::string read_answer(bool has_body = true);
    /// Everything until the server closes; "(timeout)" at the end when it does not.
    std::string read_all();
    void hang_up();

private:
    bool fill();
    int socket_;
    std::string waiting_;
};

struct LiveServer {
    /// `change` may alter the options before the start.
    explicit LiveServer(const std::function<void(ServerOptions&)>& change = {});
    ~LiveServer();

    std::uint16_t port() const { return server->port(); }
    /// "METHOD path" with Host and `fields` (each ending in CRLF) and a body with its length.
    std::string request(std::string_view line, std::string_view fields = {},
                        std::string_view body = {}) const;
    /// Sends a request on a connection of its own, with Connection: close, and returns the answer.
    std::string answer(std::string_view line, std::string_view fields = {},
                       std::string_view body = {}) const;

    FakeClock clock;
    SeededRandom random;
    FakeAuthenticator authenticator{clock};
    ProblemCatalogue catalogue;
    RouteTable routes;
    Metrics metrics;
    std::latch gate{1};           // handlers of /v1/wait and /v1/hash wait for it
    std::atomic<int> waiting{0};  // handlers that do
    std::atomic<int> finished{0}; // handlers that did
    std::atomic<int> pieces{0};   // that sources of /v1/stream/{count} have made
    std::unique_ptr<StaticAssets> assets;
    std::unique_ptr<Server> server;

private:
    void add_routes();
};

int status_of_answer(std::string_view answer);
/// The value of a field of an answer's head; empty when absent.
std::string field_of(std::string_view answer, std::string_view name);
std::string body_of(std::string_view answer);
/// Waits, a few seconds at most, until `condition` holds.
bool eventually(const std::function<bool()>& condition);

} // namespace keystead::test
