// features/log_proof/line_cursor.h
//
// Compares a line of an export file with what it ought to be, piece by piece, and takes out of it
// what only the line knows: numbers, bytes, salts and values. A sink for audit_line.h. After the
// first difference ok() is false. Pure. Private to this slice.
#pragma once

#include "core/bytes.h"
#include "features/log_proof/audit_line.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::log_proof {

class LineCursor {
public:
    explicit LineCursor(std::string_view line) : rest_(line) {}

    // What a sink of audit_line.h has.
    void put(std::string_view expected) { ok_ = skip(expected) && ok_; }
    void string(std::string_view expected);
    void value(std::size_t position, const Digest& commitment);

    /// Goes past `text` when it is next.
    bool skip(std::string_view text)
    {
        if (!rest_.starts_with(text)) {
            return false;
        }
        rest_.remove_prefix(text.size());
        return true;
    }
    /// Decimal without leading zeros.
    std::optional<std::uint64_t> number();
    /// The bytes of a JSON string of base64, quotes included.
    std::optional<Bytes> base64();
    std::optional<Digest> digest();

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }
    std::uint64_t values() const { return values_; }
    std::uint64_t withheld() const { return withheld_; }
    /// A value is there that is not what was committed to.
    bool has_false_value() const { return false_value_; }

private:
    std::optional<std::string> text_value();

    std::string_view rest_;
    std::string scratch_;
    bool ok_ = true;
    bool false_value_ = false;
    std::uint64_t values_ = 0;
    std::uint64_t withheld_ = 0;
};

} // namespace keystead::log_proof
