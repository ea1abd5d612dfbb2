// test/support/write_flows.h
//
// Every flow that changes something, as a table: who is there before it, and the request itself. A
// new route or command that writes is added in write_flows.cpp; write_flows_test.cpp fails where
// one is missing. Compiled into the tests of app/ alone.
#pragma once

#include "test/support/peopled_world.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace keystead::test {

struct Flow {
    std::string name; // "POST /v1/…" as the route is declared, "command …" or "job …"
    std::function<Person(PeopledWorld&)> begin;
    std::function<Result<void>(PeopledWorld&, Person&)> run;
    /// Tables that transactions before the last one may have changed, beside those that count
    /// attempts and keep the record.
    std::set<std::string> earlier = {};
};

inline Result<void> outcome_of(const Result<JsonValue>& answer)
{
    return answer ? Result<void>{} : Result<void>{answer.error()};
}
inline Result<void> outcome_of(const Result<std::string>& answer)
{
    return answer ? Result<void>{} : Result<void>{answer.error()};
}

inline Flow route(std::string name, std::function<Person(PeopledWorld&)> begin, std::string path,
                  std::function<std::string(PeopledWorld&, Person&)> body,
                  std::set<std::string> earlier = {})
{
    const auto method = name.substr(0, name.find(' ') + 1);
    auto run = [method, path = std::move(path), body = std::move(body)](PeopledWorld& world,
                                                                        Person& one) {
        std::string line = method + path;
        if (const auto at = line.find("{}"); at != std::string::npos) {
            line.replace(at, 2, one.token);
        }
        return outcome_of(world.call(one.visitor, line, body ? body(world, one) : "{}"));
    };
    return {std::move(name), std::move(begin), std::move(run), std::move(earlier)};
}

inline Flow route(std::string name, std::function<Person(PeopledWorld&)> begin,
                  std::function<std::string(PeopledWorld&, Person&)> body = {},
                  std::set<std::string> earlier = {})
{
    auto path = name.substr(name.find(' ') + 1);
    if (const auto at = path.find("{id}"); at != std::string::npos) {
        path.replace(at, 4, "{}");
    }
    return route(std::move(name), std::move(begin), std::move(path), std::move(body),
                 std::move(earlier));
}

std::vector<Flow> all_write_flows();

} // namespace keystead::test
