// http/exchange.cpp
#include "http/exchange.h"

#include "core/json.h"
#include "http/ascii.h"
#include "http/cookies.h"
#include "http/request_rules.h"
#include "http/validate.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

namespace keystead::http {
namespace {

void wipe(std::string& text)
{
    explicit_bzero(text.data(), text.size());
    text.clear();
}

/// Fields that hold credentials stay out of what handlers, and so logs, can see.
bool is_credential_field(std::string_view name)
{
    return ascii_iequal(name, "cookie") || ascii_iequal(name, "authorization") ||
           ascii_iequal(name, "keystead-csrf");
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), ascii_lower);
    return out;
}

Error too_many(const LimitVerdict& verdict)
{
    return {.kind = ErrorKind::RateLimited,
            .code = "limit/too-many-requests",
            .detail = "Try again in " + std::to_string(verdict.retry_after.count()) + " s.",
            .retry_after = verdict.retry_after};
}

Result<void> check_media_type(const Head& head, const Route& route)
{
    if (head.framing == Framing::NoBody || route.request.kind == Schema::Kind::None) {
        return {};
    }
    const std::string_view coding = head.field("content-encoding");
    if (!is_json_media_type(head.field("content-type")) ||
        !(coding.empty() || coding == "identity")) {
        return Error{ErrorKind::InvalidInput, "request/unsupported-media-type",
                     "The body must be application/json."};
    }
    return {};
}

} // namespace

Exchange::Exchange(Site& site, const Head& head, const RouteTable::Match& match,
                   std::string_view path)
    : site_(site), route_(match.route)
{
    request_.method = route_->method;
    head_only_ = head.method == Method::Head;
    request_.path = path;
    for (std::size_t i = 0; i < match.parameter_count; ++i) {
        const auto& [name, value] = match.parameters[i];
        request_.path_parameters.emplace_back(name, value);
    }
    for (const auto& field : head.all_fields()) {
        if (!is_credential_field(field.name)) {
            request_.headers.emplace_back(lower(field.name), field.value);
        }
    }
    // Room for the whole body at once: growing would leave copies behind that nobody wipes.
    if (head.framing != Framing::NoBody) {
        body_.reserve(head.framing == Framing::Length
                          ? std::min<std::size_t>(head.content_length, route_->body_bytes_max.get())
                          : route_->body_bytes_max.get());
    }
}

Exchange::~Exchange()
{
    wipe(body_);
    wipe(request_.raw_body);
    wipe(session_cookie_);
    wipe(flow_cookie_);
    wipe(bearer_);
    if (response_.holds_secret()) {
        wipe(response_.body);
        for (auto& cookie : response_.cookies) {
            wipe(cookie.value);
        }
    }
}

Result<void> Exchange::prepare(const Head& head, const Credentials& credentials,
                               const OurCookies& cookies, std::optional<Principal> principal)
{
    session_cookie_ = credentials.session_cookie;
    flow_cookie_ = credentials.flow_cookie;
    bearer_ = credentials.bearer;
    token_use_ = credentials.token_use;
    for (const auto& [name, value] :
         {std::pair{kSessionCookie, cookies.session}, std::pair{kFlowCookie, cookies.flow},
          std::pair{kDeviceCookie, cookies.device}}) {
        if (!value.empty()) {
            request_.cookies.emplace_back(name, value);
        }
    }
    if (route_->access.kind == Access::Kind::Session && token_use_ == TokenUse::Api) {
        for_each_foreign_cookie(head.field("cookie"), [this](std::string_view name) {
            if (request_.foreign_cookies.size() < Request::kForeignCookiesMax) {
                request_.foreign_cookies.emplace_back(name);
            }
        });
    }
    for (auto& [name, value] : request_.path_parameters) {
        auto decoded = percent_decode(value, PlusSign::Literal);
        if (!decoded) {
            return Error{ErrorKind::NotFound, "request/not-found"};
        }
        value = std::move(*decoded);
    }
    if (is_unsafe(request_.method)) {
        KS_CHECK(check_cross_site(head, site_.hosts));
    }
    KS_CHECK(check_media_type(head, *route_));
    if (principal) {
        request_.principal = *principal;
        principal_known_ = true;
        KS_CHECK(admit());
    }
    const bool by_cookie = !credentials.session_cookie.empty() || !credentials.flow_cookie.empty();
    if (is_unsafe(request_.method) && by_cookie) {
        KS_CHECK(check_csrf(head, credentials, site_.parts.authenticator));
    }
    if (route_->documented) {
        KS_TRY(request_.query_parameters, parse_query(head.query, route_->query));
    }
    return {};
}

Result<void> Exchange::admit()
{
    KS_CHECK(check_access(route_->access, request_.principal, request_.received_at));
    return charge(request_.principal);
}

