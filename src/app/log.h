// app/log.h
//
// The server's own log: one JSON object a line on standard error, by spdlog. Not the access log
// (http/) and not the audit log. Takes plain text only: a Secret has no formatter and cannot get
// here.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}

namespace keystead::app {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Log {
public:
    explicit Log(const Clock& clock);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    /// Any thread.
    void write(LogLevel level, std::string_view message, LogFields fields = {});
    /// An error where it is handled: code, detail and cause, with the request it answers if there
    /// is one.
    void error(std::string_view message, const Error& error, const RequestId& request = {});

private:
    const Clock& clock_;
    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace keystead::app
