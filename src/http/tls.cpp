// http/tls.cpp
//
// TLS 1.3, and 1.2 with forward secrecy and AEAD alone (RFC 9325 §3.1, §4.2). No renegotiation, no
// compression, no tickets: resumption would carry a session past a certificate's replacement for
// little gain on keep-alive connections.
#include "http/tls.h"

#include <boost/asio/ssl/context.hpp>

#include <openssl/ssl.h>

#include <string_view>
#include <utility>

namespace keystead::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* kCiphers12 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                   "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                   "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

Error tls_error(std::string detail)
{
    return {ErrorKind::InvalidInput, "server/tls", std::move(detail)};
}

/// HTTP/1.1 is all we speak; a client that offers only something else is told so (RFC 7301 §3.2).
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*)
{
    static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<ssl::context>> make_context(const std::string& certificate_path,
                                                   const std::string& key_path)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* handle = context->native_handle();
    SSL_CTX_set_options(handle, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(handle, 0);
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS); // an idle connection keeps no 32 KiB
    if (SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(handle, kCiphers12) != 1 ||
        SSL_CTX_set_ciphersuites(handle, kCiphers13) != 1 ||
        SSL_CTX_set1_groups_list(handle, "X25519:P-256:P-384") != 1) {
        return tls_error("OpenSSL does not offer what TLS needs here.");
    }
    SSL_CTX_set_alpn_select_cb(handle, &select_protocol, nullptr);
    boost::system::error_code ec;
    context->use_certificate_chain_file(certificate_path, ec);
    if (ec) {
        return tls_error("The certificate " + certificate_path +
                         " cannot be read: " + ec.message() + ".");
    }
    context->use_private_key_file(key_path, ssl::context::pem, ec);
    if (ec) {
        return tls_error("The key " + key_path + " cannot be read: " + ec.message() + ".");
    }
    if (SSL_CTX_check_private_key(handle) != 1) {
        return tls_error("The key " + key_path + " is not the key of " + certificate_path + ".");
    }
    return context;
}

} // namespace

Result<std::unique_ptr<TlsStore>> TlsStore::open(std::string certificate_path, std::string key_path)
{
    KS_TRY(auto context, make_context(certificate_path, key_path));
    return std::make_unique<TlsStore>(std::move(certificate_path), std::move(key_path),
                                      std::move(context));
}

TlsStore::TlsStore(std::string certificate_path, std::string key_path,
                   std::shared_ptr<ssl::context> context)
    : certificate_path_(std::move(certificate_path)), key_path_(std::move(key_path)),
      context_(std::move(context))
{
}

Result<void> TlsStore::reload()
{
    KS_TRY(auto context, make_context(certificate_path_, key_path_));
    const std::scoped_lock lock(mutex_);
    context_ = std::move(context);
    return {};
}

std::shared_ptr<ssl::context> TlsStore::current() const
{
    const std::scoped_lock lock(mutex_);
    return context_;
}

} // namespace keystead::http
