"""Webhooks beside checks: what the delivery of 10,000 events costs GET /v1/check.

The server has one core. Its checks are made without pause on one connection, first while 10,000 changes are
made that nobody hears of, then while the same changes are made, each an event that is delivered to a receiver.
What makes the changes and what receives share the other core with the checks, at nice 10. All must arrive; to
reach: the median while delivering at most 1.25 of the one without.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import report  # noqa: E402
import server  # noqa: E402

WRITERS = 8
EVENTS = int(os.environ.get("KEYSTEAD_BENCH_EVENTS", "10000")) // WRITERS * WRITERS
OUTGOING = {"KEYSTEAD__OUTGOING__ALLOWED_ADDRESSES": "127.0.0.1", "KEYSTEAD__OUTGOING__CLEAR_TEXT_HOSTS": "127.0.0.1"}
BESIDE = ["taskset", "-c", "1"]


class Handler(http.server.BaseHTTPRequestHandler):
    """Remembers ids; tells how many there were."""

    ids, lock = set(), threading.Lock()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            self.ids.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        body = str(len(self.ids)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def receive():
    """In a process of its own, which prints its port."""
    os.nice(10)
    http.server.ThreadingHTTPServer.request_queue_size = 128
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(receiver.server_port, flush=True)
    receiver.serve_forever()


class Receiver:
    def __init__(self):
        self.process = subprocess.Popen([*BESIDE, sys.executable, __file__, "--receive"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def count(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/")
        return int(connection.getresponse().read())

    def stop(self):
        self.process.kill()
        self.process.wait()


class Checks:
    """Made without pause from now until end(), which answers their median and 99th percentile in ms."""

    def __init__(self, keystead, cookie):
        self.process = subprocess.Popen(
            [*BESIDE, "wrk", "-t1", "-c1", "-d600s", "--latency", "-H", f"Cookie: {cookie}", "-H", f"Host: {keystead.host}",
             f"http://127.0.0.1:{keystead.port}/v1/check"], stdout=subprocess.PIPE, text=True)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=30)[0]
        if "Non-2xx" in said or "Socket errors" in said:
            raise RuntimeError(said)
        units = {"us": 0.001, "ms": 1, "s": 1000}
        found = {part: float(value) * units[unit] for part, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", said)}
        return found["50"], found["99"]


def change(keystead, cookie, csrf, writer):
    """Names that differ: an event each."""
    connection = http.client.HTTPConnection("127.0.0.1", keystead.port)
    headers = {"Cookie": cookie, "Keystead-Csrf": csrf, "Origin": keystead.base, "Content-Type": "application/json",
               "Host": keystead.host}
    for number in range(EVENTS // WRITERS):
        connection.request("PATCH", "/v1/account", json.dumps({"name": f"Name {writer} {number}"}), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(body)


def measured(keystead, cookie, csrf, arrived):
    """Median, 99th percentile, and the seconds until all changes were made and `arrived()`."""
    checks = Checks(keystead, cookie)
    begin = time.monotonic()
    try:
        writers = [threading.Thread(target=change, args=(keystead, cookie, csrf, writer)) for writer in range(WRITERS)]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join()
        server.wait_for("all have arrived", arrived, seconds=600, step=0.1)
    finally:
        seconds = time.monotonic() - begin
        median, worst = checks.end()
    return median, worst, seconds


def main():
    os.nice(10)
    os.sched_setaffinity(0, {1})
    out = report.Report("webhook_fan_out")
    with server.folder() as folder:
        limits = {f"KEYSTEAD__LIMITS__{scope}{group}_PER_MINUTE": "1000000"
                  for scope in ("", "ADDRESS_") for group in ("SENSITIVE", "WRITE", "READ")}
        keystead = server.Keystead(folder, cores="0", settings={
            **limits, **OUTGOING, "KEYSTEAD__SERVER__THREADS": "1", "KEYSTEAD__WEBHOOK__QUEUE_MAX": str(EVENTS * 2)})
        receiver = Receiver()
        try:
            cookie, csrf = keystead.signed_in("bench@example.test")
            without = measured(keystead, cookie, csrf, lambda: True)
            made = subprocess.run(
                [os.environ["KEYSTEAD_BINARY"], "webhook", "create", "--preset", "marketplace", "--events", "account.renamed",
                 "--url", f"http://127.0.0.1:{receiver.port}/"], capture_output=True, text=True, cwd=folder, check=False,
                env={"PATH": os.environ["PATH"], "KEYSTEAD__STORAGE__DATA_FOLDER": f"{folder}/data", **OUTGOING})
            if made.returncode != 0:
                raise RuntimeError(made.stderr)
            beside = measured(keystead, cookie, csrf, lambda: receiver.count() == EVENTS)
        finally:
            receiver.stop()
            keystead.stop()
    out.figure(f"{EVENTS:,} changes, nobody hears of them", without[2], "s")
    out.figure(f"{EVENTS:,} changes until all were delivered", beside[2], "s")
    out.figure("99th percentile of checks beside changes alone", without[1], "ms")
    out.figure("99th percentile of checks beside deliveries", beside[1], "ms")
    out.figure("median of checks beside changes alone", without[0], "ms")
    out.figure("median of checks beside deliveries", beside[0], "ms")
    out.figure("the second median over the first", beside[0] / without[0], "", at_most=1.25)
    return out.end()


if __name__ == "__main__":
    sys.exit(receive() if "--receive" in sys.argv else main())
