#include "features/account/notices_service.h"

#include "core/encoding.h"

#include <optional>
#include <utility>

namespace keystead::account {
namespace {

/// A session can be told from its owner only when it acts for the account itself.
bool acts_by_session(const Actor& actor, AccountId account)
{
    return actor.kind == ActorKind::Account && actor.account == account && !actor.session.is_nil();
}

} // namespace

Result<void> Notices::tell_owner(WriteTx& tx, const Actor& actor, AccountId account,
                                 notify::Purpose purpose, notify::Facts facts,
                                 std::optional<NoticeLink> own_link)
{
    KS_TRY(const auto addresses, accounts_.addresses_to_tell(tx, account));
    facts.emplace_back("time", rfc3339(clock_.now()));
    if (actor.ip) {
        facts.emplace_back("ip", actor.ip->text());
    }
    if (std::string device =
            describe_device_ ? describe_device_(actor.client_description) : std::string();
        !device.empty()) {
        facts.emplace_back("device", std::move(device));
    }
    std::optional<Secret> not_me;
    if (!own_link && acts_by_session(actor, account)) {
        KS_TRY(Secret token, links_.make(tx, {.purpose = link::Purpose::NotMe,
                                              .lifetime = settings_.email_undo,
                                              .account = account,
                                              .reference = actor.session.text()}));
        not_me.emplace(std::move(token));
        own_link = NoticeLink{"/not-me", &*not_me};
    }
    for (const EmailAddress& address : addresses) {
        KS_CHECK(notifier_.enqueue(tx, {.purpose = purpose,
                                        .to = address.text(),
                                        .account = account,
                                        .link_path = own_link ? own_link->path : std::string_view{},
                                        .link_token = own_link ? own_link->token : nullptr,
                                        .facts = facts}));
    }
    return {};
}

} // namespace keystead::account
