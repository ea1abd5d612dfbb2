"""1,000 servers that ask every two seconds what opens them, and GET /v1/check beside them.

A hundred accounts with ten servers each and three SSH keys. Every server has a connection of its own, as keystead-sshd keeps
one, plain HTTP/1.1, and says which content it has; nothing changes, so that each answer is a signed statement. The server has
one core, the load the other. Told are the share of that core, the processor time a request beside that of a check, the
latency from when each request was due, and the memory of those connections. Then checks at 200 a second over 20 connections,
alone and beside the servers: medians of interleaved rounds; to reach: a median at most 1.25 of the one alone.

Last, one of the accounts changes a key, so that its ten servers get news, ten times a second: the share of the core then.
"""

import json
import os
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("KEYSTEAD_BENCH_SECONDS", "10"))
ACCOUNTS, EACH, KEYS = 100, 10, 3
SERVERS, EVERY = ACCOUNTS * EACH, 2
CHECKS = 200  # a second
CHANGES = 10  # a second


def anonymous_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) * 1024


class Loads:
    def __init__(self, keystead, home):
        self.keystead, self.home = keystead, home
        self.memory = 0

    def polls(self, seconds=SECONDS):
        return tool.run("load", cores="1", port=self.keystead.port, host=self.keystead.host, servers="yes", digest="yes",
                        path="/v1/hosts/self/snapshot?have=", tokens=f"{self.home}/servers", connections=SERVERS,
                        expect=200, rate=SERVERS // EVERY, seconds=seconds)

    def checks(self, seconds=SECONDS, **arguments):
        return tool.run("load", cores="1", port=self.keystead.port, host=self.keystead.host, path="/v1/check",
                        tokens=f"{self.home}/tokens", connections=20, seconds=seconds, **arguments)

    def share(self, load):
        """What `load` answers, the share of a core that the server took, and microseconds a request."""
        begin, before = time.monotonic(), server.cpu_seconds(self.keystead.pid)
        done = load()
        taken = server.cpu_seconds(self.keystead.pid) - before
        return done, taken / (time.monotonic() - begin) * 100, taken / done["answers"] * 1e6

    def beside(self, other, load):
        """`load` while `other` goes on."""
        found = []
        thread = threading.Thread(target=lambda: found.append(other(SECONDS + 2)))
        thread.start()
        time.sleep(1)
        done = load()
        thread.join()
        if not found:
            raise RuntimeError("the load beside it failed")
        return done


class Changes:
    """Another name for a server, which makes what its account's servers are told anew; a steady stream until the end."""

    def __init__(self, keystead, cookie):
        person = server.Asker(keystead, {"Cookie": f"__Host-keystead={cookie}"})
        team = json.loads(person.ask("GET", "/v1/account")[1])["personal_team"]
        self.shop = server.Asker(keystead, {"Authorization": f"Bearer {keystead.client_token('hosts')}"})
        self.path = f"/v1/teams/{team}/hosts/"
        self.path += json.loads(self.shop.ask("GET", f"/v1/teams/{team}/hosts")[1])["items"][0]["id"]

    def run(self, seconds):
        begin = time.monotonic()
        for number in range(seconds * CHANGES):
            time.sleep(max(0.0, begin + number / CHANGES - time.monotonic()))
            self.shop.ask("PATCH", self.path, {"name": f"gpu {number}"})
        return True


def measure(keystead, home, cookie, out):
    loads, changes = Loads(keystead, home), Changes(keystead, cookie)
    loads.checks(2, rate=CHECKS)
    before = anonymous_bytes(keystead.pid)
    loads.polls(4)
    memory = anonymous_bytes(keystead.pid) - before
    polls, alone, beside, quick, changing = [], [], [], [], []
    for seed in range(1, ROUNDS + 1):
        alone.append(loads.checks(rate=CHECKS, seed=seed))
        polls.append(loads.share(loads.polls))
        beside.append(loads.beside(loads.polls, lambda n=seed: loads.checks(rate=CHECKS, seed=n)))
        quick.append(loads.share(lambda n=seed: loads.checks(3, seed=n))[2])
        changing.append(loads.beside(changes.run, lambda: loads.share(loads.polls)))
    tell(out, memory, polls, alone, beside, quick, changing)


def tell(out, memory, polls, alone, beside, quick, changing):
    out.figure("share of a core, 1,000 servers polling", statistics.median(one[1] for one in polls), "%",
               spread=(min(one[1] for one in polls), max(one[1] for one in polls)))
    out.figure("processor time a poll", statistics.median(one[2] for one in polls), "µs")
    out.figure("processor time a check", statistics.median(quick), "µs")
    for part in ("p50", "p99", "p999"):
        out.figure(f"latency of a poll, {part}", statistics.median(one[0][part] for one in polls), "µs")
    out.figure("memory of 1,000 servers that poll", memory / 2**20, "MB")
    out.figure("share of a core, an account changed ten times a second besides",
               statistics.median(one[1] for one in changing), "%")
    out.figure("latency of a poll then, p99", statistics.median(one[0]["p99"] for one in changing), "µs")
    for part in ("p50", "p99"):
        out.figure(f"checks alone, {part}", statistics.median(one[part] for one in alone), "µs")
        out.figure(f"checks beside the servers, {part}", statistics.median(one[part] for one in beside), "µs")
    ratios = sorted(loud["p50"] / still["p50"] for still, loud in zip(alone, beside))
    out.figure("the medians, beside over alone", statistics.median(ratios), "", at_most=1.25, spread=(ratios[0], ratios[-1]))


def main():
    out = report.Report("polling")
    with server.folder() as home:
        data = pathlib.Path(home, "data")
        tool.run("seed-people", environment={"KEYSTEAD__STORAGE__DATA_FOLDER": str(data)}, count=ACCOUNTS, sessions=1, tokens=0,
                 keys=KEYS, servers=EACH, session_file=f"{home}/sessions", server_file=f"{home}/servers")
        cookies = [line.split()[0] for line in pathlib.Path(home, "sessions").read_text(encoding="ascii").splitlines()]
        pathlib.Path(home, "tokens").write_text("\n".join(cookies) + "\n", encoding="ascii")
        keystead = server.Keystead(home, cores="0", data=data, settings={
            **server.NO_LIMITS, "KEYSTEAD__SERVER__THREADS": "1", "KEYSTEAD__SERVER__CONNECTIONS_PER_SOURCE_MAX": str(SERVERS + 200)})
        try:
            measure(keystead, home, cookies[0], out)
        finally:
            keystead.stop()
    return out.end()


sys.exit(main())
