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

std::vector<Flow> all_write_flows();

} // namespace keystead::test
