// features/notify/mail_transport.h
//
// Takes a finished mail away: by SMTP (libcurl) or into a folder. Blocks; only the mail job calls
// it, outside any transaction. Bounded time for each mail.
#pragma once

#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace keystead::notify {

struct Delivery {
    enum class Outcome : std::uint8_t {
        Sent,
        Refused,     // the server answered and did not take this mail; another one it may take
        Unreachable, // no server, no TLS, no time or no leave to send at all: no use in trying the
                     // next
    };
    Outcome outcome = Outcome::Sent;
    std::string cause = {}; // for the log and the row; no address, no link
};

struct OutgoingMail {
    std::string from;
    std::string to;
    std::string message_id; // left part
    Secret text;            // carries links that work
};

class MailTransport {
public:
    virtual ~MailTransport() = default;
    virtual Delivery send(const OutgoingMail& mail) = 0;
};

/// Writes each mail to `folder`/<message id>.eml (made with mode 0700, files 0600), whole or not at
/// all.
class FileTransport final : public MailTransport {
public:
    explicit FileTransport(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Delivery send(const OutgoingMail& mail) override;

private:
    std::filesystem::path folder_;
};

struct SmtpOptions {
    std::string url; // smtp:// or smtps://
    std::string username;
    Secret password;
    std::string ca_file; // empty: the system's
    std::chrono::seconds connect_timeout{10};
    std::chrono::seconds total_timeout{30};
};

/// SMTP with TLS (STARTTLS or from the start) demanded and verified unless the server is on
/// loopback. Errors: notify/bad-smtp-url (InvalidInput).
Result<std::unique_ptr<MailTransport>> open_smtp_transport(SmtpOptions options);

/// What the settings ask for: SMTP, or files in <data_folder>/mail when no server is named. Errors:
/// as above; notify/no-password-file (InvalidInput).
Result<std::unique_ptr<MailTransport>> open_mail_transport(const MailSettings& settings,
                                                           const std::string& data_folder);

} // namespace keystead::notify
