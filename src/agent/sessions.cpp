#include "agent/sessions.h"

#include "agent/words.h"
#include "core/encoding.h"
#include "core/json.h"

#include <algorithm>

namespace keystead::agent {
namespace {

std::string_view end_text(Session::End end)
{
    switch (end) {
    case Session::End::None: return "none";
    case Session::End::Asked: return "asked";
    case Session::End::Killed: return "killed";
    }
    std::abort();
}

std::optional<Session::End> parse_end(std::string_view text)
{
    using enum Session::End;
    for (const Session::End end : {None, Asked, Killed}) {
        if (end_text(end) == text) {
            return end;
        }
    }
    return std::nullopt;
}

/// "session <id> <user> <fingerprint> <address> <began> <sshd> <start> <end> <told> <ended>"
std::optional<Session> parse_session(std::string_view line)
{
    const auto words = split_words(line);
    if (words.size() != 11 || words[0] != "session" || !is_token_text(words[1]) ||
        !is_login_user(words[2])) {
        return std::nullopt;
    }
    const auto fingerprint = hex_decode(words[3]);
    const auto began_at = parse_rfc3339(words[5]);
    const auto number = parse_number(words[6], 1 << 22);
    const auto start = parse_number(words[7], INT64_MAX);
    const auto end = parse_end(words[8]);
    const auto ended_at = parse_rfc3339(words[10]);
    if (!fingerprint || fingerprint->size() != 32 || !began_at || !number || !start || !end ||
        (words[10] != "-" && !ended_at)) {
        return std::nullopt;
    }
    Session session;
    session.id = words[1];
    session.login_user = words[2];
    std::ranges::copy(*fingerprint, session.fingerprint.begin());
    session.address = words[4] == "-" ? std::string_view{} : words[4];
    session.began_at = *began_at;
    session.sshd = {static_cast<pid_t>(*number), static_cast<std::uint64_t>(*start)};
    session.end = *end;
    session.is_told = words[9] == "told";
    session.ended_at = ended_at;
    return session;
}

bool is_ours(const SessionEvent& event, const Content& content,
             [[maybe_unused]] const Content& before)
{
#ifndef KEYSTEAD_WITHOUT_SESSIONS_STRADDLING
    if (refuses(content.krl, event.fingerprint) ||
        find_key(before, event.login_user, event.fingerprint) != nullptr) {
        return true;
    }
#endif
    return find_key(content, event.login_user, event.fingerprint) != nullptr;
}

bool is_among(const std::vector<std::string>& ids, const std::string& id)
{
    return std::ranges::find(ids, id) != ids.end();
}

} // namespace

std::string sessions_text(const std::vector<Session>& sessions, const Boot& boot)
{
    std::string text = "boot " + boot.id + "\n";
    for (const Session& one : sessions) {
        text.append("session ").append(one.id).append(" ").append(one.login_user).append(" ");
        text.append(hex_encode(one.fingerprint)).append(" ");
        text.append(one.address.empty() ? "-" : one.address).append(" ");
        text.append(rfc3339(one.began_at)).append(" ");
        text.append(std::to_string(one.sshd.number)).append(" ");
        text.append(std::to_string(one.sshd.start)).append(" ");
        text.append(end_text(one.end)).append(one.is_told ? " told " : " new ");
        text.append(one.ended_at ? rfc3339(*one.ended_at) : "-").append("\n");
    }
    return text;
}

std::vector<Session> parse_sessions(std::string_view text, const Boot& boot)
{
    std::vector<Session> sessions;
    LineReader lines(text);
    [[maybe_unused]] const bool is_same_boot = text.starts_with("boot " + boot.id + "\n");
    while (!lines.is_done() && sessions.size() < kSessionsMax) {
        const auto line = lines.next();
        if (auto session = line ? parse_session(*line) : std::nullopt) {
#ifndef KEYSTEAD_WITHOUT_SESSIONS_BOOT
            if (!is_same_boot && !session->ended_at) {
                session->ended_at = std::max(session->began_at, boot.began);
            }
#endif
            sessions.push_back(*std::move(session));
        }
    }
    return sessions;
}

void Sessions::take(const SessionEvent& event, const Content& content, const Content& before,
                    std::string id)
{
    if (event.kind == SessionEvent::Kind::Closed) {
        for (Session& one : sessions_) {
            if (one.sshd == event.sshd && !one.ended_at) {
                one.ended_at = event.at;
            }
        }
        return;
    }
    if (!is_ours(event, content, before)) {
        return;
    }
    if (sessions_.size() >= kSessionsMax) {
        // More logins than may be told, or nobody to tell for long: the oldest go untold. What is
        // open stays, or whoever logs in often enough would keep one that nothing ends.
        const auto over = std::ranges::find_if(
            sessions_, [](const Session& one) { return one.ended_at.has_value(); });
        sessions_.erase(over == sessions_.end() ? sessions_.begin() : over);
    }
    Session session;
    session.id = std::move(id);
    session.login_user = event.login_user;
    session.fingerprint = event.fingerprint;
    session.address = event.address;
    session.began_at = event.at;
    session.sshd = event.sshd;
    sessions_.push_back(std::move(session));
}

void Sessions::look(Instant now)
{
    for (Session& one : sessions_) {
        if (!one.ended_at && !is_alive(one.sshd)) {
            one.ended_at = now;
        }
    }
}

std::size_t Sessions::end_removed(const Content& content)
{
    std::size_t asked = 0;
    for (Session& one : sessions_) {
        if (one.ended_at || find_key(content, one.login_user, one.fingerprint) != nullptr) {
            continue;
        }
        switch (one.end) {
        case Session::End::None:
            end_session(one.sshd);
            one.end = Session::End::Asked;
            ++asked;
            break;
        case Session::End::Asked: // two seconds ago
            kill_session(one.sshd);
            one.end = Session::End::Killed;
            break;
        case Session::End::Killed: break;
        }
    }
    return asked;
}

SessionReport Sessions::to_report() const
{
    SessionReport report;
    for (const Session& one : sessions_) {
        if (!one.is_told && report.begun.size() < kReportedMax) {
            report.begun.push_back(one.id);
        }
        // An end follows its begin, at the latest in the same report.
        if (one.ended_at && report.ended.size() < kReportedMax &&
            (one.is_told || is_among(report.begun, one.id))) {
            report.ended.push_back(one.id);
        }
    }
    return report;
}

std::string Sessions::report_json(const SessionReport& report, std::optional<Digest> applied) const
{
    JsonWriter json;
    json.begin_object();
    if (applied) {
        json.member("applied", hex_encode(*applied));
    }
    json.key("logins").begin_array();
    for (const Session& one : sessions_) {
        if (is_among(report.begun, one.id)) {
            json.begin_object();
            json.member("id", one.id).member("login_user", one.login_user);
            json.member("fingerprint", fingerprint_text(one.fingerprint));
            json.member("address", one.address).member("began_at", one.began_at).end_object();
        }
    }
    json.end_array().key("ended").begin_array();
    for (const Session& one : sessions_) {
        if (is_among(report.ended, one.id)) {
            json.begin_object().member("id", one.id).member("ended_at", *one.ended_at);
            if (one.end != Session::End::None) {
                json.member("by", "removal");
            }
            json.end_object();
        }
    }
    json.end_array().end_object();
    return std::move(json).take();
}

void Sessions::told(const SessionReport& report)
{
    for (Session& one : sessions_) {
        one.is_told = one.is_told || is_among(report.begun, one.id);
    }
    std::erase_if(sessions_, [&](const Session& one) { return is_among(report.ended, one.id); });
}

} // namespace keystead::agent
