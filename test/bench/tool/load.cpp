// Load on one path over many connections: each request with a cookie drawn anew from a file of
// tokens. As fast as answers come, or at a fixed rate; then each request has the time at which it
// is due, and its latency counts from there, so that a late send is part of it. With --servers the
// lines are "digest token": each connection is a server that asks with its own, in turns, and with
// --digest yes says which content it has.
#include "test/bench/tool/commands.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::bench {
namespace {

using Steady = std::chrono::steady_clock;
using Time = Steady::time_point;

[[noreturn]] void die(const char* what)
{
    std::perror(what);
    std::exit(1);
}

/// The tokens of a file, a line each, all of one length.
class Tokens {
public:
    Tokens(const std::string& path, std::uint64_t first)
    {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat about = {};
        if (file < 0 || ::fstat(file, &about) != 0) {
            die(path.c_str());
        }
        const auto size = static_cast<std::size_t>(about.st_size);
        data_ = static_cast<const char*>(::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0));
        ::close(file);
        length_ = std::string_view(data_, size).find('\n');
        count_ = std::min<std::uint64_t>(first, size / (length_ + 1));
    }
    std::uint64_t count() const { return count_; }
    std::string_view at(std::uint64_t index) const
    {
        return {data_ + index * (length_ + 1), length_};
    }

private:
    const char* data_ = nullptr;
    std::size_t length_ = 0;
    std::uint64_t count_ = 0;
};

struct Connection {
    int socket = -1;
    std::uint64_t number = 0;
    bool busy = false;
    Time due;                 // of the request on its way
    std::deque<Time> waiting; // due, but another is on its way
    std::string unread;
};

class Load {
public:
    explicit Load(const Arguments& arguments)
        : tokens_(arguments.text("--tokens"), arguments.number_or("--first", ~std::uint64_t{0})),
          servers_(arguments.text_or("--servers", "no") == "yes"),
          digest_(arguments.text_or("--digest", "no") == "yes"),
          before_("GET " + arguments.text("--path")),
          between_(" HTTP/1.1\r\nHost: " + arguments.text("--host") +
                   (servers_ ? "\r\nAuthorization: Bearer " : "\r\nCookie: __Host-keystead=")),
          after_("\r\n\r\n"), expected_("HTTP/1.1 " + arguments.text_or("--expect", "204")),
          in_order_(arguments.text_or("--order", "random") == "sequential"),
          rate_(arguments.number_or("--rate", 0)), seconds_(arguments.number_or("--seconds", 3600)),
          state_(arguments.number_or("--seed", 1) * 0x9E3779B97F4A7C15U + 1)
    {
        if (const auto field = arguments.text_or("--field", ""); !field.empty()) {
            after_.insert(0, "\r\n" + field);
        }
        most_ = arguments.number_or("--requests", in_order_ ? tokens_.count() : ~std::uint64_t{0});
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        const auto connections = arguments.number("--connections");
        for (std::uint64_t i = 0; i < connections; ++i) {
            open(static_cast<std::uint16_t>(arguments.number("--port")));
        }
    }

    void run()
    {
        begin_ = Steady::now();
        end_ = begin_ + std::chrono::seconds(seconds_);
        if (rate_ == 0) {
            for (auto& connection : connections_) {
                send(connection, begin_);
            }
        }
        while (in_flight_ > 0 || (rate_ != 0 && Steady::now() < end_)) {
            send_what_is_due();
            wait();
        }
        elapsed_ = std::chrono::duration<double>(Steady::now() - begin_).count();
    }

