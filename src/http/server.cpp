// http/server.cpp
#include "http/server.h"

#include "http/event_loop.h"
#include "http/lane_pool.h"
#include "http/site.h"
#include "http/thread_name.h"
#include "http/thread_scheduling.h"
#include "http/tls.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace keystead::http {
namespace {

std::uint32_t cores()
{
    return std::max(1U, std::thread::hardware_concurrency());
}

std::uint32_t or_cores(std::uint32_t count)
{
    return count == 0 ? cores() : count;
}

LaneOptions credential_lane(const ServerOptions& options)
{
    // Password hashing yields to everything else and keeps half its queue for those who showed that
    // they belong here, so that a storm of sign-ins neither slows checks nor locks people out. Not
    // nice 19: beside other programs that use all cores, nobody would get through within a minute.
    return {.thread_name = "ks-cred",
            .threads = or_cores(options.credential_threads),
            .queue_max = options.credential_queue_max,
            .reserved = options.credential_queue_max / 2,
            .nice = 10};
}

} // namespace

Result<void> check_listen_address(const ServerSettings& settings)
{
    const auto address = IpAddress::parse(settings.listen_address);
    if (!address) {
        return Error{ErrorKind::InvalidInput, "server/bad-address",
                     settings.listen_address + " is not an IP address."};
    }
    if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
        return Error{ErrorKind::InvalidInput, "server/tls-pair",
                     "TLS needs both a certificate and a key."};
    }
    if (settings.tls_certificate.empty() && !settings.behind_tls_proxy && !address->is_loopback()) {
        return Error{ErrorKind::InvalidInput, "server/clear-text",
                     "Clear-text HTTP on " + settings.listen_address +
                         " would send passwords over the network. Set a TLS certificate and key, "
                         "listen on a loopback "
                         "address, or declare the TLS proxy in front (behind_tls_proxy)."};
    }
    return {};
}

struct Server::Impl {
    Impl(ServerOptions options, const ServerParts& parts, BaseUrl base_url,
         std::unique_ptr<AccessLog> log, std::unique_ptr<TlsStore> tls_store)
        : access_log(std::move(log)), tls(std::move(tls_store)), base(std::move(base_url)),
          caps(options.settings.connections_max, options.settings.connections_per_source_max),
          server_options(std::move(options)), server_parts(parts)
    {
    }
    ~Impl() { stop(); }
    Result<void> listen();
    void run();
    void stop();
    void add_metrics();

    // In the order of what stands on what: loops end before lanes, which end before what both use.
    std::unique_ptr<AccessLog> access_log;
    std::unique_ptr<TlsStore> tls;
    BaseUrl base;
    ConnectionCaps caps;
    ServerOptions server_options;
    ServerParts server_parts;
    std::unique_ptr<Site> site;
    std::vector<std::unique_ptr<EventLoop>> loops;
    std::unique_ptr<LanePool> store;
    std::unique_ptr<LanePool> credential;
    std::unique_ptr<LanePool> slow;
    std::vector<std::jthread> threads;
    std::uint16_t port = 0;
    std::uint16_t metrics_port = 0;
};

