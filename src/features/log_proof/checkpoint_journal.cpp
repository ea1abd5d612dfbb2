#include "features/log_proof/checkpoint_journal.h"

#include "storage/database.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::log_proof {
namespace {

constexpr std::size_t kEndBytes = SignedNote::kBytesMax;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0) {
            close(number_);
        }
    }
    int get() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

Error failed(std::string_view code, const std::string& path)
{
    return {ErrorKind::Unavailable, code,
            "The file that checkpoints are kept in, " + path + ", cannot be used.",
            std::strerror(errno)};
}

/// Nothing but an ordinary file: a pipe or device could make the writer wait for ever.
bool is_regular(int descriptor)
{
    struct stat status {};
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

} // namespace

Result<void> CheckpointJournal::append(const std::string& note)
{
    assert_no_transaction();
    constexpr mode_t kMode = 0644; // Checkpoints are public.
    const Descriptor file(open(
        path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
    if (!file.is_open() || !is_regular(file.get())) {
        return failed("audit/journal-unwritable", path_);
    }
    const std::string piece = note + "\n";
    const ssize_t written = write(file.get(), piece.data(), piece.size());
    if (written != static_cast<ssize_t>(piece.size()) || fdatasync(file.get()) != 0) {
        return failed("audit/journal-unwritable", path_);
    }
    return {};
}

Result<std::optional<SignedNote>> CheckpointJournal::find_last() const
{
    assert_no_transaction();
    const Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open() && errno == ENOENT) {
        return std::optional<SignedNote>{};
    }
    struct stat status {};
    if (!file.is_open() || !is_regular(file.get()) || fstat(file.get(), &status) != 0) {
        return failed("audit/journal-unreadable", path_);
    }
    std::string end(std::min<std::size_t>(kEndBytes, static_cast<std::size_t>(status.st_size)),
                    '\0');
    const auto offset = status.st_size - static_cast<off_t>(end.size());
    if (pread(file.get(), end.data(), end.size(), offset) != static_cast<ssize_t>(end.size())) {
        return failed("audit/journal-unreadable", path_);
    }
    auto notes = split_notes(end).notes;
    if (notes.empty()) {
        if (end.find_first_not_of('\n') == std::string::npos) {
            return std::optional<SignedNote>{};
        }
        errno = EBADMSG;
        return failed("audit/journal-unreadable", path_);
    }
    return std::optional(std::move(notes.back()));
}

} // namespace keystead::log_proof
