// storage/engine_transaction.h
//
// The transactions that features see, over an engine's `Statements`, which has query(), exec() and
// lock(). They begin and end nothing: the engine does.
#pragma once

#include "storage/database.h"

#include <functional>
#include <utility>
#include <vector>

namespace keystead::storage {

using Actions = std::vector<std::function<void()>>;

template <class Statements> class EngineReadTx final : public ReadTx {
public:
    explicit EngineReadTx(Statements& statements) : statements_(statements) {}

private:
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Result<void> run_for_each(std::string_view sql, std::span<const SqlParam> params,
                              ReadTx::TakeRow take) override
    {
        if constexpr (requires { statements_.for_each(sql, params, take); }) {
            return statements_.for_each(sql, params, take);
        } else {
            return ReadTx::run_for_each(sql, params, take);
        }
    }
    Statements& statements_;
};

template <class Base, class Statements> class EngineChangeTx : public Base {
protected:
    explicit EngineChangeTx(Statements& statements) : statements_(statements) {}
    Result<Rows> run_query(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.query(sql, params);
    }
    Result<int> run_exec(std::string_view sql, std::span<const SqlParam> params) override
    {
        return statements_.exec(sql, params);
    }
    Statements& statements_;
};

template <class Statements> class EngineWriteTx final : public EngineChangeTx<WriteTx, Statements> {
public:
    EngineWriteTx(Statements& statements, Actions& actions)
        : EngineChangeTx<WriteTx, Statements>(statements), actions_(actions)
    {
    }
    Result<void> lock(AccountId account) override { return this->statements_.lock(account); }
    void audit_recorded() override { recorded_ = true; }
    void after_commit(std::function<void()> action) override
    {
        actions_.push_back(std::move(action));
    }
    bool is_recorded() const { return recorded_; }

private:
    Actions& actions_;
    bool recorded_ = false;
};

template <class Statements>
class EngineUpkeepTx final : public EngineChangeTx<UpkeepTx, Statements> {
public:
    explicit EngineUpkeepTx(Statements& statements)
        : EngineChangeTx<UpkeepTx, Statements>(statements)
    {
    }
};

} // namespace keystead::storage
