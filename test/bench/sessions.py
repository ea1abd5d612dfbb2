"""Sessions made, each with its audit event and its place in the Merkle tree, durable, 64 at once.

SQLite beside bare fdatasync of one page on the same disk: to reach twice that rate, since the writer gathers those who
wait into one commit. PostgreSQL beside pgbench, which sends the same statements with 16 clients: to reach 0.8.
Interleaved rounds, medians. The service is called directly (test/bench/tool/establish.cpp): no HTTP, no hash.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import postgres  # noqa: E402
import report  # noqa: E402
import server  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5
HERE = pathlib.Path(__file__).parent


def made(environment):
    done = tool.run("establish", environment={"KEYSTEAD__SESSION__AT_MOST": "1000", **environment}, threads=64,
                    seconds=SECONDS)
    assert done["refused"] == 0
    return done["count"] / done["seconds"]


def sqlite(home, out):
    ours, bare = [], []
    for _ in range(ROUNDS):
        done = tool.run("sync", folder=home, seconds=2)
        bare.append(done["count"] / done["seconds"])
        ours.append(made({"KEYSTEAD__STORAGE__DATA_FOLDER": f"{home}/sqlite"}))
    out.figure("SQLite, fdatasync of a page", statistics.median(bare), "a second")
    out.figure("SQLite, sessions", statistics.median(ours), "a second")
    ratios = sorted(sessions / syncs for sessions, syncs in zip(ours, bare))
    out.figure("SQLite, sessions over fdatasync", statistics.median(ratios), "", at_least=2,
               spread=(ratios[0], ratios[-1]))


class Pgbench(postgres.Postgres):
    """Beside it, what pgbench does."""

    def prepare_pgbench(self):
        """Accounts with integers as ids, copies of one that is there, and the script with its bytes."""
        self.psql("""
            CREATE TABLE bench_copy AS SELECT * FROM account LIMIT 1;
            CREATE TABLE bench_all AS SELECT n, bench_copy.* FROM bench_copy, generate_series(0, 2559) n;
            UPDATE bench_all SET id = int8send(0) || int8send(n), email = 'copy-' || n || '@example.test';
            ALTER TABLE bench_all DROP COLUMN n;
            INSERT INTO account SELECT * FROM bench_all;
            DROP TABLE bench_copy, bench_all""")
        text = (HERE / "tool" / "establish.pgbench.sql").read_text(encoding="utf-8")
        for name, length in (("nonce", 32), ("canonical", 260), ("values", 180)):
            text = text.replace("{" + name + "}", "\\x" + "5a" * length)
        self.script = self.folder / "establish.sql"
        self.script.write_text(text, encoding="utf-8")

    def pgbench(self):
        done = subprocess.run(
            ["pgbench", "-h", "127.0.0.1", "-p", str(self.port), "-U", "keystead", "-n", "-M", "prepared", "-c", "16",
             "-j", "1", "-T", str(SECONDS), "-f", str(self.script), "postgres"],
            check=True, capture_output=True, text=True)
        if "failed transactions: 0 (" not in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)
        return float(re.search(r"tps = ([\d.]+) \(without", done.stdout)[1])


def on_postgres(home, out):
    database = Pgbench(home)
    ours, theirs = [], []
    try:
        environment = {"KEYSTEAD__STORAGE__DATA_FOLDER": f"{home}/postgres-node",
                       "KEYSTEAD__STORAGE__POSTGRES": database.words}
        made(environment)  # Makes the schema.
        database.prepare_pgbench()
        for _ in range(ROUNDS):
            ours.append(made(environment))
            theirs.append(database.pgbench())
    finally:
        database.stop()
    out.figure("PostgreSQL, pgbench with 16 clients", statistics.median(theirs), "a second")
    out.figure("PostgreSQL, sessions", statistics.median(ours), "a second")
    ratios = sorted(sessions / transactions for sessions, transactions in zip(ours, theirs))
    out.figure("PostgreSQL, sessions over pgbench", statistics.median(ratios), "", at_least=0.8,
               spread=(ratios[0], ratios[-1]))


def main():
    out = report.Report("sessions")
    with server.folder() as home:
        sqlite(home, out)
        on_postgres(home, out)
    return out.end()


sys.exit(main())
