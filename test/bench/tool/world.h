// Keystead without its HTTP server: what seeds a database and calls services directly. Settings
// come from the environment, as the server's own do.
#pragma once

#include "app/features.h"
#include "app/foundation.h"

#include <iostream>
#include <memory>
#include <utility>

namespace keystead::bench {

struct World {
    std::unique_ptr<app::Foundation> foundation;
    std::unique_ptr<app::Features> features;

    Database& database() { return *foundation->database; }
};

/// Ends the process with the words of `error`: a measurement cannot go on.
[[noreturn]] void give_up(const Error& error);

template <class T> T must(Result<T> result)
{
    if (!result) {
        give_up(result.error());
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

World open_world();

/// Makes an account without a password, by the real service.
account::Account make_account(World& world, const std::string& email);

/// Makes a session of that account, by the real service. False: it has too many.
Result<session::Establishment> make_session(World& world, WriteTx& tx,
                                            const account::Account& account);

/// A person's request from a browser, as the audit log sees it.
Actor browser_of(AccountId account);

} // namespace keystead::bench
