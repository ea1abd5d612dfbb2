#include "app/audit_file_verb.h"

#include "app/verbs.h"
#include "core/encoding.h"
#include "core/json.h"
#include "features/log_proof/audit_file_check.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::app {
namespace {

using log_proof::AuditFileCheck;
using log_proof::FileReport;

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

class OpenFile {
public:
    static Result<OpenFile> open(const std::string& path)
    {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (descriptor < 0 && errno == ENOENT) {
            return Error{ErrorKind::NotFound, "audit/no-such-file", path + " is not there."};
        }
        if (descriptor < 0) {
            return unreadable(path);
        }
        return OpenFile(descriptor, path);
    }
    OpenFile(OpenFile&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_))
    {
    }
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile()
    {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }
    /// How many bytes were read to `buffer`; 0 at the end.
    Result<std::size_t> read(std::span<char> buffer)
    {
        for (;;) {
            const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) {
                return unreadable(path_);
            }
        }
    }
    void go_back_from_end(std::size_t bytes)
    {
        struct stat status {};
        if (fstat(descriptor_, &status) == 0 && status.st_size > static_cast<off_t>(bytes)) {
            lseek(descriptor_, -static_cast<off_t>(bytes), SEEK_END);
        }
    }

private:
    OpenFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    static Error unreadable(const std::string& path)
    {
        return {ErrorKind::Unavailable, "audit/unreadable-file", path + " cannot be read.",
                std::strerror(errno)};
    }
    int descriptor_;
    std::string path_;
};

/// Hands every line of the file to `check`.
Result<void> read_lines(OpenFile& file, AuditFileCheck& check)
{
    std::vector<char> buffer(AuditFileCheck::kLineBytesMax + kReadBytes);
    std::size_t kept = 0; // of the line that has not ended yet
    for (;;) {
        KS_TRY(const std::size_t got, file.read(std::span(buffer).subspan(kept, kReadBytes)));
        std::string_view rest(buffer.data(), kept + got);
        for (std::size_t end = rest.find('\n', kept); end != std::string_view::npos;
             end = rest.find('\n')) {
            check.take_line(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        if (got == 0) {
            if (!rest.empty()) {
                check.take_line(rest);
            }
            return {};
        }
        if (rest.size() > AuditFileCheck::kLineBytesMax) {
            return Error{ErrorKind::InvalidInput, "audit/unreadable-file",
                         "A line is too long: this is no audit export."};
        }
        std::memmove(buffer.data(), rest.data(), rest.size());
        kept = rest.size();
    }
}

std::string verdict_json(const FileReport& report)
{
    JsonWriter json;
    json.begin_object()
        .member("good", report.faults.empty())
        .member("form", report.header.form == log_proof::FileForm::Whole ? "whole" : "selection")
        .member("origin", report.header.origin)
        .member("size", report.header.size)
        .member("root", base64_encode(report.header.root))
        .member("key_from",
                report.own_key ? "the file itself: compare it, or give --key" : "the command line")
        .member("events", report.events)
        .member("entries_without_event", report.entries_alone)
        .member("personal_values", report.values)
        .member("values_withheld_or_erased", report.withheld)
        .member("checkpoints_that_agree", report.kept_compared);
    json.key("faults").begin_array();
    for (const auto& fault : report.faults) {
        json.value(fault);
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<log_proof::FileCheckOptions> options_of(const Invocation& invocation)
{
    log_proof::FileCheckOptions options;
    if (const auto key = invocation.texts.find("--key"); key != invocation.texts.end()) {
        options.key = log_proof::VerifierKey::parse(key->second);
        if (!options.key) {
            return Error{ErrorKind::InvalidInput, "audit/not-a-key",
                         "--key is no verifier key: name+id+base64, as `audit key` prints it."};
        }
    }
    if (const auto path = invocation.texts.find("--checkpoint"); path != invocation.texts.end()) {
        KS_TRY(const std::string end, read_file_end(path->second));
        options.kept = log_proof::split_notes(end).notes;
        if (options.kept.empty()) {
            return Error{ErrorKind::InvalidInput, "audit/no-checkpoint",
                         path->second + " holds no checkpoint."};
        }
    }
    return options;
}

} // namespace

Result<FileVerdict> verify_file(const Invocation& invocation)
{
    KS_TRY(auto options, options_of(invocation));
    KS_TRY(auto file, OpenFile::open(invocation.texts.at("FILE")));
    AuditFileCheck check(std::move(options));
    KS_CHECK(read_lines(file, check));
    const FileReport report = check.finish();
    return FileVerdict{verdict_json(report),
                       report.faults.empty() ? ExitStatus::Ok : ExitStatus::Failed};
}

Result<std::string> read_file_end(const std::string& path)
{
    KS_TRY(auto file, OpenFile::open(path));
    file.go_back_from_end(kFileEndBytesMax);
    std::string end(kFileEndBytesMax, '\0');
    std::size_t size = 0;
    while (size < end.size()) {
        KS_TRY(const std::size_t got, file.read(std::span(end).subspan(size)));
        if (got == 0) {
            break;
        }
        size += got;
    }
    end.resize(size);
    return end;
}

} // namespace keystead::app
