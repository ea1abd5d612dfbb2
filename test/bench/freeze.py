"""POST /v1/account/secure of accounts with 50 sessions, 50 API tokens and 20 SSH keys: to be answered within 50 ms.

200 accounts, one after the other on a connection that is open, on SQLite and on PostgreSQL: what the owner waits, median and
99th percentile, with the server's processor time. Beside it on the same connection a change of one row (the account's name), since both end with one commit.
Whether the answer says what it should is checked each time.

Then, on SQLite, three accounts with ten servers each, on which the real keystead-sshd runs: from the freeze's answer until
every server has a list of revoked keys by which `ssh-keygen -Q` refuses all the account's keys. To reach: 5 s.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import postgres  # noqa: E402
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ACCOUNTS = int(os.environ.get("KEYSTEAD_BENCH_ACCOUNTS", "200"))
SESSIONS, TOKENS, KEYS = 50, 50, 20
FOLLOWED, SERVERS = 3, 10
MOST = {"KEYSTEAD__SESSION__AT_MOST": "100", "KEYSTEAD__API_TOKEN__AT_MOST": "100", "KEYSTEAD__SSH_KEY__AT_MOST": "100"}
AGENT = pathlib.Path(os.environ["KEYSTEAD_BINARY"]).parents[1] / "agent" / "keystead-sshd"


class Owner(server.Asker):
    def __init__(self, keystead, line):
        token, csrf = line.split()
        super().__init__(keystead, {"Cookie": f"__Host-keystead={token}", "Keystead-Csrf": csrf, "Origin": keystead.base})

    def timed(self, *words):
        """Milliseconds until the whole answer was here, and the answer."""
        begin = time.perf_counter()
        text = self.ask(*words)[1]
        return (time.perf_counter() - begin) * 1000, json.loads(text)

    def freeze(self):
        milliseconds, said = self.timed("POST", "/v1/account/secure")
        ended = (said["sessions_ended"], said["tokens_suspended"], said["ssh_keys_suspended"])
        if ended != (SESSIONS, TOKENS, KEYS):
            raise RuntimeError(f"{ended} ended")
        return milliseconds


class Agent:
    """A server with the program that follows the account's keys, in folders of its own."""

    def __init__(self, home, keystead, made):
        self.state, run = home / "state", home / "run"
        run.mkdir(parents=True)
        subprocess.run([AGENT, "enroll", "--server", keystead.base, "--answer-key", made["enrolment"]["answer_key"], "--state",
                        self.state], input=made["enrolment"]["token"], text=True, check=True, stdout=subprocess.DEVNULL)
        with open(home / "log", "wb") as log:
            self.process = subprocess.Popen([AGENT, "run", "--state", self.state, "--run", run], stdout=log, stderr=log)
        self.revoked = self.state / "public" / "revoked-keys"

    def refuses(self, keys):
        """Whether ssh-keygen finds every one of those files' keys in the list."""
        if not self.revoked.exists():
            return False
        done = subprocess.run(["ssh-keygen", "-Q", "-f", self.revoked, *keys], capture_output=True, text=True, check=False)
        return done.stdout.count("REVOKED") == len(keys)

    def stop(self):
        self.process.kill()
        self.process.wait()


def part_of(values, part):
    ordered = sorted(values)
    return ordered[round(part * (len(ordered) - 1))]


def seeded(home, count, environment):
    tool.run("seed-people", environment={**environment, **MOST}, count=count, sessions=SESSIONS, tokens=TOKENS, keys=KEYS,
             servers=0, session_file=f"{home}/sessions", server_file=f"{home}/servers")
    return pathlib.Path(home, "sessions").read_text(encoding="ascii").splitlines()


