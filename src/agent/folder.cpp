#include "agent/folder.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

namespace keystead::agent {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kOthersMayWrite = 022;

Error folder_error(const std::string& path, const std::string& why)
{
    return {ErrorKind::Internal, "agent/folder", path + ": " + why};
}
Error file_error(const std::string& name, int number)
{
    return {ErrorKind::Internal, "agent/file", name + ": " + std::strerror(number)};
}

mode_t folder_mode(Readers readers)
{
    return readers == Readers::OwnerAlone ? 0700 : 0755;
}
mode_t file_mode(Readers readers)
{
    return readers == Readers::OwnerAlone ? 0600 : 0644;
}

/// 0 or the error's number.
int write_all(int file, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return 0;
}

/// A new file with these bytes, on the disk. 0 or the error's number.
int write_new(int folder, const std::string& name, std::string_view bytes, mode_t mode)
{
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Descriptor file(::openat(folder, name.c_str(), kFlags, mode));
    if (!file.is_open()) {
        return errno;
    }
    if (const int failed = write_all(file.number(), bytes); failed != 0) {
        return failed;
    }
    // Whatever the umask is: sshd must be able to read its list of revoked keys.
    return ::fchmod(file.number(), mode) != 0 || ::fsync(file.number()) != 0 ? errno : 0;
}

} // namespace

Result<Folder> Folder::checked(Descriptor folder, const std::string& path)
{
    if (!folder.is_open()) {
        return folder_error(path, std::strerror(errno));
    }
    struct stat status {};
    if (::fstat(folder.number(), &status) != 0) {
        return folder_error(path, std::strerror(errno));
    }
    if ((status.st_uid != 0 && status.st_uid != ::geteuid()) ||
        (status.st_mode & kOthersMayWrite) != 0) {
        return folder_error(path, "it belongs to somebody else, or others may write into it");
    }
    return Folder(std::move(folder), status.st_uid);
}

Result<Folder> Folder::open_or_make(const std::string& path, Readers readers)
{
    const bool is_new = ::mkdir(path.c_str(), folder_mode(readers)) == 0;
    if (!is_new && errno != EEXIST) {
        return folder_error(path, std::strerror(errno));
    }
    Descriptor folder(::open(path.c_str(), kFolderFlags));
    if (folder.is_open() && is_new && ::fchmod(folder.number(), folder_mode(readers)) != 0) {
        return folder_error(path, std::strerror(errno));
    }
    return checked(std::move(folder), path);
}

Result<Folder> Folder::open(const std::string& path)
{
    return checked(Descriptor(::open(path.c_str(), kFolderFlags)), path);
}

Result<Folder> Folder::open_or_make_below(const std::string& name, Readers readers) const
{
    const int made = ::mkdirat(folder_.number(), name.c_str(), folder_mode(readers));
    if (made != 0 && errno != EEXIST) {
        return folder_error(name, std::strerror(errno));
    }
    Descriptor folder(::openat(folder_.number(), name.c_str(), kFolderFlags));
    if (folder.is_open() && ::fchmod(folder.number(), folder_mode(readers)) != 0) {
        return folder_error(name, std::strerror(errno));
    }
    return checked(std::move(folder), name);
}

Result<Folder> Folder::open_below(const std::string& name) const
{
    return checked(Descriptor(::openat(folder_.number(), name.c_str(), kFolderFlags)), name);
}

Result<std::string> Folder::read(const std::string& name, std::size_t bytes_max) const
{
    // Not to wait for the other end of a pipe that somebody put there.
    const Descriptor file(
        ::openat(folder_.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open() && errno == ENOENT) {
        return Error{ErrorKind::NotFound, "agent/no-file", name + " is not there"};
    }
    struct stat status {};
    if (!file.is_open() || ::fstat(file.number(), &status) != 0) {
        return file_error(name, errno);
    }
    if (!S_ISREG(status.st_mode) || (status.st_uid != 0 && status.st_uid != owner_) ||
        static_cast<std::uint64_t>(status.st_size) > bytes_max) {
        return file_error(name, EPERM);
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t got = ::read(file.number(), bytes.data() + done, bytes.size() - done);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return file_error(name, got == 0 ? EIO : errno);
        }
        done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return bytes;
}

Result<void> Folder::replace(const std::string& name, std::string_view bytes, Readers readers) const
{
    const std::string fresh = "." + name + ".new";
    ::unlinkat(folder_.number(), fresh.c_str(), 0); // of a run that was cut off
    int failed = write_new(folder_.number(), fresh, bytes, file_mode(readers));
    if (failed == 0 &&
        ::renameat(folder_.number(), fresh.c_str(), folder_.number(), name.c_str()) != 0) {
        failed = errno;
    }
    if (failed != 0) {
        ::unlinkat(folder_.number(), fresh.c_str(), 0);
        return file_error(name, failed);
    }
    // The rename too has to be on the disk before anybody is told of it.
    return ::fsync(folder_.number()) != 0 ? Result<void>(file_error(name, errno)) : Result<void>{};
}

Result<void> Folder::remove(const std::string& name) const
{
    if (::unlinkat(folder_.number(), name.c_str(), 0) != 0 && errno != ENOENT) {
        return file_error(name, errno);
    }
    return {};
}

} // namespace keystead::agent
