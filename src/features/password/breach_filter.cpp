#include "features/password/breach_filter.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "features/password/password_policy.h"
#include "storage/database.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keystead::password {
namespace {

static_assert(std::endian::native == std::endian::little); // The file is read in place.

constexpr std::string_view kMagic = "KSBREACH";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kChecksumAt = 32; // what stands before it is covered by it, as are the blocks
constexpr std::size_t kBlockBytes = 64;
constexpr std::uint64_t kBitsPerPassword = 24;
constexpr int kProbes = 10;
constexpr std::uint64_t kBlocksMax = std::uint64_t{1} << 32; // 256 GiB
constexpr std::size_t kSha1HexDigits = 40;

using Sha1 = std::array<std::byte, 20>;

struct FileDescriptor {
    explicit FileDescriptor(int descriptor) : value(descriptor) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor()
    {
        if (value >= 0) {
            ::close(value);
        }
    }
    int value;
};

Error file_error(std::string_view code, const std::string& path, int number)
{
    return Error{.kind = ErrorKind::InvalidInput,
                 .code = code,
                 .detail =
                     path + ": " + (number == 0 ? "not a usable file" : std::strerror(number))};
}

std::uint64_t read_u64(ByteView bytes, std::size_t at)
{
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

template <class T> void write_at(std::span<std::byte> bytes, std::size_t at, T value)
{
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// Where a password lies: bytes 0…3 of its SHA-1 choose the block (most significant first, so that
/// a sorted list is written in order), the 96 bits behind them ten positions of nine bits.
struct Probes {
    Probes(const Sha1& hash, std::uint64_t block_count)
        : block((__builtin_bswap64(read_u64(hash, 0)) >> 32) * block_count >> 32)
    {
        for (int probe = 0; probe < kProbes; ++probe) {
            const auto first_bit = static_cast<std::size_t>(probe) * 9;
            const std::size_t at = 8 + first_bit / 8;
            const auto two = std::to_integer<std::uint32_t>(hash[at]) |
                             std::to_integer<std::uint32_t>(hash[at + 1]) << 8;
            positions[static_cast<std::size_t>(probe)] =
                static_cast<std::uint16_t>(two >> first_bit % 8 & 0x1ff);
        }
    }
    std::uint64_t block;
    std::array<std::uint16_t, kProbes> positions{};
};

std::optional<Sha1> parse_sha1_line(std::string_view line)
{
    if (line.size() > kSha1HexDigits && line[kSha1HexDigits] != ':') {
        return std::nullopt;
    }
    std::string digits(line.substr(0, kSha1HexDigits));
    std::transform(digits.begin(), digits.end(), digits.begin(), [](char digit) {
        return digit >= 'A' && digit <= 'F' ? static_cast<char>(digit - 'A' + 'a') : digit;
    });
    const auto bytes = hex_decode(digits);
    if (!bytes || bytes->size() != Sha1{}.size()) {
        return std::nullopt;
    }
    Sha1 hash{};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    return hash;
}

/// As the server will ask: in NFC.
std::optional<Sha1> hash_plain_line(std::string_view line)
{
    const auto password = NormalizedPassword::from(Secret::copy_of(line));
    return password ? std::optional(crypto::sha1(password->text().reveal())) : std::nullopt;
}

enum class ListForm : std::uint8_t { Hashes, Passwords };

/// Calls `use` with the hash of each line; answers how many lines gave none.
template <class Use> Result<std::uint64_t> for_each_hash(const std::string& path, const Use& use)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return file_error("breach-filter/unreadable", path, errno);
    }
    std::uint64_t skipped = 0;
    std::optional<ListForm> form;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        if (!form) {
            form = parse_sha1_line(line) ? ListForm::Hashes : ListForm::Passwords;
        }
        const auto hash = *form == ListForm::Hashes ? parse_sha1_line(line) : hash_plain_line(line);
        if (hash) {
            use(*hash);
        } else {
            ++skipped;
        }
    }
    return in.bad() ? Result<std::uint64_t>(file_error("breach-filter/unreadable", path, errno))
                    : skipped;
}

Digest checksum_of(std::span<const std::byte> file)
{
    return crypto::sha256_of({file.first(kChecksumAt), file.subspan(kHeaderBytes)});
}

void write_header(std::span<std::byte> file, std::uint64_t passwords, std::uint64_t blocks)
{
    std::memcpy(file.data(), kMagic.data(), kMagic.size());
    write_at(file, 8, kVersion);
    write_at(file, 16, passwords);
    write_at(file, 24, blocks);
    const Digest checksum = checksum_of(file);
    std::memcpy(file.data() + kChecksumAt, checksum.data(), checksum.size());
}

