// The measuring tool of ./bench. Each command prints one JSON object.
//
//   load           requests over many connections, as fast as answered or at a fixed rate
//   hash, sync     the yardsticks: libsodium's Argon2id, and fdatasync
//   seed-sessions  a data folder with very many sessions, and a file with their tokens
//   seed-accounts  accounts that can sign in
//   seed-people    accounts with sessions, tokens, SSH keys and servers, and files with what opens
//   them seed-events    an audit log seed-search    an audit log of two kinds of events in turn,
//   indexed search         the newest events of it by every pair of fields establish      sessions
//   made by the real service, 64 at once, beside no HTTP
//
// The commands that need a database take Keystead's settings from the environment.
#include "test/bench/tool/commands.h"

#include <functional>
#include <iostream>
#include <map>
#include <string>

int main(int argc, char** argv)
{
    using namespace keystead::bench;
    const std::map<std::string, std::function<int(const Arguments&)>> commands{
        {"load", load},
        {"hash", hash},
        {"sync", sync_rate},
        {"seed-sessions", seed_sessions},
        {"seed-accounts", seed_accounts},
        {"seed-people", seed_people},
        {"seed-events", seed_events},
        {"seed-search", seed_search},
        {"search", search},
        {"establish", establish},
    };
    const auto found = argc > 1 ? commands.find(argv[1]) : commands.end();
    if (found == commands.end()) {
        std::cerr << "keystead-bench: no such command\n";
        return 2;
    }
    return found->second(Arguments(argc - 2, argv + 2));
}
