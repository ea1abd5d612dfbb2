#include "app/serve.h"

#include "app/application.h"
#include "app/control_socket.h"
#include "app/foundation.h"
#include "app/log.h"
#include "app/security_txt.h"
#include "app/systemd.h"
#include "core/json.h"

#include <csignal>
#include <ctime>
#include <iostream>

#include <sys/resource.h>
#include <sys/stat.h>

namespace keystead::app {
namespace {

/// The signals that the main thread waits for. Blocked before the first thread starts, so that all
/// inherit it.
sigset_t block_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&signals, number);
    }
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// What the server makes is its user's alone, and a crash leaves no keys in a file.
void harden_process()
{
    umask(0077);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

/// Told to whoever started it by hand, on standard error beside the log: where it is, how to begin,
/// where mail goes.
void greet(const Settings& settings, const Application& application)
{
    const std::string url = settings.server.base_url + settings.server.base_path;
    std::string text = "\n  " + settings.product.name + " is ready: " + url + "\n  listening on " +
                       settings.server.listen_address + " port " +
                       std::to_string(application.port()) + ", preset " + settings.product.preset +
                       "\n";
    if (const auto answer = application.commands().run("set-up link", JsonValue{})) {
        const auto value = parse_json(*answer);
        const std::string_view link =
            value ? text_argument(*value, "set_up_link") : std::string_view{};
        text +=
            link.empty() ? "" : "  set up the first operator (once): " + std::string(link) + "\n";
    }
    if (settings.shows_mail()) {
        text += "  mail is kept in " + settings.storage.data_folder + "/mail and shown at " + url +
                "/dev/mail\n";
    } else if (settings.mail.smtp_url.empty()) {
        text += "  mail is kept in " + settings.storage.data_folder +
                "/mail; none leaves: set mail.smtp_url\n";
    } else {
        text += "  mail goes by " + settings.mail.smtp_url + "\n";
    }
    std::cerr << text << "\n" << std::flush;
}

/// Until told to stop. Says to the manager that the process lives, as often as it wants to hear it.
void wait_for_stop(const sigset_t& signals, const ServiceManager& manager, Application& application,
                   Log& log)
{
    constexpr timespec kForever{86400, 0};
    const auto interval = manager.watchdog_interval();
    const timespec wait = interval.count() == 0
                              ? kForever
                              : timespec{static_cast<time_t>(interval.count() / 1'000'000),
                                         static_cast<long>(interval.count() % 1'000'000 * 1000)};
    while (true) {
        const int signal_number = sigtimedwait(&signals, nullptr, &wait);
        if (signal_number == SIGTERM || signal_number == SIGINT) {
            return;
        }
        if (signal_number == SIGHUP) {
            log.write(LogLevel::Info, "reading certificate and access log again");
            application.reload();
        }
        manager.tell("WATCHDOG=1");
    }
}

} // namespace

Result<ExitStatus> serve(const LoadedSettings& loaded, const Environment& environment,
                         RollbackPolicy rollback)
{
    harden_process();
    const sigset_t signals = block_signals();
    const ServiceManager manager(environment);
    const FoundationOptions options{.credentials_directory = std::string(
                                        environment_value(environment, "CREDENTIALS_DIRECTORY"))};
    // One that cannot be served is told now, and not to whoever wants to report something.
    KS_TRY([[maybe_unused]] const auto security_txt, load_security_txt(loaded.settings));
    KS_TRY(const auto foundation, open_foundation(loaded, options));
    Log log(foundation->clock);
    KS_TRY(const auto application, Application::make(*foundation, log));
    KS_CHECK(application->start(rollback));
    KS_TRY(auto control, ControlSocket::listen(loaded.settings.storage.data_folder,
                                               application->commands(), log));
    manager.tell("READY=1");
    log.write(LogLevel::Info, "ready",
              {{"base_url", loaded.settings.server.base_url},
               {"preset", loaded.settings.product.preset}});
    greet(loaded.settings, *application);

    wait_for_stop(signals, manager, *application, log);

    manager.tell("STOPPING=1");
    log.write(LogLevel::Info, "stopping: requests in hand may finish");
    control.reset();
    const bool finished = application->stop();
    log.write(finished ? LogLevel::Info : LogLevel::Warning,
              finished ? "stopped" : "stopped with requests unfinished");
    return ExitStatus::Ok;
}

} // namespace keystead::app
