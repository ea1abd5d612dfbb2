// features/backup_code/backup_code.h
//
// Backup codes as text: 16 digits of Crockford's base 32 (80 bits), shown in groups of four. Pure.
#pragma once

#include "core/bytes.h"
#include "core/secret.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace keystead::backup_code {

constexpr std::size_t kCodesInSet = 10;
constexpr std::size_t kCodeBytes = 10;
constexpr std::size_t kCodeDigits = 16;
constexpr std::size_t kWarnAtLeft = 3;

/// The 16 digits of 10 random bytes, upper case, without hyphens: the form that is hashed.
Secret digits_of(const std::array<std::byte, kCodeBytes>& random);
/// "ABCD-EFGH-JKMN-PQRS", for a person.
Secret grouped(const Secret& digits);
/// What a person typed: any case, spaces and hyphens anywhere, I and L for 1, O for 0 (Crockford).
/// Nothing unless 16 digits remain.
std::optional<Secret> normalize(std::string_view typed);

} // namespace keystead::backup_code
