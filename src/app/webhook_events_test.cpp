// guards: what is recorded is sent as a webhook, too, unless somebody decided that it is not
#include "features/webhook/event_catalogue.h"
#include "test/support/peopled_world.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace keystead::app {
namespace {

/// What says nothing of an account's state: attempts and requests, of which strangers could cause
/// any number; steps of a flow that ends in an event; and what is only looked at.
const std::set<std::string_view> kNotSent = {
    "account.address-add",
    "account.choose-notices",
    "account.email-request",
    "account.invite",
    "audit.export",
    "audit.ship-fail",
    "audit.ship-resume",
    "audit.prove-event",
    "audit.view",
    "password.attempt",
    "product_event.record", // the product knows: it said so
    "recovery.code",
    "recovery.request",
    "session.renew",
    "set-up.finish", // account.created
    "sign-in.attempt",
    "sign-in.code",
    "sign-in.half",
    "sign-in.refuse",
    "sign-up.request",
    "ssh_key.prove-compromised", // ssh_key.revoked
    "step-up.attempt",
    "step-up.refuse",
    "totp.cancel-enrollment",
    "totp.enroll",
    "totp.verify",
    "webhook.repeat", // would be sent to the endpoint itself, without end
    "webhook.test",
};

TEST(WebhookEvents, AreWhatRoutesRecord)
{
    std::set<std::string_view> forgotten;
    test::PeopledWorld world(Database::Engine::Sqlite);
    for (const auto& route : world.routes().routes()) {
        for (const std::string_view action : route->audit) {
            if (webhook::find_event_type(action) == nullptr && !kNotSent.contains(action)) {
                forgotten.insert(action);
            }
        }
    }
    EXPECT_EQ(forgotten, std::set<std::string_view>{});
}

} // namespace
} // namespace keystead::app
