// storage/sqlite/writer.h
//
// The one thread that writes. Callers wait while it runs their functions, as many as are waiting,
// in one transaction:
//
//   BEGIN ─▶ SAVEPOINT, fn, audit rule, RELEASE ─▶ … ─▶ before-commit hook ─▶ COMMIT ─▶
//   after-commit actions ─▶ release
//              └─ Error: ROLLBACK TO, for this one alone                         │
//              └─ SQLite rolled everything back ◀───────── or failed ────────────┘─▶ each again, on
//              its own
//
// Invariants: nobody is released before the COMMIT that holds their change; one caller's failure is
// never another's.
#pragma once

#include "core/function_ref.h"
#include "storage/engine_transaction.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/data_folder.h"
#include "storage/sqlite/statements.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace keystead::storage {

class Writer {
public:
    using BeforeCommit = std::function<Result<void>(WriteTx&)>;

    Writer(std::unique_ptr<Connection> connection, const DataFolder& folder);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer(); // Runs what still waits.

    /// Essential writes may use up the reserve on a full disk. While it is not there, all others
    /// are refused (storage/full): they would take what it was kept for.
    enum class Urgency : std::uint8_t { Ordinary, Essential };
    Result<void> write(function_ref<Result<void>(WriteTx&)> fn, Urgency urgency);
    Result<void> upkeep(function_ref<Result<void>(UpkeepTx&)> fn);
    /// Runs a PRAGMA on the writer's connection, outside any transaction. Errors:
    /// storage/unavailable when it answers that it was busy.
    Result<void> run_pragma(const char* sql);
    void set_before_commit(BeforeCommit hook);
    /// Makes the reserve if it is missing. Errors: storage/full, storage/unavailable.
    Result<void> restore_reserve();

private:
    struct Job;
    using Jobs = std::span<Job* const>;

    Result<void> enqueue(Job& job);
    void serve(const std::stop_token& stop);
    std::vector<Job*> take_jobs(const std::stop_token& stop);
    void run(Jobs jobs);
    void run_alone(Job& job);
    Result<void> run_pragma_now(const char* sql);
    Result<void> run_together(Jobs jobs);
    Result<void> run_in_transaction(Jobs jobs, Actions& hook_actions);
    Result<void> run_in_savepoint(Job& job);
    Result<void> call(Job& job);
    Result<void> number_records(Jobs jobs, Actions& hook_actions);
    void release(Jobs jobs);

    std::unique_ptr<Connection> connection_;
    const DataFolder& folder_;
    Actions committed_actions_;                // to be run before anybody is released
    std::atomic<bool> is_reserve_out_ = false; // used up, or no room was found for it

    std::mutex mutex_; // guards what follows, and every Job's `done`
    std::condition_variable_any wake_;
    std::deque<Job*> queue_;
    BeforeCommit before_commit_;
    std::jthread thread_; // last: it uses all of the above
};

} // namespace keystead::storage
