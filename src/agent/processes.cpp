#include "agent/processes.h"

#include "agent/descriptor.h"
#include "agent/words.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

namespace keystead::agent {
namespace {

std::optional<ProcessStatus> status_of(pid_t number)
{
    const std::string path = "/proc/" + std::to_string(number) + "/stat";
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> line{};
    const ssize_t size = file.is_open() ? ::read(file.number(), line.data(), line.size()) : -1;
    return size > 0 ? parse_process_status({line.data(), static_cast<std::size_t>(size)})
                    : std::nullopt;
}

/// By a handle, so that the process which gets the signal is the one that was looked at; older
/// kernels (before 5.3) have none.
void signal_process(const Process& process, int signal_number)
{
    const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process.number, 0)));
    if (!is_alive(process)) {
        return;
    }
    if (handle.is_open()) {
        (void)::syscall(SYS_pidfd_send_signal, handle.number(), signal_number, nullptr, 0);
    } else {
        (void)::kill(process.number, signal_number);
    }
}

struct Child {
    Process process;
    pid_t parent = 0;
};

std::vector<Child> all_processes()
{
    constexpr std::int64_t kNumberMax = 1 << 22; // PID_MAX_LIMIT
    std::vector<Child> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
    while (const dirent* const entry = folder == nullptr ? nullptr : ::readdir(folder.get())) {
        const auto number = parse_number(std::string_view(entry->d_name), kNumberMax);
        const auto status = number ? status_of(static_cast<pid_t>(*number)) : std::nullopt;
        if (status) {
            all.push_back({{static_cast<pid_t>(*number), status->start}, status->parent});
        }
    }
    return all;
}

/// All that it started, and they in turn.
std::vector<Process> descendants_of(const Process& root)
{
    const auto all = all_processes();
    std::vector<Process> found{root};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const Child& one : all) {
            if (one.parent == found[i].number && one.process != root) {
                found.push_back(one.process);
            }
        }
    }
    found.erase(found.begin());
    return found;
}

void end_tree(const Process& sshd, int signal_number)
{
    if (!is_alive(sshd)) {
        return;
    }
    const auto started = descendants_of(sshd);
    signal_process(sshd, signal_number);
    for (const Process& one : started) {
        signal_process(one, SIGKILL);
    }
}

} // namespace

std::optional<ProcessStatus> parse_process_status(std::string_view line)
{
    // "1234 (name) S 1 …": the name may hold spaces and parentheses, what follows may not.
    const auto name_end = line.rfind(") ");
    if (name_end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto fields = split_words(line.substr(name_end + 2));
    constexpr std::size_t kState = 0; // field 3 of proc(5)
    constexpr std::size_t kParent = 1;
    constexpr std::size_t kStart = 19; // field 22
    if (fields.size() <= kStart) {
        return std::nullopt;
    }
    const auto parent = parse_number(fields[kParent], 1 << 22);
    const auto start = parse_number(fields[kStart], INT64_MAX);
    if (!parent || !start) {
        return std::nullopt;
    }
    return ProcessStatus{static_cast<pid_t>(*parent), static_cast<std::uint64_t>(*start),
                         fields[kState] == "Z" || fields[kState] == "X"};
}

std::optional<Process> parent_of(pid_t number)
{
    const auto status = status_of(number);
    const auto parent = status && status->parent > 1 ? status_of(status->parent) : std::nullopt;
    return parent ? std::optional(Process{status->parent, parent->start}) : std::nullopt;
}

bool is_alive(const Process& process)
{
    const auto status = status_of(process.number);
    return status && status->start == process.start && !status->is_over;
}

void end_session(const Process& sshd)
{
    end_tree(sshd, SIGTERM);
}

void kill_session(const Process& sshd)
{
    end_tree(sshd, SIGKILL);
}

} // namespace keystead::agent
