// features/securing/securing_service.h
//
// "My account was compromised" (M-19, K-06). freeze() ends, in one transaction, whatever the
// account could be entered by; the rest leads its owner back in, step by step (securing.h).
//
// Invariants: after freeze() has been answered none of the account's credentials is accepted, and
// none that was asked for before is added; a session of the account opens the flow alone, until
// finish(); no token comes back by itself.
//
// Who may go on: the session that asked, which was stepped up, so that it has proved the strongest
// factor; and whoever recovers the password by mail, for which a second factor is asked for, too,
// where there is one. The old password alone opens nothing: it counts as known to others.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "features/account/account_service.h"
#include "features/account/notices_service.h"
#include "features/account/notification_address_service.h"
#include "features/api_token/api_token_service.h"
#include "features/audit/audit_service.h"
#include "features/backup_code/backup_code_service.h"
#include "features/factor_reset/factor_reset_service.h"
#include "features/known_device/known_device_service.h"
#include "features/link/link_service.h"
#include "features/password/password_service.h"
#include "features/securing/securing.h"
#include "features/securing/securing_store.h"
#include "features/session/session_service.h"
#include "features/sign_in_flow/sign_in_flow_service.h"
#include "features/ssh_key/ssh_key_service.h"
#include "features/totp/totp_service.h"
#include "features/webhook/webhook_service.h"
#include "storage/database.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::securing {

/// A server that has not yet said that it refuses the account's SSH keys.
struct Server {
    std::string id;
    std::string name;
    std::optional<Instant> cache_ends_at; // until then at most it may go by what it knew
};
/// Servers that follow the account's SSH keys. Handed in by app/: the slice of servers knows them.
struct Servers {
    /// Tells them, in this transaction, that suspended keys open nothing.
    std::function<Result<void>(WriteTx&, AccountId)> follow;
    std::function<Result<std::vector<Server>>(ReadTx&, AccountId)> list_unconfirmed;
};

struct Parts {
    account::AccountService& accounts;
    account::NotificationAddressService& addresses;
    account::Notices& notices;
    password::PasswordService& passwords;
    totp::TotpService& totp;
    backup_code::BackupCodeService& backup_codes;
    factor_reset::FactorResetService& factor_resets;
    session::SessionService& sessions;
    sign_in_flow::SignInFlowService& flows;
    known_device::KnownDeviceService& devices;
    api_token::ApiTokenService& tokens;
    ssh_key::SshKeyService& ssh_keys;
    webhook::WebhookService& webhooks;
    link::LinkService& links;
    audit::AuditLog& audit;
    const audit::AuditService& activity;
    const Clock& clock;
    Servers servers;
};

struct Frozen {
    account::Account account;
    Instant since;
    int sessions = 0;
    int tokens = 0;
    int ssh_keys = 0;
    int webhooks = 0;
    std::vector<Server> unconfirmed = {};
    std::optional<session::Established> own = {}; // in place of the session that asked
};

/// A line of activity from before the freeze, with what its owner said of it.
struct Line {
    audit::Activity activity;
    std::optional<Verdict> verdict;
};

struct LinesQuery {
    std::optional<LineKind> kind = std::nullopt; // Grave, Usual; nothing: both
    std::string cursor = {};                     // as the page before gave it
    std::uint32_t limit = 50;
};
inline constexpr std::uint32_t kLinesCounted = 10'000; // where counting ends
inline constexpr std::uint32_t kToldLaterMax = audit::AuditService::kPageMax;
struct LinesPage {
    std::vector<Line> items;
    std::optional<std::string> next_cursor;
    std::uint32_t left =
        0; // without a verdict, of all that the query asks for: kLinesCounted at most
    /// With the first page, when usual lines are asked for: what the product told after the freeze
    /// of a time before it. May be spoken of, and need not be. kToldLaterMax at most, newest first.
    std::vector<Line> told_later = {};
};
/// What an owner says: of these, and of every usual line of which nothing was said.
struct Review {
    std::vector<EventId> lines;
    enum class Others : std::uint8_t { None, AllUsual } others = Others::None;
    Verdict verdict = Verdict::Me;
};

