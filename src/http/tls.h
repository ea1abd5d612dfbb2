// http/tls.h
//
// The server's TLS: versions and ciphers, and the certificate in use, which can be replaced while
// it runs.
#pragma once

#include "core/result.h"

#include <memory>
#include <mutex>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace keystead::http {

class TlsStore {
public:
    /// Errors: server/tls.
    static Result<std::unique_ptr<TlsStore>> open(std::string certificate_path,
                                                  std::string key_path);
    TlsStore(std::string certificate_path, std::string key_path,
             std::shared_ptr<boost::asio::ssl::context> context);
    /// Errors: server/tls; the pair in use then stays.
    Result<void> reload();
    std::shared_ptr<boost::asio::ssl::context> current() const;

private:
    const std::string certificate_path_;
    const std::string key_path_;
    mutable std::mutex mutex_; // guards context_
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace keystead::http
