// features/password/breach_filter.h
//
// Passwords known from breaches, found without asking anyone outside (K-10). An operator's list is built once into a
// compact file: a binary fuse filter with three segments and 16-bit fingerprints (Graf and Lemire, "Binary Fuse Filters:
// Fast and Smaller Than Xor Filters", 2022), about 2.3 bytes a password, mapped read-only by the server.
//
// Every password of the list is found. A password that is not in it is refused with probability 2^-16 (1 in 65,536;
// breach_filter_test measures it): the person then chooses another. The filter holds no password and no full hash.
//
// File, little-endian: header of 64 bytes (magic "KSBREACH", version 1, key count, seed, segment length, segment count,
// 32-bit reserved zero, first 16 bytes of SHA-256 over the header before it and the body), then the fingerprints.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace keystead::password {

/// What a list is made of, told by its first line: SHA-1 in hex (with or without ":count", as Have I Been Pwned offers),
/// or the passwords themselves, one a line.
struct BreachFilterSummary {
    std::uint64_t lines = 0;
    std::uint64_t passwords = 0; // distinct
    std::uint64_t skipped = 0;   // empty, too long, or not of the form of the first line
    std::uint64_t file_bytes = 0;
};

/// Reads a list, writes the filter beside `out_path` and renames it over. Needs about 12 bytes of memory a password and
/// a scratch of as much. Errors: breach-filter/unreadable, /empty, /too-large, /not-written (InvalidInput or Internal).
Result<BreachFilterSummary> build_breach_filter(const std::string& in_path, const std::string& out_path);

/// A mapped filter. Immutable: any thread may ask.
class BreachFilter {
public:
    /// Maps and checks the file, checksum included (reads all of it, once).
    /// Errors: breach-filter/unreadable, breach-filter/damaged (InvalidInput).
    static Result<std::unique_ptr<BreachFilter>> open(const std::string& path);
    ~BreachFilter();
    BreachFilter(const BreachFilter&) = delete;
    BreachFilter& operator=(const BreachFilter&) = delete;

    /// Whether the password's exact UTF-8 bytes were (almost certainly) in the list.
    bool contains(const Secret& password) const;
    std::uint64_t size() const { return key_count_; }

private:
    BreachFilter() = default;
    std::byte* mapped_ = nullptr;
    std::size_t mapped_bytes_ = 0;
    std::span<const std::byte> fingerprints_;
    std::uint64_t key_count_ = 0;
    std::uint64_t seed_ = 0;
    std::uint32_t segment_length_ = 0;
    std::uint32_t segment_count_ = 0;
};

} // namespace keystead::password
