// storage/careful_row.h
//
// Rows of which somebody may have changed what Keystead wrote: SQLite keeps a text where bytes
// were, a fraction where a number was. What is not as it should be reads as nothing, and the row is
// no longer whole, where Row and RowView end the process. For what has to tell of damage: the audit
// log.
#pragma once

#include "storage/database.h"

#include <algorithm>
#include <optional>

namespace keystead::storage {

/// A Row or RowView of which damage may have changed the kind or the length of a value.
template <class AnyRow> class CarefulRow {
public:
    explicit CarefulRow(const AnyRow& row) : row_(row) {}

    std::int64_t integer(std::size_t column) { return as<std::int64_t>(column); }
    /// Of something: never negative.
    std::uint64_t count(std::size_t column)
    {
        const std::int64_t number = integer(column);
        is_whole_ = is_whole_ && number >= 0;
        return number < 0 ? 0 : static_cast<std::uint64_t>(number);
    }
    Instant time(std::size_t column) { return from_micros(integer(column)); }
    std::string_view text(std::size_t column) { return as<std::string_view>(column); }
    ByteView bytes(std::size_t column) { return as<ByteView>(column); }
    Bytes copy(std::size_t column)
    {
        const ByteView view = bytes(column);
        return {view.begin(), view.end()};
    }
    Digest digest(std::size_t column) { return fixed<Digest>(column); }
    template <class IdType> IdType id(std::size_t column) { return IdType{fixed<IdBytes>(column)}; }
    template <class IdType> std::optional<IdType> optional_id(std::size_t column)
    {
        return optional(column, &CarefulRow::id<IdType>);
    }
    /// What `read` reads, or nothing where NULL stands.
    template <class T>
    std::optional<T> optional(std::size_t column, T (CarefulRow::*read)(std::size_t))
    {
        return row_.is_null(column) ? std::nullopt : std::optional((this->*read)(column));
    }

    /// Whether all that was read was as it had to be.
    bool is_whole() const { return is_whole_; }

private:
    template <class T> T as(std::size_t column)
    {
        const SqlValueView found = row_.value(column);
        const T* const expected = std::get_if<T>(&found);
        is_whole_ = is_whole_ && expected != nullptr;
        return expected != nullptr ? *expected : T{};
    }
    template <class Array> Array fixed(std::size_t column)
    {
        Array array{};
        const ByteView view = bytes(column);
        if (view.size() == array.size()) {
            std::ranges::copy(view, array.begin());
        } else {
            is_whole_ = false;
        }
        return array;
    }

    const AnyRow& row_;
    bool is_whole_ = true;
};

} // namespace keystead::storage
