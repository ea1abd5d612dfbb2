"""Webhooks beside checks: 10,000 events to a receiver, and what they cost GET /v1/check.

Checks are made without pause on one connection, first alone, then while 10,000 changes are made, each
an event, and delivered to a receiver on this machine. Reported: checks' median and 99th percentile in
both, and how long until all had arrived. To reach: all arrive, none lost, and the median while
delivering at most twice the one while the same changes are made without a webhook.
"""

import http.client
import http.server
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import server  # noqa: E402

EVENTS = int(os.environ.get("KEYSTEAD_BENCH_EVENTS", "10000"))
WRITERS = 8


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        self.ids, self.lock = set(), threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.ids.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def checking(keystead, cookie, stop, times):
    connection = http.client.HTTPConnection("127.0.0.1", keystead.port)
    headers = {"Cookie": cookie, "Host": keystead.base.removeprefix("http://")}
    while not stop.is_set():
        begin = time.perf_counter()
        connection.request("GET", "/v1/check", headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status
        times.append(time.perf_counter() - begin)


def change(keystead, cookie, csrf, count):
    """So many changes of the account's name: an event each."""
    connection = http.client.HTTPConnection("127.0.0.1", keystead.port)
    headers = {"Cookie": cookie, "Keystead-Csrf": csrf, "Origin": keystead.base, "Content-Type": "application/json",
               "Host": keystead.base.removeprefix("http://")}
    for number in range(count):
        connection.request("PATCH", "/v1/account", json.dumps({"name": f"Name {number}"}), headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def measured(keystead, cookie, csrf, until):
    """Checks' times in milliseconds while the changes are made and until `until()`; and the seconds it took."""
    stop, times = threading.Event(), []
    checker = threading.Thread(target=checking, args=(keystead, cookie, stop, times))
    writers = [threading.Thread(target=change, args=(keystead, cookie, csrf, EVENTS // WRITERS)) for _ in range(WRITERS)]
    begin = time.perf_counter()
    for thread in [checker, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    server.wait_for("all arrive", until, seconds=600)
    seconds = time.perf_counter() - begin
    stop.set()
    checker.join()
    return [1000 * one for one in times], seconds


def report(name, times, seconds):
    cut = statistics.quantiles(times, n=100)
    print(f"{name}: {seconds:.1f} s, {len(times)} checks, median {statistics.median(times):.2f} ms, 99 % {cut[98]:.2f} ms")
    return statistics.median(times)


def main():
    with server.folder() as folder:
        limits = {f"KEYSTEAD__LIMITS__{scope}{group}_PER_MINUTE": "1000000"
                  for scope in ("", "ADDRESS_") for group in ("SENSITIVE", "WRITE", "READ")}
        keystead = server.Keystead(folder, settings={
            **limits, "KEYSTEAD__OUTGOING__ALLOWED_ADDRESSES": "127.0.0.1",
            "KEYSTEAD__OUTGOING__CLEAR_TEXT_HOSTS": "127.0.0.1", "KEYSTEAD__WEBHOOK__QUEUE_MAX": str(EVENTS * 2)})
        try:
            cookie, csrf = keystead.signed_in("bench@example.test")
            without = report("changes alone", *measured(keystead, cookie, csrf, lambda: True))
            receiver = Receiver()
            subprocess.run(
                [os.environ["KEYSTEAD_BINARY"], "webhook", "create", "--preset", "marketplace", "--events", "account.renamed",
                 "--url", f"http://127.0.0.1:{receiver.server_port}/"],
                check=True, capture_output=True, cwd=folder,
                env={"PATH": os.environ["PATH"], "KEYSTEAD__STORAGE__DATA_FOLDER": f"{folder}/data",
                     "KEYSTEAD__OUTGOING__ALLOWED_ADDRESSES": "127.0.0.1",
                     "KEYSTEAD__OUTGOING__CLEAR_TEXT_HOSTS": "127.0.0.1"})
            expected = EVENTS // WRITERS * WRITERS
            beside = report("with a webhook", *measured(keystead, cookie, csrf, lambda: len(receiver.ids) == expected))
        finally:
            keystead.stop()
    print(f"median with a webhook over without: {beside / without:.2f} (to reach: at most 2)")
    return 0 if beside <= 2 * without else 1


if __name__ == "__main__":
    sys.exit(main())
