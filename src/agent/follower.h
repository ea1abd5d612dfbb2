// agent/follower.h
//
// The thread that follows Keystead: asks every two seconds and whenever the desk wants to know,
// applies what is new, tells what was applied and who logged in, and ends sessions where that is
// told. Whatever fails, what was there stays, and the next round tries again.
#pragma once

#include "agent/api_client.h"
#include "agent/board.h"
#include "agent/folder.h"
#include "agent/heard.h"
#include "agent/sessions.h"
#include "agent/state.h"
#include "core/clock.h"
#include "core/random.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace keystead::agent {

/// All that a follower goes by, read when it starts.
struct Enrollment {
    State state;
    Settings settings;
    ServerAddress server;
    AnswerKey answer_key{};
    std::string host;
    Secret token;
    Folder run; // that a boot empties
};
/// Errors: agent/folder, agent/file, agent/no-file, agent/settings.
Result<Enrollment> load_enrollment(const std::string& state_folder, const std::string& run_folder);

class Follower {
public:
    Follower(Enrollment enrollment, Board& board, const Clock& clock, Random& random);
    /// Until the board says that it is over.
    void run();

private:
    enum class Outcome : std::uint8_t { Fresh, NoAnswer };
    void round(const Board::Work& work);
    Outcome ask();
    void load_kept();
    /// When Keystead refuses the token.
    Outcome ask_whether_over();
    Result<void> take(const std::string& body);
    /// Whether the statement may lie on the disk.
    bool keep_heard(const Statement& statement, std::chrono::microseconds at);
    Result<void> take_end(const std::string& body);
    void end_rental();
    bool keep_krl(const Content& content);
    void keep_statement(const Kept& kept);
    void report();
    /// The status of the answer; 0: there was none.
    int tell(const SessionReport& sessions, bool with_applied);
    void keep_sessions();
    void say(const std::string& text);
    std::chrono::steady_clock::duration pause();

    Enrollment enrollment_;
    Board& board_;
    const Clock& clock_;
    Random& random_;
    ApiClient client_;
    Boot boot_;
    Sessions sessions_;
    std::string sessions_kept_; // as they are on the disk
    std::shared_ptr<const Kept> kept_;
    Content before_;                       // what kept_ held before it changed last
    bool is_statement_kept_ = false;       // on the disk
    Instant newest_{};                     // `issued` of what was heard last, also before a restart
    std::chrono::microseconds kept_at_{0}; // since boot: when both were written last
    std::optional<Digest> applied_;
    std::optional<Digest> applied_told_;
    std::chrono::steady_clock::time_point applied_told_at_{};
    std::chrono::seconds wait_at_least_{0};                  // as Keystead asked for
    std::chrono::steady_clock::time_point sessions_after_{}; // as it asked, of logins alone
    bool is_over_ = false;                                   // the rental
    OpenSessions of_removed_keys_ = OpenSessions::Stay;
    std::string said_;
};

} // namespace keystead::agent
