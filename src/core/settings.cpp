#include "core/settings.h"

#include <string_view>

namespace keystead {

bool Settings::shows_mail() const
{
    const std::string_view url = server.base_url;
    const std::string_view name = url.substr(url.find("://") + 3);
    const bool on_localhost =
        url.starts_with("http") && (name == "localhost" || name.starts_with("localhost:"));
    return mail.smtp_url.empty() && on_localhost && !server.behind_tls_proxy &&
           server.trusted_proxies.empty();
}

} // namespace keystead
