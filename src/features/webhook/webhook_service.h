// features/webhook/webhook_service.h
//
// Endpoints and what their owners do with them: make, change, rotate secrets, test, look through
// deliveries and repeat one. An owner is an account, or the instance, whose endpoints the operator
// makes on the command line and which hear of every account. Sends nothing: delivery_service.h.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/secret.h"
#include "core/set_back.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/account/notices_service.h"
#include "features/audit/audit_log.h"
#include "features/webhook/delivery_store.h"
#include "features/webhook/endpoint_store.h"
#include "features/webhook/lane_book.h"
#include "outgoing/client.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::webhook {

/// An account's endpoint goes outside, whatever the settings open to the operators' own.
constexpr outgoing::NamedBy named_by(const std::optional<AccountId>& owner)
{
    return owner ? outgoing::NamedBy::Anybody : outgoing::NamedBy::Operator;
}

inline constexpr std::uint32_t kInstanceEndpointsMax = 20;
inline constexpr std::size_t kDescriptionBytesMax = 200;

/// Whose endpoints: an account's, or the instance's.
using Owner = std::optional<AccountId>;

struct Wanted {
    std::string url;
    std::string description = {};
    std::vector<std::string> events = {"*"};
    EndpointState state = EndpointState::Enabled; // Enabled or Disabled
};

/// Members that are there are changed.
struct Change {
    std::optional<std::string> url = {};
    std::optional<std::string> description = {};
    std::optional<std::vector<std::string>> events = {};
    std::optional<EndpointState> state = {}; // Enabled or Disabled
};

/// An endpoint as its owner sees it.
struct View {
    Endpoint endpoint;
    std::int64_t waiting = 0;
    std::optional<Instant> last_delivered_at;
};

struct WithSecret {
    Endpoint endpoint;
    Secret secret; // "whsec_…", shown once
};

struct Parts {
    audit::AuditLog& audit;
    account::Notices& notices;
    const outgoing::Client& client;
    const crypto::KeyRing& keys;
    const Clock& clock;
    Random& random;
    const WebhookSettings& settings;
    LaneBook& lanes;
    std::function<void()> wake; // as in EventRelay
    /// Whether the account may have its events sent, asked behind its lock. Handed in by app/.
    std::function<Result<void>(ReadTx&, AccountId)> check_may_send = {};
};

/// What mails, log and audit show of a URL: its path and query may be secrets of the receiver's.
std::string host_of(const std::string& url);

class WebhookService {
public:
    explicit WebhookService(Parts parts) : p_(std::move(parts)) {}

    /// At most so many an owner, whatever races. Tells an account's owner.
    /// Errors: webhook/limit (LimitReached), webhook/unknown-event, webhook/description-invalid
    /// (InvalidInput), those of outgoing::Client::check().
    Result<WithSecret> create(WriteTx& tx, const Actor& actor, Owner owner, const Wanted& wanted);
    Result<std::vector<View>> list(ReadTx& tx, Owner owner);
    /// Errors of this and all that name an endpoint: webhook/not-found.
    Result<View> load(ReadTx& tx, Owner owner, EndpointId id);
    /// Another address is told to the owner. What waits for an endpoint that is disabled is
    /// dropped.
    Result<View> change(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id,
                        const Change& change);
    Result<void> remove(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id);
    /// A new secret; until settings.secret_overlap is over, deliveries are signed by both. The one
    /// before the old one ends at once.
    Result<WithSecret> rotate_secret(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id);
    /// Ends the old secret now. Errors: webhook/no-previous-secret (Conflict).
    Result<void> end_previous_secret(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id);

    struct Preview {
        Delivery delivery;
        std::string url;
        std::vector<std::pair<std::string, std::string>> headers;
    };
    /// Queues a test, whatever the endpoint's state, and answers what will be sent; timestamp and
    /// signature are made anew when it is.
    Result<Preview> test(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id);
    /// Newest first.
    Result<std::vector<Delivery>> list_deliveries(ReadTx& tx, Owner owner, EndpointId id,
                                                  std::optional<DeliveryId> before,
                                                  std::uint32_t limit);
    /// A new delivery of the same message, under the same webhook-id. Errors:
    /// webhook/delivery-not-found, webhook/not-enabled, webhook/queue-full (Conflict).
    Result<Delivery> repeat(WriteTx& tx, const Actor& actor, Owner owner, EndpointId id,
                            DeliveryId delivery);
    Result<void> erase(WriteTx& tx, AccountId account);
    /// Old secrets whose time is over end.
    Result<void> end_expired_secrets(WriteTx& tx, const Actor& actor, Instant now);
    /// Old secrets that were over by `seen` end, none counts longer than one of now, and nothing
    /// waits for a time that comes again. How many deliveries.
    Result<int> set_back(WriteTx& tx, const Actor& actor, const SetBack& clock);

    /// After a restore: what is enabled may have been deleted or disabled since the back-up was
    /// made, what waits may have been sent, and an old secret may have been ended. So nothing is
    /// sent before each owner has enabled the endpoint again. How many were suspended.
    Result<int> suspend_all(WriteTx& tx, const Actor& actor);
    /// "This was not me", an address change that was undone, an account that an operator disabled:
    /// whoever was there may have added endpoints or led them elsewhere. What is enabled is
    /// suspended as after a restore, and the owner told.
    Result<void> suspend_of(WriteTx& tx, const Actor& actor, AccountId account);
    /// Whose endpoints are suspended, in order of their ids.
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);

    /// Headers of an attempt: id, timestamp, signature by one secret or two. For DeliveryService.
    Result<std::vector<std::pair<std::string, std::string>>> headers(const Endpoint& endpoint,
                                                                     const Delivery& delivery,
                                                                     Instant now) const;

private:
    Result<Endpoint> owned(ReadTx& tx, Owner owner, EndpointId id);
    Result<View> view_of(ReadTx& tx, Endpoint endpoint);
    Result<void> check_room(WriteTx& tx, Owner owner);
    Result<void> queue(WriteTx& tx, const Endpoint& endpoint, const Delivery& delivery);
    Result<void> record(WriteTx& tx, const Actor& actor, const Endpoint& endpoint,
                        std::string_view action);
    Result<void> tell(WriteTx& tx, const Actor& actor, const Endpoint& endpoint,
                      std::string_view what);
    Bytes sealed(EndpointId id, const Secret& secret) const;

    Parts p_;
    EndpointStore endpoints_;
    DeliveryStore deliveries_;
};

} // namespace keystead::webhook
