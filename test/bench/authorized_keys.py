"""What a server with 1,000 keys is told: processor time of Keystead a request, to reach 1 ms.

One Keystead on one core, with its access log, plain HTTP/1.1; the load on the other core: 200 servers of one account, a
connection each, since a server is answered 600 times a minute at most. Asked is for the 1,000 lines of authorized_keys; for one
of them by its fingerprint, as sshd's command does at a login; with the ETag of what is there already; and for the signed
snapshot, whole and by a server that has it. Beside it nginx, which sends the same 1,000 lines from a file. Medians of
interleaved rounds of a few thousand requests.

After a change the answer is made anew: what that costs is the processor time of a change of the server's name with the
request behind it, less that of the change alone.
"""

import base64
import hashlib
import json
import os
import pathlib
import statistics
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7"))
SERVERS, REQUESTS = 200, 3000
KEYS, CHANGES = 1000, 50
SELF = "/v1/hosts/self"


class Side:
    """A request to one server, as a load."""

    def __init__(self, home, target, path, **arguments):
        self.target = target
        self.words = {"path": path, "tokens": f"{home}/servers", "expect": 200, **arguments}
        self.rounds = []

    def load(self):
        return tool.run("load", cores="1", port=self.target.port, host=self.target.host, servers="yes", connections=SERVERS,
                        requests=REQUESTS, **self.words)["answers"]

    def measure(self):
        before = server.exact_cpu_seconds(self.target.pid)
        count = self.load()
        self.rounds.append((server.exact_cpu_seconds(self.target.pid) - before) / count * 1e6)


def cost_of(keystead, act):
    """Microseconds of processor, a time, of what is done CHANGES times."""
    before = server.exact_cpu_seconds(keystead.pid)
    for number in range(CHANGES):
        act(number)
    return (server.exact_cpu_seconds(keystead.pid) - before) / CHANGES * 1e6


def after_a_change(keystead, shop, machine, path):
    def change(number):
        shop.ask("PATCH", path, {"name": f"gpu {number}"})

    def change_and_ask(number):
        change(number)
        machine.ask("GET", f"{SELF}/authorized-keys?user=root")

    with_it, alone = [], []
    for _ in range(ROUNDS):
        alone.append(cost_of(keystead, change))
        with_it.append(cost_of(keystead, change_and_ask))
    return [both - one for both, one in zip(with_it, alone)]


def fingerprint_of(key):
    """As ssh-keygen shows it, for a query."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return urllib.parse.quote("SHA256:" + base64.b64encode(digest).decode().rstrip("="), safe="")


def sides_of(home, keystead, nginx, asked):
    """Every request that is measured, by name."""
    all_keys = f"{SELF}/authorized-keys?user=root"
    answer, text = asked.ask("GET", all_keys)
    if text.count(b"\n") != KEYS:
        raise RuntimeError(f"{text.count(10)} lines")
    pathlib.Path(home, "keys").write_bytes(text)
    os.chmod(f"{home}/keys", 0o644)
    one = fingerprint_of(text.splitlines()[KEYS // 2].decode())
    return {
        "1,000 lines": Side(home, keystead, all_keys),
        "nginx, the same from a file": Side(home, nginx, "/keys"),
        "1,000 lines, by a server that has them": Side(
            home, keystead, all_keys, field=f"If-None-Match: {answer.headers['ETag']}", expect=304),
        "one key by its fingerprint": Side(home, keystead, f"{all_keys}&fingerprint={one}"),
        "snapshot, whole": Side(home, keystead, f"{SELF}/snapshot"),
        "snapshot, by a server that has it": Side(home, keystead, f"{SELF}/snapshot?have=", digest="yes"),
    }


def main():
    out = report.Report("authorized_keys")
    with server.folder() as home:
        data = pathlib.Path(home, "data")
        most = {"KEYSTEAD__SSH_KEY__AT_MOST": str(KEYS), "KEYSTEAD__HOST__AT_MOST": str(SERVERS)}
        tool.run("seed-people", environment={"KEYSTEAD__STORAGE__DATA_FOLDER": str(data), **most},
                 count=1, sessions=1, tokens=0, keys=KEYS, servers=SERVERS,
                 session_file=f"{home}/sessions", server_file=f"{home}/servers")
        token = pathlib.Path(home, "servers").read_text(encoding="ascii").split()[1]
        cookie = pathlib.Path(home, "sessions").read_text(encoding="ascii").split()[0]
        keystead = server.Keystead(home, cores="0", data=data, settings={
            **server.NO_LIMITS, **most, "KEYSTEAD__SERVER__THREADS": "1"})
        nginx = tool.Nginx(home, f"location = /keys {{ root {home}; default_type text/plain; }}", cores="0")
        try:
            asked = server.Asker(keystead, {"Authorization": f"Bearer {token}"})
            sides = sides_of(home, keystead, nginx, asked)
            for side in sides.values():
                side.load()
            for _ in range(ROUNDS):
                for side in sides.values():
                    side.measure()
            shop = server.Asker(keystead, {"Authorization": f"Bearer {keystead.client_token('hosts')}"})
            team = json.loads(server.Asker(keystead, {"Cookie": f"__Host-keystead={cookie}"}).ask("GET", "/v1/account")[1])["personal_team"]
            host = json.loads(shop.ask("GET", f"/v1/teams/{team}/hosts")[1])["items"][-1]["id"]
            changed = after_a_change(keystead, shop, asked, f"/v1/teams/{team}/hosts/{host}")
        finally:
            nginx.stop()
            keystead.stop()
    for name, side in sides.items():
        goal = {} if "nginx" in name else {"at_most": 1000}
        out.figure(f"processor time a request, {name}", statistics.median(side.rounds), "µs",
                   spread=(min(side.rounds), max(side.rounds)), **goal)
    out.figure("processor time, 1,000 lines made anew after a change", statistics.median(changed), "µs",
               spread=(min(changed), max(changed)))
    ratios = sorted(a / b for a, b in zip(sides["nginx, the same from a file"].rounds, sides["1,000 lines"].rounds))
    out.figure("nginx/Keystead, 1,000 lines", statistics.median(ratios), "", spread=(ratios[0], ratios[-1]))
    return out.end()


sys.exit(main())