    void print()
    {
        std::sort(latencies_.begin(), latencies_.end());
        const auto at = [&](double part) {
            return latencies_.empty() ? 0.0
                                      : latencies_[static_cast<std::size_t>(
                                            part * static_cast<double>(latencies_.size() - 1))];
        };
        std::printf("{\"answers\":%llu,\"bad\":%llu,\"late\":%llu,\"seconds\":%.6f,\"p50\":%.1f,"
                    "\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}\n",
                    static_cast<unsigned long long>(answers_),
                    static_cast<unsigned long long>(bad_), static_cast<unsigned long long>(late_),
                    elapsed_, at(0.5), at(0.9), at(0.99), at(0.999), at(1));
    }
    bool was_good() const { return answers_ > 0 && bad_ == 0; }

private:
    void open(std::uint16_t port)
    {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to = {};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            die("connect");
        }
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::fcntl(socket, F_SETFL, O_NONBLOCK);
        epoll_event event = {};
        event.events = EPOLLIN;
        event.data.u64 = connections_.size();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        connections_.push_back({.socket = socket, .number = connections_.size()});
    }

    std::uint64_t draw()
    {
        if (in_order_) {
            return sent_ % tokens_.count();
        }
        state_ ^= state_ << 13; // xorshift64
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_ % tokens_.count();
    }

    void write_request(const Connection& connection)
    {
        request_.assign(before_);
        std::string_view line = tokens_.at(servers_ ? connection.number % tokens_.count() : draw());
        if (servers_) {
            const std::size_t digest = line.find(' ');
            request_.append(digest_ ? line.substr(0, digest) : std::string_view{});
            line.remove_prefix(digest + 1);
        }
        request_.append(between_).append(line).append(after_);
    }

    void send(Connection& connection, Time due)
    {
        if (sent_ >= most_) {
            return;
        }
        write_request(connection);
        if (::write(connection.socket, request_.data(), request_.size()) !=
            static_cast<ssize_t>(request_.size())) {
            die("write");
        }
        ++sent_;
        ++in_flight_;
        connection.busy = true;
        connection.due = due;
    }

    void send_what_is_due()
    {
        if (rate_ == 0) {
            return;
        }
        const Time now = Steady::now();
        while (due_time(scheduled_) <= now && due_time(scheduled_) < end_) {
            Connection& connection = connections_[scheduled_ % connections_.size()];
            const Time due = due_time(scheduled_++);
            late_ += now - due > std::chrono::milliseconds(1) ? 1 : 0;
            if (connection.busy) {
                connection.waiting.push_back(due);
            } else {
                send(connection, due);
            }
        }
    }

    Time due_time(std::uint64_t index) const
    {
        return begin_ + std::chrono::nanoseconds(index * 1'000'000'000 / rate_);
    }

    void wait()
    {
        timespec limit{0, 100'000'000};
        if (rate_ != 0) {
            const auto left = std::clamp<std::int64_t>(
                (due_time(scheduled_) - Steady::now()).count(), 0, limit.tv_nsec);
            limit.tv_nsec = left;
        }
        std::array<epoll_event, 256> events{};
        const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &limit, nullptr);
        for (int i = 0; i < count; ++i) {
            read(connections_[events[static_cast<std::size_t>(i)].data.u64]);
        }
    }

    static bool is_whole(std::string_view answer)
    {
        constexpr std::string_view kLength = "\r\nContent-Length: ";
        const auto end = answer.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            return false;
        }
        const auto field = answer.substr(0, end).find(kLength);
        const std::size_t body =
            field == std::string_view::npos
                ? 0
                : std::strtoull(answer.data() + field + kLength.size(), nullptr, 10);
        return answer.size() >= end + 4 + body;
    }

    void read(Connection& connection)
    {
        char buffer[8192];
        const auto size = ::read(connection.socket, buffer, sizeof buffer);
        if (size <= 0) {
            die("the server closed a connection");
        }
        connection.unread.append(buffer, static_cast<std::size_t>(size));
        if (!is_whole(connection.unread)) {
            return;
        }
        const bool good = connection.unread.starts_with(expected_);
        bad_ += good ? 0 : 1;
        if (!good && bad_ <= 1) {
            std::fprintf(stderr, "%s\n", connection.unread.c_str());
        }
        connection.unread.clear();
        finish(connection);
    }

    void finish(Connection& connection)
    {
        const Time now = Steady::now();
        ++answers_;
        --in_flight_;
        connection.busy = false;
        if (rate_ != 0) {
            latencies_.push_back(
                std::chrono::duration<double, std::micro>(now - connection.due).count());
            if (!connection.waiting.empty()) {
                const Time due = connection.waiting.front();
                connection.waiting.pop_front();
                send(connection, due);
            }
        } else if (now < end_) {
            send(connection, now);
        }
    }

    Tokens tokens_;
    bool servers_;
    bool digest_;
    std::string before_;
    std::string between_;
    std::string after_;
    std::string expected_;
    std::string request_;
    bool in_order_;
    std::uint64_t rate_;
    std::uint64_t seconds_;
    std::uint64_t state_;
    std::uint64_t most_ = 0;
    int epoll_ = -1;
    std::vector<Connection> connections_;
    Time begin_;
    Time end_;
    double elapsed_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t scheduled_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t bad_ = 0;
    std::uint64_t late_ = 0;
    std::vector<double> latencies_; // microseconds
};

} // namespace

int load(const Arguments& arguments)
{
    Load load(arguments);
    load.run();
    load.print();
    return load.was_good() ? 0 : 1;
}

} // namespace keystead::bench
