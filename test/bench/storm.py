"""What a storm of sign-ins does to checks: p99 of GET /v1/check in it over p99 without, to reach 1.5.

Checks come at a fixed rate, a fifth of what the server answers at most, over 200 connections, while sign-ins use all that
they can get. Twice: by `h2load --h1 --rps`, whose connections all send at the same moments, p99 from its log; a request
that took longer than the time between two of its connection has made the next ones late, and those are counted, each
with what was left of the wait. And by our own tool, which spreads the requests evenly and counts from when each was due.
Medians of interleaved rounds.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import sign_ins  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), int(os.environ.get("KEYSTEAD_BENCH_SECONDS", "5"))
CONNECTIONS, SHARE = 200, 0.2


def run_h2load(keystead, cookie, *words):
    done = subprocess.run(
        ["h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"--connect-to=127.0.0.1:{keystead.port}", "-H", f"Cookie: {cookie}",
         *words, f"http://{keystead.host}/v1/check"], capture_output=True, text=True, check=True)
    return int(re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", done.stdout)[1])


def part_of(ordered, part):
    return ordered[int(part * (len(ordered) - 1))]


def by_h2load(keystead, cookie, rate, log):
    log.unlink(missing_ok=True)
    run_h2load(keystead, cookie, f"-D{SECONDS}", f"--rps={rate / CONNECTIONS}", f"--log-file={log}")
    between = 1e6 * CONNECTIONS / rate  # microseconds between two requests of a connection
    times, late = [], 0
    for line in log.read_text(encoding="ascii").splitlines():
        time = float(line.split("\t")[2])
        times.append(time)
        while time > between:
            time -= between
            late += 1
            times.append(time)
    times.sort()
    return {"late": late, **{name: part_of(times, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}}


def by_tool(keystead, tokens, rate):
    return tool.run("load", port=keystead.port, host=keystead.host, path="/v1/check", tokens=tokens,
                    connections=CONNECTIONS, first=100, seconds=SECONDS, rate=rate)


def measure(name, ask, keystead, out):
    quiet, stormy = [], []
    for _ in range(ROUNDS):
        quiet.append(ask())
        signing_in = sign_ins.Storm(keystead)
        stormy.append(ask())
        signing_in.stop()
    for when, rounds in (("quiet", quiet), ("in a storm", stormy)):
        for part in ("p50", "p99", "p999"):
            out.figure(f"{name}, {part} {when}", statistics.median(one[part] for one in rounds), "µs")
        out.figure(f"{name}, late sends {when}", int(statistics.median(one["late"] for one in rounds)), "a round")
    ratios = sorted(loud["p99"] / still["p99"] for still, loud in zip(quiet, stormy))
    out.figure(f"{name}, p99 in a storm / quiet", statistics.median(ratios), "", at_most=1.5, spread=(ratios[0], ratios[-1]))


def main():
    out = report.Report("storm")
    with sign_ins.keystead_with_accounts(sessions=100) as (keystead, tokens):
        with open(tokens, encoding="ascii") as lines:
            cookie = f"__Host-keystead={lines.readline().strip()}"
        run_h2load(keystead, cookie, "-D1")
        rate = int(run_h2load(keystead, cookie, "-D3") / 3 * SHARE)
        out.figure("rate of checks, a fifth of the most", rate, "a second")
        log = tokens.parent / "h2load.log"
        measure("h2load", lambda: by_h2load(keystead, cookie, rate, log), keystead, out)
        measure("evenly spread", lambda: by_tool(keystead, tokens, rate), keystead, out)
    return out.end()


sys.exit(main())
