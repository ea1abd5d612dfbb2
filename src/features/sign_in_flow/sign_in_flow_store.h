// features/sign_in_flow/sign_in_flow_store.h
//
// The SQL of sign-in flows, one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/session/session_service.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>

namespace keystead::sign_in_flow {

enum class FromDevice : std::uint8_t { Unknown = 0, Known = 1 };

struct Flow {
    FlowId id;
    AccountId account;
    std::int64_t account_epoch = 0;
    session::Methods methods; // proved so far
    session::DeviceTrust trust = session::DeviceTrust::Own;
    FromDevice from_device =
        FromDevice::Unknown; // which attempt budget the first factor was charged to
    Instant expires_at{};
};

struct SignInFlowStore {
    Result<void> insert(WriteTx& tx, const Flow& flow, const Digest& token);
    Result<std::optional<Flow>> find_by_token(ReadTx& tx, const Digest& token, Instant now);
    Result<std::optional<Flow>> find(ReadTx& tx, FlowId id, Instant now);
    /// Takes one of the flow's attempts; nothing when they are used up or the flow is over.
    Result<std::optional<Flow>> take_attempt(WriteTx& tx, FlowId id, int attempts_max, Instant now);
    Result<bool> set_methods(WriteTx& tx, FlowId id, session::Methods methods);
    /// Whether it was there: of racing callers one ends a flow.
    Result<bool> remove(WriteTx& tx, FlowId id);
    Result<void> remove_of_account(WriteTx& tx, AccountId account);
    Result<int> remove_all(WriteTx& tx);
    Result<int> remove_over(WriteTx& tx, Instant now);
};

} // namespace keystead::sign_in_flow
