#include "agent/connection.h"

#include "agent/descriptor.h"
#include "agent/name_lookup.h"
#include "agent/wait.h"
#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace keystead::agent {
namespace {

struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct TlsFree {
    void operator()(SSL* tls) const { SSL_free(tls); }
};
using Context = std::unique_ptr<SSL_CTX, ContextFree>;
using Tls = std::unique_ptr<SSL, TlsFree>;

Error unreachable(std::string why)
{
    return {ErrorKind::Unavailable, "agent/unreachable", std::move(why)};
}

/// Connected, or not open, with errno set.
Descriptor connect_to(const SocketAddress& target, Deadline deadline)
{
    Descriptor socket_number(
        ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(socket_number.number(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(socket_number.number(), reinterpret_cast<const sockaddr*>(&target.address),
                  target.size) == 0) {
        return socket_number;
    }
    if (errno != EINPROGRESS) {
        return {};
    }
    int failed = 0;
    socklen_t size = sizeof failed;
    if (!wait_for(socket_number.number(), POLLOUT, deadline)) {
        errno = ETIMEDOUT;
        return {};
    }
    if (::getsockopt(socket_number.number(), SOL_SOCKET, SO_ERROR, &failed, &size) != 0 ||
        failed != 0) {
        errno = failed;
        return {};
    }
    return socket_number;
}

Result<Descriptor> connect_any(const ServerAddress& address, Deadline deadline)
{
    KS_TRY(const auto targets, look_up(address.host, address.port, deadline));
    std::string why;
    std::size_t left = targets.size();
    for (const SocketAddress& target : targets) {
        // One that answers nothing must not take the time of all others.
        const auto now = std::chrono::steady_clock::now();
        const auto share = (deadline - now) / static_cast<int>(left--);
        Descriptor connected = connect_to(target, now + share);
        if (connected.is_open()) {
            return connected;
        }
        why = std::strerror(errno);
    }
    return unreachable(address.host + ": " + why);
}

/// RFC 9325 §3.1, §4.2: TLS 1.3, and 1.2 with forward secrecy and AEAD. The chain is not asked: the
/// public key is, after the handshake has proved that the server has it.
Context make_context()
{
    // Not the machine's openssl.cnf: it is for the OpenSSL that is installed there.
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    Context context(SSL_CTX_new(TLS_client_method()));
    if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return nullptr;
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    return context;
}

/// RFC 7469 §2.4: of the DER of the SubjectPublicKeyInfo.
std::optional<std::string> pin_of(SSL* tls)
{
    X509* const certificate = SSL_get0_peer_certificate(tls);
    if (certificate == nullptr) {
        return std::nullopt;
    }
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0) {
        return std::nullopt;
    }
    const Digest digest = crypto::sha256(
        as_bytes({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}));
    OPENSSL_free(der);
    return "sha256//" + base64_encode(digest);
}

/// What the TLS engine waits for, or nothing: it failed.
std::optional<short> wanted_by(SSL* tls, int outcome)
{
    switch (SSL_get_error(tls, outcome)) {
    case SSL_ERROR_WANT_READ: return POLLIN;
    case SSL_ERROR_WANT_WRITE: return POLLOUT;
    default: return std::nullopt;
    }
}

bool is_address(std::string_view host)
{
    return host.find(':') != std::string_view::npos ||
           std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Result<Tls> start_tls(SSL_CTX* context, const Descriptor& socket_number,
                      const ServerAddress& address, const std::vector<std::string>& pins,
                      Deadline deadline)
{
    Tls tls(SSL_new(context));
    if (tls == nullptr || SSL_set_fd(tls.get(), socket_number.number()) != 1) {
        return unreachable("TLS does not start");
    }
    if (!is_address(address.host)) { // RFC 6066 §3: no literal addresses
        SSL_set_tlsext_host_name(tls.get(), address.host.c_str());
    }
    for (;;) {
        const int outcome = SSL_connect(tls.get());
        if (outcome == 1) {
            break;
        }
        const auto wanted = wanted_by(tls.get(), outcome);
        if (!wanted || !wait_for(socket_number.number(), *wanted, deadline)) {
            return unreachable(address.host + ": the TLS handshake fails");
        }
    }
    const auto pin = pin_of(tls.get());
    if (!pin || !is_trusted(*pin, pins)) {
        return Error{ErrorKind::Unavailable, "agent/wrong-pin",
                     address.host + ": its public key is not the pinned one, but " +
                         pin.value_or("none")};
    }
    return tls;
}

} // namespace

struct Connection::Parts {
    Context context;
    Descriptor socket_number;
    Tls tls; // null: clear text. Ends before the socket that it writes to.
};

Connection::Connection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const ServerAddress& address,
                                    const std::vector<std::string>& pins, Deadline deadline)
{
    auto parts = std::make_unique<Parts>();
    KS_TRY(parts->socket_number, connect_any(address, deadline));
    if (address.scheme == Scheme::Https) {
        parts->context = make_context();
        if (parts->context == nullptr) {
            return unreachable("TLS does not start");
        }
        KS_TRY(parts->tls,
               start_tls(parts->context.get(), parts->socket_number, address, pins, deadline));
    }
    return Connection(std::move(parts));
}

Result<void> Connection::write(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
        std::optional<short> wanted = POLLOUT;
        std::size_t written = 0;
        if (parts_->tls != nullptr) {
            const int outcome = SSL_write(parts_->tls.get(), bytes.data(), size);
            written = outcome > 0 ? static_cast<std::size_t>(outcome) : 0;
            wanted = outcome > 0 ? wanted : wanted_by(parts_->tls.get(), outcome);
        } else {
            const ssize_t outcome =
                ::send(parts_->socket_number.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            written = outcome > 0 ? static_cast<std::size_t>(outcome) : 0;
            if (outcome < 0 && errno != EAGAIN && errno != EINTR) {
                wanted = std::nullopt;
            }
        }
        bytes.remove_prefix(written);
        if (written == 0 &&
            (!wanted || !wait_for(parts_->socket_number.number(), *wanted, deadline))) {
            return unreachable("the connection ends while it is asked");
        }
    }
    return {};
}

Result<std::size_t> Connection::read(std::span<char> into, Deadline deadline)
{
    for (;;) {
        std::optional<short> wanted = POLLIN;
        if (parts_->tls != nullptr) {
            const auto size = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
            const int outcome = SSL_read(parts_->tls.get(), into.data(), size);
            if (outcome > 0) {
                return static_cast<std::size_t>(outcome);
            }
            if (SSL_get_error(parts_->tls.get(), outcome) == SSL_ERROR_ZERO_RETURN) {
                return std::size_t{0};
            }
            wanted = wanted_by(parts_->tls.get(), outcome);
        } else {
            const ssize_t outcome =
                ::recv(parts_->socket_number.number(), into.data(), into.size(), 0);
            if (outcome >= 0) {
                return static_cast<std::size_t>(outcome);
            }
            if (errno != EAGAIN && errno != EINTR) {
                wanted = std::nullopt;
            }
        }
        if (!wanted || !wait_for(parts_->socket_number.number(), *wanted, deadline)) {
            return unreachable("no answer in time");
        }
    }
}

} // namespace keystead::agent
