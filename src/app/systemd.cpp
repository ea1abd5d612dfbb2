#include "app/systemd.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace keystead::app {

std::string_view environment_value(const Environment& environment, std::string_view name)
{
    const auto found =
        std::ranges::find(environment, name, &std::pair<std::string, std::string>::first);
    return found == environment.end() ? std::string_view{} : found->second;
}

ServiceManager::ServiceManager(const Environment& environment)
    : socket_path_(environment_value(environment, "NOTIFY_SOCKET"))
{
    const std::string_view limit = environment_value(environment, "WATCHDOG_USEC");
    std::int64_t micros = 0;
    std::from_chars(limit.data(), limit.data() + limit.size(), micros);
    watchdog_interval_ = std::chrono::microseconds{std::max<std::int64_t>(micros, 0) /
                                                   2}; // as sd_watchdog_enabled(3) advises
}

void ServiceManager::tell(std::string_view state) const
{
    sockaddr_un address{};
    if (socket_path_.empty() || socket_path_.size() >= sizeof address.sun_path) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0'; // the abstract name space
    }
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
    const int socket_number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_number >= 0) {
        (void)sendto(socket_number, state.data(), state.size(), MSG_NOSIGNAL,
                     reinterpret_cast<const sockaddr*>(&address), length);
        close(socket_number);
    }
}

} // namespace keystead::app
