#include "app/securing_gate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace keystead::app {
namespace {

using http::Method;
using securing::Step;

/// Alone in the step, or in each that comes after it too.
enum class Reach : std::uint8_t { Step, Onwards };

struct Opened {
    Method method;
    std::string_view path;
    std::optional<Step> step; // nothing: in every step
    Reach reach = Reach::Step;
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
    // Codes, or a token's secret, whose answer was lost on its way are made once more.
    Opened{Method::Post, "/v1/account/backup-codes", Step::SecondFactor, Reach::Onwards},
    Opened{Method::Get, "/v1/account/tokens", Step::Tokens, Reach::Onwards},
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
        route.handler = [this, step = *opened->step, reach = opened->reach,
                         handler = std::move(route.handler)](
                            const http::Request& request) -> Result<http::Response> {
            if (request.principal.is_restricted) {
                const AccountId account = request.principal.account;
                KS_CHECK(database_.read([&](ReadTx& tx) {
                    return reach == Reach::Step ? securing_.check_step(tx, account, step)
                                                : securing_.check_reached(tx, account, step);
                }));
            }
            return handler(request);
        };
    }
    inner_.add(std::move(route));
}

} // namespace keystead::app
