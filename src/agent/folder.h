// agent/folder.h
//
// A folder that belongs to whoever runs this program, and its files. Opened once; what is read and
// written is named below it, and no link is followed. A file is replaced as a whole: whoever reads
// it finds what was there before or what is there now, also after a power cut and on a full disk.
#pragma once

#include "agent/descriptor.h"
#include "core/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace keystead::agent {

enum class Readers : std::uint8_t { OwnerAlone, Everybody };

class Folder {
public:
    /// Made when it is not there. Errors: agent/folder (it belongs to another, others may write, or
    /// it is none).
    static Result<Folder> open_or_make(const std::string& path, Readers readers);
    /// Errors: agent/folder, also when it is not there.
    static Result<Folder> open(const std::string& path);
    /// One below this one.
    Result<Folder> open_or_make_below(const std::string& name, Readers readers) const;
    Result<Folder> open_below(const std::string& name) const;

    /// A plain file of root or of whom this folder belongs to. Errors: agent/no-file (NotFound),
    /// agent/file.
    Result<std::string> read(const std::string& name, std::size_t bytes_max) const;
    /// Errors: agent/file; then the file is as it was.
    Result<void> replace(const std::string& name, std::string_view bytes, Readers readers) const;
    /// It need not be there. Errors: agent/file.
    Result<void> remove(const std::string& name) const;

private:
    Folder(Descriptor folder, uid_t owner) : folder_(std::move(folder)), owner_(owner) {}
    static Result<Folder> checked(Descriptor folder, const std::string& path);
    Descriptor folder_;
    uid_t owner_;
};

} // namespace keystead::agent
