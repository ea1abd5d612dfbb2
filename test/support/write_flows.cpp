#include "test/support/write_flows.h"

#include "core/encoding.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "features/ssh_key/ssh_wire.h"

#include <utility>

namespace keystead::test {
namespace {

using World = PeopledWorld;

constexpr std::string_view kNewPassword = "Larch-Quay-73-Ember";

Person person(World& world)
{
    return world.person();
}
Person enrolled(World& world)
{
    return world.enrolled();
}

std::string token_body(World&, Person& one)
{
    return json_object({{"token", one.token}});
}

/// Signed in by password, with the second factor owed.
Person half_signed_in(World& world)
{
    Person one = world.enrolled();
    one.visitor = world.sign_in(one);
    return one;
}

std::vector<Flow> sign_up_flows()
{
    return {
        route(
            "POST /v1/sign-up", [](World& world) { return Person{.email = world.new_email()}; },
            [](World&, Person& one) {
                return json_object({{"email", one.email}});
            }),
        route(
            "POST /v1/sign-up/confirm", [](World& world) { return world.invited(); },
            [](World&, Person& one) {
                return json_object({{"token", one.token}, {"password", kPassword}});
            }),
        route("POST /v1/sign-in", person,
              [](World&, Person& one) {
                  return json_object({{"email", one.email}, {"password", kPassword}});
              }),
        route("POST /v1/sign-in", enrolled,
              [](World&, Person& one) {
                  return json_object({{"email", one.email}, {"password", kPassword}});
              }),
        route(
            "POST /v1/sign-in/second-factor", half_signed_in,
            [](World& world, Person& one) {
                return json_object({{"method", "totp"}, {"code", world.code(one.totp_secret, 1)}});
            },
            {"sign_in_flow"}),
        route(
            "POST /v1/sign-in/second-factor", half_signed_in,
            [](World&, Person& one) {
                return json_object({{"method", "backup-code"}, {"code", one.backup_codes.front()}});
            },
            {"sign_in_flow"}),
        route("POST /v1/sign-out", person),
        route("POST /v1/step-up", person,
              [](World&, Person&) {
                  return json_object({{"method", "password"}, {"password", kPassword}});
              }),
        route(
            "POST /v1/step-up", enrolled,
            [](World& world, Person& one) {
                return json_object({{"method", "totp"}, {"code", world.code(one.totp_secret, 1)}});
            }),
        route(
            "POST /v1/step-up", enrolled,
            [](World&, Person& one) {
                return json_object({{"method", "backup-code"}, {"code", one.backup_codes.front()}});
            }),
        route("POST /v1/recovery", person,
              [](World&, Person& one) {
                  return json_object({{"email", one.email}});
              }),
        route(
            "POST /v1/recovery/confirm",
            [](World& world) {
                Person one = world.person();
                world.must(one.visitor, "POST /v1/recovery", json_object({{"email", one.email}}));
                one.token = world.mailed(one.email, "/recovery/confirm");
                return one;
            },
            [](World&, Person& one) {
                return json_object({{"token", one.token}, {"password", kNewPassword}});
            }),
        route(
            "POST /v1/recovery/confirm",
            [](World& world) {
                Person one = world.enrolled();
                world.must(one.visitor, "POST /v1/recovery", json_object({{"email", one.email}}));
                one.token = world.mailed(one.email, "/recovery/confirm");
                return one;
            },
            [](World&, Person& one) {
                return json_object({{"token", one.token},
                                    {"password", kNewPassword},
                                    {"method", "backup-code"},
                                    {"code", one.backup_codes.front()}});
            }),
        route(
            "POST /v1/not-me",
            [](World& world) {
                Person one = world.person();
                world.sign_in(one);
                one.token = world.mailed(one.email, "/not-me");
                return one;
            },
            token_body),
    };
}

std::vector<Flow> account_flows()
{
    return {
        // It is changed, and then read again to be shown.
        route("PATCH /v1/account", person,
              [](World&, Person&) {
                  return json_object({{"name", "Another Name"}});
              },
              {"account"}),
        route("DELETE /v1/account", person),
        route("POST /v1/account/deletion/cancel",
              [](World& world) {
                  Person one = world.person();
                  world.must(one.visitor, "DELETE /v1/account");
                  return one;
              }),
        route("POST /v1/account/password", person,
              [](World&, Person&) {
                  return json_object(
                      {{"current_password", kPassword}, {"new_password", kNewPassword}});
              }),
        route("POST /v1/account/email", person,
              [](World&, Person& one) {
                  return json_object({{"email", "new-" + one.email}});
              }),
        route(
            "POST /v1/account/email/confirm",
            [](World& world) {
                Person one = world.person();
                const auto to = "new-" + one.email;
                world.must(one.visitor, "POST /v1/account/email", json_object({{"email", to}}));
                one.token = world.mailed(to, "/email/confirm");
                return one;
            },
            token_body),
        route(
            "POST /v1/account/email/undo",
            [](World& world) {
                Person one = world.person();
                const auto to = "new-" + one.email;
                world.must(one.visitor, "POST /v1/account/email", json_object({{"email", to}}));
                one.token = world.mailed(to, "/email/confirm");
                world.must(one.visitor, "POST /v1/account/email/confirm",
                           json_object({{"token", one.token}}));
                one.token = world.mailed(one.email, "/email/undo");
                return one;
            },
            token_body),
        route("POST /v1/account/notification-addresses", person,
              [](World&, Person& one) {
                  return json_object({{"email", "second-" + one.email}});
              }),
        route(
            "POST /v1/account/notification-addresses/confirm",
            [](World& world) {
                Person one = world.person();
                const auto to = "second-" + one.email;
                world.must(one.visitor, "POST /v1/account/notification-addresses",
                           json_object({{"email", to}}));
                one.token = world.mailed(to, "/notification-address/confirm");
                return one;
            },
            token_body),
        route("DELETE /v1/account/notification-addresses/{id}",
              [](World& world) {
                  Person one = world.person();
                  const auto made =
                      world.must(one.visitor, "POST /v1/account/notification-addresses",
                                 json_object({{"email", "second-" + one.email}}));
                  one.token = member_text(made, "id");
                  return one;
              }),
    };
}

std::vector<Flow> session_flows()
{
    const auto with_other = [](World& world) {
        Person one = world.person();
        one.token = world.session_of(world.sign_in(one));
        return one;
    };
    return {
        route("DELETE /v1/account/sessions/{id}", with_other),
        route("POST /v1/account/sessions/{id}/require-authentication", with_other),
        route("POST /v1/account/sessions/revoke-others", with_other),
        route("POST /v1/account/sessions/revoke-all", with_other),
        route(
            "POST /v1/sign-in/end-session",
            [](World& world) {
                world.settings().session.at_most = 1;
                Person one = world.person();
                one.token = world.session_of(one.visitor);
                Visitor other;
                const auto asked =
                    world.call(other, "POST /v1/sign-in",
                               json_object({{"email", one.email}, {"password", kPassword}}));
                KS_ASSERT(!asked.has_value());
                one.visitor = other;
                return one;
            },
            [](World&, Person& one) {
                return json_object({{"session_id", one.token}});
            }),
    };
}

std::vector<Flow> factor_flows()
{
    return {
        route("POST /v1/account/totp", person,
              [](World&, Person&) {
                  return json_object({{"name", "phone"}});
              }),
        // Backup codes are hashed, which no transaction waits for: the factor counts before they
        // are there, and the person makes them on the same page.
        route(
            "POST /v1/account/totp/{id}/confirm",
            [](World& world) {
                Person one = world.person();
                world.begin_enrollment(one);
                one.token = one.totp_id;
                return one;
            },
            [](World& world, Person& one) {
                return json_object({{"code", world.code(one.totp_secret, 0)}});
            },
            {"totp_authenticator", "session", "account", "outbox", "link"}),
        route(
            "DELETE /v1/account/totp/{id}",
            [](World& world) {
                Person one = world.enrolled();
                one.token = one.totp_id;
                return one;
            },
            [](World& world, Person& one) {
                return json_object({{"code", world.code(one.totp_secret, 1)}});
            }),
        route("POST /v1/account/backup-codes", enrolled),
        route("POST /v1/account/backup-codes/confirm",
              [](World& world) {
                  Person one = world.enrolled();
                  const auto suspended = world.database().write([&](WriteTx& tx) {
                      return world.features().backup_codes.suspend_all(tx, Actor{});
                  });
                  KS_ASSERT(suspended.has_value());
                  return one;
              }),
    };
}

std::vector<Flow> operator_flows()
{
    const auto somebody = [](World& world) {
        Person chief = world.operated();
        chief.token = world.person().id;
        return chief;
    };
    const auto command = [](std::string name, std::function<Person(World&)> begin,
                            std::function<std::string(World&, Person&)> arguments) {
        return Flow{"command " + name, std::move(begin),
                    [name, arguments = std::move(arguments)](World& world, Person& one) {
                        return outcome_of(world.command(name, arguments(world, one)));
                    }};
    };
    const auto nobody = [](World&) { return Person{}; };
    return {
        route("POST /v1/admin/accounts/{id}/disable", somebody),
        route("POST /v1/admin/accounts/{id}/enable",
              [somebody](World& world) {
                  Person chief = somebody(world);
                  world.must(chief.visitor, "POST /v1/admin/accounts/" + chief.token + "/disable");
                  return chief;
              }),
        route("POST /v1/admin/invitations", somebody,
              [](World& world, Person&) {
                  return json_object({{"email", world.new_email()}});
              }),
        route(
            "POST /v1/set-up",
            [](World& world) {
                Person one{.email = world.new_email()};
                const auto made = world.command("set-up link", "{}");
                KS_ASSERT(made.has_value());
                const auto link = member_text(*parse_json(*made), "set_up_link");
                one.token = link.substr(link.find('#') + 1);
                return one;
            },
            [](World&, Person& one) {
                return json_object(
                    {{"token", one.token}, {"email", one.email}, {"password", kPassword}});
            }),
        command("set-up link", nobody, [](World&, Person&) { return "{}"; }),
        command("account create", nobody,
                [](World& world, Person&) {
                    return json_object({{"email", world.new_email()}, {"password", kPassword}});
                }),
        command("account disable", person,
                [](World&, Person& one) {
                    return json_object({{"account", one.id}});
                }),
        command(
            "account reset-factors",
            [](World& world) {
                Person one = world.enrolled();
                one.token = world.operated().id;
                return one;
            },
            [](World&, Person& one) {
                return json_object({{"account", one.id}, {"operator", one.token}});
            }),
        command("client create", nobody,
                [](World& world, Person&) {
                    return json_object({{"name", world.new_email()}, {"rights", "introspect"}});
                }),
    };
}

std::vector<Flow> product_flows()
{
    return {
        route("PATCH /v1/account/notices", person,
              [](World&, Person&) {
                  return std::string(R"({"new_device":false,"key_reminder":false})");
              }),
        route("POST /v1/events", person,
              [](World& world, Person& one) {
                  const auto event = [&](std::string id) {
                      return json_object({{"id", std::move(id)},
                                          {"account", one.id},
                                          {"type", "product.order.placed"},
                                          {"at", rfc3339(world.now())},
                                          {"summary", "Two machines in Oslo"}});
                  };
                  return R"({"events":[)" + event("order-1") + "," + event("order-2") + "]}";
              }),
    };
}

std::vector<Flow> token_flows()
{
    constexpr std::string_view kNew =
        R"({"name":"build server","kind":"deploy","expires_in_days":90})";
    const auto with_token = [kNew](World& world) {
        Person one = world.person();
        const auto made = world.must(one.visitor, "POST /v1/account/tokens", kNew);
        one.token = member_text(made, "id");
        return one;
    };
    return {
        route("POST /v1/account/tokens", person,
              [kNew](World&, Person&) { return std::string(kNew); }),
        route("POST /v1/account/tokens/{id}/rotate", with_token),
        route("DELETE /v1/account/tokens/{id}", with_token),
        route("POST /v1/account/tokens/{id}/end-overlap",
              [with_token](World& world) {
                  Person one = with_token(world);
                  world.must(one.visitor, "POST /v1/account/tokens/" + one.token + "/rotate");
                  return one;
              }),
        route("POST /v1/account/tokens/{id}/confirm",
              [with_token](World& world) {
                  Person one = with_token(world);
                  const auto suspended = world.database().write([&](WriteTx& tx) {
                      return world.features().tokens.suspend_all(tx, Actor{});
                  });
                  KS_ASSERT(suspended.has_value());
                  return one;
              }),
        route(
            "POST /v1/tokens/revoke",
            [kNew](World& world) {
                Person one = world.person();
                const auto made = world.must(one.visitor, "POST /v1/account/tokens", kNew);
                one.token = member_text(made, "token");
                return one;
            },
            token_body),
    };
}

std::vector<Flow> webhook_flows()
{
    constexpr std::string_view kNew = R"({"url":"https://hooks.example.com/in"})";
    const auto with_endpoint = [kNew](World& world) {
        Person one = world.person();
        const auto made = world.must(one.visitor, "POST /v1/account/webhooks", kNew);
        one.token = member_text(*made.find("endpoint"), "id");
        return one;
    };
    return {
        route("POST /v1/account/webhooks", person,
              [kNew](World&, Person&) { return std::string(kNew); }),
        route("PATCH /v1/account/webhooks/{id}", with_endpoint,
              [](World&, Person&) { return R"({"description":"mine","enabled":false})"; }),
        route("DELETE /v1/account/webhooks/{id}", with_endpoint),
        route("POST /v1/account/webhooks/{id}/test", with_endpoint),
        route("POST /v1/account/webhooks/{id}/rotate-secret", with_endpoint),
        route("DELETE /v1/account/webhooks/{id}/previous-secret",
              [with_endpoint](World& world) {
                  Person one = with_endpoint(world);
                  world.must(one.visitor,
                             "POST /v1/account/webhooks/" + one.token + "/rotate-secret");
                  return one;
              }),
        route("POST /v1/account/webhooks/{id}/deliveries/{delivery}/repeat",
              [with_endpoint](World& world) {
                  Person one = with_endpoint(world);
                  const auto sent =
                      world.must(one.visitor, "POST /v1/account/webhooks/" + one.token + "/test");
                  one.token += "/deliveries/" + member_text(*sent.find("delivery"), "id");
                  return one;
              },
              "/v1/account/webhooks/{}/repeat", {}),
    };
}

/// A public key of nobody else's, the same for the same words.
std::string ssh_key_of(std::string_view words)
{
    const auto seed = Secret::copy_of(crypto::sha256(as_bytes(words)));
    Bytes blob;
    ssh_key::append_string(blob, as_bytes("ssh-ed25519"));
    ssh_key::append_string(blob, crypto::ed25519_public_key(seed));
    return "ssh-ed25519 " + base64_encode(blob);
}

std::vector<Flow> ssh_key_flows()
{
    const auto with_key = [](World& world) {
        Person one = world.person();
        const auto added =
            world.must(one.visitor, "POST /v1/account/ssh-keys",
                       json_object({{"name", "laptop"}, {"public_key", ssh_key_of(one.email)}}));
        one.token = member_text(added, "id");
        return one;
    };
    const auto other_key = [](World&, Person& one) {
        return json_object({{"name", "other"}, {"public_key", ssh_key_of("other " + one.email)}});
    };
    return {
        route("POST /v1/account/ssh-keys", person, other_key),
        route("PATCH /v1/account/ssh-keys/{id}", with_key,
              [](World&, Person&) {
                  return json_object({{"name", "desktop"}});
              }),
        route("DELETE /v1/account/ssh-keys/{id}", with_key),
        route("POST /v1/account/ssh-keys/{id}/rotate", with_key, other_key),
        route("POST /v1/account/ssh-keys/{id}/end-overlap",
              [with_key, other_key](World& world) {
                  Person one = with_key(world);
                  const auto added =
                      world.must(one.visitor, "POST /v1/account/ssh-keys/" + one.token + "/rotate",
                                 other_key(world, one));
                  one.token = member_text(added, "id");
                  return one;
              }),
        route("POST /v1/account/ssh-keys/{id}/confirm",
              [with_key](World& world) {
                  Person one = with_key(world);
                  const auto suspended = world.database().write([&](WriteTx& tx) {
                      return world.features().ssh_keys.suspend_all(tx, Actor{});
                  });
                  KS_ASSERT(suspended.has_value());
                  return one;
              }),
        // The signature itself is made by other people's programs (ssh_signature_test.cpp).
        Flow{"POST /v1/ssh-keys/compromised", with_key,
             [](World& world, Person& one) {
                 const auto key = ssh_key::parse_public_key_line(ssh_key_of(one.email));
                 return world.database().write([&](WriteTx& tx) {
                     return world.features().ssh_keys.report_compromised(tx, Actor{}, *key);
                 });
             }},
    };
}

/// Signed in, with an API key and an SSH key, and frozen.
Person frozen(World& world)
{
    Person one = world.person();
    const auto made = world.must(one.visitor, "POST /v1/account/tokens",
                                 R"({"name":"build server","kind":"deploy","expires_in_days":90})");
    one.token = member_text(made, "id");
    world.must(one.visitor, "POST /v1/account/secure");
    return one;
}

/// The password and the second factor are new.
Person locked_again(World& world)
{
    Person one = frozen(world);
    world.must(one.visitor, "POST /v1/account/password",
               json_object({{"current_password", kPassword}, {"new_password", kNewPassword}}));
    world.begin_enrollment(one);
    world.must(one.visitor, "POST /v1/account/totp/" + one.totp_id + "/confirm",
               json_object({{"code", world.code(one.totp_secret, 0)}}));
    return one;
}

Person looked_through(World& world)
{
    Person one = locked_again(world);
    world.must(one.visitor, "DELETE /v1/account/tokens/" + one.token);
    return one;
}

std::string own_address(World&, Person& one)
{
    return R"({"emails":[")" + one.email + R"("]})";
}

std::string all_lines_mine(World& world, Person& one)
{
    const auto listed = world.must(one.visitor, "GET /v1/account/secure/activity");
    std::string lines;
    for (const auto& line : listed.find("items")->array()) {
        lines += (lines.empty() ? "\"" : ",\"") + member_text(*line.find("activity"), "id") + '"';
    }
    return R"({"verdict":"me","lines":[)" + lines + "]}";
}

std::vector<Flow> securing_flows()
{
    const auto somebody = [](World& world) {
        Person chief = world.operated();
        chief.token = world.person().id;
        return chief;
    };
    return {
        route("POST /v1/account/secure", person),
        route("POST /v1/account/secure/tokens/{id}/replace", locked_again,
              "/v1/account/secure/tokens/{}/replace", {}),
        route("POST /v1/account/secure/addresses", looked_through, own_address),
        route(
            "POST /v1/account/secure/activity",
            [](World& world) {
                Person one = looked_through(world);
                one.token = all_lines_mine(world, one);
                return one;
            },
            [](World&, Person& one) { return one.token; }),
        route("POST /v1/account/secure/finish",
              [](World& world) {
                  Person one = looked_through(world);
                  world.must(one.visitor, "POST /v1/account/secure/addresses",
                             own_address(world, one));
                  world.must(one.visitor, "POST /v1/account/secure/activity",
                             all_lines_mine(world, one));
                  return one;
              }),
        route("POST /v1/admin/accounts/{id}/secure", somebody),
        route("POST /v1/admin/secure", somebody,
              [](World&, Person& chief) { return R"({"accounts":[")" + chief.token + R"("]})"; }),
        Flow{"command account secure", person,
             [](World& world, Person& one) {
                 return outcome_of(
                     world.command("account secure", json_object({{"account", one.id}})));
             }},
    };
}

/// Whose servers a path names: an account's id stands for its team.
std::string hosts_of(const Person& one)
{
    return "/v1/teams/" + one.id + "/hosts";
}

/// A server of theirs, its path in `token`, with a key of the account.
Person with_host(World& world)
{
    Person one = world.person();
    world.must(one.visitor, "POST /v1/account/ssh-keys",
               json_object({{"name", "laptop"}, {"public_key", ssh_key_of(one.email)}}));
    const auto made = world.must(one.visitor, "POST " + hosts_of(one),
                                 R"({"name": "gpu-1", "login_users": ["root"]})");
    one.token = member_text(made, "id");
    one.secret = member_text(*made.find("enrolment"), "token");
    return one;
}

host::Holder holder_of(const Person& one)
{
    return {HostId::parse(one.token).value(), AccountId::parse(one.id).value()};
}

Result<void> enroll_host(World& world, Person& one)
{
    const auto enrolment = world.features().hosts.parse_enrolment(one.secret);
    KS_ASSERT(enrolment.has_value());
    const auto enrolled = world.database().write([&](WriteTx& tx) {
        return world.features().hosts.enroll(
            tx, Actor{}, holder_of(one), enrolment->digest,
            {.agent_version = "1", .host_keys = {"ssh-ed25519 A"}});
    });
    return enrolled ? Result<void>{} : Result<void>(enrolled.error());
}

Person with_enrolled_host(World& world)
{
    Person one = with_host(world);
    KS_ASSERT(enroll_host(world, one).has_value());
    return one;
}

Flow host_route(std::string name, std::function<Person(World&)> begin, std::string body = "{}")
{
    auto run = [name, body = std::move(body)](World& world, Person& one) {
        std::string line = name;
        line.replace(line.find("{team}"), 6, one.id);
        if (const auto at = line.find("{id}"); at != std::string::npos) {
            line.replace(at, 4, one.token);
        }
        return outcome_of(world.call(one.visitor, line, body));
    };
    return {std::move(name), std::move(begin), std::move(run)};
}

std::vector<Flow> host_flows()
{
    return {
        host_route("POST /v1/teams/{team}/hosts", person,
                   R"({"name": "gpu-2", "login_users": ["root"]})"),
        host_route("PATCH /v1/teams/{team}/hosts/{id}", with_enrolled_host,
                   R"({"name": "db", "ssh_keys": []})"),
        host_route("DELETE /v1/teams/{team}/hosts/{id}", with_enrolled_host),
        host_route("POST /v1/teams/{team}/hosts/{id}/enrolment", with_enrolled_host),
        host_route("POST /v1/teams/{team}/hosts/{id}/confirm",
                   [](World& world) {
                       Person one = with_enrolled_host(world);
                       const auto suspended = world.database().write([&](WriteTx& tx) {
                           return world.features().hosts.suspend_all(tx, Actor{});
                       });
                       KS_ASSERT(suspended.has_value());
                       return one;
                   }),
        // These come with tokens of servers.
        Flow{"POST /v1/hosts/enroll", with_host, enroll_host},
        Flow{"POST /v1/hosts/self/reports", with_enrolled_host,
             [](World& world, Person& one) {
                 return world.features().host_reports.take(
                     world.database(), Actor{}, holder_of(one),
                     {.logins = {{"login-1", "root", "SHA256:none", "192.0.2.1", world.now()}}});
             }},
    };
}

} // namespace

std::vector<Flow> all_write_flows()
{
    std::vector<Flow> flows;
    for (auto area :
         {sign_up_flows, account_flows, session_flows, factor_flows, operator_flows, product_flows,
          token_flows, ssh_key_flows, host_flows, webhook_flows, securing_flows}) {
        for (auto& flow : area()) {
            flows.push_back(std::move(flow));
        }
    }
    return flows;
}

} // namespace keystead::test
