// http/access_log.h
//
// One JSON line a request. Each event loop fills a buffer of its own and hands it over now and
// then; one thread writes. Nobody waits for the disk: when it cannot keep up, lines are dropped and
// counted. Never in it: query strings, cookies, tokens, paths as received (only the route's
// template).
#pragma once

#include "core/result.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace keystead::http {

class AccessLog {
public:
    /// `target`: "stdout", "off" or a path. Errors: server/access-log.
    static Result<std::unique_ptr<AccessLog>> open(const std::string& target);
    AccessLog(std::string path, int file); // open() alone calls it
    ~AccessLog();                          // Writes what is left.
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    bool is_on() const { return is_on_; }
    /// Takes the lines over, and leaves an empty buffer that has kept its capacity.
    void hand_over(std::string& lines);
    void reopen();
    std::uint64_t dropped_bytes() const { return dropped_bytes_; }

private:
    void run(std::stop_token stop);
    void write_all(std::string_view lines);

    std::string path_; // empty: standard output, or off
    int file_;         // the writer thread's own once it runs
    bool is_on_;
    std::atomic<bool> reopen_{false};
    std::atomic<std::uint64_t> dropped_bytes_{0};
    std::mutex mutex_; // guards waiting_
    std::condition_variable_any wake_;
    std::string waiting_;
    std::jthread writer_;
};

} // namespace keystead::http
