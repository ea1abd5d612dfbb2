// Whatever a mail holds, its text shown as HTML holds no markup but our own links.
#include "app/dev_mail.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto mail =
        keystead::app::parse_mail(std::string_view(reinterpret_cast<const char*>(data), size));
    const std::string html = keystead::app::mail_text_html(mail.text, "http://localhost");
    for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const std::string_view rest = std::string_view(html).substr(at);
        if (!rest.starts_with("<a href=\"http://localhost") && !rest.starts_with("</a>")) {
            std::abort();
        }
    }
    return 0;
}
