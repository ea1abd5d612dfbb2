// test/support/app_world.h
//
// All features put together as the server puts them, over a test database whose calls can be made
// to fail, without sockets: a visitor calls route handlers and keeps the cookies. What http/ checks
// before a handler (access, limits, schemas) is not done here; mail arrives in memory.
#pragma once

#include "app/commands.h"
#include "app/features.h"
#include "app/routes.h"
#include "core/encoding.h"
#include "features/session/session_routes.h"
#include "features/sign_in/sign_in_routes.h"
#include "features/totp/totp.h"
#include "http/route_table.h"
#include "test/support/failing_database.h"
#include "test/support/temporary_folder.h"
#include "test/support/test_database.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::test {

class MemoryTransport final : public notify::MailTransport {
public:
    notify::Delivery send(const notify::OutgoingMail& mail) override
    {
        const std::lock_guard lock(mutex_);
        texts_[mail.to].emplace_back(mail.text.reveal_text());
        return {};
    }
    /// The token of the newest link to `page` that was sent to `address`; empty when none was.
    std::string token(const std::string& address, std::string_view page)
    {
        const std::lock_guard lock(mutex_);
        std::string found;
        for (const std::string& text : texts_[address]) {
            // The lines of a quoted-printable part are folded: "=\r\n" stands for nothing.
            std::string unfolded;
            for (std::size_t i = 0; i < text.size(); ++i) {
                if (text.compare(i, 3, "=\r\n") == 0) {
                    i += 2;
                } else {
                    unfolded += text[i];
                }
            }
            const auto at = unfolded.find(std::string(page) + "#");
            if (at != std::string::npos) {
                const auto begin = at + page.size() + 1;
                const auto end = unfolded.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"
                                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-",
                                                            begin);
                found = unfolded.substr(begin, end - begin);
            }
        }
        return found;
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> texts_;
};

/// A browser: cookies, and an address.
struct Visitor {
    std::map<std::string, std::string> cookies = {};
    std::string_view address = "198.51.100.4";
    /// What its requests were let in as, before what happened since; nothing: as it is now.
    std::optional<http::Principal> admitted = {};
};

class AppWorld {
public:
    explicit AppWorld(Database::Engine engine) : stored_(engine)
    {
        settings().password.argon2_memory_kib = 19456;
        settings().password.argon2_passes = 2;
        settings().password.strength_min = 0;
        settings().account.deletion_wait = std::chrono::seconds{0};
        settings().storage.data_folder = folder_.path();
        auto failing_database = std::make_unique<FailingDatabase>(*stored_);
        failing_ = failing_database.get();
        foundation_.database = std::move(failing_database);
        foundation_.keys = std::make_unique<crypto::RootKeyRing>(
            crypto::make_key(foundation_.random), foundation_.random);
        auto resources = app::open_feature_resources(foundation_);
        KS_ASSERT(resources.has_value());
        auto transport = std::make_unique<MemoryTransport>();
        mail_ = transport.get();
        resources->mail = std::move(transport);
        features_ = std::make_unique<app::Features>(foundation_, std::move(*resources),
                                                    app::FeatureHooks{[] {}, {}, [] {}, {}});
        KS_ASSERT(features_->permissions.open(database()).has_value());
        app::add_feature_routes(routes_, *features_);
        app::add_commands(commands_, *features_);
    }

    Settings& settings() { return foundation_.settings; }
    Database& database() { return *foundation_.database; }
    FailingDatabase& failing() { return *failing_; }
    const TestDatabase& stored() const { return stored_; }
    app::Features& features() { return *features_; }
    const http::RouteTable& routes() const { return routes_; }
    Instant now() const { return foundation_.clock.now(); }

    /// Calls the handler of "METHOD /path". A refusal is an Error, as it is for the client.
    Result<JsonValue> call(Visitor& visitor, std::string_view line, std::string_view json = "{}")
    {
        const auto [method, path] = split(line);
        const auto match = routes_.find(method, path);
        KS_ASSERT(match.route != nullptr);
        http::Request request;
        request.method = method;
        request.path = path;
        for (std::size_t i = 0; i < match.parameter_count; ++i) {
            request.path_parameters.emplace_back(match.parameters[i].first,
                                                 match.parameters[i].second);
        }
        for (const auto& [name, value] : visitor.cookies) {
            request.cookies.emplace_back(name, value);
        }
        auto body = parse_json(json);
        KS_ASSERT(body.has_value());
        request.body = http::Body(std::move(*body));
        request.raw_body = json;
        request.headers.emplace_back("content-type", "application/json");
        request.client_address = *IpAddress::parse(visitor.address);
        request.received_at = now();
        request.id = RequestId::make(now(), foundation_.random);
        if (visitor.admitted) {
            request.principal = *visitor.admitted;
        } else {
            KS_TRY(request.principal, principal_of(visitor));
        }
        KS_TRY(const auto response, match.route->handler(request));
        for (const auto& cookie : response.cookies) {
            visitor.cookies[cookie.name] = cookie.value;
        }
        if (response.refusal) {
            return *response.refusal;
        }
        return parse_json(response.body.empty() ? "{}" : response.body,
                          {.string_bytes_max = 1 << 20});
    }
    Result<http::Principal> principal_of(const Visitor& visitor)
    {
        const auto value = [&](std::string_view name) -> std::string_view {
            const auto found = visitor.cookies.find(std::string(name));
            return found == visitor.cookies.end() ? std::string_view{} : found->second;
        };
        return features_->authenticator.load({.session_cookie = value(session::kSessionCookie),
                                              .flow_cookie = value(sign_in::kFlowCookie)});
    }
    Result<std::string> command(std::string_view name, std::string_view json)
    {
        const auto arguments = parse_json(json);
        KS_ASSERT(arguments.has_value());
        return commands_.run(name, *arguments);
    }
    /// Lets the mail out, and answers the token of the newest link.
    std::string mailed(const std::string& address, std::string_view page)
    {
        KS_ASSERT(features_->outbox_sender.run_once(now()).has_value());
        return mail_->token(address, page);
    }
    /// The code of the step `away` from now, of a secret in base 32.
    std::string code(std::string_view base32_secret, int away)
    {
        const auto secret = base32_decode(base32_secret);
        KS_ASSERT(secret.has_value());
        const auto step =
            std::to_underlying(totp::step_of(now())) + static_cast<std::uint64_t>(away);
        auto digits =
            std::to_string(totp::hotp(Secret::copy_of(ByteView(*secret)), totp::TimeStep{step}, 6));
        return digits.insert(0, 6 - digits.size(), '0');
    }

private:
    static std::pair<http::Method, std::string> split(std::string_view line)
    {
        const auto space = line.find(' ');
        const auto word = line.substr(0, space);
        const auto method = word == "POST"     ? http::Method::Post
                            : word == "PUT"    ? http::Method::Put
                            : word == "PATCH"  ? http::Method::Patch
                            : word == "DELETE" ? http::Method::Delete
                                               : http::Method::Get;
        return {method, std::string(line.substr(space + 1))};
    }

    TemporaryFolder folder_;
    TestDatabase stored_;
    app::Foundation foundation_;
    FailingDatabase* failing_ = nullptr;
    MemoryTransport* mail_ = nullptr;
    std::unique_ptr<app::Features> features_;
    http::RouteTable routes_;
    app::CommandTable commands_;
};

} // namespace keystead::test
