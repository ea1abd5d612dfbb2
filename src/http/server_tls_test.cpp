// http/server_tls_test.cpp
#include "test/support/live_server.h"

#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace keystead::test;

template <auto Free> struct Freer {
    template <class T> void operator()(T* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using Wire = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

/// A self-signed certificate for `name` with its key, as PEM files in `folder`.
void make_pair(const std::filesystem::path& folder, const std::string& name)
{
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const File certificate_file(std::fopen((folder / "cert.pem").c_str(), "w"));
    PEM_write_X509(certificate_file.get(), certificate.get());
    const File key_file(std::fopen((folder / "key.pem").c_str(), "w"));
    PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

struct TlsOptions {
    int version_max = TLS1_3_VERSION;
    const char* ciphers = nullptr;
};

/// A TLS connection that trusts anyone: what is tested is the server.
class TlsClient {
public:
    explicit TlsClient(std::uint16_t port, const TlsOptions& options = {})
        : context_(SSL_CTX_new(TLS_client_method()))
    {
        SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_security_level(context_.get(), 0);
        if (options.ciphers != nullptr) {
            SSL_CTX_set_cipher_list(context_.get(), options.ciphers);
        }
        wire_.reset(BIO_new_ssl_connect(context_.get()));
        BIO_set_conn_hostname(wire_.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
        connected_ = BIO_do_connect(wire_.get()) == 1 && BIO_do_handshake(wire_.get()) == 1;
    }
    bool connected() const { return connected_; }
    std::string peer_name()
    {
        SSL* ssl = nullptr;
        BIO_get_ssl(wire_.get(), &ssl);
        const Certificate certificate(SSL_get1_peer_certificate(ssl));
        std::array<char, 100> name{};
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                                  name.data(), name.size());
        return name.data();
    }
    std::string exchange(const std::string& request)
    {
        BIO_write(wire_.get(), request.data(), static_cast<int>(request.size()));
        std::string answer;
        std::array<char, 4096> piece;
        while (answer.find("\r\n\r\n") == std::string::npos) {
            const int count = BIO_read(wire_.get(), piece.data(), piece.size());
            if (count <= 0) {
                break;
            }
            answer.append(piece.data(), static_cast<std::size_t>(count));
        }
        return answer;
    }

private:
    Context context_;
    Wire wire_;
    bool connected_;
};

struct ServerTls : testing::Test {
    ServerTls() { make_pair(folder.path(), "first"); }
    std::function<void(ServerOptions&)> with_tls()
    {
        return [this](ServerOptions& options) {
            options.settings.tls_certificate = folder.path() / "cert.pem";
            options.settings.tls_key = folder.path() / "key.pem";
            options.settings.base_url = "https://localhost:1";
        };
    }
    TemporaryFolder folder;
};

TEST_F(ServerTls, AnswersOverTls)
{
    LiveServer live(with_tls());
    TlsClient client(live.port());
    ASSERT_TRUE(client.connected());
    for (int i = 0; i < 3; ++i) { // keep-alive, and a lane's thread in between
        const auto answer = client.exchange(live.request("GET /v1/things/a"));
        EXPECT_EQ(status_of_answer(answer), 200);
        EXPECT_TRUE(field_of(answer, "Strict-Transport-Security").starts_with("max-age=63072000"));
    }
}

// guards: security.md 38: TLS 1.2 with AEAD at the least
// ASVS: V12.1.2
TEST_F(ServerTls, RefusesOldVersionsAndCiphers)
{
    LiveServer live(with_tls());
    EXPECT_TRUE(TlsClient(live.port(), {.version_max = TLS1_2_VERSION}).connected());
    EXPECT_FALSE(TlsClient(live.port(), {.version_max = TLS1_1_VERSION}).connected());
    EXPECT_FALSE(
        TlsClient(live.port(), {.version_max = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"})
            .connected());
}

// guards: a new certificate is used without a restart, and a bad one does not take the good one's
// place
TEST_F(ServerTls, ReloadsItsCertificate)
{
    LiveServer live(with_tls());
    TlsClient before(live.port());
    ASSERT_TRUE(before.connected());
    EXPECT_EQ(before.peer_name(), "first");
    make_pair(folder.path(), "second");
    ASSERT_TRUE(live.server->reload_tls());
    EXPECT_EQ(TlsClient(live.port()).peer_name(), "second");
    EXPECT_EQ(status_of_answer(before.exchange(live.request("GET /v1/things/a"))),
              200); // goes on as it was
    std::filesystem::remove(folder.path() / "key.pem");
    EXPECT_EQ(live.server->reload_tls().error().code, "server/tls");
    EXPECT_EQ(TlsClient(live.port()).peer_name(), "second");
}

// guards: clear text to a TLS listener harms nobody else
TEST_F(ServerTls, SurvivesClearText)
{
    LiveServer live(with_tls());
    RawClient clear(live.port());
    clear.send(live.request("GET /v1/things/a"));
    EXPECT_EQ(clear.read_all().find("HTTP/1.1"), std::string::npos);
    EXPECT_TRUE(TlsClient(live.port()).connected());
}

} // namespace
