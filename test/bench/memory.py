"""Memory of an idle server, 60 s after its start, mapped files apart. To reach: 30 MB."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402


def main():
    with server.folder() as folder:
        keystead = server.Keystead(folder)
        try:
            time.sleep(60)
            status = pathlib.Path(f"/proc/{keystead.pid}/status").read_text(encoding="ascii")
        finally:
            keystead.stop()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith("Rss")}
    megabytes = (kib["RssAnon"] + kib["RssShmem"]) * 1024 / 1e6
    out = report.Report("memory")
    out.figure("idle, 60 s after the start", megabytes, "MB", at_most=30)
    out.figure("mapped files beside that", kib["RssFile"] * 1024 / 1e6, "MB")
    return out.end()


sys.exit(main())
