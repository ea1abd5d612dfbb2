#include "storage/postgres/connection.h"

#include <libpq-fe.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

namespace keystead::storage {
namespace {

constexpr std::size_t kStatementsMax = 512;
constexpr auto kRetryAfter = std::chrono::seconds{5};

// PostgreSQL's numbers of its types (pg_type.dat): they never change.
constexpr Oid kUnspecified = 0;
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kVarchar = 1043;
constexpr Oid kVoid = 2278;

Error internal(std::string cause)
{
    return Error{
        .kind = ErrorKind::Internal, .code = "storage/internal", .cause = std::move(cause)};
}

Error unavailable(std::string cause)
{
    return Error{ErrorKind::Unavailable, "storage/unavailable", {}, std::move(cause), kRetryAfter};
}

/// Binary integers are big-endian.
template <class Integer> std::int64_t read_integer(const char* bytes)
{
    std::make_unsigned_t<Integer> value = 0;
    for (std::size_t index = 0; index < sizeof(Integer); ++index) {
        value = static_cast<std::make_unsigned_t<Integer>>(
            (value << 8U) | static_cast<unsigned char>(bytes[index]));
    }
    return static_cast<Integer>(value);
}

/// The parameters of one call as libpq wants them.
class BoundParams {
public:
    explicit BoundParams(std::span<const SqlParam> params)
        : integers_(params.size()), values_(params.size()), lengths_(params.size()),
          formats_(params.size(), 1)
    {
        for (std::size_t index = 0; index < params.size(); ++index) {
            std::visit([&](const auto& value) { put(index, value); }, params[index].view());
        }
    }
    bool are_sound() const { return sound_; }
    const char* const* values() const { return values_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }

private:
    void put(std::size_t, std::monostate) {}
    void put(std::size_t index, std::int64_t value)
    {
        auto rest = static_cast<std::uint64_t>(value);
        for (std::size_t byte = 8; byte-- > 0; rest >>= 8U) {
            integers_[index][byte] = static_cast<char>(rest & 0xffU);
        }
        set(index, integers_[index].data(), 8);
    }
    void put(std::size_t index, std::string_view value)
    {
        sound_ = sound_ && value.find('\0') == value.npos; // PostgreSQL has no NUL in TEXT.
        set(index, value.data(), value.size());
    }
    void put(std::size_t index, ByteView value) { set(index, as_text(value).data(), value.size()); }
    void set(std::size_t index, const char* data, std::size_t size)
    {
        sound_ = sound_ && size <= static_cast<std::size_t>(std::numeric_limits<int>::max());
        values_[index] = data == nullptr ? "" : data; // A null pointer would say NULL.
        lengths_[index] = static_cast<int>(size);
    }

    std::vector<std::array<char, 8>> integers_;
    std::vector<const char*> values_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
    bool sound_ = true;
};

struct TypeOf {
    Oid operator()(std::monostate) const { return kUnspecified; } // The server infers it.
    Oid operator()(std::int64_t) const { return kInt8; }
    Oid operator()(std::string_view) const { return kText; }
    Oid operator()(ByteView) const { return kBytea; }
};

Result<SqlValue> column_value(const PGresult* answer, int row, int column)
{
    if (PQgetisnull(answer, row, column) != 0) {
        return SqlValue{};
    }
    const char* const data = PQgetvalue(answer, row, column);
    const auto size = static_cast<std::size_t>(PQgetlength(answer, row, column));
    switch (PQftype(answer, column)) {
    case kInt8: return SqlValue{read_integer<std::int64_t>(data)};
    case kInt4: return SqlValue{read_integer<std::int32_t>(data)};
    case kInt2: return SqlValue{read_integer<std::int16_t>(data)};
    case kBool: return SqlValue{std::int64_t{*data != 0 ? 1 : 0}};
    case kText:
    case kVarchar:
    case kName: return SqlValue{std::string(data, size)};
    case kBytea: {
        const ByteView bytes = as_bytes(std::string_view(data, size));
        return SqlValue{to_bytes(bytes)};
    }
    case kVoid: return SqlValue{};
    default: // NUMERIC above all: sum() over BIGINT answers it. CAST(… AS BIGINT) is for both
             // engines.
        return internal("a column's type is outside the common subset");
    }
}

} // namespace

void PgConnection::Finish::operator()(pg_conn* connection) const
{
    PQfinish(connection);
}
void PgConnection::Clear::operator()(pg_result* result) const
{
    PQclear(result);
}
PgConnection::~PgConnection() = default;

Result<std::unique_ptr<PgConnection>> PgConnection::open(const Target& target)
{
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : target.options) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    auto opened =
        std::make_unique<PgConnection>(PQconnectdbParams(keywords.data(), values.data(), 0));
    pg_conn* const connection = opened->connection_.get();
    if (PQstatus(connection) != CONNECTION_OK) {
        return unavailable(std::string("cannot connect to PostgreSQL: ") +
                           PQerrorMessage(connection));
    }
    KS_CHECK(opened->configure(target));
    return opened;
}

