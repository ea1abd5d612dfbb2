// http/route_table.cpp
#include "http/route_table.h"

#include "core/result.h"
#include "http/head_gate.h"

#include <algorithm>
#include <utility>

namespace keystead::http {
namespace {

std::uint8_t bit_of(Method method)
{
    return static_cast<std::uint8_t>(1U << std::to_underlying(method));
}

bool is_parameter(std::string_view segment)
{
    return segment.starts_with('{') && segment.ends_with('}');
}

constexpr std::string_view kRestEnd = "...}";

bool is_rest(std::string_view segment)
{
    return segment.starts_with('{') && segment.ends_with(kRestEnd);
}

/// "id" of "{id}", "path" of "{path...}".
std::string_view parameter_name(std::string_view segment)
{
    segment.remove_prefix(1);
    segment.remove_suffix(segment.ends_with(kRestEnd) ? kRestEnd.size() : 1);
    return segment;
}

/// The next segment of `rest`, which begins with '/'; `rest` keeps what follows.
std::string_view take_segment(std::string_view& rest)
{
    rest.remove_prefix(1);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(slash);
    return segment;
}

} // namespace

struct RouteTable::Node {
    std::map<std::string_view, std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest; // what follows, whatever it is
    std::array<const Route*, std::size(kMethodNames)> routes{};
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

void RouteTable::add(Route route)
{
    KS_ASSERT(route.path.starts_with('/') && route.handler != nullptr);
    KS_ASSERT(route.method != Method::Head &&
              route.method != Method::Options); // both are answered for GET's sake
    KS_ASSERT(route.request.kind == Schema::Kind::None || route.body_bytes_max > 0);
    KS_ASSERT(!route.raw_body || route.request.kind == Schema::Kind::None);
    KS_ASSERT(!route.inline_handler ||
              (route.lane == LaneKind::Inline && route.method == Method::Get));
    for (const auto& other : routes_) {
        KS_ASSERT(route.operation.empty() || other->operation != route.operation);
    }
    const auto& stored = routes_.emplace_back(std::make_unique<const Route>(std::move(route)));
    Node* node = root_.get();
    std::size_t parameters = 0;
    for (std::string_view rest = stored->path; !rest.empty();) {
        const std::string_view segment = take_segment(rest);
        if (is_parameter(segment)) {
            ++parameters;
            KS_ASSERT(parameters <= kParametersMax);
            KS_ASSERT(!is_rest(segment) || rest.empty()); // Nothing can stand behind it.
            auto& next = is_rest(segment) ? node->rest : node->parameter;
            if (!next) {
                next = std::make_unique<Node>();
            }
            node = next.get();
        } else {
            auto& next = node->literals[segment];
            if (!next) {
                next = std::make_unique<Node>();
            }
            node = next.get();
        }
    }
    const Route*& place = node->routes[std::to_underlying(stored->method)];
    KS_ASSERT(place == nullptr); // two routes of one method and path
    place = stored.get();
}

RouteTable::Match RouteTable::find(Method method, std::string_view path) const
{
    Match match;
    // No backtracking: where both could match, the literal segment hides the parameter beside it.
    const Node* node = root_.get();
    std::array<std::string_view, kParametersMax> values;
    std::size_t count = 0;
    for (std::string_view rest = path; !rest.empty();) {
        const std::string_view all = rest.substr(1);
        const std::string_view segment = take_segment(rest);
        const auto literal = node->literals.find(segment);
        if (literal != node->literals.end()) {
            node = literal->second.get();
        } else if (node->parameter && !segment.empty()) {
            values[count++] = segment;
            node = node->parameter.get();
        } else if (node->rest && !all.empty()) {
            values[count++] = all;
            node = node->rest.get();
            rest = {};
        } else {
            return match;
        }
    }
    for (const Route* route : node->routes) {
        if (route != nullptr) {
            match.allowed_methods |= bit_of(route->method);
        }
    }
    if (match.allowed_methods == 0) {
        return match;
    }
    match.allowed_methods |= bit_of(Method::Options);
    if ((match.allowed_methods & bit_of(Method::Get)) != 0) {
        match.allowed_methods |= bit_of(Method::Head);
    }
    match.route = node->routes[std::to_underlying(method == Method::Head ? Method::Get : method)];
    if (match.route != nullptr) {
        std::string_view rest = match.route->path;
        while (!rest.empty()) {
            const std::string_view segment = take_segment(rest);
            if (is_parameter(segment)) {
                const std::size_t index = match.parameter_count++;
                match.parameters[index] = {parameter_name(segment), values[index]};
            }
        }
    }
    return match;
}

std::string RouteTable::allow_text(std::uint8_t allowed_methods)
{
    std::string text;
    for (std::uint8_t index = 0; index < std::size(kMethodNames); ++index) {
        if ((allowed_methods & (1U << index)) != 0) {
            text.append(text.empty() ? "" : ", ").append(kMethodNames[index]);
        }
    }
    return text;
}

} // namespace keystead::http
