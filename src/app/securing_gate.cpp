#include "app/securing_gate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace keystead::app {
namespace {

using http::Method;
using securing::Step;

struct Opened {
    Method method;
    std::string_view path;
    std::optional<Step> step; // nothing: in every step
};

constexpr std::array kOpened{
    Opened{Method::Post, "/v1/sign-out", std::nullopt},
    Opened{Method::Get, "/v1/step-up", std::nullopt},
    Opened{Method::Post, "/v1/step-up", std::nullopt},
    Opened{Method::Post, "/v1/account/password", Step::Password},
    Opened{Method::Get, "/v1/account/totp", Step::SecondFactor},
    Opened{Method::Post, "/v1/account/totp", Step::SecondFactor},
    Opened{Method::Post, "/v1/account/totp/{id}/confirm", Step::SecondFactor},
    Opened{Method::Delete, "/v1/account/totp/{id}", Step::SecondFactor},
    Opened{Method::Post, "/v1/account/backup-codes", Step::SecondFactor},
    Opened{Method::Get, "/v1/account/tokens", Step::Tokens},
    Opened{Method::Delete, "/v1/account/tokens/{id}", Step::Tokens},
    Opened{Method::Get, "/v1/account/ssh-keys", Step::SshKeys},
    Opened{Method::Post, "/v1/account/ssh-keys/{id}/confirm", Step::SshKeys},
    Opened{Method::Delete, "/v1/account/ssh-keys/{id}", Step::SshKeys},
    Opened{Method::Get, "/v1/account/notification-addresses", Step::Addresses},
    Opened{Method::Delete, "/v1/account/notification-addresses/{id}", Step::Addresses},
};

} // namespace

void SecuringGate::add(http::Route route)
{
    const auto opened = std::ranges::find_if(kOpened, [&](const Opened& one) {
        return one.method == route.method && one.path == route.path;
    });
    if (opened == kOpened.end()) {
        inner_.add(std::move(route));
        return;
    }
    route.access = route.access.even_when_restricted();
    if (opened->step) {
        route.problems.push_back("securing/other-step");
        route.handler = [this, step = *opened->step, handler = std::move(route.handler)](
                            const http::Request& request) -> Result<http::Response> {
            if (request.principal.is_restricted) {
                KS_CHECK(database_.read([&](ReadTx& tx) {
                    return securing_.check_step(tx, request.principal.account, step);
                }));
            }
            return handler(request);
        };
    }
    inner_.add(std::move(route));
}

} // namespace keystead::app
