#include "features/account/notice_store.h"

namespace keystead::account {

Result<NoticeChoice> NoticeStore::find(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT chosen, sent FROM notice_choice WHERE account_id = $1", account));
    return row ? NoticeChoice{row->integer(0), row->integer(1)} : NoticeChoice{};
}

Result<void> NoticeStore::put(WriteTx& tx, AccountId account, const NoticeChoice& choice)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO notice_choice (account_id, chosen, sent) VALUES ($1, $2, $3) "
                   "ON CONFLICT (account_id) DO UPDATE SET chosen = $2, sent = $3",
                   account, choice.chosen, choice.sent));
    return {};
}

Result<bool> NoticeStore::mark_attack_told(WriteTx& tx, AccountId account, Instant now,
                                           Instant before)
{
    // A time that is to come was written before the clock was set back: it holds nothing up.
    KS_TRY(const int rows,
           tx.exec("INSERT INTO notice_choice (account_id, chosen, sent, attack_told_at) "
                   "VALUES ($1, 0, 0, $2) ON CONFLICT (account_id) DO UPDATE "
                   "SET attack_told_at = $2 WHERE notice_choice.attack_told_at IS NULL "
                   "OR notice_choice.attack_told_at <= $3 OR notice_choice.attack_told_at > $2",
                   account, now, before));
    return rows == 1;
}

} // namespace keystead::account
