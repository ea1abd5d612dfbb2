// app/background.h
//
// The jobs there are, and what the metrics say about them. Each is listed in ARCHITECTURE.md.
#pragma once

#include "app/features.h"
#include "app/jobs.h"
#include "http/metrics.h"

#include <string_view>
#include <vector>

namespace keystead::app {

inline constexpr std::string_view kOutboxJob = "outbox";

/// `features` outlives the jobs.
std::vector<Job> background_jobs(Features& features);
void add_gauges(http::Metrics& metrics, Features& features);

} // namespace keystead::app
