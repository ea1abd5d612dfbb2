#include "features/host/host_view_routes.h"

#include "core/encoding.h"
#include "features/place/place_routes.h"

#include <algorithm>
#include <optional>

namespace keystead::host {
namespace {

constexpr std::size_t kUnconfirmedListed = 100;

http::Schema key_name_schema()
{
    using namespace http;
    return object({{"id", identifier("ssh_")},
                   {"name", text(1, 100).or_null().described("null: the key is gone")}})
        .or_null();
}

} // namespace

http::Schema host_schema()
{
    using namespace http;
    return object(
               {{"id", identifier("hst_")},
                {"name", text(1, 100)},
                {"login_users", array(text(1, kLoginUserBytesMax), kLoginUsersMax)},
                {"ssh_keys", array(identifier("ssh_"), kChosenKeysMax)
                                 .or_null()
                                 .described("null: all keys of the account, also later ones")},
                {"state", enumeration({"waiting", "enrolled", "silent", "suspended"})},
                {"created_at", time()},
                {"created_by", enumeration({"owner", "product"})},
                {"enrolment_expires_at",
                 time().or_null().described("Until when the enrolment token that waits works")},
                {"enrolled_at", time().or_null()},
                {"last_seen_at", time().or_null()},
                {"confirmed_at", time().or_null().described("When the server last said that it "
                                                            "has all that it has to have")},
                {"cache_ends_at", time().or_null().described("Until then at most it goes by what "
                                                             "it was last told")},
                {"agent_version", text(1, 100).or_null()},
                {"machine_name", text(1, 255).or_null()},
                {"removals_pending", integer(0, 1'000'000)},
                {"open_sessions", integer(0, 1'000'000)}})
        .named("Host");
}

http::Schema made_schema()
{
    using namespace http;
    Schema made = host_schema();
    made.fields.push_back(
        {"enrolment",
         object({{"token", secret_text(200).described("Shown this once; enrolls one server")},
                 {"expires_at", time()},
                 {"answer_key", text(44, 44).described("Ed25519: signs what the server is told")},
                 {"pins", array(text(1, 60), 20)},
                 {"command", secret_text(8192)},
                 {"cloud_init", secret_text(8192)}})});
    return std::move(made).named("MadeHost");
}

http::Schema enrolled_schema()
{
    using namespace http;
    return object({{"host", identifier("hst_")},
                   {"token", secret_text(200)},
                   {"answer_key", text(44, 44)},
                   {"poll_seconds", integer(1, 60)},
                   {"statement_seconds", integer(1, 3600)}})
        .named("EnrolledHost");
}

http::Schema login_schema()
{
    using namespace http;
    return object({{"id", identifier("lgn_")},
                   {"host", object({{"id", identifier("hst_")}, {"name", text(1, 100)}})},
                   {"login_user", text(1, 255)},
                   {"ssh_key", key_name_schema()},
                   {"fingerprint", text(1, 100)},
                   {"address", text(0, 255)},
                   {"place", place::place_schema().or_null()},
                   {"began_at", time()},
                   {"ended_at", time().or_null()},
                   {"ended_by", enumeration({"removal", "server-gone"})
                                    .or_null()
                                    .described("null: by whoever was logged in")}})
        .named("HostLogin");
}

http::Schema key_servers_schema()
{
    using namespace http;
    return object({{"total", integer(0, 100'000)},
                   {"applied", integer(0, 100'000)},
                   {"last_applied_at", time().or_null()},
                   {"unconfirmed", array(object({{"id", identifier("hst_")},
                                                 {"name", text(1, 100)},
                                                 {"last_seen_at", time().or_null()},
                                                 {"cache_ends_at", time().or_null()}}),
                                         kUnconfirmedListed)},
                   {"open_sessions", array(login_schema(), 100)}})
        .named("SshKeyServers");
}

void write_members(JsonWriter& json, const HostView& view, Instant now)
{
    const Host& host = view.host;
    json.member("id", host.id.text()).member("name", host.name);
    json.key("login_users").begin_array();
    for (const std::string& user : host.login_users) {
        json.value(user);
    }
    json.end_array().key("ssh_keys");
    if (host.keys == KeyChoice::All) {
        json.null();
    } else {
        json.begin_array();
        for (const SshKeyId key : view.chosen) {
            json.value(key.text());
        }
        json.end_array();
    }
    json.member("state", state_text(host.state(now)))
        .member("created_at", host.created_at)
        .member("created_by", created_by_text(host.created_by))
        .member("enrolment_expires_at", host.enrolment_ends_at)
        .member("enrolled_at", host.enrolled_at)
        .member("last_seen_at", host.enrolled_at ? host.seen_at : std::nullopt)
        .member("confirmed_at", host.confirmed_at)
        .member("cache_ends_at", view.cache_ends_at)
        .member("agent_version", host.agent_version)
        .member("machine_name", host.machine_name)
        .member("removals_pending", view.removals_pending)
        .member("open_sessions", view.open_sessions);
}

void write_host(JsonWriter& json, const HostView& view, Instant now)
{
    json.begin_object();
    write_members(json, view, now);
    json.end_object();
}

http::Response host_response(int status, const HostView& view, Instant now)
{
    JsonWriter json;
    write_host(json, view, now);
    return http::Response::json(status, std::move(json).take());
}

void write_made(JsonWriter& json, const HostView& view, const Made& made,
                const EnrolmentWords& words, Instant now)
{
    const std::string_view token = made.enrolment.reveal_text();
    json.begin_object();
    write_members(json, view, now);
    json.key("enrolment").begin_object();
    json.member("token", token)
        .member("expires_at", made.host.enrolment_ends_at)
        .member("answer_key", base64_encode(words.answer_key));
    json.key("pins").begin_array();
    for (const std::string& pin : words.pins) {
        json.value(pin);
    }
    json.end_array()
        .member("command", enrolment_command(words, token).reveal_text())
        .member("cloud_init", cloud_init(words, token).reveal_text())
        .end_object()
        .end_object();
}

void write_login(JsonWriter& json, const Login& login, const KeyNames& names,
                 const place::PlaceService& places)
{
    json.begin_object().member("id", login.id.text());
    json.key("host").begin_object().member("id", login.host.text());
    json.member("name", login.host_name).end_object();
    json.member("login_user", login.login_user).key("ssh_key");
    if (login.key) {
        const auto name = names.find(*login.key);
        json.begin_object().member("id", login.key->text());
        json.member("name", name == names.end() ? std::nullopt : std::optional(name->second));
        json.end_object();
    } else {
        json.null();
    }
    json.member("fingerprint", login.fingerprint).member("address", login.address).key("place");
    if (const auto address = IpAddress::parse(login.address)) {
        place::write_json(json, places.find(*address));
    } else {
        json.null();
    }
    json.member("began_at", login.began_at).member("ended_at", login.ended_at).key("ended_by");
    if (login.ended_by == EndedBy::Removal) {
        json.value("removal");
    } else if (login.ended_by == EndedBy::HostGone) {
        json.value("server-gone");
    } else {
        json.null();
    }
    json.end_object();
}

http::Response login_page(const std::vector<Login>& logins, const KeyNames& names,
                          const place::PlaceService& places, int limit)
{
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (const Login& login : logins) {
        write_login(json, login, names, places);
    }
    json.end_array().key("next_cursor");
    if (static_cast<int>(logins.size()) == limit) {
        json.value(logins.back().id.text());
    } else {
        json.null();
    }
    return http::Response::json(200, std::move(json.end_object()).take());
}

void write_key_servers(JsonWriter& json, const KeyServers& servers, const KeyNames& names,
                       const place::PlaceService& places)
{
    std::int64_t applied = 0;
    std::optional<Instant> last;
    for (const Removal& removal : servers.removals) {
        if (removal.confirmed_at) {
            ++applied;
            last = std::max(last.value_or(*removal.confirmed_at), *removal.confirmed_at);
        }
    }
    json.begin_object()
        .member("total", servers.removals.size())
        .member("applied", applied)
        .member("last_applied_at", last);
    json.key("unconfirmed").begin_array();
    std::size_t listed = 0;
    for (const Removal& removal : servers.removals) {
        if (removal.confirmed_at || listed++ >= kUnconfirmedListed) {
            continue;
        }
        json.begin_object()
            .member("id", removal.host.text())
            .member("name", removal.host_name)
            .member("last_seen_at", removal.seen_at)
            .member("cache_ends_at", removal.cache_ends_at)
            .end_object();
    }
    json.end_array().key("open_sessions").begin_array();
    for (const Login& login : servers.open) {
        write_login(json, login, names, places);
    }
    json.end_array().end_object();
}

} // namespace keystead::host
