// agent/desk.h
//
// The socket at which this machine's own programs ask: the command of sshd for a user's key, the
// PAM hook to say who came and went. Who is at the other end is what the kernel says: root may ask
// and tell, the command's user may ask, anybody else is not heard. One line a connection:
//
//   keys <login user> <type> <base64>          -> the key's line, or nothing; then the end
//   opened <login user> <base64> <address|->   -> "noted"
//   closed                                     -> "noted"
#pragma once

#include "agent/board.h"
#include "core/clock.h"
#include "core/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace keystead::agent {

inline constexpr const char* kSocketName = "socket";
inline constexpr std::size_t kRequestBytesMax = 20UL * 1024;

struct DeskRequest {
    enum class Kind : std::uint8_t { Keys, Opened, Closed };
    Kind kind = Kind::Keys;
    std::string login_user;
    std::string type;
    std::string base64;
    std::string address;
};
/// `line` without its line feed.
std::optional<DeskRequest> parse_desk_request(std::string_view line);

enum class Peer : std::uint8_t { Nobody, Command, Root };
struct PasswdUser {
    uid_t number = 0;
    gid_t group = 0;
};
/// A user of /etc/passwd, whose text is given.
std::optional<PasswdUser> find_user(std::string_view passwd, std::string_view name);
bool may(Peer peer, DeskRequest::Kind kind);

/// Serves until the process is told to end. Errors: agent/socket.
Result<void> serve_desk(const std::string& run_folder, const std::string& command_user,
                        Board& board, const Clock& clock);

} // namespace keystead::agent
