#include "app/log.h"

#include "core/json.h"

#include <cstdlib>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace keystead::app {
namespace {

std::string_view level_name(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
    }
    std::abort(); // No default label: the compiler names the level that someone forgot.
}

} // namespace

Log::Log(const Clock& clock)
    : clock_(clock), logger_(std::make_shared<spdlog::logger>(
                         "keystead", std::make_shared<spdlog::sinks::stderr_sink_mt>()))
{
    logger_->set_pattern("%v"); // The line is whole already: our own writer escapes it.
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message, LogFields fields)
{
    JsonWriter line;
    line.begin_object()
        .member("time", clock_.now())
        .member("level", level_name(level))
        .member("message", message);
    for (const auto& [name, value] : fields) {
        line.member(name, value);
    }
    line.end_object();
    logger_->info("{}", line.text());
}

void Log::error(std::string_view message, const Error& error, const RequestId& request)
{
    const std::string request_text = request.is_nil() ? std::string() : request.text();
    write(LogLevel::Error, message,
          {{"code", error.code},
           {"detail", error.detail},
           {"cause", error.cause},
           {"request_id", request_text}});
}

} // namespace keystead::app
