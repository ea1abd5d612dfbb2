#include "features/backup/backup_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::backup {
namespace {

constexpr std::size_t kReadAheadBytes = std::size_t{256} << 10;

Error failed(const std::filesystem::path& path, int error)
{
    // EFBIG: the process may write no larger file.
    const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return {.kind = ErrorKind::Unavailable,
            .code = is_full ? "storage/full" : "backup/file",
            .detail = path.string() + ": " + std::generic_category().message(error) + "." +
                      (is_full ? " Nothing stays of the unfinished back-up." : "")};
}

Error already_there(const std::filesystem::path& path)
{
    return {.kind = ErrorKind::Conflict,
            .code = "backup/file-exists",
            .detail = path.string() + " is there already. It was left as it is."};
}

Error in_progress(const std::filesystem::path& path)
{
    return {.kind = ErrorKind::Conflict,
            .code = "backup/in-progress",
            .detail = "Another back-up is being written to " + path.string() + "."};
}

/// Whoever writes a back-up holds this until it is published; a lock ends with its process.
bool is_locked_by_us(const OpenFile& file)
{
    return ::flock(file.number(), LOCK_EX | LOCK_NB) == 0;
}

/// Whether the name still leads to what was opened: somebody may have published or removed it.
bool is_named(const OpenFile& file, const std::filesystem::path& path)
{
    struct stat opened {};
    struct stat named {};
    return ::fstat(file.number(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/// What one that was killed has left. Errors: backup/in-progress.
Result<void> remove_abandoned(const std::filesystem::path& unfinished,
                              const std::filesystem::path& path)
{
    const OpenFile file(::open(unfinished.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) {
        return {}; // None is there, or whoever creates it says what is wrong.
    }
    if (!is_locked_by_us(file)) {
        return in_progress(path);
    }
    if (is_named(file, unfinished)) {
        ::unlink(unfinished.c_str());
    }
    return {};
}

/// A name in it is as durable as the file.
Result<void> sync_folder_of(const std::filesystem::path& path)
{
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const OpenFile opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::fsync(opened.number()) != 0) {
        return failed(folder, errno);
    }
    return {};
}

} // namespace

OpenFile::~OpenFile()
{
    if (number_ >= 0) {
        ::close(number_);
    }
}

Result<NewBackupFile> NewBackupFile::create(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        return already_there(path);
    }
    std::filesystem::path unfinished = path;
    unfinished += ".unfinished";
    KS_CHECK(remove_abandoned(unfinished, path));
    OpenFile file(
        ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
        return failed(unfinished, errno);
    }
    // Between the two steps another may have taken it for what a killed one has left.
    if (!is_locked_by_us(file) || !is_named(file, unfinished)) {
        return in_progress(path);
    }
    return NewBackupFile(path, std::move(unfinished), std::move(file));
}

NewBackupFile::~NewBackupFile()
{
    if (file_) {
        ::unlink(unfinished_.c_str());
    }
}

Result<void> NewBackupFile::write(ByteView bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return failed(path_, errno);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        bytes_ += static_cast<std::uint64_t>(written);
    }
    return {};
}

Result<void> NewBackupFile::sync()
{
    return ::fsync(file_.number()) == 0 ? Result<void>{} : Result<void>{failed(path_, errno)};
}

Result<void> NewBackupFile::publish()
{
    if (::renameat2(AT_FDCWD, unfinished_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) !=
        0) {
        if (errno == EEXIST) {
            return already_there(path_);
        }
        // Some network file systems cannot promise it; create() has looked.
        if (errno != EINVAL || ::rename(unfinished_.c_str(), path_.c_str()) != 0) {
            return failed(path_, errno);
        }
    }
    file_ = OpenFile();
    return sync_folder_of(path_);
}

Result<void> put_durable_file(const std::filesystem::path& path)
{
    const OpenFile file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::fsync(file.number()) != 0) {
        return failed(path, errno);
    }
    return sync_folder_of(path);
}

Result<BackupFile> BackupFile::open(const std::filesystem::path& path)
{
    OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) {
            return Error{ErrorKind::NotFound, "backup/no-file",
                         "There is no file " + path.string() + "."};
        }
        return failed(path, errno);
    }
    return BackupFile(std::move(file));
}

Result<std::size_t> BackupFile::read(std::span<std::byte> into)
{
    std::size_t filled = 0;
    while (filled < into.size()) {
        if (at_ == buffer_.size()) {
            KS_TRY(const std::size_t got, read_ahead());
            if (got == 0) {
                break;
            }
        }
        const std::size_t size = std::min(into.size() - filled, buffer_.size() - at_);
        std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), size,
                    into.begin() + static_cast<std::ptrdiff_t>(filled));
        filled += size;
        at_ += size;
    }
    return filled;
}

Result<std::size_t> BackupFile::read_ahead()
{
    buffer_.resize(kReadAheadBytes);
    at_ = 0;
    ssize_t got = 0;
    do {
        got = ::read(file_.number(), buffer_.data(), buffer_.size());
    } while (got < 0 && errno == EINTR);
    buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) {
        return failed("the back-up", errno);
    }
    return buffer_.size();
}

Result<void> BackupFile::rewind()
{
    buffer_.clear();
    at_ = 0;
    return ::lseek(file_.number(), 0, SEEK_SET) == 0 ? Result<void>{}
                                                     : Result<void>{failed("the back-up", errno)};
}

} // namespace keystead::backup
