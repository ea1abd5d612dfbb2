// http/conversation_requests.cpp
//
// The part of Conversation that takes a request in: its head, where it leads, its body.
#include "http/conversation.h"

#include "http/client_address.h"
#include "http/cookies.h"
#include "http/request_rules.h"

#include <utility>

namespace keystead::http {
namespace {

/// The path after the base path; nothing when it is not under it.
std::optional<std::string_view> below(std::string_view base_path, std::string_view path)
{
    // Well-known URIs are the origin's: "rooted in the top of the path's hierarchy" (RFC 8615 §3).
    const bool is_of_origin = path.starts_with("/health/") || path.starts_with("/.well-known/");
    if (base_path.empty() || is_of_origin) {
        return path;
    }
    if (!path.starts_with(base_path)) {
        return std::nullopt;
    }
    path.remove_prefix(base_path.size());
    if (path.empty()) {
        return "/";
    }
    return path.front() == '/' ? std::optional(path) : std::nullopt;
}

} // namespace

void Conversation::set_client(const IpAddress& client)
{
    if (client != client_ || client_text_.empty()) {
        client_ = client;
        client_text_ = client.text();
    }
}

/// The head is in head_, as views of the input; nothing of it is consumed before the request is
/// answered or copied.
void Conversation::start_request(std::size_t head_bytes)
{
    Site& site = loop_.site;
    ++requests_;
    received_at_ = site.parts.clock.now();
    id_ = loop_.random.make_request_id(received_at_);
    id_text_ = id_.text();
    set_client(client_address(peer_, head_.all_fields(), site.options.settings.trusted_proxies));
    route_text_ = "(none)";
    closes_ = !head_.keep_alive;
    body_unread_ = head_.framing != Framing::NoBody;

    if (surface_ == Surface::Metrics) {
        // A page elsewhere whose name was made to lead here would send its own name.
        if (site.hosts.may_ask_for_metrics(head_.field("host"))) {
            answer_metrics();
        } else {
            refuse(Error{ErrorKind::InvalidInput, "request/misdirected"});
        }
    } else if (!head_.method) {
        refuse(Error{ErrorKind::InvalidInput, "request/unknown-method"});
    } else if (head_.has_field("expect") && !head_.expects_continue) {
        refuse(Error{ErrorKind::InvalidInput, "request/expectation-failed"});
    } else {
        const bool is_health = head_.path.starts_with("/health/");
        const auto verdict = is_health ? HostVerdict::Ours : site.hosts.check(head_.field("host"));
        if (verdict == HostVerdict::Ours) {
            route_request(head_.path, head_bytes);
        } else if (verdict == HostVerdict::RedirectToLocalhost && !is_unsafe(*head_.method)) {
            route_text_ = "(redirect)";
            Response redirect{.status = 302};
            redirect.headers.emplace_back("Location",
                                          site.hosts.localhost_origin(head_.field("host")) +
                                              std::string(head_.target));
            answer(redirect, {});
        } else {
            refuse(Error{ErrorKind::InvalidInput, "request/misdirected"});
        }
    }
    if (state_ == State::Head ||
        state_ == State::Closing) { // Answered: the views in head_ have served.
        input_.consume(head_bytes);
    }
}

void Conversation::route_request(std::string_view path, std::size_t head_bytes)
{
    const Site& site = loop_.site;
    const auto inner = below(site.options.settings.base_path, path);
    if (!inner) {
        return refuse(Error{ErrorKind::NotFound, "request/not-found"});
    }
    const auto match = site.parts.routes.find(*head_.method, *inner);
    if (match.route != nullptr) {
        route_text_ = match.route->path;
        return start_exchange(match, *inner, head_bytes);
    }
    if (match.allowed_methods != 0) {
        if (*head_.method == Method::Options) {
            return answer_options(match.allowed_methods);
        }
        Response refused =
            problem_response(Error{ErrorKind::InvalidInput, "request/method-not-allowed"},
                             {.catalogue = site.parts.catalogue,
                              .request_id = id_,
                              .base_path = site.options.settings.base_path});
        refused.headers.emplace_back("Allow", RouteTable::allow_text(match.allowed_methods));
        return answer(refused, {});
    }
    if (!answer_beside_routes(*inner)) {
        refuse(Error{ErrorKind::NotFound, "request/not-found"});
    }
}

void Conversation::start_exchange(const RouteTable::Match& match, std::string_view path,
                                  std::size_t head_bytes)
{
    Site& site = loop_.site;
    const Route& route = *match.route;
    OurCookies cookies;
    auto credentials = read_credentials(head_, route, cookies);
    if (!credentials) {
        return refuse(std::move(credentials).error());
    }
    credentials->client_address = client_;
    const bool has_credentials = !credentials->session_cookie.empty() ||
                                 !credentials->flow_cookie.empty() || !credentials->bearer.empty();
    std::optional<Principal> principal = Principal{};
    if (has_credentials) {
        principal = site.parts.authenticator.find_cached(*credentials);
    }
    if (route.inline_handler && principal && head_.framing == Framing::NoBody) {
        if (auto access = check_access(route.access, *principal, received_at_); !access) {
            return refuse(std::move(access).error());
        }
        if (answer_inline(route, *credentials, *principal)) {
            return;
        }
    }
    if (head_.framing == Framing::Length && head_.content_length > route.body_bytes_max) {
        return refuse(Error{ErrorKind::InvalidInput, "request/too-large",
                            "At most " + std::to_string(route.body_bytes_max.get()) + " bytes."});
    }
    exchange_ = std::make_shared<Exchange>(site, head_, match, path);
    exchange_->request().client_address = client_;
    exchange_->request().id = id_;
    exchange_->request().received_at = received_at_;
    if (route.inline_handler) {
        exchange_->leave_inline_lane();
    }
    if (auto prepared = exchange_->prepare(head_, *credentials, cookies, principal); !prepared) {
        exchange_->refuse(std::move(prepared).error());
        finish_exchange();
        return;
    }
    begin_body(head_bytes);
}

/// Everything a handler needs of the head has been copied: the input now holds the body.
void Conversation::begin_body(std::size_t head_bytes)
{
    const bool is_head = *head_.method == Method::Head;
    const bool expects_continue = head_.expects_continue;
    input_.consume_and_wipe(head_bytes);
    if (head_.framing == Framing::NoBody) {
        state_ = State::Ready;
    } else {
        state_ = State::Body;
        enter(Phase::Body);
        if (expects_continue && input_.view().empty()) {
            output_.append("HTTP/1.1 100 Continue\r\n\r\n"); // RFC 9110 §10.1.1
        }
    }
    head_.method = is_head ? Method::Head : exchange_->request().method;
    head_.method_text = method_name(*head_.method); // The view into the input has ended.
    head_.field_count = 0;
}

std::optional<Conversation::Next> Conversation::read_body()
{
    const auto progress =
        parser_.parse_body(input_.view(), exchange_->route().body_bytes_max, exchange_->body());
    input_.consume_and_wipe(progress.consumed);
    switch (progress.state) {
    case MessageParser::BodyState::Complete:
        body_unread_ = false;
        state_ = State::Ready;
        return std::nullopt;
    case MessageParser::BodyState::NeedsMore:
        if (!output_.empty()) {
            return Next::Write;
        }
        if (phase_ != Phase::Body) {
            enter(Phase::Body);
        }
        if (input_.view().size() < loop_.site.options.settings.head_bytes_max) {
            return Next::Read;
        }
        exchange_->refuse(
            Error{ErrorKind::InvalidInput, "request/malformed", "A chunk's head is too long."});
        break;
    case MessageParser::BodyState::TooLarge:
        exchange_->refuse(Error{
            ErrorKind::InvalidInput, "request/too-large",
            "At most " + std::to_string(exchange_->route().body_bytes_max.get()) + " bytes."});
        break;
    case MessageParser::BodyState::Malformed:
        exchange_->refuse(Error{ErrorKind::InvalidInput, "request/malformed",
                                "The chunks are malformed, or have a trailer."});
        break;
    }
    finish_exchange();
    return std::nullopt;
}

} // namespace keystead::http
