// test/support/live_server.cpp
#include "test/support/live_server.h"

#include "http/ascii.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace keystead::test {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 8s;

Route route(Method method, std::string_view path, LaneKind lane, Access access, Handler handler)
{
    return {.method = method,
            .path = path,
            .operation = path,
            .tag = "Test",
            .summary = path,
            .lane = lane,
            .access = access,
            .limit = LimitGroup::None,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .handler = std::move(handler)};
}

class TestAssets final : public StaticAssets {
public:
    std::optional<Asset> find(std::string_view path) const override
    {
        if (path != "/assets/app-1a2b.js") {
            return std::nullopt;
        }
        static const std::string kLarge(300'000, 'x');
        return Asset{.content_type = "text/javascript",
                     .identity = kLarge,
                     .brotli = "compressed",
                     .etag = "\"1a2b\"",
                     .immutable = true};
    }
};

/// Pieces of kPieceBytes letters; fails instead of the `fails_at`th.
class CountedPieces final : public BodySource {
public:
    CountedPieces(std::atomic<int>& made, int count, int fails_at)
        : made_(made), count_(count), fails_at_(fails_at)
    {
    }
    Result<More> next(std::string& piece) override
    {
        if (++own_ == fails_at_) {
            return Error{ErrorKind::Unavailable, "storage/unavailable"};
        }
        ++made_;
        if (count_ > 0) {
            piece.append(kPieceBytes, static_cast<char>('a' + own_ % 26));
        }
        return own_ < count_ ? More::Follows : More::No;
    }

private:
    std::atomic<int>& made_;
    int count_;
    int fails_at_;
    int own_ = 0;
};

} // namespace

Principal FakeAuthenticator::session() const
{
    Principal principal{.kind = Principal::Kind::Session, .authenticated_at = clock_.now()};
    principal.account = AccountId{IdBytes{std::byte{1}}};
    return principal;
}

std::optional<Principal> FakeAuthenticator::find_cached(const Credentials& credentials)
{
    if (credentials.session_cookie == "ks_ses_stored") {
        return std::nullopt;
    }
    if (credentials.session_cookie == "ks_ses_known") {
        return session();
    }
    if (credentials.session_cookie == "ks_ses_old") {
        Principal old = session();
        old.authenticated_at -= 10min;
        return old;
    }
    if (credentials.flow_cookie == "ks_flw_known") {
        return Principal{.kind = Principal::Kind::HalfSignedIn};
    }
    if (credentials.bearer == "ks_svc_known") {
        return Principal{.kind = Principal::Kind::ServiceClient, .client_rights = 1};
    }
    return Principal{};
}

Result<Principal> FakeAuthenticator::load(const Credentials& credentials)
{
    ++loads;
    return credentials.session_cookie == "ks_ses_stored" ? session() : Principal{};
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::~RawClient()
{
    hang_up();
}

void RawClient::hang_up()
{
    if (socket_ >= 0) {
        ::close(std::exchange(socket_, -1));
    }
}

bool RawClient::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawClient::fill()
{
    std::array<char, 16384> piece;
    const ssize_t received = ::recv(socket_, piece.data(), piece.size(), 0);
    if (received <= 0) {
        return false;
    }
    waiting_.append(piece.data(), static_cast<std::size_t>(received));
    return true;
}

std::string RawClient::read_answer(bool has_body)
{
    while (waiting_.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) {
            return {};
        }
    }
    std::size_t size = waiting_.find("\r\n\r\n") + 4;
    const std::string length = field_of(waiting_.substr(0, size), "content-length");
    if (has_body && !length.empty()) {
        size += std::stoul(length);
    }
    while (waiting_.size() < size) {
        if (!fill()) {
            return {};
        }
    }
    std::string answer = waiting_.substr(0, size);
    waiting_.erase(0, size);
    return answer;
}

std::string RawClient::read_all()
{
    while (fill()) {}
    const bool timed_out = errno == EAGAIN || errno == EWOULDBLOCK;
    std::array<char, 1> one;
    const bool closed = ::recv(socket_, one.data(), one.size(), MSG_DONTWAIT) == 0 || !timed_out;
    return std::exchange(waiting_, {}) + (closed ? "" : "(timeout)");
}

LiveServer::LiveServer(const std::function<void(ServerOptions&)>& change)
{
    add_routes();
    add_system_routes(routes, catalogue, {.openapi = {}, .is_ready = [] { return true; }});
    assets = std::make_unique<TestAssets>();
    ServerOptions options;
    options.settings.port = 0;
    options.settings.base_url = "http://localhost:1"; // any port: the one bound to is ours too
    options.settings.metrics_port = 0;
    options.settings.threads = 2;
    options.settings.access_log = "off";
    options.credential_slot = 150ms;
    options.page = [](std::string_view path, std::string_view nonce) -> std::optional<std::string> {
        if (path != "/sign-in") {
            return std::nullopt;
        }
        return "<script nonce=\"" + std::string(nonce) + "\"></script>";
    };
    if (change) {
        change(options);
    }
    auto started = Server::start(std::move(options), {.routes = routes,
                                                      .catalogue = catalogue,
                                                      .authenticator = authenticator,
                                                      .clock = clock,
                                                      .random = random,
                                                      .metrics = metrics,
                                                      .assets = assets.get()});
    KS_ASSERT(started.has_value());
    server = *std::move(started);
}

LiveServer::~LiveServer()
{
    if (!gate.try_wait()) {
        gate.count_down();
    }
    server.reset();
}

