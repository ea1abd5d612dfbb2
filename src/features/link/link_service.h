// features/link/link_service.h
//
// One-time links: what a mail's link carries in its fragment. 256 random bits whose SHA-256 alone
// is stored, bound to a purpose and to an account or an address, spent at most once whatever races,
// and dead after its lifetime. Not here: mails, pages, and what a spent link brings about. Links
// never sign anyone in. Source: OWASP ASVS 5.0 V6.6.2, V11.5.1.
//
//   made ──spend──▶ ended     a second spend finds nothing
//     ├──void / newer request──▶ ended
//     └──time──▶ expired ──sweep──▶ gone
//
// The service writes no audit event of its own: a link is made or spent as part of a change that
// the caller records.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/set_back.h"
#include "crypto/token.h"
#include "features/audit/audit_log.h"
#include "features/link/link_store.h"
#include "storage/database.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::link {

/// What a link needs to be made. Which earlier link it replaces follows from the purpose
/// (link_service.cpp).
struct Request {
    Purpose purpose;
    std::chrono::seconds lifetime;
    std::optional<AccountId> account = {}; // whom it speaks of, when there is one
    std::string address = {};              // canonical; sign-up and invitation have nothing else
    std::string reference = {}; // what else it speaks of: a session's id, an address row's id
    Effect effect = Effect::Usable;
};

class LinkService {
public:
    LinkService(LinkStore& store, const crypto::TokenMint& mint, const Clock& clock, Random& random)
        : store_(store), mint_(mint), clock_(clock), random_(random)
    {
    }

    /// Makes a link and, in the same statement, ends the one it replaces: of the same purpose and
    /// address (SignUp, Invitation, Recovery), account (EmailChange), account and address
    /// (NotificationAddress) or alone (SetUp). The others replace nothing. Where a stranger may
    /// ask, Notifier::admit() is asked first: a link whose mail would not leave must not end the
    /// one that did. One statement with an Inert effect too, so that known and unknown addresses
    /// cost the same.
    Result<Secret> make(WriteTx& tx, const Request& request);
    /// Ends the link and says what it was bound to, to the first caller only; nothing when it is no
    /// good for whatever reason. One statement. An Error of the caller's transaction makes it
    /// unspent again.
    Result<std::optional<Binding>> spend(WriteTx& tx, Purpose purpose, std::string_view token);
    /// The same without ending it: for the page that asks first, and for a flow that hashes before
    /// it spends.
    Result<std::optional<Binding>> peek(ReadTx& tx, Purpose purpose, std::string_view token);
    /// Ends the links by which the account's e-mail or password could still be changed (Recovery,
    /// EmailChange, NotificationAddress). Called at each change of either. EmailUndo, NotMe and
    /// FactorResetObjection defend the owner and stay: whoever changes a password must not be able
    /// to end them.
    Result<void> void_requests(WriteTx& tx, AccountId account);
    /// Ends all of one purpose: EmailUndo after an undo, SetUp when it is closed.
    Result<void> void_purpose(WriteTx& tx, Purpose purpose, std::optional<AccountId> account);
    /// Ends every link of everyone (restore): some may have been spent since. How many.
    Result<int> void_everything(WriteTx& tx);
    /// Ends what had expired by `seen`; what was made after `wall` is as if made then. How many it
    /// ended.
    Result<int> set_back(WriteTx& tx, const SetBack& clock);
    /// Removes every link of the account and of its address (erasure).
    Result<void> erase(WriteTx& tx, AccountId account, std::string_view address);

private:
    LinkStore& store_;
    const crypto::TokenMint& mint_;
    const Clock& clock_;
    Random& random_;
};

/// The error for a token that opens nothing: link/invalid (InvalidInput), the same for every cause.
Error invalid_link();

/// Job: removes links that ended or expired a day ago. Recorded as link.sweep, since links grant
/// access.
class LinkSweep {
public:
    LinkSweep(Database& database, LinkStore& store, audit::AuditLog& audit)
        : database_(database), store_(store), audit_(audit)
    {
    }
    Result<void> run_once(Instant now);

private:
    Database& database_;
    LinkStore& store_;
    audit::AuditLog& audit_;
};

} // namespace keystead::link
