// agent/processes.h
//
// The processes of open SSH sessions, by /proc. A number alone is no process: numbers come round,
// so each is known by its start, too (proc(5), `starttime`).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

namespace keystead::agent {

struct Process {
    pid_t number = 0;
    std::uint64_t start = 0; // clock ticks since the machine began

    bool operator==(const Process&) const = default;
};

struct ProcessStatus {
    pid_t parent = 0;
    std::uint64_t start = 0;
    bool is_over = false; // a zombie
};
/// The line of /proc/<number>/stat, whose second field may hold anything.
std::optional<ProcessStatus> parse_process_status(std::string_view line);

std::optional<Process> parent_of(pid_t number);
bool is_alive(const Process& process);

/// Asks the sshd of a session to end, which closes what it opened, and ends all that it started.
void end_session(const Process& sshd);
/// For one that did not listen.
void kill_session(const Process& sshd);

} // namespace keystead::agent
