// storage/transaction_scope.h
//
// For the engines alone: marks this thread as being inside a transaction, for
// assert_no_transaction().
#pragma once

namespace keystead::storage {

class TransactionScope {
public:
    TransactionScope(); // Ends the process if this thread is inside one already.
    ~TransactionScope();
    TransactionScope(const TransactionScope&) = delete;
    TransactionScope& operator=(const TransactionScope&) = delete;
};

} // namespace keystead::storage
