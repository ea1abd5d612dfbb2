// agent/state.h
//
// What the agent keeps, and where:
//
//   <state>/private/   root alone: `token`, `settings`, `sessions`
//   <state>/public/    for all to read: `revoked-keys` (RevokedKeys of sshd), `statement` (what
//                      Keystead said last, signed, for when it does not answer), `answer-key`,
//                      `host`
//
// The list of revoked keys is there from enrolment on and never goes: sshd refuses every key when
// it cannot read one.
#pragma once

#include "agent/folder.h"
#include "agent/statement.h"
#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace keystead::agent {

inline constexpr const char* kStateFolder = "/var/lib/keystead-sshd";
inline constexpr const char* kRunFolder = "/run/keystead-sshd";
inline constexpr const char* kCommandUser = "keystead-sshd";

struct Settings {
    std::string server;            // "https://id.example.org", without a slash at the end
    std::vector<std::string> pins; // "sha256//…"
    std::string command_user;      // who may ask for keys beside root
};
std::string settings_text(const Settings& settings);
/// Errors (InvalidInput): agent/settings.
Result<Settings> parse_settings(std::string_view text);

/// What Keystead said last, held against the key, the host and its own digest.
struct Kept {
    Statement statement;
    std::string head;
    std::string content_text;
    Content content;
    std::chrono::microseconds over_at{0}; // since boot: then it no longer serves
    /// Whether a key may log in by it though Keystead does not answer.
    bool may_serve(const Clock& clock) const
    {
        return holds_at(statement, clock.now()) && clock.since_boot() < over_at;
    }
};

/// The part that everybody may read: all that the command of sshd has.
class PublicState {
public:
    static Result<PublicState> open(const std::string& state_folder);
    Result<AnswerKey> answer_key() const;
    Result<std::string> host() const;
    /// Whether it still holds is for the caller to ask. Errors: agent/no-file (NotFound),
    /// agent/malformed-answer, agent/wrong-signature, agent/wrong-content, agent/other-host.
    Result<Kept> kept() const;

protected:
    explicit PublicState(Folder folder) : public_(std::move(folder)) {}
    Folder public_;
};

/// All of it, for root.
class State : public PublicState {
public:
    static Result<State> open(const std::string& state_folder);
    static Result<State> open_or_make(const std::string& state_folder);

    Result<Secret> token() const;
    Result<Settings> settings() const;
    /// Replaces what an earlier enrolment left, but for the list of revoked keys.
    Result<void> enroll(const Settings& settings, std::string_view host,
                        std::string_view answer_key, const Secret& token) const;

    /// The list of revoked keys first: a key that is out of the statement is to be in the list.
    Result<void> keep_krl(ByteView krl) const;
    Result<void> keep(std::string_view head, std::string_view content_text) const;
    /// The rental is over: nobody may log in by what was kept.
    Result<void> forget_statement() const;

    Result<std::string> sessions() const;
    Result<void> keep_sessions(std::string_view text) const;

private:
    State(Folder everybodys, Folder own)
        : PublicState(std::move(everybodys)), private_(std::move(own))
    {
    }
    Folder private_;
};

/// Of the same enrolment, by its signature and host. Shared by what comes by wire and from disk.
Result<Kept> check_kept(std::string_view text, const AnswerKey& key, std::string_view host);

} // namespace keystead::agent
