#include "test/bench/tool/world.h"

#include "app/settings_loader.h"
#include "features/audit/audit_sequencer.h"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace keystead::bench {
namespace {

app::Environment real_environment()
{
    app::Environment environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (const auto equals = text.find('='); equals != text.npos) {
            environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return environment;
}

} // namespace

void give_up(const Error& error)
{
    std::cerr << "keystead-bench: " << error.code << ' ' << error.detail << ' ' << error.cause
              << '\n';
    std::exit(1);
}

World open_world()
{
    World world;
    const auto loaded =
        must(app::load_settings({.preset = "marketplace", .environment = real_environment()}));
    world.foundation = must(app::open_foundation(loaded, {}));
    auto resources = must(app::open_feature_resources(*world.foundation));
    world.features = std::make_unique<app::Features>(
        *world.foundation, std::move(resources),
        app::FeatureHooks{.wake_outbox = [] {},
                          .mail_not_delivered = [](MessageId, std::string_view) {}});
    return world;
}

Actor browser_of(AccountId account)
{
    return {.kind = ActorKind::Account,
            .account = account,
            .ip = IpAddress::parse("192.0.2.77"),
            .client_description = {.user_agent =
                                       "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
                                       "Firefox/128.0"}};
}

account::Account make_account(World& world, const std::string& email)
{
    const Actor system{.kind = ActorKind::System};
    return must(world.database().write([&](WriteTx& tx) {
        return world.features->accounts.create(tx, system,
                                               {.email = account::EmailAddress::stored(email)});
    }));
}

Result<session::Establishment> make_session(World& world, WriteTx& tx,
                                            const account::Account& account)
{
    const session::Origin origin{.ip = "192.0.2.77",
                                 .place_kind = 0,
                                 .country_code = "NL",
                                 .city = "",
                                 .device_kind = 1,
                                 .browser = "Firefox",
                                 .browser_version = "128.0",
                                 .system = "Linux"};
    return world.features->sessions.establish(tx, browser_of(account.id),
                                              {.account = account.id,
                                               .account_epoch = account.epoch,
                                               .methods = session::Method::Password},
                                              session::DeviceTrust::Own, origin);
}

} // namespace keystead::bench
