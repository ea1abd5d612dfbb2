#include "agent/follower.h"

#include "agent/surroundings.h"
#include "core/encoding.h"
#include "core/json.h"
#include "crypto/hash.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace keystead::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPollPause{2};
constexpr seconds kOverPause{30};      // when the rental is over
constexpr milliseconds kPauseMin{250}; // however many log in
constexpr seconds kPatience{10};       // for one answer
constexpr int kRefused = 401;
constexpr int kTooMany = 429;
constexpr std::size_t kTokenRequestBytes = 1024; // with the token in it: never grows
constexpr seconds kStatementWriteAfter{60};      // what is kept on the disk is no older than that
constexpr seconds kAppliedToldAgain{60};         // for what was removed and put back in between
constexpr seconds kWaitMax{60};                  // however long Keystead asks to wait
constexpr std::size_t kSessionIdBytes = 16;

Error refused(std::string_view code, std::string detail)
{
    return {ErrorKind::InvalidInput, code, std::move(detail)};
}

Error no_proof()
{
    return refused("agent/no-proof", "It does not sign that this server's time is over.");
}

} // namespace

Result<Enrollment> load_enrollment(const std::string& state_folder, const std::string& run_folder)
{
    KS_TRY(auto run, Folder::open_or_make(run_folder, Readers::Everybody));
    KS_TRY(auto state, State::open(state_folder));
    KS_TRY(auto settings, state.settings());
    KS_TRY(auto server, parse_server_address(settings.server));
    KS_TRY(const auto answer_key, state.answer_key());
    KS_TRY(auto host, state.host());
    KS_TRY(auto token, state.token());
    return Enrollment{std::move(state), std::move(settings), std::move(server), answer_key,
                      std::move(host),  std::move(token),    std::move(run)};
}

Follower::Follower(Enrollment enrollment, Board& board, const Clock& clock, Random& random)
    : enrollment_(std::move(enrollment)), board_(board), clock_(clock), random_(random),
      client_(enrollment_.server, enrollment_.settings.pins), boot_{boot_id(),
                                                                    clock.now() -
                                                                        clock.since_boot()},
      sessions_({})
{
    if (const auto text = enrollment_.state.sessions()) {
        sessions_ = Sessions(parse_sessions(*text, boot_));
        sessions_kept_ = *text;
    }
    load_kept();
}

void Follower::load_kept()
{
    const auto heard = read_heard(enrollment_.run, boot_.id);
    newest_ = heard ? heard->issued : Instant{};
    if (newest_ > clock_.now() + kClockSkewMax) {
        say("what was heard last is of a time to come: a clock was put right");
    }
    auto kept = enrollment_.state.kept();
    if (!kept) {
        if (kept.error().code != "agent/no-file") {
            say("what was kept cannot be used: " + kept.error().detail);
        }
        return;
    }
    const auto over_at = kept_over_at(kept->statement, heard, clock_);
    if (!over_at) {
        say("what was kept is too old, or not what was heard last");
        return;
    }
    kept->over_at = *over_at;
    newest_ = std::max(newest_, kept->statement.issued);
    is_statement_kept_ = true;
    of_removed_keys_ = kept->statement.of_removed_keys;
    kept_ = std::make_shared<const Kept>(*std::move(kept));
}

void Follower::run()
{
    auto until = std::chrono::steady_clock::now();
    auto earliest = until;
    for (;;) {
        const auto work = board_.wait(earliest, until);
        if (work.is_over) {
            return;
        }
        earliest = std::chrono::steady_clock::now() + kPauseMin;
        wait_at_least_ = seconds{0};
        round(work);
        until = std::chrono::steady_clock::now() + pause();
        earliest = std::max(earliest, std::chrono::steady_clock::now() + wait_at_least_);
    }
}

std::chrono::steady_clock::duration Follower::pause()
{
    // A fifth around it, so that a thousand servers do not come at once.
    const milliseconds whole = is_over_ ? kOverPause : kPollPause;
    const auto roll = std::to_integer<int>(random_bytes<1>(random_)[0]);
    return whole * 4 / 5 + whole * roll / 640;
}