struct Finished {
    session::Established session;
    account::Account account;
};

class SecuringService {
public:
    explicit SecuringService(Parts parts) : p_(std::move(parts)) {}

    /// Who asks: the owner in a session, which is replaced, or an operator.
    enum class Asker : std::uint8_t { Owner, Operator };
    /// Also of an account that is being secured: then everything begins anew. Records
    /// account.secure. Errors: account/not-found, account/disabled (Conflict), session/not-found.
    Result<Frozen> freeze(WriteTx& tx, const Actor& actor, AccountId account, Asker asker);

    /// Nothing when the account is not being secured.
    Result<std::optional<Progress>> progress(ReadTx& tx, AccountId account);
    Result<std::vector<Server>> unconfirmed_servers(ReadTx& tx, AccountId account);
    /// Errors: securing/not-begun (Conflict), securing/other-step (Forbidden).
    Result<void> check_step(ReadTx& tx, AccountId account, Step step);
    /// In that step and from it on: for what makes a secret anew that may never have arrived.
    /// Errors as above.
    Result<void> check_reached(ReadTx& tx, AccountId account, Step step);

    /// Of a session in the flow, when a new authenticator was confirmed: the older ones go.
    Result<void> factor_confirmed(WriteTx& tx, const Actor& actor);
    /// Possible from the step of tokens on: a secret that never arrived can be made again. Errors:
    /// securing/not-begun, securing/other-step, those of ApiTokenService::replace().
    Result<api_token::Made> replace_token(WriteTx& tx, const Actor& actor, TokenId token);
    /// The owner knows each of these, and the account has no other. Records
    /// account.secure-addresses. Errors: securing/addresses-changed (Conflict).
    Result<void> check_addresses(WriteTx& tx, const Actor& actor,
                                 std::span<const std::string> known);
    /// All of the 90 days before the freeze, newest first, a page at a time; none when the account
    /// is not being secured. Errors: request/invalid-cursor (InvalidInput).
    Result<LinesPage> list_lines(ReadTx& tx, AccountId account, const LinesQuery& query);
    /// Records account.secure-review for each line, and one for all usual ones. Errors:
    /// securing/no-such-line (NotFound), securing/not-begun.
    Result<void> review(WriteTx& tx, const Actor& actor, const Review& said);
    /// What was said, by the event of the line; the nil id: of all other usual ones.
    Result<std::map<EventId, Verdict>> list_verdicts(ReadTx& tx, AccountId account)
    {
        return store_.list_verdicts(tx, account);
    }
    /// The account is open again; the session that asks goes on as an ordinary one, the others end.
    /// Records account.secure-finish. Errors: securing/not-begun, securing/not-done (Conflict).
    Result<Finished> finish(Database& database, const Actor& actor);

    Result<void> erase(WriteTx& tx, AccountId account);

private:
    /// Of very many lines counting takes long: not while others wait to write, who need not know.
    /// What is left out counts as one. Lines are from before the freeze: none comes to them.
    enum class Lines : std::uint8_t { Counted, LeftOut };
    Result<std::optional<Progress>> progress(ReadTx& tx, AccountId account, Lines counted);
    Result<Finished> finish(WriteTx& tx, const Actor& actor, Instant looked_since);
    Result<void> end_everything(WriteTx& tx, const Actor& actor, Frozen& frozen);
    Result<std::uint32_t> factors_left(ReadTx& tx, AccountId account, Instant since);
    Result<std::uint32_t> lines_left(ReadTx& tx, AccountId account, Instant since,
                                     std::optional<LineKind> kind);
    Result<std::vector<Line>> list_told_later(ReadTx& tx, AccountId account, Instant since);
    Result<void> review_line(WriteTx& tx, const Actor& actor, EventId line, Verdict verdict,
                             Instant since);
    Result<Progress> must_be_under_way(ReadTx& tx, AccountId account, Lines counted);

    Parts p_;
    SecuringStore store_;
};

} // namespace keystead::securing
