// http/route_table.h
//
// All routes and the look-up from method and path to one of them. Filled at start, read by every
// thread afterwards. Segments match exactly; `{name}` matches one whole segment, `{name...}` as the
// last one all that is left, slashes included. A literal segment wins over a parameter, and that
// over a rest.
#pragma once

#include "http/method.h"
#include "http/route.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::http {

class RouteTable final : public Router {
public:
    RouteTable();
    ~RouteTable() override;
    RouteTable(RouteTable&&) noexcept;
    RouteTable& operator=(RouteTable&&) noexcept;

    /// Breaks an invariant when method and path are taken, an operation name is used twice, or the
    /// declaration contradicts itself (a body schema without a body limit, an inline handler on
    /// another lane).
    void add(Route route) override;

    /// Every route in the order added, for the OpenAPI document and for the access test.
    const std::vector<std::unique_ptr<const Route>>& routes() const { return routes_; }

    static constexpr std::size_t kParametersMax = 4;
    struct Match {
        const Route* route = nullptr; // null: none
        std::array<std::pair<std::string_view, std::string_view>, kParametersMax>
            parameters; // views into route and path
        std::size_t parameter_count = 0;
        std::uint8_t allowed_methods =
            0; // a bit a Method, when the path exists: for 405 and OPTIONS
    };
    /// `path` is canonical (head_gate.h) and without base path and query. HEAD finds the GET route.
    Match find(Method method, std::string_view path) const;
    /// "GET, HEAD, POST" for an Allow field.
    static std::string allow_text(std::uint8_t allowed_methods);

private:
    struct Node;
    std::vector<std::unique_ptr<const Route>> routes_;
    std::unique_ptr<Node> root_;
};

} // namespace keystead::http
