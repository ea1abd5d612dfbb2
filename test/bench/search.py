"""The newest 50 of 1,000,000 events (with --long 10,000,000) by every pair of actor, action, target, address and outcome.

With a time and without; pairs that meet in half of the log, and pairs of which each is frequent and that never meet. 99th
percentile of single searches by the service, in a transaction each. To reach: 10 ms.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import tool  # noqa: E402

SIZES = [1_000_000] + ([10_000_000] if "--long" in sys.argv else [])


def main():
    out = report.Report("search")
    for size in SIZES:
        folder = tool.seeded(f"search-{size}", "seed-search", count=size)
        found = tool.run("search", environment={"KEYSTEAD__STORAGE__DATA_FOLDER": str(folder / "data")})
        out.figure(f"pairs that meet, among {size:,} events, p99", found["meet_p99_ms"], "ms", at_most=10)
        out.figure(f"pairs that never meet, among {size:,} events, p99", found["never_meet_p99_ms"], "ms", at_most=10)
    return out.end()


sys.exit(main())
