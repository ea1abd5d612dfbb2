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

/// The last bytes of a file of `size` bytes, as many as one note may have; nothing: see errno.
std::optional<std::string> read_end(int file, off_t size)
{
    std::string end(std::min<std::size_t>(kEndBytes, static_cast<std::size_t>(size)), '\0');
    const auto offset = size - static_cast<off_t>(end.size());
    if (pread(file, end.data(), end.size(), offset) != static_cast<ssize_t>(end.size())) {
        return std::nullopt;
    }
    return end;
}

/// What has to stand between this end of a file and the next note. A note that a full disk or a
/// power cut broke off would be read as the beginning of the next one: it is closed with a line
/// like that of a signature, so that it is a note of its own, which is not whole (split_notes()).
std::string_view separator_after(std::string_view end)
{
    const std::size_t last = end.find_last_not_of('\n');
    if (last == std::string_view::npos) {
        return "";
    }
    const std::size_t line_begin = end.rfind('\n', last) + 1; // 0 when there is none before
    const bool is_signed = end.substr(line_begin).starts_with(kSignatureDash);
    const std::size_t breaks = end.size() - last - 1;
    if (!is_signed || breaks == 0) {
        return "\n— torn\n\n";
    }
    return breaks == 1 ? "\n" : "";
}

} // namespace

Result<void> CheckpointJournal::append(const std::string& note)
{
    assert_no_transaction();
    constexpr mode_t kMode = 0644; // Checkpoints are public.
    const Descriptor file(open(
        path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
    struct stat status {};
    if (!file.is_open() || !is_regular(file.get()) || fstat(file.get(), &status) != 0) {
        return failed("audit/journal-unwritable", path_);
    }
    const auto end = read_end(file.get(), status.st_size);
    if (!end) {
        return failed("audit/journal-unwritable", path_);
    }
    const std::string piece = std::string(separator_after(*end)) + note + "\n";
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
    const auto end = read_end(file.get(), status.st_size);
    if (!end) {
        return failed("audit/journal-unreadable", path_);
    }
    auto notes = split_notes(*end).notes;
    if (notes.empty()) {
        if (end->find_first_not_of('\n') == std::string::npos) {
            return std::optional<SignedNote>{};
        }
        errno = EBADMSG;
        return failed("audit/journal-unreadable", path_);
    }
    return std::optional(std::move(notes.back()));
}

} // namespace keystead::log_proof