void Follower::round(const Board::Work& work)
{
    // Before the answer: a session whose key is removed just now was opened with a key that was
    // ours.
    for (const SessionEvent& event : work.events) {
        const auto id = random_bytes<kSessionIdBytes>(random_);
        sessions_.take(event, kept_ ? kept_->content : Content{}, before_, hex_encode(id));
    }
    const Outcome outcome = ask();
    board_.settle(work.asked, outcome == Outcome::Fresh, kept_);
    sessions_.look(clock_.now());
    if (of_removed_keys_ == OpenSessions::AreEnded && (kept_ != nullptr || is_over_)) {
        const auto ended = sessions_.end_removed(kept_ ? kept_->content : Content{});
        if (ended > 0) {
            log_line("ended " + std::to_string(ended) + " sessions of keys that were removed");
        }
    }
    keep_sessions();
    if (outcome == Outcome::Fresh && !is_over_) {
        report();
        keep_sessions();
    }
}

Follower::Outcome Follower::ask()
{
    std::string path = "/v1/hosts/self/snapshot";
    if (kept_ != nullptr) {
        path += "?have=" + hex_encode(kept_->statement.content);
    }
    const auto answer = client_.get(path, enrollment_.token, kPatience);
    if (!answer) {
        say("Keystead does not answer: " + answer.error().detail);
        return Outcome::NoAnswer;
    }
    if (answer->head.status == kRefused) {
        return ask_whether_over();
    }
    if (answer->head.status != 200) {
        wait_at_least_ = std::min(answer->head.retry_after, kWaitMax);
        say("Keystead answers with status " + std::to_string(answer->head.status));
        return Outcome::NoAnswer;
    }
    if (const auto taken = take(answer->body); !taken) {
        say("Keystead's answer is refused: " + taken.error().detail);
        return Outcome::NoAnswer;
    }
    is_over_ = false;
    const bool has_too_many = kept_->content.has_too_many;
    say(has_too_many ? "Keystead has more keys than a server takes, and names none: choose which"
                     : "follows " + enrollment_.settings.server + " as " + enrollment_.host);
    return Outcome::Fresh;
}

Follower::Outcome Follower::ask_whether_over()
{
    if (is_over_) {
        return Outcome::Fresh; // It was proved, and no token comes back.
    }
    JsonWriter json(kTokenRequestBytes);
    json.begin_object().member("token", enrollment_.token.reveal_text()).end_object();
    std::string body = std::move(json).take();
    const auto answer = client_.post("/v1/hosts/ended", enrollment_.token, body, kPatience);
    explicit_bzero(body.data(), body.size());
    const bool is_answered = answer && answer->head.status == 200;
    const auto ended = is_answered ? take_end(answer->body) : Result<void>(no_proof());
    if (!ended) {
        // Whoever sits between can refuse, too: it counts as no answer.
        say("Keystead refuses the token with status 401. " + ended.error().detail);
        return Outcome::NoAnswer;
    }
    end_rental();
    return Outcome::Fresh;
}

Result<void> Follower::take_end(const std::string& body)
{
    KS_TRY(const auto end, read_end(body, enrollment_.answer_key));
    const auto token = crypto::sha256(as_bytes(enrollment_.token.reveal_text()));
    const Instant now = clock_.now();
    if (!is_over(end, enrollment_.host, token, now) || !may_follow(end.issued, newest_, now)) {
        return refused("agent/other-end", "The end is another server's, or not of this time.");
    }
    return {};
}

Result<void> Follower::take(const std::string& body)
{
    KS_TRY(auto fresh, check_kept(body, enrollment_.answer_key, enrollment_.host));
    if (!may_follow(fresh.statement.issued, newest_, clock_.now())) {
        return refused("agent/older-statement", "it is older than the one before");
    }
    if (!holds_at(fresh.statement, clock_.now())) {
        return refused("agent/clock", "it is not of this time: is this machine's clock right?");
    }
    const bool is_new = kept_ == nullptr || fresh.statement.content != kept_->statement.content;
    if (fresh.content_text.empty()) {
        if (is_new) {
            return refused("agent/wrong-content", "its content is not there");
        }
        fresh.content_text = kept_->content_text;
        fresh.content = kept_->content;
    }
    of_removed_keys_ = fresh.statement.of_removed_keys;
    const auto heard_at = clock_.since_boot();
    fresh.over_at = over_at(fresh.statement, heard_at);
    newest_ = fresh.statement.issued;
    // Both or neither: a statement of which nobody wrote that it was heard last is not served.
    const bool is_due =
        is_new || heard_at >= kept_at_ + kStatementWriteAfter || !is_statement_kept_;
    // First: what is on the disk ends with it.
    const bool may_keep = is_due && keep_heard(fresh.statement, heard_at);
    const bool is_krl_kept = keep_krl(fresh.content);
    if (may_keep) {
        keep_statement(fresh);
        kept_at_ = heard_at;
    }
    // Without the list on the disk a provider's authorized_keys still lets the key in.
    applied_ = is_krl_kept ? std::optional(fresh.statement.content) : std::nullopt;
    if (is_new && kept_ != nullptr) {
        before_ = kept_->content;
    }
    kept_ = std::make_shared<const Kept>(std::move(fresh));
    return {};
}

