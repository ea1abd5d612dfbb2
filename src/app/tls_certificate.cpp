#include "app/tls_certificate.h"

#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace keystead::app {

Result<Instant> certificate_end(const std::string& pem_path)
{
    const auto free_bio = [](BIO* bio) { BIO_free(bio); };
    const auto free_certificate = [](X509* certificate) { X509_free(certificate); };
    const std::unique_ptr<BIO, decltype(free_bio)> file(BIO_new_file(pem_path.c_str(), "r"),
                                                        free_bio);
    const std::unique_ptr<X509, decltype(free_certificate)> certificate(
        file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr,
        free_certificate);
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
        return Error{ErrorKind::InvalidInput, "tls/unreadable",
                     pem_path + " holds no certificate that can be read."};
    }
    return Instant{std::chrono::seconds{timegm(&end)}};
}

} // namespace keystead::app
