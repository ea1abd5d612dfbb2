#include "app/control_socket.h"

#include "app/render.h"
#include "core/json.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace keystead::app {
namespace {

constexpr std::size_t kLineBytesMax = 1 << 20;
constexpr int kBacklog = 8;
constexpr timeval kPeerPatience{10, 0}; // a peer that sends or takes nothing for so long is cut

class FileDescriptor {
public:
    explicit FileDescriptor(int number = -1) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor()
    {
        if (number_ >= 0) {
            close(number_);
        }
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

Error unavailable(std::string detail)
{
    return Error{ErrorKind::Unavailable, "control/unavailable", std::move(detail),
                 std::generic_category().message(errno)};
}

/// A socket's path may have 107 bytes, a data folder's more: the folder is reached by its
/// descriptor instead.
struct SocketPlace {
    FileDescriptor folder;
    sockaddr_un address{};
};

Result<SocketPlace> socket_place(const std::string& folder)
{
    SocketPlace place;
    place.folder = FileDescriptor(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place.folder) {
        return unavailable("The data folder " + folder + " cannot be opened.");
    }
    const std::string path =
        "/proc/self/fd/" + std::to_string(place.folder.get()) + "/control.sock";
    place.address.sun_family = AF_UNIX;
    KS_ASSERT(path.size() < sizeof place.address.sun_path);
    std::memcpy(place.address.sun_path, path.c_str(), path.size() + 1);
    return place;
}

const sockaddr* general(const sockaddr_un& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Up to and without the newline; nothing when the peer stops early, stalls or says too much.
std::optional<std::string> receive_line(int socket)
{
    std::string line;
    std::array<char, 4096> part{};
    while (line.size() <= kLineBytesMax) {
        const ssize_t got = recv(socket, part.data(), part.size(), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return std::nullopt;
        }
        line.append(part.data(), static_cast<std::size_t>(got));
        explicit_bzero(part.data(), part.size()); // It may be a password.
        if (line.ends_with('\n')) {
            line.pop_back();
            return line;
        }
    }
    return std::nullopt;
}

bool send_line(int socket, std::string_view line)
{
    const std::string text = std::string(line) + "\n";
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t count = send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

bool peer_is_allowed(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

std::string error_line(const Error& error)
{
    JsonWriter out;
    out.begin_object().key("error").begin_object();
    out.member("kind", static_cast<int>(std::to_underlying(error.kind)))
        .member("code", error.code)
        .member("detail", error.detail);
    write_fields(out, error);
    out.end_object().end_object();
    return std::move(out).take();
}

std::string answer(const CommandTable& commands, std::string_view line, Log& log)
{
    const auto request =
        parse_json(line, {.depth_max = 8, .members_max = 1000, .string_bytes_max = kLineBytesMax});
    if (!request) {
        return error_line(request.error());
    }
    const std::string command(text_argument(*request, "command"));
    const JsonValue none;
    const JsonValue* const arguments = request->find("arguments");
    const auto outcome = commands.run(command, arguments != nullptr ? *arguments : none);
    if (!outcome) {
        log.error("command " + command + " failed", outcome.error());
        return error_line(outcome.error());
    }
    log.write(LogLevel::Info, "command done", {{"command", command}});
    return "{\"ok\":" + *outcome + "}";
}

/// Codes have static storage; those that came over the socket are kept for the life of the process.
std::string_view keep_code(std::string_view code)
{
    static std::mutex mutex;
    static std::set<std::string, std::less<>> codes;
    const std::lock_guard lock(mutex);
    return *codes.emplace(code).first;
}

Error error_from(const JsonValue& value)
{
    Error error{ErrorKind::Internal, keep_code(text_argument(value, "code")),
                std::string(text_argument(value, "detail"))};
    const JsonValue* const kind = value.find("kind");
    if (kind != nullptr && kind->kind() == JsonValue::Kind::Integer && kind->integer() >= 0 &&
        kind->integer() <= std::to_underlying(ErrorKind::Internal)) {
        error.kind = static_cast<ErrorKind>(kind->integer());
    }
    const JsonValue* const fields = value.find("fields");
    if (fields != nullptr && fields->kind() == JsonValue::Kind::Array) {
        for (const auto& field : fields->array()) {
            error.fields.push_back({std::string(text_argument(field, "pointer")),
                                    keep_code(text_argument(field, "code")),
                                    std::string(text_argument(field, "detail"))});
        }
    }
    return error;
}

} // namespace

struct ControlSocket::Impl {
    Impl(const CommandTable& table, Log& server_log) : commands(table), log(server_log) {}

    const CommandTable& commands;
    Log& log;
    SocketPlace place;
    FileDescriptor listener;
    FileDescriptor stop_event;
    std::jthread thread;

    void serve()
    {
        std::array<pollfd, 2> waiting{{{listener.get(), POLLIN, 0}, {stop_event.get(), POLLIN, 0}}};
        while (true) {
            if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
                return log.error("control socket failed", unavailable("poll"));
            }
            if (waiting[1].revents != 0) {
                return;
            }
            if (waiting[0].revents != 0) {
                const FileDescriptor peer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (peer) {
                    converse(peer.get());
                }
            }
        }
    }

    void converse(int peer)
    {
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &kPeerPatience, sizeof kPeerPatience);
        setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &kPeerPatience, sizeof kPeerPatience);
        if (!peer_is_allowed(peer)) {
            return log.write(LogLevel::Warning,
                             "control socket: a peer of another user was refused");
        }
        auto line = receive_line(peer);
        if (!line) {
            return;
        }
        std::string reply = answer(commands, *line, log);
        explicit_bzero(line->data(), line->size());
        send_line(peer, reply);
        explicit_bzero(reply.data(), reply.size());
    }
};

ControlSocket::ControlSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlSocket::~ControlSocket()
{
    const std::uint64_t one = 1;
    KS_ASSERT(write(impl_->stop_event.get(), &one, sizeof one) == sizeof one);
    impl_->thread.join();
    unlink(impl_->place.address.sun_path);
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(const std::string& folder,
                                                             const CommandTable& commands, Log& log)
{
    KS_TRY(auto place, socket_place(folder));
    FileDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    unlink(place.address.sun_path);
    // The folder is 0700; the mode is set before listen(), so nobody connects in between.
    if (!listener || bind(listener.get(), general(place.address), sizeof place.address) != 0 ||
        chmod(place.address.sun_path, 0600) != 0 || ::listen(listener.get(), kBacklog) != 0) {
        return unavailable("The control socket in " + folder + " cannot be made.");
    }
    FileDescriptor stop_event(eventfd(0, EFD_CLOEXEC));
    auto impl = std::make_unique<Impl>(commands, log);
    impl->place = std::move(place);
    impl->listener = std::move(listener);
    impl->stop_event = std::move(stop_event);
    impl->thread = std::jthread([raw = impl.get()] { raw->serve(); });
    pthread_setname_np(impl->thread.native_handle(), "ks-control");
    return std::make_unique<ControlSocket>(std::move(impl));
}

Result<std::optional<std::string>> ask_running_server(const std::string& folder,
                                                      std::string_view command,
                                                      std::string_view arguments_json)
{
    auto place = socket_place(folder);
    if (!place) {
        return std::optional<std::string>(); // No folder, no server.
    }
    const FileDescriptor server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!server) {
        return unavailable("No socket could be made.");
    }
    if (connect(server.get(), general(place->address), sizeof place->address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) {
            return std::optional<std::string>();
        }
        return unavailable("The control socket in " + folder +
                           " cannot be used: is it another user's?");
    }
    JsonWriter request;
    request.begin_object()
        .member("command", command)
        .key("arguments")
        .raw(arguments_json)
        .end_object();
    std::optional<std::string> line;
    if (send_line(server.get(), request.text())) {
        line = receive_line(server.get());
    }
    auto reply = line ? parse_json(*line, {.depth_max = 16,
                                           .members_max = 100'000,
                                           .string_bytes_max = kLineBytesMax})
                      : Result<JsonValue>(unavailable("The server gave no answer."));
    if (!reply) {
        return unavailable("The server gave no answer.");
    }
    if (const JsonValue* const error = reply->find("error")) {
        return error_from(*error);
    }
    constexpr std::string_view kOk = "{\"ok\":";
    if (!line->starts_with(kOk)) {
        return unavailable("The server gave no answer.");
    }
    return std::optional(line->substr(kOk.size(), line->size() - kOk.size() - 1));
}

} // namespace keystead::app