/// A look-up in the store each: a machine whose rental is over keeps its token, and may ask with it
/// for ever.
Result<void> Exchange::admit_look_up()
{
    switch (route_->access.kind) {
    case Access::Kind::Host:
    case Access::Kind::Enrolment:
#ifndef KEYSTEAD_WITHOUT_HOST_LOOK_UP_LIMIT
        return charge(Principal{.kind = Principal::Kind::Host});
#endif
    case Access::Kind::Public:
    case Access::Kind::HalfSignedIn:
    case Access::Kind::Session:
    case Access::Kind::Operator:
    case Access::Kind::ServiceClient: return {};
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

Result<void> Exchange::charge(const Principal& principal)
{
    limit_ = site_.limiter.charge(route_->limit, principal, request_.client_address);
    if (!limit_.allowed) {
        return too_many(limit_);
    }
    return {};
}

LaneKind Exchange::lane() const
{
    if (!principal_known_ || (leaves_inline_lane_ && route_->lane == LaneKind::Inline)) {
        return LaneKind::Store;
    }
    return route_->lane;
}

Place Exchange::place() const
{
    const auto& reserved = site_.options.reserved_place_of;
    if (lane() != LaneKind::Credential || !reserved) {
        return {};
    }
    return {.reserved_for = reserved(request_, body_).value_or(0)};
}

bool Exchange::run()
{
    if (streaming_) {
        if (auto made = make_piece(); !made) {
            report(made.error());
            piece_kind_ = Piece::Failed;
        }
        return true;
    }
    if (!principal_known_) {
        if (auto may = admit_look_up(); !may) {
            refuse(std::move(may).error());
            return true;
        }
        auto principal = site_.parts.authenticator.load(credentials());
        if (!principal) {
            refuse(std::move(principal).error());
            return true;
        }
        request_.principal = *principal;
        principal_known_ = true;
        if (auto admitted = admit(); !admitted) {
            refuse(std::move(admitted).error());
            return true;
        }
        if (route_->lane != LaneKind::Store && route_->lane != LaneKind::Inline) {
            return false; // The handler has a lane of its own.
        }
    }
    auto answer = handle();
    handler_ran_ = true;
    if (!answer) {
        refuse(std::move(answer).error());
        return true;
    }
    response_ = *std::move(answer);
    if (response_.source && !head_only_) {
        if (auto made = make_piece(); !made) {
            refuse(std::move(made).error());
            return true;
        }
    }
    if (const auto refusal = response_.refusal) {
        auto cookies = std::move(response_.cookies);
        auto headers = std::move(response_.headers);
        refuse(*refusal);
        std::ranges::move(cookies, std::back_inserter(response_.cookies));
        std::ranges::move(headers, std::back_inserter(response_.headers));
    }
    return true;
}

Result<void> Exchange::make_piece()
{
    piece_.clear();
    KS_TRY(const auto more, response_.source->next(piece_));
    KS_ASSERT(more == BodySource::More::No || !piece_.empty());
    piece_kind_ = more == BodySource::More::Follows ? Piece::MoreFollow : Piece::Last;
    return {};
}

Result<Response> Exchange::handle()
{
    if (route_->raw_body) {
        request_.raw_body = std::move(body_);
    } else if (route_->request.kind != Schema::Kind::None) {
        // A body that may be larger than most is a list: members of some 64 bytes fill it.
        constexpr std::size_t kBytesAMember = 64;
        JsonLimits limits;
        limits.members_max =
            std::max(limits.members_max, route_->body_bytes_max.get() / kBytesAMember);
        auto value = parse_json(body_, limits);
        wipe(body_);
        if (!value) {
            return std::move(value).error();
        }
        KS_CHECK(validate(route_->request, *value));
        request_.body = Body(*std::move(value));
    }
    return route_->handler(request_);
}

void Exchange::report(const Error& error)
{
    const auto& on_error = site_.options.on_error;
    if (on_error && (error.kind == ErrorKind::Internal || !error.cause.empty())) {
        on_error(error, request_.id);
    }
}

void Exchange::refuse(const Error& error)
{
    if (site_.options.on_refused) {
        site_.options.on_refused(error, request_.client_address);
    }
    report(error);
    ProblemContext context{.catalogue = site_.parts.catalogue,
                           .request_id = request_.id,
                           .base_path = site_.options.settings.base_path};
    if (route_->access.authentication_age_max.count() > 0) {
        context.authentication_age_max = route_->access.authentication_age_max;
    }
    response_ = problem_response(error, context);
}

std::chrono::steady_clock::time_point Exchange::leaves_at(
    [[maybe_unused]] std::chrono::steady_clock::time_point now) const
{
    const std::chrono::milliseconds slot{
        site_.credential_slot_millis.load(std::memory_order_relaxed)};
    const TimingKind timing = route_->timing;
    const bool waits = timing == TimingKind::AllOnSlot ||
                       (timing == TimingKind::RefusalsOnSlot && response_.status >= 400);
    // Only what a handler found out can tell something: what was refused before it is refused at
    // once.
    if (!handler_ran_ || !waits || slot.count() <= 0) {
        return started_;
    }
#ifndef KEYSTEAD_WITHOUT_TIME_SLOT
    return started_ + (((now - started_) / slot) + 1) * slot;
#else
    return started_;
#endif
}

} // namespace keystead::http
