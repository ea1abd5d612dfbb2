#include "agent/desk.h"

#include "agent/desk_client.h"
#include "agent/surroundings.h"
#include "agent/wait.h"
#include "agent/words.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace keystead::agent {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds kAnswerAfterMax{2000}; // whatever Keystead does
constexpr milliseconds kRequestWithin{1000};
constexpr std::size_t kClientsMax = 128;
constexpr std::size_t kPasswdBytesMax = 1024UL * 1024;

Error socket_error(const std::string& what)
{
    return {ErrorKind::Internal, "agent/socket", what + ": " + std::strerror(errno)};
}

struct Client {
    Descriptor socket_number;
    Peer peer = Peer::Nobody;
    pid_t process = 0;
    std::string received;
    std::optional<DeskRequest> waits_for; // keys, once the follower has answered `question`
    std::uint64_t question = 0;
    SteadyTime until{};
    bool is_done = false;
};

std::string_view next_field(std::string_view& line)
{
    const auto end = std::min(line.find(':'), line.size());
    const auto field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
}

std::optional<PasswdUser> user_of(const std::string& name)
{
    const auto etc = Folder::open("/etc");
    const auto passwd =
        etc ? etc->read("passwd", kPasswdBytesMax) : Result<std::string>(etc.error());
    return passwd ? find_user(*passwd, name) : std::nullopt;
}

Peer peer_of(uid_t user, const std::string& command_user)
{
    if (user == 0) {
        return Peer::Root;
    }
    const auto found = user_of(command_user);
    return found && found->number == user ? Peer::Command : Peer::Nobody;
}

class Desk {
public:
    Desk(Descriptor listener, Descriptor signals, std::string command_user, Board& board,
         const Clock& clock)
        : listener_(std::move(listener)), signals_(std::move(signals)),
          command_user_(std::move(command_user)), board_(board), clock_(clock)
    {
    }
    void serve()
    {
        while (step()) {}
    }

private:
    bool step();
    void accept_one();
    void hear(Client& client);
    void take(Client& client, std::string_view line);
    void tell(const Client& client, const DeskRequest& request);
    void answer_keys(Client& client, const Board::Standing& standing, SteadyTime now);
    static void say(Client& client, std::string_view text);

    Descriptor listener_;
    Descriptor signals_;
    std::string command_user_;
    Board& board_;
    const Clock& clock_;
    std::list<Client> clients_;
};

bool Desk::step()
{
    std::vector<pollfd> polled = {{signals_.number(), POLLIN, 0},
                                  {board_.bell(), POLLIN, 0},
                                  {listener_.number(), POLLIN, 0}};
    SteadyTime until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (const Client& client : clients_) {
        const bool listens = !client.waits_for;
        polled.push_back(
            {client.socket_number.number(), static_cast<short>(listens ? POLLIN : 0), 0});
        until = std::min(until, client.until);
    }
    if (::poll(polled.data(), polled.size(), milliseconds_left(until)) < 0 && errno != EINTR) {
        return false;
    }
    if ((polled[0].revents & POLLIN) != 0) {
        return false;
    }
    board_.hush();
    const auto standing = board_.standing();
    const auto now = std::chrono::steady_clock::now();
    std::size_t at = 3;
    for (Client& client : clients_) {
        const auto happened = polled[at++].revents;
        if (client.waits_for) {
            answer_keys(client, standing, now);
            client.is_done = client.is_done || (happened & (POLLHUP | POLLERR)) != 0;
        } else if (happened != 0) {
            hear(client);
        } else if (now >= client.until) {
            client.is_done = true;
        }
    }
    clients_.remove_if([](const Client& client) { return client.is_done; });
    if ((polled[2].revents & POLLIN) != 0) {
        accept_one();
    }
    return true;
}

