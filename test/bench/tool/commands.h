// The commands of the measuring tool (main.cpp says what each is for).
#pragma once

#include "test/bench/tool/arguments.h"

namespace keystead::bench {

int load(const Arguments& arguments);
int hash(const Arguments& arguments);
int sync_rate(const Arguments& arguments);
int seed_sessions(const Arguments& arguments);
int seed_accounts(const Arguments& arguments);
int seed_people(const Arguments& arguments);
int seed_events(const Arguments& arguments);
int seed_search(const Arguments& arguments);
int search(const Arguments& arguments);
int establish(const Arguments& arguments);

} // namespace keystead::bench
