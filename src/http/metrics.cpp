// http/metrics.cpp
#include "http/metrics.h"

#include <charconv>

namespace keystead::http {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed; // Counters order nothing.

/// Each counter has one writer, its loop: a load and a store need no locked instruction.
template <class T> void add(std::atomic<T>& counter, T amount)
{
    counter.store(counter.load(kRelaxed) + amount, kRelaxed);
}

void append_number(std::string& out, double value)
{
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), end);
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value)
{
    out.append(name).append(labels).append(" ");
    append_number(out, value);
    out += '\n';
}

void append_family(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help)
{
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    out.append("# HELP ").append(name).append(" ").append(help).append("\n");
}

} // namespace

void LoopCounters::count_request(int status, std::chrono::microseconds latency_of_it)
{
    add<std::uint64_t>(
        requests_by_class[static_cast<std::size_t>(status / 100) % requests_by_class.size()], 1);
    std::size_t bucket = 0;
    while (bucket < kLatencyBoundsMicros.size() &&
           latency_of_it.count() > kLatencyBoundsMicros[bucket]) {
        ++bucket;
    }
    add<std::uint64_t>(latency[bucket], 1);
    add<std::uint64_t>(latency_sum_micros, static_cast<std::uint64_t>(latency_of_it.count()));
}

void Metrics::add_gauge(std::string name, std::string help, std::function<double()> read)
{
    const std::scoped_lock lock(mutex_);
    sources_.push_back({std::move(name), std::move(help), false, std::move(read)});
}

void Metrics::add_counter(std::string name, std::string help, std::function<double()> read)
{
    const std::scoped_lock lock(mutex_);
    sources_.push_back({std::move(name), std::move(help), true, std::move(read)});
}

void Metrics::prepare_loops(std::size_t count)
{
    loops_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        loops_.push_back(std::make_unique<LoopCounters>());
    }
}

void Metrics::append_server_metrics(std::string& out) const
{
    const auto sum = [this](auto member) {
        double total = 0;
        for (const auto& loop : loops_) {
            total += static_cast<double>(((*loop).*member).load(kRelaxed));
        }
        return total;
    };
    append_family(out, "keystead_http_requests", "counter",
                  "Requests answered, by class of status.");
    for (std::size_t index = 1; index < 6; ++index) {
        double total = 0;
        for (const auto& loop : loops_) {
            total += static_cast<double>(loop->requests_by_class[index].load(kRelaxed));
        }
        append_sample(out, "keystead_http_requests_total",
                      "{class=\"" + std::to_string(index) + "xx\"}", total);
    }
    append_family(out, "keystead_http_request_seconds", "histogram",
                  "From a complete head to its answer.");
    double cumulated = 0;
    for (std::size_t bucket = 0; bucket <= kLatencyBoundsMicros.size(); ++bucket) {
        for (const auto& loop : loops_) {
            cumulated += static_cast<double>(loop->latency[bucket].load(kRelaxed));
        }
        std::string label = "{le=\"";
        if (bucket < kLatencyBoundsMicros.size()) {
            append_number(label, static_cast<double>(kLatencyBoundsMicros[bucket]) / 1e6);
        } else {
            label += "+Inf";
        }
        append_sample(out, "keystead_http_request_seconds_bucket", label + "\"}", cumulated);
    }
    append_sample(out, "keystead_http_request_seconds_count", "", cumulated);
    append_sample(out, "keystead_http_request_seconds_sum", "",
                  sum(&LoopCounters::latency_sum_micros) / 1e6);
    const auto counter = [&](std::string_view name, std::string_view help, auto member) {
        append_family(out, name, "counter", help);
        append_sample(out, std::string(name) + "_total", "", sum(member));
    };
    counter("keystead_http_connections_accepted", "Connections accepted.",
            &LoopCounters::connections_accepted);
    counter("keystead_http_connections_refused", "Connections over a cap.",
            &LoopCounters::connections_refused);
    counter("keystead_http_connections_cut", "Connections cut for being too slow.",
            &LoopCounters::connections_cut);
    counter("keystead_http_heads_refused", "Heads that the gate refused.",
            &LoopCounters::heads_refused);
    append_family(out, "keystead_http_connections", "gauge", "Connections open.");
    append_sample(out, "keystead_http_connections", "", sum(&LoopCounters::connections_open));
}

std::string Metrics::text() const
{
    std::string out;
    append_server_metrics(out);
    const std::scoped_lock lock(mutex_);
    for (const auto& source : sources_) {
        // OpenMetrics: a counter's family has no "_total", its sample has.
        std::string_view family = source.name;
        if (source.is_counter && family.ends_with("_total")) {
            family.remove_suffix(std::string_view("_total").size());
        }
        append_family(out, family, source.is_counter ? "counter" : "gauge", source.help);
        append_sample(out, source.is_counter ? std::string(family) + "_total" : std::string(family),
                      "", source.read());
    }
    out += "# EOF\n";
    return out;
}

} // namespace keystead::http
