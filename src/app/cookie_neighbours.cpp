#include "app/cookie_neighbours.h"

namespace keystead::app {

void CookieNeighbours::note(const std::vector<std::string>& names)
{
    if (names.empty()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names) {
        if (names_.size() < kNamesMax) {
            names_.insert(name.substr(0, kNameBytesMax));
        }
    }
}

std::vector<std::string> CookieNeighbours::names() const
{
    const std::lock_guard lock(mutex_);
    return {names_.begin(), names_.end()};
}

} // namespace keystead::app
