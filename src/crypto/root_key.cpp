#include "crypto/root_key.h"

#include "core/encoding.h"
#include "crypto/seal.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::crypto {
namespace {

constexpr std::string_view kPrefix = "ks_root_";
constexpr std::size_t kFileBytesMax = 256;

class FileDescriptor {
public:
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor()
    {
        if (number_ >= 0) {
            close(number_);
        }
    }
    int get() const { return number_; }

private:
    int number_;
};

Error failure(ErrorKind kind, std::string_view code, std::string detail)
{
    return Error{kind, code, std::move(detail)};
}

std::string reason(int number)
{
    return std::generic_category().message(number);
}

/// A key of few different bytes was typed or zero-filled, not drawn: 32 random bytes have about 30
/// different ones.
bool is_weak(std::span<const std::byte> key)
{
    constexpr std::size_t kDistinctMin = 16;
    return std::set<std::byte>(key.begin(), key.end()).size() < kDistinctMin;
}

bool write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// A file's name is durable only when its folder is.
bool sync_folder_of(const std::string& path)
{
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const FileDescriptor file(
        open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return file.get() >= 0 && fsync(file.get()) == 0;
}

} // namespace

Result<Secret> parse_root_key(std::string_view text)
{
    if (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    auto bytes =
        text.starts_with(kPrefix) ? base64url_decode(text.substr(kPrefix.size())) : std::nullopt;
    if (!bytes || bytes->size() != kKeyBytes) {
        return failure(ErrorKind::InvalidInput, "keys/malformed",
                       "The root key is not \"ks_root_\" and 43 base64url digits.");
    }
    Secret key = Secret::copy_of(*bytes);
    explicit_bzero(bytes->data(), bytes->size());
    if (is_weak(key.reveal())) {
        return failure(ErrorKind::InvalidInput, "keys/weak", "The root key is not random.");
    }
    return key;
}

Result<Secret> read_root_key_file(const std::string& path, FileAccess access)
{
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return errno == ENOENT ? failure(ErrorKind::NotFound, "keys/not-found",
                                         "There is no root key at " + path + ".")
                               : failure(ErrorKind::Unavailable, "keys/unreadable",
                                         path + ": " + reason(errno) + ".");
    }
    struct stat status {};
    if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return failure(ErrorKind::Unavailable, "keys/unreadable", path + " is not a regular file.");
    }
    const bool owned = status.st_uid == geteuid() || status.st_uid == 0;
    if (access == FileAccess::OwnerOnly && ((status.st_mode & 0077) != 0 || !owned)) {
        return failure(
            ErrorKind::Forbidden, "keys/file-mode",
            path + " can be read by others: it must belong to this user and have mode 0600.");
    }
    Secret text(kFileBytesMax);
    std::size_t size = 0;
    while (size < kFileBytesMax) {
        const ssize_t got = read(file.get(), text.writable().data() + size, kFileBytesMax - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failure(ErrorKind::Unavailable, "keys/unreadable",
                           path + ": " + reason(errno) + ".");
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    return parse_root_key(text.reveal_text().substr(0, size));
}

Result<Secret> make_root_key_file(const std::string& path, Random& random)
{
    const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) {
        return errno == EEXIST ? failure(ErrorKind::Conflict, "keys/exists",
                                         "There is a root key at " + path + " already.")
                               : failure(ErrorKind::Unavailable, "keys/unwritable",
                                         path + ": " + reason(errno) + ".");
    }
    Secret key = make_key(random);
    std::string text = std::string(kPrefix) + base64url_encode(key.reveal()) + "\n";
    const bool stored =
        write_all(file.get(), text) && fsync(file.get()) == 0 && sync_folder_of(path);
    explicit_bzero(text.data(), text.size());
    if (!stored) {
        unlink(path.c_str()); // Half a key must not be found by the next start.
        return failure(ErrorKind::Unavailable, "keys/unwritable", path + " could not be written.");
    }
    return key;
}

} // namespace keystead::crypto
