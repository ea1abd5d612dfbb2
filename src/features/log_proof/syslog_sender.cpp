#include "features/log_proof/syslog_sender.h"

#include "core/encoding.h"
#include "core/json.h"
#include "storage/database.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace keystead::log_proof {
namespace {

constexpr int kWaitMs = 2000;

class Socket {
public:
    Socket(int family, int type) : number_(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket()
    {
        if (number_ >= 0) {
            close(number_);
        }
    }
    bool connect_to(const sockaddr* address, socklen_t size)
    {
        if (number_ < 0) {
            return false;
        }
        if (connect(number_, address, size) == 0) {
            return true;
        }
        if (errno != EINPROGRESS || !wait_until_writable()) {
            return false;
        }
        int outcome = 0;
        socklen_t outcome_size = sizeof outcome;
        return getsockopt(number_, SOL_SOCKET, SO_ERROR, &outcome, &outcome_size) == 0 &&
               outcome == 0;
    }
    bool send_all(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t sent = send(number_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                text.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno != EINTR && (errno != EAGAIN || !wait_until_writable())) {
                return false;
            }
        }
        return true;
    }

private:
    bool wait_until_writable() const
    {
        pollfd waiting{.fd = number_, .events = POLLOUT, .revents = 0};
        return poll(&waiting, 1, kWaitMs) == 1 && (waiting.revents & POLLOUT) != 0;
    }
    int number_;
};

Error unreachable(const SyslogTarget& target)
{
    return {ErrorKind::Unavailable, "audit/syslog-unreachable",
            "The syslog server " + target.host + " cannot be reached.", std::strerror(errno)};
}

Result<void> send_local(const SyslogTarget& target, const std::string& message)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(target.host, address.sun_path); // parse() saw to its length.
    Socket socket(AF_UNIX, SOCK_DGRAM);
    if (!socket.connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address) ||
        !socket.send_all(message)) {
        return unreachable(target);
    }
    return {};
}

Result<void> send_to_host(const SyslogTarget& target, const std::string& message)
{
    const bool stream = target.transport == SyslogTarget::Transport::Tcp;
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = stream ? SOCK_STREAM : SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(target.host.c_str(), target.port.c_str(), &wanted, &found) != 0) {
        return unreachable(target);
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
    const std::string framed = stream ? std::to_string(message.size()) + " " + message : message;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        Socket socket(one->ai_family, one->ai_socktype);
        if (socket.connect_to(one->ai_addr, one->ai_addrlen) && socket.send_all(framed)) {
            return {};
        }
    }
    return unreachable(target);
}

} // namespace

std::optional<SyslogTarget> SyslogTarget::parse(std::string_view text)
{
    constexpr std::string_view kUnix = "unix:";
    constexpr std::string_view kUdp = "udp://";
    constexpr std::string_view kTcp = "tcp://";
    if (text.starts_with(kUnix)) {
        const std::string_view path = text.substr(kUnix.size());
        if (!path.starts_with('/') || path.size() >= sizeof(sockaddr_un::sun_path)) {
            return std::nullopt;
        }
        return SyslogTarget{Transport::Local, std::string(path), {}};
    }
    const bool udp = text.starts_with(kUdp);
    if (!udp && !text.starts_with(kTcp)) {
        return std::nullopt;
    }
    text.remove_prefix(kUdp.size());
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt; // An IPv6 address stands in brackets.
    }
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_host = [&](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.' || c == ':' || c == '_';
    };
    if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, is_host) || port.empty() ||
        port.size() > 5 || !std::ranges::all_of(port, is_digit) ||
        std::stoi(std::string(port)) > 65535) {
        return std::nullopt;
    }
    return SyslogTarget{udp ? Transport::Udp : Transport::Tcp, std::string(host),
                        std::string(port)};
}

std::string syslog_message(const Checkpoint& checkpoint, std::string_view note,
                           std::string_view host_name, Instant now)
{
    constexpr int kFacilityLogAudit = 13;
    constexpr int kSeverityNotice = 5;
    JsonWriter json;
    json.begin_object()
        .member("origin", checkpoint.origin)
        .member("size", checkpoint.size)
        .member("root", base64_encode(checkpoint.root))
        .member("note", note)
        .end_object();
    // "PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG" (RFC 5424 §6).
    return "<" + std::to_string(kFacilityLogAudit * 8 + kSeverityNotice) + ">1 " + rfc3339(now) +
           " " + (host_name.empty() ? std::string("-") : std::string(host_name)) +
           " keystead - checkpoint - " + std::move(json).take();
}

Result<void> send_syslog(const SyslogTarget& target, const std::string& message)
{
    assert_no_transaction();
    return target.transport == SyslogTarget::Transport::Local ? send_local(target, message)
                                                              : send_to_host(target, message);
}

} // namespace keystead::log_proof
