#include "storage/sqlite/writer.h"

#include "storage/statistics.h"
#include "storage/transaction_scope.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <variant>

#include <pthread.h>

namespace keystead::storage {
namespace {

constexpr std::size_t kBatchMax = 256;
constexpr auto kRetryAfter = std::chrono::seconds{60}; // as often as a job looks for room

Error no_reserve()
{
    return {ErrorKind::Unavailable, "storage/full", {}, "the reserve is used up", kRetryAfter};
}

bool is_full(const Result<void>& outcome)
{
    return !outcome && outcome.error().code == "storage/full";
}

} // namespace

/// One caller's wish. It lives on the caller's stack until `done`.
struct Writer::Job {
    using Write = function_ref<Result<void>(WriteTx&)>;
    using Upkeep = function_ref<Result<void>(UpkeepTx&)>;
    using Pragma = const char*;

    std::variant<Write, Upkeep, Pragma> work;
    Urgency urgency = Urgency::Ordinary;

    Result<void> outcome = {};
    Actions actions = {};
    bool recorded = false;
    std::uint64_t statements = 0;

    bool done = false;
    std::condition_variable finished = {};

    bool is_pragma() const { return std::holds_alternative<Pragma>(work); }
    bool is_stopped_by_full_disk() const
    {
        return urgency == Urgency::Essential && is_full(outcome);
    }
    void forget_run()
    {
        outcome = {};
        actions.clear();
        recorded = false;
        statements = 0;
    }
};

Writer::Writer(std::unique_ptr<Connection> connection, const DataFolder& folder)
    : connection_(std::move(connection)), folder_(folder),
      thread_([this](const std::stop_token& stop) { serve(stop); })
{
}

Writer::~Writer() = default;

Result<void> Writer::write(function_ref<Result<void>(WriteTx&)> fn, Urgency urgency)
{
#ifndef KEYSTEAD_WITHOUT_RESERVE_KEPT
    if (urgency == Urgency::Ordinary && is_reserve_out_) {
        return no_reserve();
    }
#endif
    Job job{.work = fn, .urgency = urgency};
    return enqueue(job);
}

Result<void> Writer::upkeep(function_ref<Result<void>(UpkeepTx&)> fn)
{
    if (is_reserve_out_) {
        return no_reserve();
    }
    Job job{.work = fn};
    return enqueue(job);
}

Result<void> Writer::run_pragma(const char* sql)
{
    Job job{.work = sql};
    return enqueue(job);
}

Result<void> Writer::restore_reserve()
{
    auto restored = folder_.restore_reserve();
    is_reserve_out_ = is_full(restored);
    return restored;
}

void Writer::set_before_commit(BeforeCommit hook)
{
    const std::lock_guard lock(mutex_);
    before_commit_ = std::move(hook);
}

Result<void> Writer::enqueue(Job& job)
{
    assert_no_transaction();
    KS_ASSERT(std::this_thread::get_id() !=
              thread_.get_id()); // An after-commit action would wait for itself.
    {
        std::unique_lock lock(mutex_);
        queue_.push_back(&job);
        wake_.notify_one();
        job.finished.wait(lock, [&] { return job.done; });
    }
    count_statements(job.statements);
    return std::move(job.outcome);
}

void Writer::serve(const std::stop_token& stop)
{
    ::pthread_setname_np(::pthread_self(), "ks-db-writer");
    for (auto jobs = take_jobs(stop); !jobs.empty(); jobs = take_jobs(stop)) {
        run(jobs);
        release(jobs);
    }
}

/// Whoever waits, up to a bound; a PRAGMA comes alone. Nobody: the end.
std::vector<Writer::Job*> Writer::take_jobs(const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    wake_.wait(lock, stop, [&] { return !queue_.empty(); });
    std::vector<Job*> jobs;
    while (!queue_.empty() && jobs.size() < kBatchMax) {
        Job* const next = queue_.front();
        if (next->is_pragma() && !jobs.empty()) {
            break;
        }
        queue_.pop_front();
        jobs.push_back(next);
        if (next->is_pragma()) {
            break;
        }
    }
    return jobs;
}

void Writer::run(Jobs jobs)
{
    if (const auto* const sql = std::get_if<Job::Pragma>(&jobs.front()->work)) {
        jobs.front()->outcome = run_pragma_now(*sql);
        return;
    }
    if (jobs.size() > 1 && run_together(jobs)) {
        return;
    }
    for (Job* const job : jobs) {
        run_alone(*job);
    }
}

/// wal_checkpoint answers (busy, …): a reader was still in the log.
Result<void> Writer::run_pragma_now(const char* sql)
{
    KS_TRY(const auto answer, connection_->control_query(sql, {}));
    if (!answer.rows.empty() && answer.rows.front().integer(0) != 0) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "storage/unavailable",
                     .cause = std::string(sql) + ": busy"};
    }
    return {};
}

