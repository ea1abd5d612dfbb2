"""`keystead audit verify` over a log of 1,000,000 events (with --long 10,000,000): events a second of processor time.

The whole log, on one core: every event against its entry, its search columns and personal values against what was
committed to, the tree built anew from the entries. Median of rounds. To reach: 500,000 a second.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import tool  # noqa: E402

ROUNDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7"))
SIZES = [1_000_000] + ([10_000_000] if "--long" in sys.argv else [])


def seconds(folder):
    """Processor time of one verification, in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([os.environ["KEYSTEAD_BINARY"], "audit", "verify"], capture_output=True, text=True,
                          env={**os.environ, "KEYSTEAD__STORAGE__DATA_FOLDER": str(folder / "data")})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    out = report.Report("verify")
    for size in SIZES:
        folder = tool.seeded(f"events-{size}", "seed-events", count=size)
        rates = sorted(size / seconds(folder) for _ in range(ROUNDS))
        out.figure(f"verification of {size:,} events", statistics.median(rates), "events a second", at_least=500_000,
                   spread=(rates[0], rates[-1]))
    return out.end()


sys.exit(main())
