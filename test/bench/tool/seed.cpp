// Data to measure on. Accounts that sign in are made by the real services. Very many sessions are
// copies of one account and session that those made, with ids, addresses and tokens of their own,
// written straight into the file with a large cache and nothing durable: it is done in minutes
// then, and whatever columns the schema gains are copied along.
#include "test/bench/tool/commands.h"
#include "test/bench/tool/world.h"

#include "core/result.h"
#include "crypto/token.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::bench {
namespace {

using Overrides = std::map<std::string, std::string>; // column: what is put there instead

void expect(int status, sqlite3* database)
{
    if (status != SQLITE_OK && status != SQLITE_DONE && status != SQLITE_ROW) {
        std::cerr << "keystead-bench: " << sqlite3_errmsg(database) << '\n';
        std::exit(1);
    }
}

int compare_bytes(void*, int left_bytes, const void* left, int right_bytes, const void* right)
{
    const int order =
        std::memcmp(left, right, static_cast<std::size_t>(std::min(left_bytes, right_bytes)));
    return order != 0 ? order : left_bytes - right_bytes;
}

class BulkFile {
public:
    explicit BulkFile(const std::string& path)
    {
        expect(sqlite3_open(path.c_str(), &database_), database_);
        sqlite3_create_collation(database_, "C", SQLITE_UTF8, nullptr, compare_bytes);
        run("PRAGMA journal_mode=DELETE");
        run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1500000;"
            "PRAGMA locking_mode=EXCLUSIVE; BEGIN");
    }
    BulkFile(const BulkFile&) = delete;
    BulkFile& operator=(const BulkFile&) = delete;
    ~BulkFile()
    {
        run("COMMIT; ANALYZE; PRAGMA journal_mode=DELETE");
        run("PRAGMA locking_mode=NORMAL; PRAGMA journal_mode=WAL");
        sqlite3_close(database_);
    }

    void run(const char* sql)
    {
        expect(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), database_);
    }
    /// A statement that copies the row where `key` is ?9, with other values in some columns.
    sqlite3_stmt* copier(const std::string& table, const std::string& key,
                         const Overrides& overrides)
    {
        std::string names;
        std::string values;
        sqlite3_stmt* columns = nullptr;
        expect(sqlite3_prepare_v2(database_, ("PRAGMA table_info(" + table + ")").c_str(), -1,
                                  &columns, nullptr),
               database_);
        while (sqlite3_step(columns) == SQLITE_ROW) {
            const std::string name = reinterpret_cast<const char*>(sqlite3_column_text(columns, 1));
            const auto other = overrides.find(name);
            names += (names.empty() ? "" : ", ") + name;
            values +=
                (values.empty() ? "" : ", ") + (other == overrides.end() ? name : other->second);
        }
        sqlite3_finalize(columns);
        const std::string sql = "INSERT INTO " + table + " (" + names + ") SELECT " + values +
                                " FROM " + table + " WHERE " + key + " = ?9";
        sqlite3_stmt* statement = nullptr;
        expect(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), database_);
        return statement;
    }
    void step(sqlite3_stmt* statement)
    {
        expect(sqlite3_step(statement), database_);
        sqlite3_reset(statement);
    }

private:
    sqlite3* database_ = nullptr;
};

void bind_bytes(sqlite3_stmt* statement, int position, ByteView bytes)
{
    // A parameter that this statement does not have is no fault.
    sqlite3_bind_blob(statement, position, bytes.data(), static_cast<int>(bytes.size()),
                      SQLITE_TRANSIENT);
}

struct Template {
    account::Account account;
    SessionId session;
};

Template make_template(World& world)
{
    auto account = make_account(world, "template@example.test");
    const auto made =
        must(world.database().write([&](WriteTx& tx) { return make_session(world, tx, account); }));
    const auto* const established = std::get_if<session::Established>(&made);
    KS_ASSERT(established != nullptr);
    return {account, established->session.id};
}

/// Writes `count` accounts with a session each, and the tokens, a line each.
void multiply(World& world, const Template& original, const std::string& file, std::uint64_t count,
              std::ostream& tokens)
{
    BulkFile bulk(file);
    sqlite3_stmt* const statements[] = {
        bulk.copier("account", "id", {{"id", "?1"}, {"email", "?2"}, {"personal_team", "?3"}}),
        bulk.copier("email_claim", "account_id", {{"account_id", "?1"}, {"email", "?2"}}),
        bulk.copier("team", "owner_account", {{"id", "?3"}, {"owner_account", "?1"}}),
        bulk.copier("session", "id", {{"id", "?4"}, {"account_id", "?1"}, {"token_digest", "?5"}})};
    const IdBytes keys[] = {original.account.id.bytes(), original.account.id.bytes(),
                            original.account.id.bytes(), original.session.bytes()};
    Random& random = world.foundation->random;
    const Clock& clock = world.foundation->clock;
    for (std::uint64_t i = 0; i < count; ++i) {
        char email[48];
        std::snprintf(email, sizeof email, "person-%08llu@example.test",
                      static_cast<unsigned long long>(i));
        const auto account = AccountId::make(clock.now(), random);
        const auto team = TeamId::make(clock.now(), random);
        const auto session = SessionId::make(clock.now(), random);
        const auto token = world.features->mint.make(crypto::TokenKind::Session, session.bytes());
        for (std::size_t n = 0; n < std::size(statements); ++n) {
            bind_bytes(statements[n], 1, account.bytes());
            sqlite3_bind_text(statements[n], 2, email, -1, SQLITE_TRANSIENT);
            bind_bytes(statements[n], 3, team.bytes());
            bind_bytes(statements[n], 4, session.bytes());
            bind_bytes(statements[n], 5, token.digest);
            bind_bytes(statements[n], 9, keys[n]);
            bulk.step(statements[n]);
        }
        tokens << token.text.reveal_text() << '\n';
    }
    for (auto* const statement : statements) {
        sqlite3_finalize(statement);
    }
}

} // namespace

int seed_sessions(const Arguments& arguments)
{
    const auto count = arguments.number("--count");
    World world = open_world();
    const Template original = make_template(world);
    const std::string file = world.foundation->settings.storage.data_folder + "/keystead.db";
    world.foundation->database.reset(); // Nothing else is asked of it: the file is ours now.
    std::ofstream tokens(arguments.text("--tokens"), std::ios::binary);
    multiply(world, original, file, count, tokens);
    tokens.flush();
    std::printf("{\"sessions\":%llu}\n", static_cast<unsigned long long>(count));
    std::fflush(stdout);
    std::_Exit(tokens.good() ? 0 : 1); // The services' database is gone: no destructor may ask it.
}

int seed_accounts(const Arguments& arguments)
{
    World world = open_world();
    const auto count = arguments.number("--count");
    const Secret password = Secret::copy_of(arguments.text("--password"));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto account = make_account(world, "signer-" + std::to_string(i) + "@example.test");
        const auto accepted = must(world.features->policy.accept(
            password, {.email = account.email.text()}, password::SecondFactor::NotEnforced));
        const auto hashed = must(world.features->resources.hasher->hash_new(
            account.id, accepted, password::QueuePlace::Kept));
        must(world.database().write([&](WriteTx& tx) {
            return world.features->passwords.set(tx, browser_of(account.id), hashed,
                                                 password::SetReason::SignUp);
        }));
    }
    std::printf("{\"accounts\":%llu}\n", static_cast<unsigned long long>(count));
    return 0;
}

} // namespace keystead::bench