void Writer::run_alone(Job& job)
{
    Job* const only = &job;
    for (bool again = true; again;) {
        auto transaction = run_together(Jobs(&only, 1));
        if (!transaction && job.outcome) {
            job.outcome = std::move(transaction);
        }
        again = job.is_stopped_by_full_disk() && folder_.release_reserve();
        is_reserve_out_ = is_reserve_out_ || again;
    }
}

/// One transaction for all. An Error says that nothing of it is in the database, whatever each
/// outcome says.
Result<void> Writer::run_together(Jobs jobs)
{
    for (Job* const job : jobs) {
        job->forget_run();
    }
    KS_CHECK(connection_->control("BEGIN IMMEDIATE"));
    Actions hook_actions;
    auto outcome = run_in_transaction(jobs, hook_actions);
    if (outcome) {
        outcome = connection_->control("COMMIT");
    }
    if (!outcome) {
        if (connection_->in_transaction()) {
            KS_CHECK(connection_->control("ROLLBACK"));
        }
        return outcome;
    }
    for (Job* const job : jobs) {
        std::move(job->actions.begin(), job->actions.end(), std::back_inserter(committed_actions_));
    }
    std::move(hook_actions.begin(), hook_actions.end(), std::back_inserter(committed_actions_));
    return {};
}

Result<void> Writer::run_in_transaction(Jobs jobs, Actions& hook_actions)
{
    for (Job* const job : jobs) {
        KS_CHECK(run_in_savepoint(*job));
        if (job->is_stopped_by_full_disk()) {
            return job->outcome;
        }
    }
    return number_records(jobs, hook_actions);
}

/// Runs one function; its own failure stands in its outcome. An Error means that the whole
/// transaction is lost.
Result<void> Writer::run_in_savepoint(Job& job)
{
    KS_CHECK(connection_->control("SAVEPOINT job"));
    const std::int64_t changes_before = connection_->total_changes();
    job.outcome = call(job);
    if (!connection_->in_transaction()) {
        // A full disk, or RAISE(ROLLBACK), inside one savepoint takes everybody's changes along.
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "storage/unavailable",
                     .cause = "transaction lost"};
    }
#ifndef KEYSTEAD_WITHOUT_AUDIT_RULE
    const bool has_changed = connection_->total_changes() != changes_before;
    if (job.outcome && has_changed && !job.recorded &&
        std::holds_alternative<Job::Write>(job.work)) {
        job.outcome = Error{.kind = ErrorKind::Internal,
                            .code = "storage/internal",
                            .cause = "audit rule: a write changed rows without appending a record"};
    }
#else
    static_cast<void>(changes_before);
#endif
    if (!job.outcome) {
        job.actions.clear();
        job.recorded = false;
        KS_CHECK(connection_->control("ROLLBACK TO job"));
    }
    return connection_->control("RELEASE job");
}

Result<void> Writer::call(Job& job)
{
    const TransactionScope scope;
    const bool is_write = std::holds_alternative<Job::Write>(job.work);
    SqliteStatements statements(*connection_, is_write ? Access::Everything : Access::UpkeepTables);
    Result<void> outcome;
    if (is_write) {
        EngineWriteTx<SqliteStatements> tx(statements, job.actions);
        outcome = std::get<Job::Write>(job.work)(tx);
        job.recorded = tx.is_recorded();
    } else {
        EngineUpkeepTx<SqliteStatements> tx(statements);
        outcome = std::get<Job::Upkeep>(job.work)(tx);
    }
    job.statements = statements.count();
    if (outcome && statements.failure()) {
        return *statements.failure();
    }
    return outcome;
}

/// The hook, if the batch holds an audit record.
Result<void> Writer::number_records(Jobs jobs, Actions& hook_actions)
{
    if (std::none_of(jobs.begin(), jobs.end(), [](const Job* job) { return job->recorded; })) {
        return {};
    }
    BeforeCommit hook;
    {
        const std::lock_guard lock(mutex_);
        hook = before_commit_;
    }
    if (!hook) {
        return {};
    }
    const TransactionScope scope;
    SqliteStatements statements(*connection_, Access::Everything);
    EngineWriteTx<SqliteStatements> tx(statements, hook_actions);
    KS_CHECK(hook(tx));
    if (statements.failure()) {
        return *statements.failure();
    }
    return {};
}

/// After the COMMIT: what was to happen then, and only then the callers.
void Writer::release(Jobs jobs)
{
    for (const auto& action : committed_actions_) {
        action();
    }
    committed_actions_.clear();
    const std::lock_guard lock(mutex_);
    for (Job* const job : jobs) {
        job->done = true;
        job->finished.notify_one(); // Under the lock: a caller that sees `done` takes the Job away.
    }
}

} // namespace keystead::storage
