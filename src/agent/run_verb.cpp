#include "agent/board.h"
#include "agent/desk.h"
#include "agent/follower.h"
#include "agent/surroundings.h"
#include "agent/verbs.h"

#include <csignal>
#include <thread>

namespace keystead::agent {
namespace {

Result<void> run(const Arguments& arguments)
{
    // The desk takes these from a descriptor; a thread that starts later inherits the mask.
    sigset_t ends{};
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    (void)std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL.

    const std::string run_folder = arguments.value_or("run", kRunFolder);
    KS_TRY(auto enrollment, load_enrollment(arguments.value_or("state", kStateFolder), run_folder));
    const std::string command_user = enrollment.settings.command_user;
    const SystemClock clock;
    KernelRandom random;
    Board board;
    Follower follower(std::move(enrollment), board, clock, random);
    std::jthread thread([&follower] { follower.run(); });
    auto served = serve_desk(run_folder, command_user, board, clock);
    board.stop();
    return served;
}

} // namespace

int run_verb(const std::vector<std::string>& arguments)
{
    const auto parsed = parse_arguments(arguments, {"state", "run"});
    const auto done = parsed ? run(*parsed) : Result<void>(parsed.error());
    if (!done) {
        log_line(done.error().detail);
    }
    return done ? 0 : 1;
}

} // namespace keystead::agent
