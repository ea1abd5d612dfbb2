// features/notify/smtp_transport.cpp
//
// SMTP by libcurl, one connection kept from mail to mail. What libcurl must not do here: speak
// another protocol, use a proxy, read a .netrc, raise signals, or send anything in clear to a
// server that is not on this machine.
#include "features/notify/mail_transport.h"

#include "core/ip_address.h"
#include "storage/database.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

namespace keystead::notify {

namespace {

struct CloseCurl {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};
using CurlHandle = std::unique_ptr<CURL, CloseCurl>;
using CurlUrl = std::unique_ptr<CURLU, CloseCurl>;
using CurlList = std::unique_ptr<curl_slist, CloseCurl>;

struct Server {
    bool on_loopback = false;
};

/// Nothing unless it is smtp:// or smtps:// with a host, and without a user, whose place is the
/// settings.
std::optional<Server> parse_server(const std::string& text)
{
    const CurlUrl url(curl_url());
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
                    CURLUE_OK) {
        return std::nullopt;
    }
    const auto part = [&](CURLUPart which) -> std::optional<std::string> {
        char* value = nullptr;
        if (curl_url_get(url.get(), which, &value, 0) != CURLUE_OK) {
            return std::nullopt;
        }
        const std::unique_ptr<char, CloseCurl> owner(value);
        return std::string(value);
    };
    const auto scheme = part(CURLUPART_SCHEME);
    auto host = part(CURLUPART_HOST);
    if (!scheme || (*scheme != "smtp" && *scheme != "smtps") || !host || host->empty() ||
        part(CURLUPART_USER)) {
        return std::nullopt;
    }
    if (host->starts_with('[') && host->ends_with(']')) {
        host = host->substr(1, host->size() - 2);
    }
    const auto address = IpAddress::parse(*host);
    return Server{.on_loopback = *host == "localhost" || (address && address->is_loopback())};
}

/// The rest of the mail that libcurl still has to send.
std::size_t read_mail(char* out, std::size_t size, std::size_t count, void* state)
{
    auto& rest = *static_cast<std::string_view*>(state);
    const std::size_t taken = std::min(size * count, rest.size());
    std::memcpy(out, rest.data(), taken);
    rest.remove_prefix(taken);
    return taken;
}

/// Answers that concern one mail; after all others the next would fare no better.
bool concerns_one_mail(CURLcode code)
{
    return code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
           code == CURLE_RECV_ERROR || code == CURLE_UPLOAD_FAILED;
}

class SmtpTransport final : public MailTransport {
public:
    SmtpTransport(SmtpOptions options, Server server, CurlHandle handle)
        : options_(std::move(options)), server_(server), handle_(std::move(handle))
    {
    }

    Delivery send(const OutgoingMail& mail) override
    {
        assert_no_transaction();
        CURL* const curl = handle_.get();
        curl_easy_reset(curl); // Keeps the connection.
        const CurlList recipients(curl_slist_append(nullptr, ("<" + mail.to + ">").c_str()));
        std::string_view rest = mail.text.reveal_text();
        const std::string sender = "<" + mail.from + ">";
        char words[CURL_ERROR_SIZE] = "";
        if (!recipients || !configure(curl)) {
            return {Delivery::Outcome::Unreachable, "libcurl does not take these settings"};
        }
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
        curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
        const CURLcode code = curl_easy_perform(curl);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
        if (code == CURLE_OK) {
            return {};
        }
        long answer = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
        // libcurl's own words alone: a server's may repeat the address.
        return {concerns_one_mail(code) ? Delivery::Outcome::Refused
                                        : Delivery::Outcome::Unreachable,
                std::string(curl_easy_strerror(code)) + ", SMTP answer " + std::to_string(answer)};
    }

private:
    bool configure(CURL* curl)
    {
        const auto milliseconds = [](std::chrono::seconds span) {
            return static_cast<long>(std::chrono::milliseconds(span).count());
        };
        bool fine = true;
        const auto set = [&](CURLoption option, auto value) {
            fine = curl_easy_setopt(curl, option, value) == CURLE_OK && fine;
        };
        set(CURLOPT_URL, options_.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set(CURLOPT_PROXY, "");
        set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_.connect_timeout));
        set(CURLOPT_TIMEOUT_MS, milliseconds(options_.total_timeout));
        set(CURLOPT_USE_SSL,
            static_cast<long>(server_.on_loopback ? CURLUSESSL_TRY : CURLUSESSL_ALL));
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        // Nobody sits between this machine and itself, and its certificate rarely names
        // "localhost".
        const bool verify = !server_.on_loopback || !options_.ca_file.empty();
        set(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
        set(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
        if (!options_.ca_file.empty()) {
            set(CURLOPT_CAINFO, options_.ca_file.c_str());
            set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
        }
        if (!options_.username.empty()) {
            set(CURLOPT_USERNAME, options_.username.c_str());
            const std::string password(
                options_.password.reveal_text()); // libcurl wants a terminated string.
            set(CURLOPT_PASSWORD, password.c_str());
        }
        return fine;
    }

    SmtpOptions options_;
    Server server_;
    CurlHandle handle_;
};

} // namespace

Result<std::unique_ptr<MailTransport>> open_smtp_transport(SmtpOptions options)
{
    static std::once_flag
        once; // libcurl's own state; its sources say to prepare it before threads use it.
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const auto server = parse_server(options.url);
    CurlHandle handle(curl_easy_init());
    if (!server || !handle) {
        return Error{.kind = ErrorKind::InvalidInput,
                     .code = "notify/bad-smtp-url",
                     .detail = "The SMTP server is named as smtp://host:587 or smtps://host:465."};
    }
    return std::unique_ptr<MailTransport>(
        std::make_unique<SmtpTransport>(std::move(options), *server, std::move(handle)));
}

} // namespace keystead::notify
