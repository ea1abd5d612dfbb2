"""The whole log of 1,000,000 events as a file, GET /v1/admin/audit/export, as fast as curl takes it: bytes a second.

Beside it what the disk reads at most, the same database past all caches. To reach: half of that, or 100 MB a second,
whichever is less. Then the other forms: CSV, without personal values, and by the command line with no server. Median of
rounds; the server's processor time a megabyte says what a faster disk could not change.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "3"))
COUNT = int(os.environ.get("KEYSTEAD_BENCH_EVENTS", "1000000"))
FORMS = {"JSON Lines": "", "JSON Lines without personal values": "?pseudonymous=true", "CSV": "?format=csv"}


def disk_rate(file):
    """Megabytes a second, read from the disk itself."""
    done = subprocess.run(["dd", f"if={file}", "of=/dev/null", "bs=1M", "iflag=direct"], capture_output=True, text=True,
                          check=True, env={**os.environ, "LC_ALL": "C"})
    size, seconds = re.search(r"(\d+) bytes.*, ([\d.e-]+) s,", done.stderr).groups()
    return int(size) / float(seconds) / 1e6


def fetch(keystead, cookie, query):
    """Megabytes a second, and the server's processor time a megabyte in milliseconds."""
    before = server.cpu_seconds(keystead.pid)
    done = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{time_total}", "-H", f"Cookie: {cookie}",
         "-H", f"Host: {keystead.host}", f"http://127.0.0.1:{keystead.port}/v1/admin/audit/export{query}"],
        capture_output=True, text=True, check=True)
    status, size, seconds = done.stdout.split()
    if status != "200":
        raise RuntimeError(f"the export was answered {status}")
    megabytes = int(size) / 1e6
    return megabytes / float(seconds), (server.cpu_seconds(keystead.pid) - before) / megabytes * 1000


def by_command_line(data):
    begin = time.monotonic()
    with subprocess.Popen([os.environ["KEYSTEAD_BINARY"], "audit", "export"], stdout=subprocess.PIPE,
                          env={**os.environ, "KEYSTEAD__STORAGE__DATA_FOLDER": str(data)}) as process:
        size = sum(len(piece) for piece in iter(lambda: process.stdout.read(1 << 20), b""))
    if process.returncode != 0:
        raise RuntimeError("keystead audit export failed")
    return size / (time.monotonic() - begin) / 1e6


def main():
    out = report.Report("export")
    folder = tool.seeded(f"events-{COUNT}", "seed-events", count=COUNT)
    disk = statistics.median(disk_rate(folder / "data" / "keystead.db") for _ in range(ROUNDS))
    out.figure("the disk reads", disk, "MB a second")
    with server.folder() as home:
        keystead = server.Keystead(home, data=folder / "data")
        try:
            cookie = keystead.operator_cookie()
            rounds = [{form: fetch(keystead, cookie, query) for form, query in FORMS.items()} for _ in range(ROUNDS)]
        finally:
            keystead.stop()
    for form in FORMS:
        rates = sorted(one[form][0] for one in rounds)
        bound = {"at_least": min(disk / 2, 100)} if form == "JSON Lines" else {}
        out.figure(f"{form}, {COUNT:,} events", statistics.median(rates), "MB a second", spread=(rates[0], rates[-1]), **bound)
        out.figure(f"{form}, processor time", statistics.median(one[form][1] for one in rounds), "ms a MB")
    out.figure("JSON Lines by the command line, no server", by_command_line(folder / "data"), "MB a second")
    return out.end()


sys.exit(main())
