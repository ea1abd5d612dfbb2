// features/backup/backup_file.h
//
// A back-up as a file: written under another name, with mode 0600, and given its own when it is
// durable; nothing stays of one that was not finished. No existing file is replaced.
#pragma once

#include "core/result.h"
#include "features/backup/backup_archive.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace keystead::backup {

/// An open file, closed at the end.
class OpenFile {
public:
    OpenFile() = default;
    explicit OpenFile(int number) : number_(number) {}
    OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    OpenFile& operator=(OpenFile&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~OpenFile();
    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

class NewBackupFile final : public ByteSink {
public:
    /// Errors: backup/file-exists, backup/in-progress (Conflict), backup/file (Unavailable),
    /// storage/full.
    static Result<NewBackupFile> create(const std::filesystem::path& path);
    NewBackupFile(NewBackupFile&&) noexcept = default;
    NewBackupFile& operator=(NewBackupFile&&) = delete;
    ~NewBackupFile() override; // Removes what was not published.

    Result<void> write(ByteView bytes) override;
    /// Durable, though not to be seen yet.
    Result<void> sync();
    /// Gives it its name.
    Result<void> publish();
    std::uint64_t bytes() const { return bytes_; }

private:
    NewBackupFile(std::filesystem::path path, std::filesystem::path unfinished, OpenFile file)
        : path_(std::move(path)), unfinished_(std::move(unfinished)), file_(std::move(file))
    {
    }
    std::filesystem::path path_;
    std::filesystem::path unfinished_;
    OpenFile file_; // none once published or moved from
    std::uint64_t bytes_ = 0;
};

class BackupFile final : public ByteSource {
public:
    /// Errors: backup/no-file (NotFound), backup/file.
    static Result<BackupFile> open(const std::filesystem::path& path);
    Result<std::size_t> read(std::span<std::byte> into) override;
    /// To its beginning again.
    Result<void> rewind();

private:
    explicit BackupFile(OpenFile file) : file_(std::move(file)) {}
    Result<std::size_t> read_ahead();

    OpenFile file_;
    Bytes buffer_; // read ahead
    std::size_t at_ = 0;
};

/// Empty, for its owner alone, and there after a power cut. Fine if it is there already.
Result<void> put_durable_file(const std::filesystem::path& path);

} // namespace keystead::backup
