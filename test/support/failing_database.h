// test/support/failing_database.h
//
// A database whose n-th call fails, counted over statements and commits. The loop that every
// slice's failure test runs:
//
//   for (int n = 1;; ++n) {
//       failing.fail_at(n);
//       const auto outcome = flow(failing);
//       if (!failing.has_failed()) { break; }      // n is past the last call
//       … nothing has happened: compare with before …
//   }
#pragma once

#include "storage/database.h"

#include <atomic>
#include <functional>
#include <utility>

namespace keystead::test {

class FailingDatabase final : public Database {
public:
    explicit FailingDatabase(Database& inner) : inner_(inner) {}

    /// The n-th statement or commit from now on fails, once. 0: none.
    void fail_at(int n)
    {
        remaining_ = n;
        failed_ = false;
    }
    bool has_failed() const { return failed_; }

    Engine engine() const override { return inner_.engine(); }
    Result<void> health() override { return inner_.health(); }
    bool may_answer_from_memory() const override { return inner_.may_answer_from_memory(); }
    void set_before_commit(std::function<Result<void>(WriteTx&)> hook) override
    {
        inner_.set_before_commit([this, hook = std::move(hook)](WriteTx& inner) -> Result<void> {
            CountedWrite tx(*this, inner);
            return hook(tx);
        });
    }
    Result<void> maintain(Maintenance task) override { return inner_.maintain(task); }

private:
    /// Both kinds of changing transaction, and the reading one: counts, then asks the real one.
    template <class Base> class Counted : public Base {
    public:
        Counted(FailingDatabase& owner, Base& inner) : owner_(owner), tx_(inner) {}

    protected:
        Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
        {
            KS_CHECK(owner_.count());
            return tx_.query_list(sql, params);
        }
        FailingDatabase& owner_;
        Base& tx_;
    };
    template <class Base> class CountedChange : public Counted<Base> {
    public:
        using Counted<Base>::Counted;

    protected:
        Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) override
        {
            KS_CHECK(this->owner_.count());
            return this->tx_.exec_list(sql, params);
        }
    };
    class CountedWrite final : public CountedChange<WriteTx> {
    public:
        using CountedChange<WriteTx>::CountedChange;
        Result<void> lock(AccountId account) override
        {
            KS_CHECK(owner_.count());
            return tx_.lock(account);
        }
        void audit_recorded() override { tx_.audit_recorded(); }
        void after_commit(std::function<void()> action) override
        {
            tx_.after_commit(std::move(action));
        }
    };

    Result<void> count()
    {
        if (remaining_ > 0 && --remaining_ == 0) {
            failed_ = true;
            return Error{.kind = ErrorKind::Unavailable,
                         .code = "storage/unavailable",
                         .cause = "made to fail"};
        }
        return {};
    }

    Result<void> run_read(function_ref<Result<void>(ReadTx&)> fn) override
    {
        return inner_.read([&](ReadTx& inner) -> Result<void> {
            Counted<ReadTx> tx(*this, inner);
            return fn(tx);
        });
    }
    Result<void> run_write(function_ref<Result<void>(WriteTx&)> fn) override
    {
        return inner_.write([&](WriteTx& inner) { return run_counted(fn, inner); });
    }
    Result<void> run_write_essential(function_ref<Result<void>(WriteTx&)> fn) override
    {
        return inner_.write_essential([&](WriteTx& inner) { return run_counted(fn, inner); });
    }
    Result<void> run_counted(function_ref<Result<void>(WriteTx&)> fn, WriteTx& inner)
    {
        CountedWrite tx(*this, inner);
        KS_CHECK(fn(tx));
        return count(); // the commit
    }
    Result<void> run_upkeep(function_ref<Result<void>(UpkeepTx&)> fn) override
    {
        return inner_.upkeep([&](UpkeepTx& inner) -> Result<void> {
            CountedChange<UpkeepTx> tx(*this, inner);
            KS_CHECK(fn(tx));
            return count();
        });
    }

    Database& inner_;
    std::atomic<int> remaining_{0};
    std::atomic<bool> failed_{false};
};

} // namespace keystead::test
