// app/routes.h
//
// Every route there is: one exists because add_feature_routes() names its slice.
#pragma once

#include "app/features.h"
#include "http/problem.h"
#include "http/route.h"

#include <functional>
#include <string>
#include <vector>

namespace keystead::app {

void add_feature_routes(http::Router& router, Features& features);
/// What servers are to trust: of the settings, and of the certificate that is served now.
std::function<std::vector<std::string>()> host_pins(const Settings& settings);
/// The words for every code that a feature may answer (/problems/{code}).
void add_problem_words(http::ProblemCatalogue& catalogue);

} // namespace keystead::app