bool Follower::keep_heard(const Statement& statement, std::chrono::microseconds at)
{
    const Heard heard{boot_.id, statement.content, statement.issued, at};
    const auto written = enrollment_.run.replace(kHeardFile, heard_text(heard), Readers::Everybody);
    if (!written) {
        log_line("what was heard is not kept: " + written.error().detail);
        (void)enrollment_.state.forget_statement(); // Nothing says any more that it is the newest.
        is_statement_kept_ = false;
    }
    return written.has_value();
}

bool Follower::keep_krl(const Content& content)
{
    auto kept = enrollment_.state.keep_krl(content.krl);
    if (!kept) {
        // On a full disk the statement's room may do for the list, which is worth more.
        (void)enrollment_.state.forget_statement();
        is_statement_kept_ = false;
        kept = enrollment_.state.keep_krl(content.krl);
    }
    if (!kept) {
        log_line("the list of revoked keys is not renewed: " + kept.error().detail);
    }
    return kept.has_value();
}

void Follower::keep_statement(const Kept& kept)
{
    if (const auto written = enrollment_.state.keep(kept.head, kept.content_text)) {
        is_statement_kept_ = true;
    } else {
        log_line("the statement is not kept: " + written.error().detail);
        // Better none than one that still names a key which was removed.
        (void)enrollment_.state.forget_statement();
        is_statement_kept_ = false;
    }
}

void Follower::end_rental()
{
    is_over_ = true;
    before_ = kept_ ? kept_->content : Content{};
    kept_ = nullptr;
    applied_ = std::nullopt;
    (void)enrollment_.state.forget_statement();
    say("Keystead no longer knows this server: no key of it is taken");
}

void Follower::report()
{
    const auto now = std::chrono::steady_clock::now();
    const auto sessions = now < sessions_after_ ? SessionReport{} : sessions_.to_report();
    const bool is_due =
        applied_ && (applied_ != applied_told_ || now >= applied_told_at_ + kAppliedToldAgain);
    if (!is_due && sessions.is_empty()) {
        return;
    }
    const bool is_too_much = tell(sessions, is_due) == kTooMany && !sessions.is_empty();
    if (is_too_much && is_due) {
        tell({}, is_due); // What was applied need not wait for logins.
    }
}

int Follower::tell(const SessionReport& sessions, bool with_applied)
{
    const auto now = std::chrono::steady_clock::now();
    const auto json = sessions_.report_json(sessions, with_applied ? applied_ : std::nullopt);
    const auto answer = client_.post("/v1/hosts/self/reports", enrollment_.token, json, kPatience);
    if (!answer) {
        say("Keystead does not take the report: " + answer.error().detail);
        return 0;
    }
    const int status = answer->head.status;
    if (status == 204) {
        applied_told_ = with_applied ? applied_ : applied_told_;
        applied_told_at_ = with_applied ? now : applied_told_at_;
        sessions_.told(sessions);
        return status;
    }
    const auto wait = std::min(answer->head.retry_after, kWaitMax);
    if (status == kTooMany && !sessions.is_empty()) {
        sessions_after_ = now + wait;
    } else {
        wait_at_least_ = wait;
    }
    say("Keystead refuses the report with status " + std::to_string(status));
    if (status == 400 || status == 422) {
        sessions_.told(sessions); // It would be refused for ever, and hold up what was applied.
    }
    return status;
}

void Follower::keep_sessions()
{
    const auto text = sessions_text(sessions_.all(), boot_);
    if (text == sessions_kept_) {
        return;
    }
    if (const auto written = enrollment_.state.keep_sessions(text)) {
        sessions_kept_ = text;
    } else {
        say("open sessions are not kept: " + written.error().detail);
    }
}

void Follower::say(const std::string& text)
{
    if (std::exchange(said_, text) != text) { // Not every two seconds.
        log_line(text);
    }
}

} // namespace keystead::agent