void Desk::accept_one()
{
    Descriptor accepted(
        ::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    ucred who{};
    socklen_t size = sizeof who;
    if (!accepted.is_open() || clients_.size() >= kClientsMax ||
        ::getsockopt(accepted.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return;
    }
    const Peer peer = peer_of(who.uid, command_user_);
    if (peer == Peer::Nobody) {
        return;
    }
    Client client;
    client.socket_number = std::move(accepted);
    client.peer = peer;
    client.process = who.pid;
    client.until = std::chrono::steady_clock::now() + kRequestWithin;
    clients_.push_back(std::move(client));
}

void Desk::hear(Client& client)
{
    std::array<char, 4096> part{};
    const ssize_t got = ::recv(client.socket_number.number(), part.data(), part.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got > 0) {
        client.received.append(part.data(), static_cast<std::size_t>(got));
        const auto end = client.received.find('\n');
        if (end != std::string::npos && end + 1 == client.received.size()) {
            take(client, std::string_view(client.received).substr(0, end));
            return;
        }
        if (end == std::string::npos && client.received.size() < kRequestBytesMax) {
            return;
        }
    }
    client.is_done = true;
}

void Desk::take(Client& client, std::string_view line)
{
    auto request = parse_desk_request(line);
    if (!request || !may(client.peer, request->kind)) {
        client.is_done = true;
        return;
    }
    if (request->kind == DeskRequest::Kind::Keys) {
        client.question = board_.ask();
        client.waits_for = std::move(request);
        client.until = std::chrono::steady_clock::now() + kAnswerAfterMax;
        return;
    }
    tell(client, *request);
    say(client, "noted\n");
}

void Desk::tell(const Client& client, const DeskRequest& request)
{
    // pam_exec is a child of the sshd whose session it is about.
    const auto sshd = parent_of(client.process);
    if (!sshd) {
        return;
    }
    SessionEvent event;
    event.sshd = *sshd;
    event.at = clock_.now();
    event.kind = SessionEvent::Kind::Closed;
    if (request.kind == DeskRequest::Kind::Opened) {
        const auto fingerprint = fingerprint_of(request.base64);
        if (!fingerprint) {
            return;
        }
        event.kind = SessionEvent::Kind::Opened;
        event.login_user = request.login_user;
        event.fingerprint = *fingerprint;
        event.address = request.address;
    }
    board_.tell(std::move(event));
}

void Desk::answer_keys(Client& client, const Board::Standing& standing, SteadyTime now)
{
    const bool is_settled = standing.answered >= client.question;
    if (!is_settled && now < client.until) {
        return;
    }
    const bool is_fresh = is_settled && standing.is_fresh;
    const Kept* const kept = standing.kept.get();
    const bool may_serve = kept != nullptr && (is_fresh || kept->may_serve(clock_));
    const DeskRequest& request = *client.waits_for;
    const AllowedKey* const key =
        may_serve ? find_key(kept->content, request.login_user, request.type, request.base64)
                  : nullptr;
    say(client, key == nullptr ? kNoKeyAnswer : key->type + " " + key->base64 + "\n");
}

void Desk::say(Client& client, std::string_view text)
{
    // Less than a socket holds, so it is taken at once or the other side is gone.
    (void)::send(client.socket_number.number(), text.data(), text.size(), MSG_NOSIGNAL);
    client.is_done = true;
}

/// Open to those who may ask; SO_PEERCRED says who of them does.
bool hand_to(const char* socket_path, const std::string& command_user)
{
    const auto user = user_of(command_user);
    if (!user) {
        log_line("there is no user " + command_user + ": sshd goes by what is kept");
    }
    return ::chown(socket_path, static_cast<uid_t>(-1), user ? user->group : 0) == 0 &&
           ::chmod(socket_path, 0660) == 0;
}

Result<Descriptor> listen_at(const std::string& run_folder, const std::string& command_user)
{
    KS_TRY(const auto folder, Folder::open_or_make(run_folder, Readers::Everybody));
    KS_CHECK(folder.remove(kSocketName)); // of a run that was killed
    sockaddr_un address{};
    if (!desk_address(run_folder, address)) {
        return Error{ErrorKind::InvalidInput, "agent/socket", run_folder + ": too long"};
    }
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener.is_open() ||
        ::bind(listener.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 ||
        !hand_to(address.sun_path, command_user) || ::listen(listener.number(), 64) != 0) {
        return socket_error(run_folder);
    }
    return listener;
}

} // namespace

std::optional<DeskRequest> parse_desk_request(std::string_view line)
{
    const auto words = split_words(line);
    if (line.size() > kRequestBytesMax || !is_printable(line)) {
        return std::nullopt;
    }
    if (words.size() == 4 && words[0] == "keys" && is_login_user(words[1])) {
        return DeskRequest{DeskRequest::Kind::Keys,
                           std::string(words[1]),
                           std::string(words[2]),
                           std::string(words[3]),
                           {}};
    }
    constexpr std::size_t kAddressBytesMax = 64;
    if (words.size() == 4 && words[0] == "opened" && is_login_user(words[1]) && !words[3].empty() &&
        words[3].size() <= kAddressBytesMax) {
        return DeskRequest{DeskRequest::Kind::Opened,
                           std::string(words[1]),
                           {},
                           std::string(words[2]),
                           words[3] == "-" ? std::string{} : std::string(words[3])};
    }
    if (line == "closed") {
        return DeskRequest{DeskRequest::Kind::Closed, {}, {}, {}, {}};
    }
    return std::nullopt;
}

std::optional<PasswdUser> find_user(std::string_view passwd, std::string_view name)
{
    LineReader lines(passwd);
    while (!lines.is_done()) {
        const auto line = lines.next().value_or("");
        // "name:password:uid:gid:…" (passwd(5))
        if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") {
            continue;
        }
        auto rest = line.substr(name.size() + 1);
        (void)next_field(rest);
        const auto number = parse_number(next_field(rest), 0xFFFFFFFE);
        const auto group = parse_number(next_field(rest), 0xFFFFFFFE);
        return number && group ? std::optional(PasswdUser{static_cast<uid_t>(*number),
                                                          static_cast<gid_t>(*group)})
                               : std::nullopt;
    }
    return std::nullopt;
}

bool may(Peer peer, [[maybe_unused]] DeskRequest::Kind kind)
{
    switch (peer) {
    case Peer::Nobody: return false;
#ifndef KEYSTEAD_WITHOUT_DESK_PEER
    case Peer::Command: return kind == DeskRequest::Kind::Keys;
#else
    case Peer::Command: return true;
#endif
    case Peer::Root: return true;
    }
    std::abort();
}

Result<void> serve_desk(const std::string& run_folder, const std::string& command_user,
                        Board& board, const Clock& clock)
{
    sigset_t ends{};
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    Descriptor signals(::signalfd(-1, &ends, SFD_CLOEXEC));
    if (!signals.is_open()) {
        return socket_error("signals");
    }
    KS_TRY(auto listener, listen_at(run_folder, command_user));
    Desk desk(std::move(listener), std::move(signals), command_user, board, clock);
    desk.serve();
    const auto folder = Folder::open(run_folder);
    return folder ? folder->remove(kSocketName) : Result<void>(folder.error());
}

} // namespace keystead::agent
