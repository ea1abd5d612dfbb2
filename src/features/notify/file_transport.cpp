#include "features/notify/mail_transport.h"

#include "core/secret_file.h"
#include "storage/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace keystead::notify {

namespace {

Delivery failed(std::string_view what)
{
    return {Delivery::Outcome::Unreachable,
            std::string(what) + ": " + std::generic_category().message(errno)};
}

bool write_all(int file, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

Result<Secret> smtp_password(const MailSettings& settings)
{
    if (settings.password_file.empty()) {
        return Secret(0);
    }
    auto password = read_secret_line(settings.password_file);
    if (!password) {
        return Error{.kind = ErrorKind::InvalidInput,
                     .code = "notify/no-password-file",
                     .detail = "The SMTP password file cannot be read or is empty.",
                     .cause = settings.password_file};
    }
    return *std::move(password);
}

} // namespace

Delivery FileTransport::send(const OutgoingMail& mail)
{
    assert_no_transaction();
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
        return failed("the mail folder cannot be made");
    }
    // A message id is ours: letters and digits. The name shows up only when the file is whole.
    const std::filesystem::path path = folder_ / (mail.message_id + ".eml");
    const std::filesystem::path unfinished = folder_ / ("." + mail.message_id + ".tmp");
    const int file =
        ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return failed("a mail file cannot be made");
    }
    const bool written = write_all(file, mail.text.reveal());
    if (const bool closed = ::close(file) == 0; !written || !closed) {
        return failed("a mail file cannot be written");
    }
    if (::rename(unfinished.c_str(), path.c_str()) != 0) {
        return failed("a mail file cannot be named");
    }
    return {};
}

Result<std::unique_ptr<MailTransport>> open_mail_transport(const MailSettings& settings,
                                                           const std::string& data_folder)
{
    if (settings.smtp_url.empty()) {
        return std::unique_ptr<MailTransport>(
            std::make_unique<FileTransport>(std::filesystem::path(data_folder) / "mail"));
    }
    KS_TRY(Secret password, smtp_password(settings));
    SmtpOptions options{.url = settings.smtp_url,
                        .username = settings.username,
                        .password = std::move(password),
                        .ca_file = settings.ca_file};
    return open_smtp_transport(std::move(options));
}

} // namespace keystead::notify
