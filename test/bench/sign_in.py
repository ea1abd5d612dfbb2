"""Sign-ins by password, and what a storm of them does to checks.

1. POST /v1/sign-in, 64 MiB and 3 passes of Argon2id, beside libsodium alone with the same parameters on as many
   threads as there are cores: processor time of a bare hash over that of a sign-in, to reach 0.97, and the rates.
2. p99 of GET /v1/check at a fixed rate, 20 % of what the server answers at most, over 200 connections, while sign-ins
   use all that they can get, over the p99 without them: to reach 1.5. A late send counts from when it was due.

Interleaved rounds, medians. Sign-ins come from addresses of their own, by a trusted proxy, so that no limit stops them.
"""

import contextlib
import http.client
import json
import os
import pathlib
import statistics
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5
PASSWORD, ACCOUNTS = "Larch-Quay-73-Ember", 8
CONNECTIONS, SHARE = 200, 0.2
CORES = os.cpu_count()


class Storm:
    """Sign-ins, three for each core at once, until it is told to end."""

    addresses = 0
    lock = threading.Lock()

    def __init__(self, keystead):
        self.keystead, self.ends, self.count, self.refused = keystead, threading.Event(), 0, 0
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(3 * CORES)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.keystead.port, timeout=90)
        body = json.dumps({"email": f"signer-{number % ACCOUNTS}@example.test", "password": PASSWORD})
        while not self.ends.is_set():
            with Storm.lock:
                Storm.addresses += 1
                n = Storm.addresses
            try:
                connection.request("POST", "/v1/sign-in", body, {
                    "Content-Type": "application/json", "Host": self.keystead.host, "Origin": self.keystead.base,
                    "X-Forwarded-For": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"})
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()  # A request that took too long; the next opens another.
                continue
            if answer.status not in (200, 503):
                raise RuntimeError(f"{answer.status} {text}")
            with Storm.lock:
                self.count += answer.status == 200
                self.refused += answer.status == 503
        connection.close()

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        return self.count


def beside_libsodium(keystead, out):
    bare, ours, rates = [], [], []
    for _ in range(ROUNDS):
        done = tool.run("hash", threads=CORES, seconds=SECONDS, memory_kib=65536, passes=3)
        bare.append(done["cpu_seconds"] / done["count"])
        hashes = done["count"] / done["seconds"]
        before = server.cpu_seconds(keystead.pid)
        begin = server.now()
        storm = Storm(keystead)
        storm.ends.wait(SECONDS)
        count = storm.stop()
        ours.append((server.cpu_seconds(keystead.pid) - before) / max(count, 1))
        rates.append(count / (server.now() - begin) / hashes)
    out.figure("processor time of a bare hash", statistics.median(bare) * 1000, "ms")
    out.figure("processor time of a sign-in", statistics.median(ours) * 1000, "ms")
    ratios = sorted(hash_time / sign_in for hash_time, sign_in in zip(bare, ours))
    out.figure("bare hash / sign-in, processor time", statistics.median(ratios), "", at_least=0.97,
               spread=(ratios[0], ratios[-1]))
    out.figure("sign-ins / bare hashes, rate", statistics.median(rates), "", spread=(min(rates), max(rates)))


def checks(keystead, tokens, **arguments):
    return tool.run("load", port=keystead.port, host=keystead.host, path="/v1/check", tokens=tokens,
                    connections=CONNECTIONS, first=100, **arguments)


def in_a_storm(keystead, tokens, out):
    checks(keystead, tokens, seconds=1)
    done = checks(keystead, tokens, seconds=3)
    rate = int(done["answers"] / done["seconds"] * SHARE)
    out.figure("rate of checks, a fifth of the most", rate, "a second")
    quiet, stormy = [], []
    for _ in range(ROUNDS):
        quiet.append(checks(keystead, tokens, seconds=SECONDS, rate=rate))
        storm = Storm(keystead)
        stormy.append(checks(keystead, tokens, seconds=SECONDS, rate=rate))
        storm.stop()
    for name, rounds in (("quiet", quiet), ("in a storm", stormy)):
        for part in ("p50", "p99", "p999"):
            out.figure(f"{part} of checks, {name}", statistics.median(one[part] for one in rounds), "µs")
    ratios = sorted(loud["p99"] / still["p99"] for still, loud in zip(quiet, stormy))
    out.figure("p99 in a storm / quiet", statistics.median(ratios), "", at_most=1.5, spread=(ratios[0], ratios[-1]))


def main():
    out = report.Report("sign_in")
    with server.folder() as home, contextlib.ExitStack() as stack:
        data = pathlib.Path(home, "data")
        environment = {"KEYSTEAD__STORAGE__DATA_FOLDER": str(data)}
        tool.run("seed-accounts", environment=environment, count=ACCOUNTS, password=PASSWORD)
        tokens = pathlib.Path(home, "tokens")
        tool.run("seed-sessions", environment=environment, count=100, tokens=tokens)
        keystead = server.Keystead(home, data=data, settings={
            "KEYSTEAD__SERVER__TRUSTED_PROXIES": "127.0.0.1/32",
            "KEYSTEAD__LIMITS__SENSITIVE_PER_MINUTE": "1000000",
            "KEYSTEAD__SESSION__AT_MOST": "1000",
            "KEYSTEAD__SESSION__WHEN_FULL": "end-oldest"})
        stack.callback(keystead.stop)
        beside_libsodium(keystead, out)
        in_a_storm(keystead, tokens, out)
    return out.end()


sys.exit(main())