Result<void> Server::Impl::listen()
{
    const auto& settings = server_options.settings;
    const std::uint32_t count = or_cores(settings.threads);
    server_parts.metrics.prepare_loops(count);
    store = std::make_unique<LanePool>(LaneOptions{.thread_name = "ks-store",
                                                   .threads = settings.store_threads,
                                                   .queue_max = server_options.store_queue_max});
    credential = std::make_unique<LanePool>(credential_lane(server_options));
    slow = std::make_unique<LanePool>(LaneOptions{.thread_name = "ks-slow",
                                                  .threads = server_options.slow_threads,
                                                  .queue_max = server_options.slow_queue_max});
    site = std::make_unique<Site>(server_options, server_parts, base, *access_log);
    const LoopParts parts{*site, {*store, *credential, *slow}, caps, tls.get()};
    if (settings.port != 0) {
        KS_CHECK(EventLoop::check_port_is_free(settings.listen_address, settings.port));
    }
    port = settings.port;
    for (std::uint32_t index = 0; index < count; ++index) {
        auto& loop = loops.emplace_back(
            std::make_unique<EventLoop>(parts, server_parts.metrics.loop(index)));
        KS_TRY(port, loop->listen(settings.listen_address, port,
                                  Surface::Main)); // 0 at first: the others follow
        if (index == 0 && settings.metrics_port != 0) {
            KS_TRY(metrics_port,
                   loop->listen(settings.metrics_address, settings.metrics_port, Surface::Metrics));
        }
    }
    site->hosts = HostPolicy(base, port); // The loops do not run yet.
    return {};
}

void Server::Impl::run()
{
    for (std::size_t index = 0; index < loops.size(); ++index) {
        threads.emplace_back([loop = loops[index].get(), index] {
            name_this_thread("ks-loop-" + std::to_string(index));
            be_prompt();
            loop->run();
        });
    }
}

void Server::Impl::add_metrics()
{
    auto& metrics = server_parts.metrics;
    const auto add_lane = [&](const std::string& name, const LanePool& lane) {
        metrics.add_gauge("keystead_lane_" + name + "_waiting",
                          "Jobs waiting in the " + name + " lane.",
                          [&lane] { return static_cast<double>(lane.waiting()); });
        metrics.add_counter("keystead_lane_" + name + "_refused_total",
                            "Requests that found the " + name + " lane full.",
                            [&lane] { return static_cast<double>(lane.refused()); });
    };
    add_lane("store", *store);
    add_lane("credential", *credential);
    add_lane("slow", *slow);
    metrics.add_counter(
        "keystead_access_log_dropped_bytes_total", "Access log that could not be written.",
        [log = access_log.get()] { return static_cast<double>(log->dropped_bytes()); });
}

void Server::Impl::stop()
{
    for (auto& loop : loops) {
        loop->stop();
    }
    threads.clear(); // joins
    store.reset();
    credential.reset();
    slow.reset();
    loops.clear();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, const ServerParts& parts)
{
    KS_CHECK(check_listen_address(options.settings));
    auto base = BaseUrl::parse(options.settings.base_url);
    if (!base) {
        return Error{ErrorKind::InvalidInput, "server/bad-address",
                     options.settings.base_url + " is not a base URL."};
    }
    std::unique_ptr<TlsStore> tls;
    if (!options.settings.tls_certificate.empty()) {
        KS_TRY(tls, TlsStore::open(options.settings.tls_certificate, options.settings.tls_key));
    }
    KS_TRY(auto log, AccessLog::open(options.settings.access_log));
    auto impl = std::make_unique<Impl>(std::move(options), parts, *std::move(base), std::move(log),
                                       std::move(tls));
    KS_CHECK(impl->listen());
    impl->add_metrics();
    impl->run();
    return std::make_unique<Server>(std::move(impl));
}

std::uint16_t Server::port() const
{
    return impl_->port;
}

std::uint16_t Server::metrics_port() const
{
    return impl_->metrics_port;
}

void Server::set_credential_slot(std::chrono::milliseconds slot)
{
    impl_->site->credential_slot_millis.store(slot.count(), std::memory_order_relaxed);
}

Result<void> Server::reload_tls()
{
    if (!impl_->tls) {
        return {};
    }
    return impl_->tls->reload();
}

bool Server::drain()
{
    impl_->site->draining = true;
    for (auto& loop : impl_->loops) {
        loop->drain();
    }
    return impl_->caps.wait_until_none(impl_->server_options.settings.drain_timeout);
}

bool Server::is_draining() const
{
    return impl_->site->draining;
}

void Server::reopen_access_log()
{
    impl_->access_log->reopen();
}

} // namespace keystead::http
