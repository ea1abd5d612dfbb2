// storage/sqlite/data_folder.h
//
// The folder of an embedded database: made with mode 0700, locked for one node, with the reserve
// that a full disk's essential writes use up.
#pragma once

#include "core/result.h"

#include <cstddef>
#include <filesystem>
#include <utility>

namespace keystead::storage {

/// A file descriptor that is closed at the end.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor();
    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

class DataFolder {
public:
    /// Makes the folder and takes its lock, which lasts as long as this object. Errors:
    /// storage/locked, storage/unavailable.
    static Result<DataFolder> open(const std::filesystem::path& folder);

    const std::filesystem::path& database_file() const { return database_file_; }
    /// Makes the reserve if it is not there. Errors: storage/full.
    Result<void> restore_reserve() const;
    /// Gives the reserve's space back to the file system. False if there was none left to give.
    bool release_reserve() const;

    static constexpr std::size_t kReserveBytes = std::size_t{16} << 20;

private:
    DataFolder(std::filesystem::path database_file, std::filesystem::path reserve_file,
               FileDescriptor lock)
        : database_file_(std::move(database_file)), reserve_file_(std::move(reserve_file)),
          lock_(std::move(lock))
    {
    }
    std::filesystem::path database_file_;
    std::filesystem::path reserve_file_;
    FileDescriptor lock_;
};

} // namespace keystead::storage
