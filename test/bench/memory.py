"""Memory of an idle server, 60 s after its start, mapped files apart. To reach: 30 MB."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
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
    print(f"memory: {megabytes:.1f} MB idle (and {kib['RssFile'] * 1024 / 1e6:.1f} MB of mapped files), to reach 30 MB")
    return 0 if megabytes <= 30 else 1


sys.exit(main())
