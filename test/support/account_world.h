// test/support/account_world.h
//
// The account and link slices put together over a test database, with recorders in place of audit
// log and outbox.
#pragma once

#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/account/account_admin_service.h"
#include "features/account/account_service.h"
#include "features/account/email_change_service.h"
#include "features/account/notices_service.h"
#include "features/account/notification_address_service.h"
#include "features/link/link_service.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace keystead::test {

/// Ends nothing, remembers for whom it was asked.
class RecordingSessionEnder final : public account::SessionEnder {
public:
    Result<void> end_all(WriteTx& tx, const Actor&, AccountId account,
                         account::EndReason reason) override
    {
        tx.after_commit([this, account, reason] { ended.emplace_back(account, reason); });
        return {};
    }
    Result<void> forget_cached(WriteTx&, AccountId) override { return {}; }
    std::vector<std::pair<AccountId, account::EndReason>> ended;
};

inline Secret make_test_root_key(Random& random)
{
    Secret key(32);
    random.fill(key.writable());
    return key;
}

struct AccountWorld {
    explicit AccountWorld(Database::Engine engine) : database(engine) {}

    Result<account::Account> create(std::string_view email)
    {
        const Actor nobody;
        return database->write([&](WriteTx& tx) {
            return accounts.create(tx, nobody,
                                   {.email = *account::EmailAddress::parse(email), .name = "Test"});
        });
    }
    Result<account::Account> load(AccountId id)
    {
        return database->read([&](ReadTx& tx) { return accounts.load(tx, id); });
    }
    std::string email_of(AccountId id) { return load(id)->email.text(); }
    /// The owner, in a session.
    Actor owner_of(AccountId id)
    {
        return {.kind = ActorKind::Account,
                .account = id,
                .session = SessionId::make(clock.now(), random),
                .ip = IpAddress::parse("203.0.113.7")};
    }
    std::int64_t count_rows(std::string_view sql)
    {
        return (*database->read([&](ReadTx& tx) { return tx.query_one(sql); }))->integer(0);
    }

    TestDatabase database;
    FakeClock clock;
    SeededRandom random;
    RecordingAudit audit;
    RecordingNotifier mails;
    RecordingSessionEnder sessions;
    AccountSettings settings;
    crypto::RootKeyRing keys{make_test_root_key(random), random};
    crypto::TokenMint mint{keys, random};
    link::LinkStore link_store;
    link::LinkService links{link_store, mint, clock, random};
    account::AccountStore store;
    account::AccountService accounts{store, audit, clock, random};
    account::NoticeStore notice_store;
    Settings all_settings;
    account::Notices notices{accounts, notice_store, links, mails,
                             audit,    all_settings, clock, nullptr};
    account::AccountAdminService admin{accounts, sessions, notices, links, mails, audit, settings};
    account::EmailChangeService email_change{accounts, store, sessions, notices, links,
                                             mails,    audit, settings, clock};
    account::NotificationAddressService addresses{accounts, store,    notices, links, mails,
                                                  audit,    settings, clock,   random};
};

/// Runs `fn(i)` on `count` threads at once.
template <class Fn> void race(int count, Fn&& fn)
{
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&fn, i] { fn(i); });
    }
}

} // namespace keystead::test