def answers(engine, keystead, lines, out):
    changes, freezes, busy = [], [], 0
    for number, line in enumerate(lines):
        owner = Owner(keystead, line)
        owner.ask("GET", "/v1/account")
        changes.append(owner.timed("PATCH", "/v1/account", {"name": f"Person {number}"})[0])
        before = server.exact_cpu_seconds(keystead.pid)
        freezes.append(owner.freeze())
        busy += server.exact_cpu_seconds(keystead.pid) - before
        owner.connection.close()
    out.figure(f"{engine}, change of one row, median", statistics.median(changes), "ms")
    out.figure(f"{engine}, change of one row, 99th percentile", part_of(changes, 0.99), "ms")
    out.figure(f"{engine}, freeze, median", statistics.median(freezes), "ms", at_most=50)
    out.figure(f"{engine}, freeze, 99th percentile of {len(lines)}", part_of(freezes, 0.99), "ms", at_most=50)
    out.figure(f"{engine}, freeze, slowest", max(freezes), "ms")
    out.figure(f"{engine}, processor time of a freeze", busy / len(lines) * 1000, "ms")


def follow(home, keystead, line, number):
    """Seconds from the freeze's answer until the last server refuses all keys."""
    owner, shop = Owner(keystead, line), server.Asker(keystead, {"Authorization": f"Bearer {keystead.shop}"})
    keys = []
    for key in json.loads(owner.ask("GET", "/v1/account/ssh-keys")[1])["items"]:
        keys.append(home / f"{key['id']}.pub")  # A file each: ssh-keygen looks at one line.
        keys[-1].write_text(key["public_key"], encoding="ascii")
    team = json.loads(owner.ask("GET", "/v1/account")[1])["personal_team"]
    agents = []
    try:
        for one in range(SERVERS):
            wanted = {"name": f"gpu-{one}", "login_users": ["root"]}
            made = json.loads(shop.ask("POST", f"/v1/teams/{team}/hosts", wanted, expected=(201,))[1])
            agents.append(Agent(home / f"server-{number}-{one}", keystead, made))
        server.wait_for("every server has its keys", lambda: all(agent.revoked.exists() for agent in agents))
        time.sleep(3)  # Longer than between two of their questions.
        if any(agent.refuses(keys) for agent in agents):
            raise RuntimeError("refused before")
        owner.freeze()
        begin, waiting = time.monotonic(), list(agents)
        while waiting and time.monotonic() - begin < 30:
            waiting = [agent for agent in waiting if not agent.refuses(keys)]
        return time.monotonic() - begin
    finally:
        for agent in agents:
            agent.stop()


def on_sqlite(out):
    with server.folder() as home:
        data = pathlib.Path(home, "data")
        lines = seeded(home, ACCOUNTS + FOLLOWED, {"KEYSTEAD__STORAGE__DATA_FOLDER": str(data)})
        keystead = server.Keystead(home, data=data, settings={**server.NO_LIMITS, **MOST})
        try:
            answers("SQLite", keystead, lines[FOLLOWED:], out)
            keystead.shop = keystead.client_token("hosts")
            rounds = [follow(pathlib.Path(home), keystead, line, number) for number, line in enumerate(lines[:FOLLOWED])]
        finally:
            keystead.stop()
    out.figure("until ten servers refuse the keys", statistics.median(rounds), "s", at_most=5, spread=(min(rounds), max(rounds)))


def on_postgres(out):
    with server.folder() as home:
        database = postgres.Postgres(home)
        try:
            storage = {"KEYSTEAD__STORAGE__DATA_FOLDER": f"{home}/data", "KEYSTEAD__STORAGE__POSTGRES": database.words}
            lines = seeded(home, ACCOUNTS, storage)
            keystead = server.Keystead(home, settings={**server.NO_LIMITS, **MOST, **storage})
            try:
                answers("PostgreSQL", keystead, lines, out)
            finally:
                keystead.stop()
        finally:
            database.stop()


def main():
    out = report.Report("freeze")
    on_sqlite(out)
    on_postgres(out)
    return out.end()


sys.exit(main())
