// features/password/breach_filter.h
//
// Passwords known from breaches, found without asking anyone outside (K-10). An operator's list is
// built once into a file, which the server maps read-only: a Bloom filter of 512-bit blocks (Putze,
// Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007), 24 bits a
// password, ten probes in one block chosen by the password's SHA-1.
//
// Every password of the list is found. Of the passwords that are not in it, fewer than 1 in 10,000
// are refused (5.9e-5 expected; breach_filter_test measures it), whose owners choose another. The
// file holds no password and no whole hash. A million passwords take 3 MB. Building needs no more
// memory than the file it writes, which is mapped.
//
// File, little-endian: magic "KSBREACH", u32 version 1, u32 zero, u64 passwords, u64 blocks, 32
// bytes SHA-256 of these fields and all blocks; then the blocks of 64 bytes.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace keystead::password {

struct BreachFilterSummary {
    std::uint64_t passwords = 0; // lines that went in; repeated ones count again
    std::uint64_t skipped = 0;   // empty, too long, no UTF-8, or not of the form of the first line
    std::uint64_t file_bytes = 0;
};

/// Builds a filter from a list: SHA-1 in hex, one a line, with or without ":count" (as Have I Been
/// Pwned offers), or the passwords themselves; the first line says which. `in_path` is read twice,
/// so it is a file. Writes beside `out_path` and renames over it. Errors, all InvalidInput:
/// breach-filter/unreadable, /empty, /not-written.
Result<BreachFilterSummary> build_breach_filter(const std::string& in_path,
                                                const std::string& out_path);

/// A file mapped into memory.
class Mapping {
public:
    Mapping() = default;
    Mapping(std::byte* address, std::size_t size_bytes) : bytes_(address, size_bytes) {}
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();
    std::span<std::byte> bytes() const { return bytes_; }

private:
    std::span<std::byte> bytes_;
};

/// A mapped filter. Immutable: any thread may ask.
class BreachFilter {
public:
    /// Maps and checks the file, checksum included: reads all of it, once.
    /// Errors, InvalidInput: breach-filter/unreadable, breach-filter/damaged.
    static Result<std::unique_ptr<BreachFilter>> open(const std::string& path);

    /// Whether the password's exact bytes were (almost certainly) in the list.
    bool contains(const Secret& password) const;
    std::uint64_t size() const { return passwords_; }

private:
    BreachFilter(Mapping mapping, std::uint64_t passwords, std::uint64_t blocks);
    Mapping mapping_;
    std::span<const std::byte> blocks_;
    std::uint64_t passwords_;
    std::uint64_t block_count_;
};

} // namespace keystead::password
