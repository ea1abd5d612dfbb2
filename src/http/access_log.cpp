// http/access_log.cpp
#include "http/access_log.h"

#include "http/thread_name.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace keystead::http {
namespace {

constexpr std::size_t kWaitingBytesMax = 4 << 20;

int open_for_append(const std::string& path)
{
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

} // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& target)
{
    if (target == "off") {
        return std::make_unique<AccessLog>(std::string{}, -1);
    }
    if (target == "stdout") {
        return std::make_unique<AccessLog>(std::string{}, STDOUT_FILENO);
    }
    const int file = open_for_append(target);
    if (file < 0) {
        return Error{ErrorKind::InvalidInput, "server/access-log",
                     "The access log " + target + " cannot be opened."};
    }
    return std::make_unique<AccessLog>(target, file);
}

AccessLog::AccessLog(std::string path, int file)
    : path_(std::move(path)), file_(file), is_on_(file >= 0)
{
    if (is_on()) {
        writer_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
    }
}

AccessLog::~AccessLog()
{
    if (writer_.joinable()) {
        writer_.request_stop();
        writer_.join();
    }
    if (!path_.empty()) {
        ::close(file_);
    }
}

void AccessLog::hand_over(std::string& lines)
{
    {
        const std::scoped_lock lock(mutex_);
        if (waiting_.empty()) {
            waiting_.swap(lines);
        } else if (waiting_.size() + lines.size() <= kWaitingBytesMax) {
            waiting_ += lines;
        } else {
            dropped_bytes_ += lines.size();
        }
    }
    lines.clear();
    wake_.notify_one();
}

void AccessLog::reopen()
{
    reopen_ = true;
    wake_.notify_one();
}

void AccessLog::write_all(std::string_view lines)
{
    while (!lines.empty()) {
        const ssize_t written = ::write(file_, lines.data(), lines.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) { // A full disk: the log loses lines, requests go on.
            dropped_bytes_ += lines.size();
            return;
        }
        lines.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AccessLog::run(std::stop_token stop)
{
    name_this_thread("ks-accesslog");
    std::string lines;
    while (true) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, stop, [this] { return !waiting_.empty() || reopen_; });
        lines.swap(waiting_);
        lock.unlock();
        if (reopen_.exchange(false) && !path_.empty()) {
            if (const int file = open_for_append(path_); file >= 0) {
                ::close(std::exchange(file_, file));
            }
        }
        write_all(lines);
        lines.clear();
        if (stop.stop_requested()) {
            const std::scoped_lock last(mutex_);
            write_all(waiting_);
            return;
        }
    }
}

} // namespace keystead::http
