"""A checked session, GET /v1/check, beside nginx `return 204`: `./bench check`, or `./bench check --long`.

All servers on one core, with a JSON access log, plain HTTP/1.1, 64 connections; the load on the other core, each
request with the cookie of a session drawn anew. Keystead has its limits and metrics on. 1,000 and 1,000,000 sessions
are stored (with --long 10,000,000 too, which takes 15 minutes and 8 GB of disk the first time), one an account.

The figure is processor time a request, nginx's over Keystead's: 1.0 means as cheap as nginx. Median of interleaved
rounds. Hot: all sessions are in the cache. Cold: it holds a tenth of them, so that nine requests of ten read the
database. Then: memory of a cached session, and the time from starting the server to its first answer.
"""

import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5
SIZES = [1_000, 1_000_000] + ([10_000_000] if "--long" in sys.argv else [])


class Side:
    """Something that answers /v1/check, and the tokens that it is asked with."""

    def __init__(self, target, tokens):
        self.target, self.tokens = target, tokens
        self.rounds = []

    def load(self, **arguments):
        return tool.run("load", cores="1", port=self.target.port, host=self.target.host, path="/v1/check",
                        tokens=self.tokens, connections=64, **arguments)

    def measure(self, seed):
        before = server.cpu_seconds(self.target.pid)
        done = self.load(seconds=SECONDS, seed=seed)
        self.rounds.append((server.cpu_seconds(self.target.pid) - before) / done["answers"] * 1e6)
        return done["answers"] / done["seconds"]


def start(home, size, cache):
    folder = tool.sessions(size)
    keystead = server.Keystead(home, cores="0", data=folder / "data", settings={
        "KEYSTEAD__SERVER__THREADS": "1", "KEYSTEAD__SESSION__CACHE_ENTRIES_MAX": str(max(cache, 1000))})
    return Side(keystead, folder / "tokens")


def anonymous_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) * 1024


def hot(home, out):
    sides = {size: start(home, size, 2 * size) for size in SIZES}
    nginx = tool.Nginx(home, "location = /v1/check { return 204; }", cores="0")
    time.sleep(3)  # At first a server hashes a password or two to learn how long that takes.
    try:
        for size, side in sides.items():
            before = anonymous_bytes(side.target.pid)
            side.load(order="sequential")
            if size == 1_000_000:
                out.figure("memory of a cached session", (anonymous_bytes(side.target.pid) - before) / size, "bytes",
                           at_most=200)
        beside = {size: Side(nginx, side.tokens) for size, side in sides.items()}
        for seed in range(1, ROUNDS + 1):
            for size, side in sides.items():
                beside[size].measure(seed)
                side.measure(seed)
    finally:
        nginx.stop()
        for side in sides.values():
            side.target.stop()
    for size, side in sides.items():
        out.figure(f"processor time, {size:,} sessions hot", statistics.median(side.rounds), "µs")
        ratios = sorted(theirs / ours for theirs, ours in zip(beside[size].rounds, side.rounds))
        out.figure(f"nginx/Keystead, {size:,} sessions hot", statistics.median(ratios), "", at_least=0.95,
                   spread=(ratios[0], ratios[-1]))
    for size in SIZES[1:]:
        ratios = sorted(few / many for few, many in zip(sides[SIZES[0]].rounds, sides[size].rounds))
        bound = {"at_least": 0.9} if size == 10_000_000 else {}
        out.figure(f"1,000 sessions over {size:,}, hot", statistics.median(ratios), "",
                   spread=(ratios[0], ratios[-1]), **bound)


def cold(home, out):
    for size in SIZES[1:]:
        side = start(home, size, size // 10)
        try:
            side.load(seconds=10)
            side.rounds.clear()
            rates = [side.measure(seed) for seed in range(1, 4)]
        finally:
            side.target.stop()
        out.figure(f"processor time, {size:,} sessions cold", statistics.median(side.rounds), "µs")
        out.figure(f"rate on one core, {size:,} sessions cold", statistics.median(rates), "a second")


def first_answer(home, out):
    """From exec to 204 with the cookie of a session that is only in the database."""
    folder = tool.sessions(1_000_000)
    with open(folder / "tokens", encoding="ascii") as tokens:
        cookie = f"__Host-keystead={tokens.readline().strip()}"
    times = []
    for _ in range(ROUNDS):
        begin = time.monotonic()
        keystead = server.Keystead(home, data=folder / "data", cookie=cookie)
        times.append((time.monotonic() - begin) * 1000)
        keystead.stop()
    times.sort()
    out.figure("start to first answer, 1,000,000 sessions", statistics.median(times), "ms", at_most=200,
               spread=(times[0], times[-1]))


def main():
    out = report.Report("check")
    with server.folder() as home:
        first_answer(home, out)
        hot(home, out)
        cold(home, out)
    return out.end()


sys.exit(main())
