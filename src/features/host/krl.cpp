#include "features/host/krl.h"

#include <algorithm>
#include <cstdint>

namespace keystead::host {
namespace {

constexpr std::uint64_t kMagic = 0x5353484B524C0A00ULL; // "SSHKRL\n\0"
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::byte kSectionFingerprintSha256{5};

template <class Number> void append_number(Bytes& out, Number number)
{
    for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::byte>(number >> shift & 0xFFU));
    }
}

void append_size(Bytes& out, std::size_t size)
{
    append_number(out, static_cast<std::uint32_t>(size));
}

} // namespace

Bytes make_krl(std::vector<Digest> fingerprints)
{
    // "The hashes must appear in numeric order, treating each hash as a big-endian integer."
    std::ranges::sort(fingerprints);
    fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());

    Bytes out;
    out.reserve(kKrlHeadBytes + 5 + fingerprints.size() * kKrlKeyBytes);
    append_number(out, kMagic);
    append_number(out, kFormatVersion);
    append_number(out, std::uint64_t{0}); // krl_version
    append_number(out, std::uint64_t{0}); // generated_date
    append_number(out, std::uint64_t{0}); // flags
    append_size(out, 0);                  // reserved
    append_size(out, 0);                  // comment
    if (fingerprints.empty()) {
        return out;
    }
    out.push_back(kSectionFingerprintSha256);
    append_size(out, fingerprints.size() * kKrlKeyBytes);
    for (const Digest& fingerprint : fingerprints) {
        append_size(out, fingerprint.size());
        out.insert(out.end(), fingerprint.begin(), fingerprint.end());
    }
    return out;
}

} // namespace keystead::host
