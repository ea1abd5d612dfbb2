"""nginx asking Keystead for each request (auth_request), beside nginx asking an nginx that answers `return 204`.

The front, the two that are asked, and nothing else on one core; the load (h2load --h1, 64 connections, one session) on
the other. The figure is processor time a request, of the front and the asked together, the plain pair's over
Keystead's. Median of interleaved rounds. To reach: 0.95.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5

UPSTREAM = "upstream asked {{ server 127.0.0.1:{port}; keepalive 64; keepalive_requests 1000000000; }}"
FRONT = """
location = /ask {{
    internal;
    proxy_pass http://asked/v1/check;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Host {host};
    access_log off;
}}
location / {{
    auth_request /ask;
    auth_request_set $account $upstream_http_keystead_account;
    add_header X-Account $account;
    return_after_check;
}}
"""


class Pair:
    """A front and who it asks."""

    def __init__(self, home, asked):
        # What stands behind the front is a file of nothing: `return` would answer before auth_request is asked.
        locations = FRONT.format(host=asked.host).replace("return_after_check;", f"root {home}; try_files /empty =404;")
        self.front = tool.Nginx(home, locations, outside=UPSTREAM.format(port=asked.port), cores="0")
        self.pids = [self.front.pid, asked.pid]
        self.rounds = []

    def measure(self, cookie):
        before = sum(map(server.cpu_seconds, self.pids))
        done = subprocess.run(
            ["taskset", "-c", "1", "h2load", "--h1", "-t1", "-c64", f"-D{SECONDS}", "-H", f"Cookie: {cookie}",
             f"http://127.0.0.1:{self.front.port}/"], capture_output=True, text=True, check=True)
        good = int(re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", done.stdout)[1])
        self.rounds.append((sum(map(server.cpu_seconds, self.pids)) - before) / good * 1e6)


def main():
    out = report.Report("auth_request")
    with server.folder() as home:
        pathlib.Path(home, "empty").write_bytes(b"")
        folder = tool.sessions(1000)
        keystead = server.Keystead(home, cores="0", data=folder / "data", settings={"KEYSTEAD__SERVER__THREADS": "1"})
        plain = tool.Nginx(home, "location = /v1/check { return 204; }", cores="0")
        pairs = {"plain": Pair(home, plain), "Keystead": Pair(home, keystead)}
        with open(folder / "tokens", encoding="ascii") as tokens:
            cookie = f"__Host-keystead={tokens.readline().strip()}"
        try:
            for pair in pairs.values():
                pair.measure(cookie)
                pair.rounds.clear()
            for _ in range(ROUNDS):
                for pair in pairs.values():
                    pair.measure(cookie)
        finally:
            for pair in pairs.values():
                pair.front.stop()
            plain.stop()
            keystead.stop()
    for name, pair in pairs.items():
        asked = "Keystead" if name == "Keystead" else "nginx"
        out.figure(f"processor time a request, nginx asking {asked}", statistics.median(pair.rounds), "µs")
    ratios = sorted(theirs / ours for theirs, ours in zip(pairs["plain"].rounds, pairs["Keystead"].rounds))
    out.figure("asking nginx / asking Keystead", statistics.median(ratios), "", at_least=0.95,
               spread=(ratios[0], ratios[-1]))
    return out.end()


sys.exit(main())