void LiveServer::add_routes()
{
    const auto no_content = [](const Request&) -> Result<Response> {
        return Response::no_content();
    };
    Route check = route(Method::Get, "/v1/check", LaneKind::Inline, Access::session(), no_content);
    check.ignores_foreign_authorization = true;
    check.inline_handler = [](const InlineRequest& request, InlineAnswer& answer) {
        answer.header("Keystead-Account", request.principal.account.text());
        return true;
    };
    routes.add(check);
    routes.add(route(Method::Get, "/v1/store", LaneKind::Store, Access::session(), no_content));
    routes.add(route(Method::Post, "/v1/change", LaneKind::Store, Access::session(), no_content));
    routes.add(route(Method::Post, "/v1/grave", LaneKind::Store, Access::stepped_up(), no_content));
    routes.add(
        route(Method::Post, "/v1/half", LaneKind::Store, Access::half_signed_in(), no_content));
    Route echo =
        route(Method::Post, "/v1/echo", LaneKind::Store, Access::everyone(),
              [](const Request& request) -> Result<Response> {
                  JsonWriter json;
                  json.begin_object().member("text", request.body.text("text")).end_object();
                  return Response::json(200, std::move(json).take());
              });
    echo.request = object({{"text", text(0, 10'000)}});
    echo.body_bytes_max = std::size_t{4096};
    routes.add(echo);
    Route raw = route(Method::Post, "/v1/introspect", LaneKind::Inline,
                      Access::service_client(ClientRight::Introspect),
                      [](const Request& request) -> Result<Response> {
                          return Response::json(200, "\"" + request.raw_body + "\"");
                      });
    raw.raw_body = true;
    raw.body_bytes_max = std::size_t{100};
    routes.add(raw);
    Route limited =
        route(Method::Get, "/v1/limited", LaneKind::Inline, Access::everyone(), no_content);
    limited.limit = LimitGroup::Sensitive;
    routes.add(limited);
    const auto wait = [this](const Request&) -> Result<Response> {
        ++waiting;
        gate.wait();
        ++finished;
        return Response::no_content();
    };
    routes.add(route(Method::Get, "/v1/wait", LaneKind::Store, Access::everyone(), wait));
    routes.add(route(Method::Get, "/v1/hash", LaneKind::Credential, Access::everyone(), wait));
    Route refuse = route(Method::Get, "/v1/refuse", LaneKind::Credential, Access::everyone(),
                         [](const Request&) -> Result<Response> {
                             return Error{ErrorKind::Unauthenticated, "sign-in/wrong-credentials"};
                         });
    refuse.timing = TimingKind::RefusalsOnSlot;
    routes.add(refuse);
    Route accept =
        route(Method::Get, "/v1/accept", LaneKind::Credential, Access::everyone(), no_content);
    accept.timing = TimingKind::RefusalsOnSlot;
    routes.add(accept);
    Route always =
        route(Method::Get, "/v1/always", LaneKind::Store, Access::everyone(), no_content);
    always.timing = TimingKind::AllOnSlot;
    routes.add(always);
    const auto stream = [this](int fails_at) {
        return [this, fails_at](const Request& request) -> Result<Response> {
            const int count = std::stoi(std::string(request.path_parameter("count")));
            return Response::stream("text/plain",
                                    std::make_shared<CountedPieces>(pieces, count, fails_at));
        };
    };
    routes.add(
        route(Method::Get, "/v1/stream/{count}", LaneKind::Slow, Access::everyone(), stream(0)));
    routes.add(route(Method::Get, "/v1/stream/{count}/refused", LaneKind::Slow, Access::everyone(),
                     stream(1)));
    routes.add(route(Method::Get, "/v1/stream/{count}/cut", LaneKind::Slow, Access::everyone(),
                     stream(2)));
    routes.add(route(Method::Get, "/v1/things/{id}", LaneKind::Store, Access::everyone(),
                     [](const Request& request) -> Result<Response> {
                         return Response::json(200, std::string(request.path_parameter("id")));
                     }));
}

std::string LiveServer::request(std::string_view line, std::string_view fields,
                                std::string_view body) const
{
    std::string text(line);
    text.append(" HTTP/1.1\r\nHost: localhost:")
        .append(std::to_string(port()))
        .append("\r\n")
        .append(fields);
    if (!body.empty()) {
        text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    return text.append("\r\n").append(body);
}

std::string LiveServer::answer(std::string_view line, std::string_view fields,
                               std::string_view body) const
{
    RawClient client(port());
    client.send(request(line, std::string(fields) + "Connection: close\r\n", body));
    return client.read_all();
}

int status_of_answer(std::string_view answer)
{
    int status = 0;
    if (answer.starts_with("HTTP/1.1 ")) {
        std::from_chars(answer.data() + 9, answer.data() + std::min<std::size_t>(answer.size(), 12),
                        status);
    }
    return status;
}

std::string field_of(std::string_view answer, std::string_view name)
{
    const std::string_view head = answer.substr(0, answer.find("\r\n\r\n"));
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at + 2)) {
        const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && ascii_iequal(line.substr(0, colon), name)) {
            return std::string(trim(line.substr(colon + 1)));
        }
    }
    return {};
}

std::string body_of(std::string_view answer)
{
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string_view::npos ? std::string{} : std::string(answer.substr(end + 4));
}

bool eventually(const std::function<bool()>& condition)
{
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

} // namespace keystead::test
