#include "storage/sqlite/data_folder.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::storage {
namespace {

Error unavailable(const std::filesystem::path& path, int error)
{
    return {.kind = ErrorKind::Unavailable,
            .code = "storage/unavailable",
            .detail = "Cannot use " + path.string() + ": " +
                      std::generic_category().message(error) + "."};
}

/// Takes the lock and writes our process id into the file, for the message of whoever comes second.
Result<FileDescriptor> take_lock(const std::filesystem::path& path)
{
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
        return unavailable(path, errno);
    }
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return unavailable(path, errno);
        }
        char holder[32] = {};
        const auto length = ::pread(file.number(), holder, sizeof holder - 1, 0);
        const std::string process =
            length > 0 ? std::string(holder, std::strcspn(holder, "\n")) : "unknown";
        return Error{.kind = ErrorKind::Conflict,
                     .code = "storage/locked",
                     .detail = "Another node (process " + process +
                               ") is using this data folder; " + path.string() +
                               " is its lock. One database serves one node."};
    }
    const std::string process = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.number(), 0) != 0 ||
        ::pwrite(file.number(), process.data(), process.size(), 0) !=
            static_cast<ssize_t>(process.size())) {
        // A full disk must not keep a node from starting: the lock holds without the message.
        return file;
    }
    return file;
}

} // namespace

FileDescriptor::~FileDescriptor()
{
    if (number_ >= 0) {
        ::close(number_);
    }
}

Result<DataFolder> DataFolder::open(const std::filesystem::path& folder)
{
    std::error_code failed;
    if (folder.has_parent_path()) {
        std::filesystem::create_directories(folder.parent_path(), failed);
    }
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return unavailable(folder, errno);
    }
    const std::filesystem::path whole = std::filesystem::canonical(folder, failed);
    if (failed) {
        return unavailable(folder, failed.value());
    }
    KS_TRY(FileDescriptor lock, take_lock(whole / "node.lock"));
    // SQLite gives its log and index the mode of the database file, so that one is made here.
    const std::filesystem::path database_file = whole / "keystead.db";
    const FileDescriptor made(
        ::open(database_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made) {
        return unavailable(database_file, errno);
    }
    DataFolder opened(database_file, whole / "reserve", std::move(lock));
    return opened;
}

Result<void> DataFolder::restore_reserve() const
{
    struct stat there = {};
    if (::stat(reserve_file_.c_str(), &there) == 0) {
        return {};
    }
    // Under another name until it has its space: a half-made reserve would promise what it does not
    // hold.
    std::filesystem::path unfinished = reserve_file_;
    unfinished += ".new";
    const FileDescriptor file(
        ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) {
        return unavailable(unfinished, errno);
    }
    if (const int error = ::posix_fallocate(file.number(), 0, kReserveBytes); error != 0) {
        ::unlink(unfinished.c_str());
        if (error == ENOSPC || error == EDQUOT) {
            return Error{.kind = ErrorKind::Unavailable,
                         .code = "storage/full",
                         .cause = "no room for the reserve"};
        }
        return unavailable(unfinished, error);
    }
    if (::rename(unfinished.c_str(), reserve_file_.c_str()) != 0) {
        return unavailable(reserve_file_, errno);
    }
    return {};
}

bool DataFolder::release_reserve() const
{
    return ::unlink(reserve_file_.c_str()) == 0;
}

} // namespace keystead::storage
