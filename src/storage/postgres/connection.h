// storage/postgres/connection.h
//
// One connection to PostgreSQL: statements prepared once, parameters and answers in binary,
// SQLSTATEs turned into our errors. Used by one thread at a time.
#pragma once

#include "core/function_ref.h"
#include "core/result.h"
#include "storage/database.h"
#include "storage/postgres/target.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct pg_conn;
struct pg_result;

namespace keystead::storage {

class PgConnection {
public:
    struct Outcome {
        Rows rows;
        std::int64_t changes = 0;
        std::string tag; // "INSERT 0 1", "COMMIT"
    };
    /// What an error means for the transaction it struck.
    enum class Trouble : std::uint8_t {
        None,
        Statement, // the statement's own fault
        Retry,     // 40001, 40P01: the same again may succeed
        Lost,      // the connection is gone
    };

    /// Errors: storage/unavailable, storage/insecure, storage/unsupported.
    static Result<std::unique_ptr<PgConnection>> open(const Target& target);
    explicit PgConnection(pg_conn* connection) : connection_(connection) {} // for open()
    PgConnection(const PgConnection&) = delete;
    PgConnection& operator=(const PgConnection&) = delete;
    ~PgConnection();

    Result<Outcome> run(std::string_view sql, std::span<const SqlParam> params);
    /// Runs BEGIN, SET, migrations, without parameters. Several may stand in `sql`; answers the
    /// last one's tag.
    Result<std::string> control(const char* sql);
    /// COPY … TO STDOUT: hands out each piece that the server sends.
    Result<void> copy_out(const std::string& sql, function_ref<Result<void>(ByteView)> take);
    /// COPY … FROM STDIN: begin, any number of pieces, end.
    Result<void> begin_copy_in(const std::string& sql);
    Result<void> copy_in(ByteView piece);
    Result<void> end_copy_in();
    /// Of the last error.
    Trouble trouble() const { return trouble_; }
    bool is_usable() const;     // connected and in no transaction
    bool used_password() const; // The server asked for one, and it fitted.

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    struct Clear {
        void operator()(pg_result* result) const;
    };
    using Answer = std::unique_ptr<pg_result, Clear>;

    Result<void> configure(const Target& target);
    Result<std::string> prepare(std::string_view sql, std::span<const SqlParam> params);
    Result<void> finish_copy(std::string_view sql);
    Result<void> check(const pg_result* answer, std::string_view sql);

    std::unique_ptr<pg_conn, Finish> connection_;
    std::unordered_map<std::string, std::string>
        statements_; // types and text of a statement -> its name there
    std::uint64_t statement_number_ = 0;
    Trouble trouble_ = Trouble::None;
};

} // namespace keystead::storage
