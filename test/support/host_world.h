// features/host/host_world_test.h
//
// The slices that servers stand on, put together over a test database. For the tests of this
// folder.
#pragma once

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "features/host/host_report_service.h"
#include "features/host/host_service.h"
#include "features/ssh_key/ssh_wire.h"
#include "test/support/account_world.h"

#include <string>
#include <utility>
#include <vector>

namespace keystead::host::test {

struct HostWorld {
    explicit HostWorld(Database::Engine engine) : world(engine)
    {
        settings.at_most = 3;
        key_settings.at_most = 20;
        ada = world.create("ada@example.test")->id;
        bob = world.create("bob@example.test")->id;
    }
    template <class Act> auto write(Act act)
    {
        return world.database->write([&](WriteTx& tx) { return act(tx); });
    }
    template <class Act> auto read(Act act)
    {
        return world.database->read([&](ReadTx& tx) { return act(tx); });
    }
    ssh_key::NewKey new_key(std::string name = "laptop")
    {
        world.clock.advance(std::chrono::milliseconds{1}); // So that ids have an order.
        Secret seed(32);
        world.random.fill(seed.writable());
        Bytes blob;
        ssh_key::append_string(blob, as_bytes("ssh-ed25519"));
        ssh_key::append_string(blob, crypto::ed25519_public_key(seed));
        return {std::move(name), *ssh_key::parse_public_key_blob(blob)};
    }
    ssh_key::SshKey add_key(AccountId account, std::string name = "laptop")
    {
        const auto wanted = new_key(std::move(name));
        return *write([&](WriteTx& tx) {
            return ssh_keys.add(tx, world.owner_of(account), account, wanted);
        });
    }
    void revoke(const ssh_key::SshKey& key)
    {
        const auto done = write([&](WriteTx& tx) {
            return ssh_keys.revoke(tx, world.owner_of(key.account), key.account, key.id,
                                   ssh_key::Reason::Lost);
        });
        KS_ASSERT(done.has_value());
    }
    Result<Made> create(AccountId account, std::optional<std::vector<SshKeyId>> keys = {},
                        std::vector<std::string> users = {"root"})
    {
        return write([&](WriteTx& tx) {
            return hosts.create(tx, world.owner_of(account), account,
                                {.name = "gpu", .login_users = users, .keys = keys});
        });
    }
    Result<Enrolled> enroll(const Made& made)
    {
        const auto token = hosts.parse_enrolment(made.enrolment.reveal_text());
        return write([&](WriteTx& tx) {
            return hosts.enroll(tx, Actor{}, {made.host.id, made.host.account}, token->digest,
                                {.agent_version = "1", .machine_name = "node"});
        });
    }
    /// A server that is enrolled.
    Holder enrolled(AccountId account, std::optional<std::vector<SshKeyId>> keys = {})
    {
        const auto made = create(account, std::move(keys));
        KS_ASSERT(made.has_value() && enroll(*made).has_value());
        return {made->host.id, account};
    }
    Result<std::shared_ptr<const Content>> content(const Holder& holder)
    {
        return contents.content(*world.database, holder);
    }
    std::vector<std::string> listed(const Holder& holder)
    {
        std::vector<std::string> keys;
        const auto told = content(holder);
        KS_ASSERT(told.has_value());
        for (const KeyLine& line : (*told)->index) {
            keys.push_back(ssh_key::fingerprint_text(line.fingerprint));
        }
        return keys;
    }
    static std::string name_of(const ssh_key::SshKey& key)
    {
        return ssh_key::fingerprint_text(ssh_key::fingerprint_of(key.key));
    }
    bool refuses(const Holder& holder, const ssh_key::SshKey& key)
    {
        const auto told = content(holder);
        KS_ASSERT(told.has_value());
        const Bytes krl = krl_of(**told);
        const Digest fingerprint = ssh_key::fingerprint_of(key.key);
        return as_text(krl).find(as_text(fingerprint)) != std::string_view::npos;
    }
    std::string digest_of(const Holder& holder) { return hex_encode((*content(holder))->digest); }
    void report(const Holder& holder, const Report& report)
    {
        const auto taken = reports.take(*world.database, Actor{}, holder, report);
        KS_ASSERT(taken.has_value());
    }
    std::int64_t pending(const Holder& holder)
    {
        return read([&](ReadTx& tx) { return hosts.load_one(tx, holder.account, holder.host); })
            ->removals_pending;
    }

    keystead::test::AccountWorld world;
    HostSettings settings;
    SshKeySettings key_settings;
    ssh_key::SshKeyStore key_store;
    ssh_key::SshKeyService ssh_keys{ssh_key::SshKeyParts{
        key_store,
        world.audit,
        world.clock,
        world.random,
        key_settings,
        [](WriteTx&, const Actor&, AccountId, notify::Purpose,
           const notify::Facts&) -> Result<void> { return {}; },
        {.removed = [this](WriteTx& tx,
                           const ssh_key::SshKey& key) { return hosts.key_removed(tx, key); },
         .replaced =
             [this](WriteTx& tx, const ssh_key::SshKey& old, const ssh_key::SshKey& next) {
                 return hosts.key_replaced(tx, old, next);
             },
         .changed = [this](WriteTx& tx, AccountId account) { contents.forget(tx, account); },
         .any_changed = [this](WriteTx& tx) { contents.forget_all(tx); }}}};
    HostStore store;
    HostRecordStore records;
    HostContentService contents{{store, records, world.accounts, ssh_keys, world.keys, world.clock,
                                 world.random, settings}};
    HostService hosts{{store, records, contents, world.accounts, ssh_keys, world.audit, world.keys,
                       world.clock, world.random, settings}};
    HostReportService reports{store,       records,     contents,    ssh_keys,
                              world.audit, world.clock, world.random};
    AccountId ada;
    AccountId bob;
};

} // namespace keystead::host::test
