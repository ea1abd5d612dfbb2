#include "features/host/host.h"

#include "crypto/hash.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace keystead::host {

std::string_view created_by_text(CreatedBy by)
{
    switch (by) {
    case CreatedBy::Owner: return "owner";
    case CreatedBy::Product: return "product";
    }
    std::abort(); // No default label: the compiler names the one that someone forgot.
}

std::string_view state_text(State state)
{
    switch (state) {
    case State::Waiting: return "waiting";
    case State::Enrolled: return "enrolled";
    case State::Silent: return "silent";
    case State::Suspended: return "suspended";
    }
    std::abort();
}

State Host::state(Instant now) const
{
    if (suspended_at) {
        return State::Suspended;
    }
    if (!enrolled_at) {
        return State::Waiting;
    }
    const Instant heard_of = std::max(*enrolled_at, seen_at.value_or(*enrolled_at));
    return now - heard_of > kSilentAfter ? State::Silent : State::Enrolled;
}

bool Host::is_opened_by(SshKeyId key, const std::vector<SshKeyId>& chosen) const
{
    return keys == KeyChoice::All || std::ranges::binary_search(chosen, key);
}

Digest user_digest(std::string_view login_user)
{
    return crypto::sha256(as_bytes("login user " + std::string(login_user)));
}

bool is_login_user(std::string_view name)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kLoginUserBytesMax && name.front() != '-' &&
           std::ranges::all_of(name, fits);
}

std::vector<std::string> each_once(std::vector<std::string> users)
{
    std::vector<std::string> once;
    for (std::string& user : users) {
        if (std::ranges::find(once, user) == once.end()) {
            once.push_back(std::move(user));
        }
    }
    return once;
}

std::string join_users(const std::vector<std::string>& users)
{
    std::string text;
    for (const std::string& user : users) {
        text.append(text.empty() ? "" : " ").append(user);
    }
    return text;
}

std::vector<std::string> split_users(std::string_view text)
{
    std::vector<std::string> users;
    while (!text.empty()) {
        const std::size_t space = std::min(text.find(' '), text.size());
        users.emplace_back(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
    return users;
}

} // namespace keystead::host
