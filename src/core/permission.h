// core/permission.h
//
// A permission is a right that the product's catalogue names ("deploy-projects"). The slice
// `permission` gives each name a number once, in the database; a number is never used again. Here a
// permission is its number and a set is bits, so that a check is a few ANDs.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace keystead {

/// 0 … kPermissionsMax - 1.
enum class Permission : std::uint8_t {};

/// A BIGINT holds a set, and stays positive.
inline constexpr std::uint8_t kPermissionsMax = 63;
/// Built in, in every catalogue: to read one's own account through this API.
inline constexpr Permission kReadAccount{0};
inline constexpr std::string_view kReadAccountName = "read-account";
/// What no token holds: the number does not fit into a set.
inline constexpr Permission kNoPermission{kPermissionsMax};

class PermissionSet {
public:
    constexpr PermissionSet() = default;
    static constexpr PermissionSet from_bits(std::uint64_t bits)
    {
        PermissionSet set;
        set.bits_ = bits;
        return set;
    }
    constexpr std::uint64_t bits() const { return bits_; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool has(Permission permission) const
    {
        return (bits_ >> std::to_underlying(permission) & 1U) != 0;
    }
    constexpr bool contains(PermissionSet other) const { return (other.bits_ & ~bits_) == 0; }
    constexpr PermissionSet with(Permission permission) const
    {
        return from_bits(bits_ | std::uint64_t{1} << std::to_underlying(permission));
    }
    /// What is in both: how one set caps another.
    constexpr PermissionSet capped_by(PermissionSet other) const
    {
        return from_bits(bits_ & other.bits_);
    }
    constexpr bool operator==(const PermissionSet&) const = default;

private:
    std::uint64_t bits_ = 0;
};

} // namespace keystead
