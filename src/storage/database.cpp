#include "storage/database.h"

#include "storage/statistics.h"
#include "storage/transaction_scope.h"

#include <algorithm>

namespace keystead {
namespace {

thread_local bool inside_transaction = false;
thread_local std::uint64_t statements_of_thread = 0;

} // namespace

const SqlValue& Row::at(std::size_t column) const
{
    KS_ASSERT(column < values_.size());
    return values_[column];
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
    const Bytes& value = bytes(column);
    IdBytes id{};
    KS_ASSERT(value.size() == id.size());
    std::copy(value.begin(), value.end(), id.begin());
    return id;
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
