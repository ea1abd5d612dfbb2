#include "features/sign_up/sign_up_service.h"

#include <utility>

namespace keystead::sign_up {

using session::Method;

Result<void> SignUpService::request(WriteTx& tx, const Actor& actor,
                                    const account::EmailAddress& email)
{
    switch (p_.settings.sign_up) {
    case SignUpMode::Open: break;
    case SignUpMode::Invitation:
        return Error{ErrorKind::Forbidden, "sign-up/by-invitation",
                     "Accounts are made by invitation here."};
    case SignUpMode::Closed:
        return Error{ErrorKind::Forbidden, "sign-up/closed", "No accounts are made here."};
    }
    KS_TRY(const auto existing, p_.accounts.find_by_email(tx, email));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "sign-up.request",
                                  .details = {audit::identifier_digest(p_.keys, email.text())}}));
    KS_TRY(const auto admission,
           p_.notifier.admit(tx, {.purpose = notify::Purpose::SignUpLink,
                                  .otherwise = notify::Purpose::SignUpAccountExists,
                                  .to = email.text(),
                                  .link_lifetime = p_.settings.link_lifetime}));
    if (admission == notify::Admission::Merge) {
        return {};
    }
    KS_TRY(const Secret token,
           p_.links.make(tx, {.purpose = link::Purpose::SignUp,
                              .lifetime = p_.settings.link_lifetime,
                              .address = email.text(),
                              .effect = existing ? link::Effect::Inert : link::Effect::Usable}));
    notify::Message message{.purpose = notify::Purpose::SignUpLink,
                            .to = email.text(),
                            .link_path = "/sign-up/confirm",
                            .link_token = &token};
    if (existing) {
        message = {.purpose = notify::Purpose::SignUpAccountExists,
                   .to = email.text(),
                   .account = existing->id};
    }
    return p_.notifier.enqueue(tx, message);
}

Result<Invited> SignUpService::look_at(ReadTx& tx, std::string_view token)
{
    for (const auto purpose : {link::Purpose::SignUp, link::Purpose::Invitation}) {
        KS_TRY(auto binding, p_.links.peek(tx, purpose, token));
        if (binding) {
            return Invited{purpose, std::move(binding->address)};
        }
    }
    return link::invalid_link();
}

Result<sign_in::SignedIn> SignUpService::confirm(WriteTx& tx, const Actor& actor,
                                                 const Invited& invited, std::string_view token,
                                                 std::string_view name,
                                                 const password::HashedPassword& hashed,
                                                 const sign_in::Whence& whence)
{
    KS_TRY(const auto binding, p_.links.spend(tx, invited.purpose, token));
    if (!binding) {
        return link::invalid_link();
    }
    auto signed_in =
        create(tx, actor,
               {.email = account::EmailAddress::stored(binding->address),
                .name = std::string(name),
                .id = hashed.account},
               hashed, session::Methods(Method::SignUpLink).with(Method::Password), whence);
    if (!signed_in && signed_in.error().code == "account/email-taken") {
        return link::invalid_link(); // Someone was faster: this link opens nothing any more.
    }
    return signed_in;
}

Result<bool> SignUpService::set_up_is_open(ReadTx& tx)
{
    KS_TRY(const bool operators, p_.accounts.any_operator(tx));
    return !operators;
}

Result<std::optional<Secret>> SignUpService::make_set_up_token(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const bool open, set_up_is_open(tx));
    if (!open) {
        return std::optional<Secret>{};
    }
    KS_TRY(auto token, p_.links.make(tx, {.purpose = link::Purpose::SetUp,
                                          .lifetime = p_.settings.set_up_lifetime}));
    KS_CHECK(p_.audit.append(tx, {.actor = actor, .action = "set-up.token"}));
    return std::optional<Secret>{std::move(token)};
}

Result<void> SignUpService::look_at_set_up(ReadTx& tx, std::string_view token)
{
    KS_TRY(const auto binding, p_.links.peek(tx, link::Purpose::SetUp, token));
    KS_TRY(const bool open, set_up_is_open(tx));
    if (!binding || !open) {
        return link::invalid_link();
    }
    return {};
}

Result<sign_in::SignedIn> SignUpService::set_up(
    WriteTx& tx, const Actor& actor, std::string_view token, const account::EmailAddress& email,
    std::string_view name, const password::HashedPassword& hashed, const sign_in::Whence& whence)
{
    KS_TRY(const auto binding, p_.links.spend(tx, link::Purpose::SetUp, token));
    KS_TRY(const bool open, set_up_is_open(tx));
    if (!binding || !open) { // An operator may have been made on the command line since.
        return link::invalid_link();
    }
    KS_TRY(auto signed_in,
           create(tx, actor,
                  {.email = email,
                   .name = std::string(name),
                   .standing = account::Standing::Operator,
                   .id = hashed.account},
                  hashed, session::Methods(Method::SetUpToken).with(Method::Password), whence));
    KS_CHECK(p_.links.void_purpose(tx, link::Purpose::SetUp, std::nullopt));
    KS_CHECK(p_.audit.append(tx, {.actor = actor,
                                  .action = "set-up.finish",
                                  .account = signed_in.account.id,
                                  .target = {"account", signed_in.account.id.text()}}));
    return signed_in;
}

Result<sign_in::SignedIn> SignUpService::create(WriteTx& tx, const Actor& actor,
                                                const account::NewAccount& wanted,
                                                const password::HashedPassword& hashed,
                                                session::Methods methods,
                                                const sign_in::Whence& whence)
{
    KS_TRY(const auto account, p_.accounts.create(tx, actor, wanted));
    Actor owner = actor;
    owner.kind = ActorKind::Account;
    owner.account = account.id;
    KS_CHECK(p_.passwords.set(tx, owner, hashed, password::SetReason::SignUp));
    return p_.sign_in.sign_in_new_account(
        tx, owner, {.account = account.id, .account_epoch = account.epoch, .methods = methods},
        whence);
}

} // namespace keystead::sign_up