/// Fills the file at `path`, which is of the right size and all zero.
Result<void> fill(int file, const std::string& path, std::size_t file_bytes,
                  const std::string& in_path, std::uint64_t passwords)
{
    void* const address = ::mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (address == MAP_FAILED) {
        return file_error("breach-filter/not-written", path, errno);
    }
    const Mapping mapping(static_cast<std::byte*>(address), file_bytes);
    const std::uint64_t blocks = (file_bytes - kHeaderBytes) / kBlockBytes;
    const auto body = mapping.bytes().subspan(kHeaderBytes);
    KS_CHECK(for_each_hash(in_path, [&](const Sha1& hash) {
        const Probes probes(hash, blocks);
        const auto block = body.subspan(probes.block * kBlockBytes, kBlockBytes);
        for (const std::uint16_t position : probes.positions) {
            block[position / 8] |= std::byte{1} << position % 8;
        }
    }));
    write_header(mapping.bytes(), passwords, blocks);
    if (::msync(address, file_bytes, MS_SYNC) != 0 || ::fsync(file) != 0) {
        return file_error("breach-filter/not-written", path, errno);
    }
    return {};
}

} // namespace

Mapping::~Mapping()
{
    if (!bytes_.empty()) {
        ::munmap(bytes_.data(), bytes_.size());
    }
}

Result<BreachFilterSummary> build_breach_filter(const std::string& in_path,
                                                const std::string& out_path)
{
    assert_no_transaction();
    BreachFilterSummary summary;
    KS_TRY(summary.skipped, for_each_hash(in_path, [&](const Sha1&) { ++summary.passwords; }));
    if (summary.passwords == 0) {
        return Error{.kind = ErrorKind::InvalidInput,
                     .code = "breach-filter/empty",
                     .detail = in_path + ": no line is a password or a SHA-1"};
    }
    const std::uint64_t blocks = summary.passwords * kBitsPerPassword / (kBlockBytes * 8) + 1;
    KS_ASSERT(blocks <= kBlocksMax); // 90,000 million passwords
    summary.file_bytes = kHeaderBytes + blocks * kBlockBytes;

    const std::string unfinished = out_path + ".unfinished";
    const FileDescriptor file(
        ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (file.value < 0) {
        return file_error("breach-filter/not-written", unfinished, errno);
    }
    // Allocated before it is mapped: writing to a mapped hole on a full disk would be a signal, not
    // an error.
    if (const int failure =
            ::posix_fallocate(file.value, 0, static_cast<off_t>(summary.file_bytes));
        failure != 0) {
        ::unlink(unfinished.c_str());
        return file_error("breach-filter/not-written", unfinished, failure);
    }
    if (auto filled = fill(file.value, unfinished, summary.file_bytes, in_path, summary.passwords);
        !filled) {
        ::unlink(unfinished.c_str());
        return std::move(filled).error();
    }
    if (std::rename(unfinished.c_str(), out_path.c_str()) != 0) {
        return file_error("breach-filter/not-written", out_path, errno);
    }
    return summary;
}

BreachFilter::BreachFilter(Mapping mapping, std::uint64_t passwords, std::uint64_t blocks)
    : mapping_(std::move(mapping)), blocks_(mapping_.bytes().subspan(kHeaderBytes)),
      passwords_(passwords), block_count_(blocks)
{
}

Result<std::unique_ptr<BreachFilter>> BreachFilter::open(const std::string& path)
{
    assert_no_transaction();
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (file.value < 0 || ::fstat(file.value, &status) != 0) {
        return file_error("breach-filter/unreadable", path, errno);
    }
    const auto damaged = [&] { return file_error("breach-filter/damaged", path, 0); };
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || size < kHeaderBytes + kBlockBytes ||
        (size - kHeaderBytes) % kBlockBytes != 0) {
        return damaged();
    }
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
    if (address == MAP_FAILED) {
        return file_error("breach-filter/unreadable", path, errno);
    }
    Mapping mapping(static_cast<std::byte*>(address), size);
    const ByteView bytes = mapping.bytes();
    const std::uint64_t blocks = (size - kHeaderBytes) / kBlockBytes;
    if (as_text(bytes.first(kMagic.size())) != kMagic || read_u64(bytes, 8) != kVersion ||
        read_u64(bytes, 24) != blocks ||
        !crypto::constant_time_equal(checksum_of(bytes),
                                     bytes.subspan(kChecksumAt, Digest{}.size()))) {
        return damaged();
    }
    const std::uint64_t passwords = read_u64(bytes, 16);
    return std::unique_ptr<BreachFilter>(new BreachFilter(std::move(mapping), passwords, blocks));
}

bool BreachFilter::contains(const Secret& password) const
{
    const Probes probes(crypto::sha1(password.reveal()), block_count_);
    const auto block = blocks_.subspan(probes.block * kBlockBytes, kBlockBytes);
    return std::all_of(
        probes.positions.begin(), probes.positions.end(), [&](std::uint16_t position) {
            return (block[position / 8] >> position % 8 & std::byte{1}) != std::byte{0};
        });
}

} // namespace keystead::password
