"""GET /v1/check with an API token, beside the same with a session's cookie.

One server on one core, with its access log, plain HTTP/1.1, 64 connections; the load on the other core. The
figure is processor time a request, the session's over the token's: 1.0 means as cheap as a session. Median of
interleaved rounds. To reach: 0.95. That nothing is written a check is measured too: bytes the server wrote to
its database while it answered.
"""

import glob
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402

ROUNDS, SECONDS, WARM_UP = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5, 2


def load(port, field, seconds):
    """Requests that were answered."""
    done = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "-H", field,
         "-H", f"Host: localhost:{port}", f"http://127.0.0.1:{port}/v1/check"],
        capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    return int(re.search(r"(\d+) requests in", done.stdout)[1])


def cost(keystead, field):
    """Microseconds of processor a request, and requests a second."""
    before = server.cpu_seconds(keystead.pid)
    count = load(keystead.port, field, SECONDS)
    return (server.cpu_seconds(keystead.pid) - before) / count * 1e6, count / SECONDS


def database_bytes(folder):
    return sum(os.path.getsize(name) for name in glob.glob(f"{folder}/data/*.db*") + glob.glob(f"{folder}/data/*.sqlite*"))


def main():
    with server.folder() as folder:
        keystead = server.Keystead(folder, cores="0", settings={"KEYSTEAD__SERVER__THREADS": "1"})
        try:
            cookie, token = keystead.token_of()
            fields = {"session": f"Cookie: {cookie}", "token": f"Authorization: Bearer {token}"}
            for field in fields.values():
                load(keystead.port, field, WARM_UP)
            before = database_bytes(folder)
            rounds = [{name: cost(keystead, field) for name, field in fields.items()} for _ in range(ROUNDS)]
            grown = database_bytes(folder) - before
        finally:
            keystead.stop()
    ratios = sorted(r["session"][0] / r["token"][0] for r in rounds)
    out = report.Report("token_check")
    for name in fields:
        out.figure(f"processor time a request, {name}", statistics.median(r[name][0] for r in rounds), "µs")
    out.figure("session / token", statistics.median(ratios), "", at_least=0.95, spread=(ratios[0], ratios[-1]))
    out.figure("growth of the database meanwhile", grown, "bytes")
    return out.end()


sys.exit(main())
