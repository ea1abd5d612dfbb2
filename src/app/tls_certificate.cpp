#include "app/tls_certificate.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <ctime>
#include <memory>
#include <span>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace keystead::app {

namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
    void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

constexpr int kChainMax = 10;

Owned<X509> next_certificate(BIO* file)
{
    return Owned<X509>(file != nullptr ? PEM_read_bio_X509(file, nullptr, nullptr, nullptr)
                                       : nullptr);
}

Error unreadable(const std::string& pem_path)
{
    return Error{ErrorKind::InvalidInput, "tls/unreadable",
                 pem_path + " holds no certificate that can be read."};
}

} // namespace

Result<Instant> certificate_end(const std::string& pem_path)
{
    const Owned<BIO> file(BIO_new_file(pem_path.c_str(), "r"));
    const auto certificate = next_certificate(file.get());
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
        return unreadable(pem_path);
    }
    return Instant{std::chrono::seconds{timegm(&end)}};
}

Result<std::string> certificate_pin(const std::string& pem_path)
{
    const Owned<BIO> file(BIO_new_file(pem_path.c_str(), "r"));
    const auto certificate = next_certificate(file.get());
    if (!certificate) {
        return unreadable(pem_path);
    }
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &encoded);
    if (size <= 0) {
        return unreadable(pem_path);
    }
    const Digest digest =
        crypto::sha256(std::as_bytes(std::span(encoded, static_cast<std::size_t>(size))));
    OPENSSL_free(encoded);
    return "sha256//" + base64_encode(digest);
}

Result<std::string> why_not_trusted(const std::string& pem_path, std::string_view host)
{
    const Owned<BIO> file(BIO_new_file(pem_path.c_str(), "r"));
    const auto certificate = next_certificate(file.get());
    if (!certificate) {
        return unreadable(pem_path);
    }
    const Owned<STACK_OF(X509)> chain(sk_X509_new_null());
    for (int count = 0; count < kChainMax; ++count) {
        auto link = next_certificate(file.get());
        if (!link || sk_X509_push(chain.get(), link.get()) == 0) {
            break;
        }
        (void)link.release(); // The chain's now.
    }
    const Owned<X509_STORE> authorities(X509_STORE_new());
    const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
    if (!authorities || !context || X509_STORE_set_default_paths(authorities.get()) != 1 ||
        X509_STORE_CTX_init(context.get(), authorities.get(), certificate.get(), chain.get()) !=
            1 ||
        X509_STORE_CTX_set_default(context.get(), "ssl_server") != 1) {
        return std::string("the system's authorities cannot be read");
    }
    if (X509_verify_cert(context.get()) != 1) {
        return std::string(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
    }
    if (X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) != 1) {
        return "it is not for " + std::string(host);
    }
    return std::string{};
}

} // namespace keystead::app
