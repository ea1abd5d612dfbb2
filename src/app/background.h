// app/background.h
//
// The jobs there are, and what the metrics say about them. Each is listed in ARCHITECTURE.md.
#pragma once

#include "app/features.h"
#include "app/jobs.h"
#include "http/metrics.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

inline constexpr std::string_view kOutboxJob = "outbox";
/// "hook-1", "hook-2", …: as many as webhook.threads says.
std::string webhook_job(std::uint32_t number);

using Wake = std::function<void(std::string_view)>;
/// `features` outlives the jobs. `wake` lets one run soon.
std::vector<Job> background_jobs(Features& features, const Wake& wake);
void add_gauges(http::Metrics& metrics, Features& features);

} // namespace keystead::app
