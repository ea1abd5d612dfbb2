#include "agent/desk_client.h"

#include "agent/desk.h"
#include "agent/wait.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace keystead::agent {
namespace {

Error no_desk(std::string why)
{
    return {ErrorKind::Unavailable, "agent/no-desk", std::move(why)};
}

} // namespace

bool desk_address(const std::string& run_folder, sockaddr_un& address)
{
    const std::string path = run_folder + "/" + kSocketName;
    if (path.size() >= sizeof address.sun_path) {
        return false;
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return true;
}

Result<std::string> ask_desk(const std::string& run_folder, std::string_view line,
                             std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    sockaddr_un address{};
    const Descriptor socket_number(
        ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!desk_address(run_folder, address) ||
        ::connect(socket_number.number(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) != 0) {
        return no_desk("keystead-sshd does not run");
    }
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket_number.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 ||
        who.uid != 0) {
        return no_desk("another program serves the socket");
    }
    const std::string request = std::string(line) + "\n";
    if (::send(socket_number.number(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return no_desk("keystead-sshd does not listen");
    }
    std::string answer;
    std::array<char, 4096> part{};
    while (answer.size() <= kRequestBytesMax && !answer.ends_with('\n')) {
        const ssize_t got = ::recv(socket_number.number(), part.data(), part.size(), 0);
        if (got > 0) {
            answer.append(part.data(), static_cast<std::size_t>(got));
            continue;
        }
        const bool is_early = got < 0 && (errno == EAGAIN || errno == EINTR);
        if (!is_early || !wait_for(socket_number.number(), POLLIN, deadline)) {
            return no_desk("keystead-sshd does not answer");
        }
    }
    return answer;
}

} // namespace keystead::agent