Result<void> PgConnection::configure(const Target& target)
{
    pg_conn* const connection = connection_.get();
    const std::string_view address = PQhostaddr(connection);
    if (!target.is_verified && !address.empty() && !is_local_host(address)) {
        return Error{
            ErrorKind::InvalidInput, "storage/insecure",
            "The PostgreSQL connection led to another machine without sslmode=verify-full."};
    }
    const char* const encoding = PQparameterStatus(connection, "server_encoding");
    if (PQserverVersion(connection) < 150000 || encoding == nullptr ||
        std::string_view(encoding) != "UTF8") {
        return Error{ErrorKind::InvalidInput, "storage/unsupported",
                     "PostgreSQL 15 or newer with a database in UTF8 is needed."};
    }
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
    // A statement that hangs holds a thread of ours; a server that is gone is noticed by
    // keepalives.
    KS_TRY(
        const std::string tag,
        control(
            "SET client_min_messages = error; SET statement_timeout = '30s'; SET lock_timeout = "
            "'10s'; "
            "SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 15; "
            "SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
            // Durable before write() returns, even where the server's default is faster than that.
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') IN ('off', 'local')"));
    return {};
}

Result<PgConnection::Outcome> PgConnection::run(std::string_view sql,
                                                std::span<const SqlParam> params)
{
    const BoundParams bound(params);
    if (!bound.are_sound()) {
        trouble_ = Trouble::Statement;
        return internal("a parameter that PostgreSQL cannot hold: " + std::string(sql));
    }
    KS_TRY(const std::string name, prepare(sql, params));
    const Answer answer(PQexecPrepared(connection_.get(), name.c_str(),
                                       static_cast<int>(params.size()), bound.values(),
                                       bound.lengths(), bound.formats(), 1));
    KS_CHECK(check(answer.get(), sql));
    Outcome outcome;
    outcome.tag = PQcmdStatus(answer.get());
    const std::string_view changed = PQcmdTuples(answer.get());
    std::from_chars(changed.data(), changed.data() + changed.size(), outcome.changes);
    const int rows = PQntuples(answer.get());
    const int columns = PQnfields(answer.get());
    outcome.rows.reserve(static_cast<std::size_t>(rows));
    for (int row = 0; row < rows; ++row) {
        std::vector<SqlValue> values;
        values.reserve(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            auto value = column_value(answer.get(), row, column);
            if (!value) {
                trouble_ = Trouble::Statement;
                return std::move(value).error();
            }
            values.push_back(*std::move(value));
        }
        outcome.rows.emplace_back(std::move(values));
    }
    return outcome;
}

/// The name under which the server keeps this text with these types; prepares it if it is new.
Result<std::string> PgConnection::prepare(std::string_view sql, std::span<const SqlParam> params)
{
    std::vector<Oid> types;
    std::string key;
    for (const SqlParam& param : params) {
        types.push_back(std::visit(TypeOf{}, param.view()));
        key += static_cast<char>('a' + param.view().index());
    }
    key += ':';
    key += sql;
    if (const auto found = statements_.find(key); found != statements_.end()) {
        return found->second;
    }
    if (statements_.size() >= kStatementsMax) {
        KS_TRY(const std::string tag, control("DEALLOCATE ALL"));
        statements_.clear();
    }
    const std::string name = "s" + std::to_string(++statement_number_);
    const Answer answer(PQprepare(connection_.get(), name.c_str(), std::string(sql).c_str(),
                                  static_cast<int>(types.size()), types.data()));
    KS_CHECK(check(answer.get(), sql));
    statements_.emplace(std::move(key), name);
    return name;
}

Result<std::string> PgConnection::control(const char* sql)
{
    const Answer answer(PQexec(connection_.get(), sql));
    KS_CHECK(check(answer.get(), std::string_view(sql).substr(0, 60)));
    return std::string(PQcmdStatus(answer.get()));
}

Result<void> PgConnection::copy_out(const std::string& sql,
                                    function_ref<Result<void>(ByteView)> take)
{
    const Answer begun(PQexec(connection_.get(), sql.c_str()));
    KS_CHECK(check(begun.get(), sql));
    Result<void> outcome;
    char* piece = nullptr;
    int size = PQgetCopyData(connection_.get(), &piece, 0);
    for (; size > 0; size = PQgetCopyData(connection_.get(), &piece, 0)) {
        const std::unique_ptr<char, void (*)(void*)> held(piece, &PQfreemem);
        if (outcome) { // The rest is read all the same, or the connection could not go on.
            outcome = take(as_bytes(std::string_view(piece, static_cast<std::size_t>(size))));
        }
    }
    KS_CHECK(finish_copy(sql));
    return outcome;
}

Result<void> PgConnection::begin_copy_in(const std::string& sql)
{
    const Answer begun(PQexec(connection_.get(), sql.c_str()));
    return check(begun.get(), sql);
}

Result<void> PgConnection::copy_in(ByteView piece)
{
    const std::string_view text = as_text(piece);
    if (PQputCopyData(connection_.get(), text.data(), static_cast<int>(text.size())) != 1) {
        trouble_ = Trouble::Lost;
        return unavailable(std::string("COPY: ") + PQerrorMessage(connection_.get()));
    }
    return {};
}

Result<void> PgConnection::end_copy_in()
{
    if (PQputCopyEnd(connection_.get(), nullptr) != 1) {
        trouble_ = Trouble::Lost;
        return unavailable(std::string("COPY: ") + PQerrorMessage(connection_.get()));
    }
    return finish_copy("COPY");
}

/// What the server says after the data; then nothing more.
Result<void> PgConnection::finish_copy(std::string_view sql)
{
    Result<void> outcome;
    for (Answer answer(PQgetResult(connection_.get())); answer;
         answer.reset(PQgetResult(connection_.get()))) {
        if (auto checked = check(answer.get(), sql); !checked && outcome) {
            outcome = std::move(checked);
        }
    }
    return outcome;
}

Result<void> PgConnection::check(const pg_result* answer, std::string_view sql)
{
    const ExecStatusType status = PQresultStatus(answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT ||
        status == PGRES_COPY_IN) {
        return {};
    }
    const char* const field = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    const std::string_view state = field == nullptr ? "" : field;
    // The primary message names objects; values stand in DETAIL, which stays away from the log.
    const char* const message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    std::string cause = std::string(sql) + ": " +
                        (message == nullptr ? "connection lost" : message) + " (" +
                        std::string(state) + ")";
    // Class 57P is the server going down: it closes the connection after saying so.
    if (PQstatus(connection_.get()) != CONNECTION_OK || state.empty() || state.starts_with("57P")) {
        trouble_ = Trouble::Lost;
        return unavailable(std::move(cause));
    }
    if (state == "40001" || state == "40P01") {
        trouble_ = Trouble::Retry;
        return unavailable(std::move(cause));
    }
    trouble_ = Trouble::Statement;
    if (state.starts_with("23")) {
        return Error{
            .kind = ErrorKind::Conflict, .code = "storage/conflict", .cause = std::move(cause)};
    }
    if (state == "53100") {
        return Error{ErrorKind::Unavailable, "storage/full", {}, std::move(cause), kRetryAfter};
    }
    // Out of resources, cancelled by a timeout, a lock not had in time, a server that only reads.
    if (state.starts_with("53") || state.starts_with("57") || state.starts_with("58") ||
        state == "55P03" || state == "25006") {
        return unavailable(std::move(cause));
    }
    return internal(std::move(cause));
}

bool PgConnection::used_password() const
{
    return PQconnectionUsedPassword(connection_.get()) != 0;
}

bool PgConnection::is_usable() const
{
    return PQstatus(connection_.get()) == CONNECTION_OK &&
           PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

} // namespace keystead::storage
