#include "agent/state.h"

#include "agent/words.h"

#include <cstddef>

namespace keystead::agent {
namespace {

constexpr const char* kKrlFile = "revoked-keys";
constexpr const char* kStatementFile = "statement";
constexpr const char* kAnswerKeyFile = "answer-key";
constexpr const char* kHostFile = "host";
constexpr const char* kTokenFile = "token";
constexpr const char* kSettingsFile = "settings";
constexpr const char* kSessionsFile = "sessions";
constexpr std::size_t kSmallBytesMax = 16UL * 1024;
constexpr std::size_t kSessionsBytesMax = 8UL * 1024 * 1024;

// A list without keys (OpenSSH PROTOCOL.krl): what sshd reads until the first answer comes.
constexpr std::string_view kEmptyKrl{
    "SSHKRL\n\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 44};

Result<std::string> read_line(const Folder& folder, const char* name)
{
    KS_TRY(std::string text, folder.read(name, kSmallBytesMax));
    if (text.empty() || text.find('\n') != text.size() - 1) {
        return Error{ErrorKind::Internal, "agent/file", std::string(name) + " is no line"};
    }
    text.pop_back();
    return text;
}

Error settings_error()
{
    return {ErrorKind::InvalidInput, "agent/settings",
            "The settings of this server are damaged: enroll it anew."};
}

} // namespace

std::string settings_text(const Settings& settings)
{
    std::string text = "server " + settings.server + "\n";
    for (const std::string& pin : settings.pins) {
        text += "pin " + pin + "\n";
    }
    return text + "command-user " + settings.command_user + "\n";
}

Result<Settings> parse_settings(std::string_view text)
{
    Settings settings;
    LineReader lines(text);
    while (!lines.is_done()) {
        const auto line = lines.next();
        const auto words = line ? split_words(*line) : std::vector<std::string_view>{};
        if (words.size() != 2) {
            return settings_error();
        }
        const std::string value(words[1]);
        if (words[0] == "server" && settings.server.empty()) {
            settings.server = value;
        } else if (words[0] == "pin") {
            settings.pins.push_back(value);
        } else if (words[0] == "command-user" && is_login_user(value)) {
            settings.command_user = value;
        } else {
            return settings_error();
        }
    }
    if (settings.server.empty() || settings.command_user.empty()) {
        return settings_error();
    }
    return settings;
}

Result<Kept> check_kept(std::string_view text, const AnswerKey& key, std::string_view host)
{
    KS_TRY(auto snapshot, read_snapshot(text, key));
    if (snapshot.statement.host != host) {
        // Signed by the same key, but said to another server.
        return Error{ErrorKind::InvalidInput, "agent/other-host",
                     "The answer is meant for another server."};
    }
    Kept kept{
        std::move(snapshot.statement), std::move(snapshot.head), std::move(snapshot.content), {}};
    if (!kept.content_text.empty()) {
        KS_TRY(kept.content, parse_content(kept.content_text));
    }
    return kept;
}

Result<PublicState> PublicState::open(const std::string& state_folder)
{
    KS_TRY(const auto top, Folder::open(state_folder));
    KS_TRY(auto everybodys, top.open_below("public"));
    return PublicState(std::move(everybodys));
}

Result<AnswerKey> PublicState::answer_key() const
{
    KS_TRY(const auto line, read_line(public_, kAnswerKeyFile));
    return parse_answer_key(line);
}

Result<std::string> PublicState::host() const
{
    return read_line(public_, kHostFile);
}

Result<Kept> PublicState::kept() const
{
    KS_TRY(const auto key, answer_key());
    KS_TRY(const auto of_host, host());
    KS_TRY(const auto text, public_.read(kStatementFile, kSnapshotBytesMax));
    KS_TRY(auto kept, check_kept(text, key, of_host));
    if (kept.content_text.empty()) {
        return Error{ErrorKind::InvalidInput, "agent/malformed-answer", "Nothing was kept."};
    }
    return kept;
}

Result<State> State::open(const std::string& state_folder)
{
    KS_TRY(const auto top, Folder::open(state_folder));
    KS_TRY(auto everybodys, top.open_below("public"));
    KS_TRY(auto own, top.open_below("private"));
    return State(std::move(everybodys), std::move(own));
}

Result<State> State::open_or_make(const std::string& state_folder)
{
    KS_TRY(const auto top, Folder::open_or_make(state_folder, Readers::Everybody));
    KS_TRY(auto everybodys, top.open_or_make_below("public", Readers::Everybody));
    KS_TRY(auto own, top.open_or_make_below("private", Readers::OwnerAlone));
    return State(std::move(everybodys), std::move(own));
}

Result<Secret> State::token() const
{
    KS_TRY(std::string text, read_line(private_, kTokenFile));
    Secret token = Secret::copy_of(text);
    explicit_bzero(text.data(), text.size());
    return token;
}

Result<Settings> State::settings() const
{
    KS_TRY(const auto text, private_.read(kSettingsFile, kSmallBytesMax));
    return parse_settings(text);
}

Result<void> State::enroll(const Settings& settings, std::string_view host,
                           std::string_view answer_key, const Secret& token) const
{
    const auto krl = public_.read(kKrlFile, kSnapshotBytesMax);
    if (!krl && krl.error().code == "agent/no-file") {
        KS_CHECK(public_.replace(kKrlFile, kEmptyKrl, Readers::Everybody));
    }
    KS_CHECK(forget_statement()); // It was said to who this server was.
    KS_CHECK(private_.replace(kSettingsFile, settings_text(settings), Readers::OwnerAlone));
    KS_CHECK(public_.replace(kAnswerKeyFile, std::string(answer_key) + "\n", Readers::Everybody));
    KS_CHECK(public_.replace(kHostFile, std::string(host) + "\n", Readers::Everybody));
    std::string line(token.reveal_text());
    line += '\n';
    auto kept = private_.replace(kTokenFile, line, Readers::OwnerAlone);
    explicit_bzero(line.data(), line.size());
    return kept;
}

Result<void> State::keep_krl(ByteView krl) const
{
    // Most answers change nothing of it, and a disk has so many writes.
    const auto there = public_.read(kKrlFile, kSnapshotBytesMax);
    if (there && *there == as_text(krl)) {
        return {};
    }
    return public_.replace(kKrlFile, as_text(krl), Readers::Everybody);
}

Result<void> State::keep(std::string_view head, std::string_view content_text) const
{
    return public_.replace(kStatementFile, std::string(head).append(content_text),
                           Readers::Everybody);
}

Result<void> State::forget_statement() const
{
    return public_.remove(kStatementFile);
}

Result<std::string> State::sessions() const
{
    return private_.read(kSessionsFile, kSessionsBytesMax);
}

Result<void> State::keep_sessions(std::string_view text) const
{
    return private_.replace(kSessionsFile, text, Readers::OwnerAlone);
}

} // namespace keystead::agent
