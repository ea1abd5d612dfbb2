// test/support/name_server.h
//
// A DNS server on the loopback that says what a test tells it to, each time anew: how names are
// bound again to other addresses. UDP, questions for A and AAAA alone.
#pragma once

#include "core/ip_address.h"

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keystead::test {

class NameServer {
public:
    /// What a name leads to at the n-th question for its A records (from 0) and the one for AAAA
    /// after it. Called on the server's thread.
    using Say = std::function<std::vector<IpAddress>(const std::string& name, int asked)>;

    explicit NameServer(Say say) : say_(std::move(say)), socket_(socket(AF_INET, SOCK_DGRAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~NameServer()
    {
        thread_.request_stop();
        thread_.join();
        close(socket_);
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    std::uint16_t port() const { return port_; }

private:
    void serve(const std::stop_token& stop)
    {
        std::array<unsigned char, 512> question{};
        while (!stop.stop_requested()) {
            pollfd waiting{socket_, POLLIN, 0};
            if (poll(&waiting, 1, 20) != 1) {
                continue;
            }
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            const auto length = recvfrom(socket_, question.data(), question.size(), 0,
                                         reinterpret_cast<sockaddr*>(&peer), &size);
            if (length > 16) {
                const std::string answer = answer_to(std::string(
                    reinterpret_cast<char*>(question.data()), static_cast<std::size_t>(length)));
                sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer),
                       size);
            }
        }
    }
    std::string answer_to(const std::string& question)
    {
        std::string name;
        std::size_t at = 12;
        while (at < question.size() && question[at] != 0) {
            const auto length = static_cast<std::size_t>(question[at]);
            name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
            at += length + 1;
        }
        const bool is_v4 = question[at + 2] == 1;
        std::vector<IpAddress> all = say_(name, is_v4 ? asked_++ : asked_ - 1);
        std::string records;
        char count = 0;
        for (const IpAddress& address : all) {
            if (address.is_v4() != is_v4) {
                continue;
            }
            const std::size_t bytes = is_v4 ? 4 : 16;
            records += std::string("\xC0\x0C\0", 3) + (is_v4 ? '\1' : '\34') +
                       std::string("\0\1\0\0\0\0\0", 7) + static_cast<char>(bytes);
            records.append(reinterpret_cast<const char*>(address.bytes().data()), bytes);
            ++count;
        }
        return question.substr(0, 2) + std::string("\x81\x80\0\1\0", 5) + count +
               std::string(4, '\0') + question.substr(12, at + 5 - 12) + records;
    }

    Say say_;
    int socket_;
    std::uint16_t port_ = 0;
    int asked_ = 0;
    std::jthread thread_;
};

} // namespace keystead::test
