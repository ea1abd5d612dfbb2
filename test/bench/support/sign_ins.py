"""Sign-ins by password from addresses of their own, by a trusted proxy, so that no limit stops them."""

import contextlib
import http.client
import json
import os
import pathlib
import threading

import server
import tool

PASSWORD, ACCOUNTS = "Larch-Quay-73-Ember", 8
CORES = os.cpu_count()


class Storm:
    """Sign-ins, three for each core at once, until it is told to end."""

    addresses = 0
    lock = threading.Lock()

    def __init__(self, keystead):
        self.keystead, self.ends, self.count, self.refused = keystead, threading.Event(), 0, 0
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(3 * CORES)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.keystead.port, timeout=90)
        body = json.dumps({"email": f"signer-{number % ACCOUNTS}@example.test", "password": PASSWORD})
        while not self.ends.is_set():
            with Storm.lock:
                Storm.addresses += 1
                n = Storm.addresses
            try:
                connection.request("POST", "/v1/sign-in", body, {
                    "Content-Type": "application/json", "Host": self.keystead.host, "Origin": self.keystead.base,
                    "X-Forwarded-For": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"})
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()  # A request that took too long; the next opens another.
                continue
            if answer.status not in (200, 503):
                raise RuntimeError(f"{answer.status} {text}")
            with Storm.lock:
                self.count += answer.status == 200
                self.refused += answer.status == 503
        connection.close()

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        return self.count


@contextlib.contextmanager
def keystead_with_accounts(sessions):
    """A server with the accounts that sign in and with so many sessions; and the file of their tokens."""
    with server.folder() as home:
        data, tokens = pathlib.Path(home, "data"), pathlib.Path(home, "tokens")
        environment = {"KEYSTEAD__STORAGE__DATA_FOLDER": str(data)}
        tool.run("seed-accounts", environment=environment, count=ACCOUNTS, password=PASSWORD)
        tool.run("seed-sessions", environment=environment, count=sessions, tokens=tokens)
        keystead = server.Keystead(home, data=data, settings={
            "KEYSTEAD__SERVER__TRUSTED_PROXIES": "127.0.0.1/32",
            "KEYSTEAD__LIMITS__SENSITIVE_PER_MINUTE": "1000000",
            "KEYSTEAD__SESSION__AT_MOST": "1000",
            "KEYSTEAD__SESSION__WHEN_FULL": "end-oldest"})
        try:
            yield keystead, tokens
        finally:
            keystead.stop()
