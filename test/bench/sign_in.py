"""POST /v1/sign-in, 64 MiB and 3 passes of Argon2id, beside libsodium alone with the same parameters.

As many threads as there are cores for libsodium, three sign-ins at once for each core. The figure is processor time of a
bare hash over that of a sign-in, median of interleaved rounds: to reach 0.97. And the rates.
"""

import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402
import sign_ins  # noqa: E402
import tool  # noqa: E402

ROUNDS, SECONDS = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), int(os.environ.get("KEYSTEAD_BENCH_SECONDS", "5"))


def beside_libsodium(keystead, out):
    bare, ours, rates = [], [], []
    for _ in range(ROUNDS):
        done = tool.run("hash", threads=sign_ins.CORES, seconds=SECONDS, memory_kib=65536, passes=3)
        bare.append(done["cpu_seconds"] / done["count"])
        hashes = done["count"] / done["seconds"]
        before = server.cpu_seconds(keystead.pid)
        begin = server.now()
        signing_in = sign_ins.Storm(keystead)
        signing_in.ends.wait(SECONDS)
        count = signing_in.stop()
        ours.append((server.cpu_seconds(keystead.pid) - before) / max(count, 1))
        rates.append(count / (server.now() - begin) / hashes)
    out.figure("processor time of a bare hash", statistics.median(bare) * 1000, "ms")
    out.figure("processor time of a sign-in", statistics.median(ours) * 1000, "ms")
    ratios = sorted(hash_time / sign_in for hash_time, sign_in in zip(bare, ours))
    out.figure("bare hash / sign-in, processor time", statistics.median(ratios), "", at_least=0.97,
               spread=(ratios[0], ratios[-1]))
    out.figure("sign-ins / bare hashes, rate", statistics.median(rates), "", spread=(min(rates), max(rates)))


def main():
    out = report.Report("sign_in")
    with sign_ins.keystead_with_accounts(sessions=1) as (keystead, _):
        beside_libsodium(keystead, out)
    return out.end()


sys.exit(main())
