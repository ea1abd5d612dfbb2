// test/support/receiver.h
//
// An HTTP server on the loopback that answers with exactly the bytes a test gives it, well or ill.
// It remembers what it was sent. One thread a connection.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keystead::test {

class Receiver {
public:
    /// Answers one connection; false from `send` when the caller has hung up.
    using Send = std::function<bool(std::string_view)>;
    using Answer = std::function<void(const std::string& request, const Send& send)>;

    /// One answer for all.
    explicit Receiver(std::string answer)
        : Receiver(
              [answer = std::move(answer)](const std::string&, const Send& send) { send(answer); })
    {
    }
    explicit Receiver(Answer answer) : answer_(std::move(answer)), socket_(listening())
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
    }
    ~Receiver()
    {
        thread_.request_stop();
        thread_.join();
        connections_.clear();
        close(socket_);
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view host = "127.0.0.1") const
    {
        return "http://" + std::string(host) + ":" + std::to_string(port_) + "/hook";
    }
    std::vector<std::string> requests() const
    {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    int listening()
    {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        bind(socket, reinterpret_cast<sockaddr*>(&address), size);
        listen(socket, 64);
        getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        return socket;
    }
    void accept_all(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            pollfd waiting{socket_, POLLIN, 0};
            if (poll(&waiting, 1, 20) == 1) {
                const int peer = accept(socket_, nullptr, nullptr);
                connections_.emplace_back([this, peer] { converse(peer); });
            }
        }
    }
    void converse(int peer)
    {
        std::string request;
        std::array<char, 4096> piece{};
        std::size_t whole = std::string::npos;
        while (request.size() < whole) {
            const auto length = read(peer, piece.data(), piece.size());
            if (length <= 0) {
                close(peer);
                return;
            }
            request.append(piece.data(), static_cast<std::size_t>(length));
            if (request.front() == '\x16') { // A TLS handshake: whatever comes, comes in the clear.
                break;
            }
            const auto head = request.find("\r\n\r\n");
            if (head != std::string::npos) {
                const auto field = request.find("Content-Length: ");
                whole = head + 4 + (field < head ? std::stoul(request.substr(field + 16)) : 0);
            }
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        answer_(request, [peer](std::string_view bytes) {
            return send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(bytes.size());
        });
        close(peer);
    }

    Answer answer_;
    std::uint16_t port_ = 0;
    int socket_;
    mutable std::mutex mutex_; // guards requests_
    std::vector<std::string> requests_;
    std::vector<std::jthread> connections_; // of the accepting thread, and the destructor after it
    std::jthread thread_;
};

} // namespace keystead::test
