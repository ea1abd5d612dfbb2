// app/cookie_neighbours.h
//
// Cookies of other applications that browsers send to the account's pages: one that sets them for
// this host, or for its parent domain, can be reached by what is on these pages, and the other way
// round (ASVS V3.5.4). Names alone are kept, in memory, and `doctor` tells them.
#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace keystead::app {

class CookieNeighbours {
public:
    static constexpr std::size_t kNamesMax = 16;
    static constexpr std::size_t kNameBytesMax = 64; // longer ones are cut

    /// Those of a request by a session, which the server has found valid: what strangers make up is
    /// not noted. Any thread.
    void note(const std::vector<std::string>& names);
    /// In order.
    std::vector<std::string> names() const;

private:
    mutable std::mutex mutex_; // guards what follows
    std::set<std::string> names_;
};

} // namespace keystead::app
