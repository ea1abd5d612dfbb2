#include "storage/database.h"

#include "storage/statistics.h"
#include "storage/transaction_scope.h"

#include <algorithm>

namespace keystead {
namespace {

thread_local bool inside_transaction = false;
thread_local std::uint64_t statements_of_thread = 0;

IdBytes id_of(ByteView value)
{
    IdBytes id{};
    KS_ASSERT(value.size() == id.size());
    std::ranges::copy(value, id.begin());
    return id;
}

/// A row that was kept, as one that is only shown.
class KeptRow final : public RowView {
public:
    explicit KeptRow(const Row& row) : row_(row) {}
    SqlValueView value(std::size_t column) const override { return row_.value(column); }

private:
    const Row& row_;
};

} // namespace

const SqlValue& Row::at(std::size_t column) const
{
    KS_ASSERT(column < values_.size());
    return values_[column];
}

SqlValueView Row::value(std::size_t column) const
{
    return std::visit([](const auto& value) -> SqlValueView { return value; }, at(column));
}

std::int64_t Row::integer(std::size_t column) const
{
    const auto* value = std::get_if<std::int64_t>(&at(column));
    KS_ASSERT(value != nullptr);
    return *value;
}

const std::string& Row::text(std::size_t column) const
{
    const auto* value = std::get_if<std::string>(&at(column));
    KS_ASSERT(value != nullptr);
    return *value;
}

const Bytes& Row::bytes(std::size_t column) const
{
    const auto* value = std::get_if<Bytes>(&at(column));
    KS_ASSERT(value != nullptr);
    return *value;
}

std::optional<std::int64_t> Row::optional_integer(std::size_t column) const
{
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Row::optional_text(std::size_t column) const
{
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Instant> Row::optional_time(std::size_t column) const
{
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

Digest Row::digest(std::size_t column) const
{
    const Bytes& value = bytes(column);
    Digest digest{};
    KS_ASSERT(value.size() == digest.size());
    std::copy(value.begin(), value.end(), digest.begin());
    return digest;
}

IdBytes Row::id_bytes(std::size_t column) const
{
    return id_of(bytes(column));
}

IdBytes RowView::id_bytes(std::size_t column) const
{
    return id_of(bytes(column));
}

Result<void> ReadTx::run_for_each(std::string_view sql, std::span<const SqlParam> params,
                                  TakeRow take)
{
    KS_TRY(const Rows rows, run_query(sql, params));
    for (const Row& row : rows) {
        KS_CHECK(take(KeptRow(row)));
    }
    return {};
}

void assert_no_transaction()
{
    KS_ASSERT(!inside_transaction);
}

std::uint64_t statement_count()
{
    return statements_of_thread;
}

namespace storage {

void count_statements(std::uint64_t statements)
{
    statements_of_thread += statements;
}

TransactionScope::TransactionScope()
{
    assert_no_transaction();
    inside_transaction = true;
}

TransactionScope::~TransactionScope()
{
    inside_transaction = false;
}

} // namespace storage
} // namespace keystead
