"""Starts the release build for a measurement, in an empty folder on ports that were free."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


NO_LIMITS = {f"KEYSTEAD__LIMITS__{scope}{group}_PER_MINUTE": "1000000"
             for scope in ("", "ADDRESS_", "TOKEN_") for group in ("SENSITIVE", "WRITE", "READ")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, ask, seconds=30, step=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(step)
    raise RuntimeError(f"waited {seconds} s in vain: {what}")


def answers(port):
    def ask():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    return ask


def session_cookie(answer):
    for line in answer.headers.get_all("Set-Cookie"):
        if line.startswith("__Host-keystead="):
            return line.split(";")[0]
    raise RuntimeError("no session cookie")


class Keystead:
    """`data`: an existing data folder. `cookie`: readiness means that this session is answered 204."""

    def __init__(self, folder, cores=None, settings=None, data=None, cookie=None):
        self.folder = folder
        self.cookie = cookie
        self.data = str(data or f"{folder}/data")
        self.port = free_port()
        self.base = f"http://localhost:{self.port}"
        self.storage = {name: value for name, value in (settings or {}).items() if name.startswith("KEYSTEAD__STORAGE__")}
        environment = {
            "PATH": os.environ["PATH"],
            "KEYSTEAD__SERVER__PORT": str(self.port),
            "KEYSTEAD__SERVER__METRICS_PORT": str(free_port()),
            "KEYSTEAD__SERVER__BASE_URL": self.base,
            "KEYSTEAD__SERVER__ACCESS_LOG": f"{folder}/access.log",
            "KEYSTEAD__STORAGE__DATA_FOLDER": self.data,
            **(settings or {}),
        }
        command = [os.environ["KEYSTEAD_BINARY"], "serve", "--preset", "marketplace"]
        if cores:
            command = ["taskset", "-c", cores, *command]
        with open(f"{folder}/server.log", "wb") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for("the server is ready", self.is_ready, step=0.002)
        except RuntimeError:
            self.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def host(self):
        return f"localhost:{self.port}"

    def is_ready(self):
        if self.process.poll() is not None:
            with open(f"{self.folder}/server.log", encoding="utf-8") as log:
                raise RuntimeError(f"the server ended by itself:\n{log.read()[-2000:]}")
        wanted = urllib.request.Request(f"{self.base}/health/ready")
        if self.cookie:
            wanted = urllib.request.Request(f"{self.base}/v1/check", headers={"Cookie": self.cookie})
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(wanted, timeout=1).status in (200, 204)
        return False

    def post(self, path, body, headers=None):
        request = urllib.request.Request(
            f"{self.base}/v1/{path}", json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})
        return urllib.request.urlopen(request, timeout=30)

    def signed_in_cookie(self, email="bench@example.test"):
        """Signs an account up and answers the session's cookie."""
        return self.signed_in(email)[0]

    def token_of(self, email="bench@example.test"):
        """Signs an account up; answers the session's cookie and an API token of the account."""
        cookie, csrf = self.signed_in(email)
        headers = {"Cookie": cookie, "Keystead-Csrf": csrf, "Origin": self.base}
        made = self.post("account/tokens", {"name": "bench", "kind": "admin"}, headers)
        return cookie, json.load(made)["token"]

    def operator_cookie(self, email="bench-operator@example.test", password="Larch-Quay-73-Ember"):
        """Makes the operator, or signs in as the one that an earlier measurement made; answers the cookie."""
        done = subprocess.run([os.environ["KEYSTEAD_BINARY"], "set-up", "link"], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "KEYSTEAD__STORAGE__DATA_FOLDER": self.data})
        link = re.search(r"/set-up#([\w%-]+)", done.stdout)  # none: there is an operator
        body = {"email": email, "password": password}
        made = self.post("set-up", {"token": urllib.parse.unquote(link[1]), **body}) if link else self.post("sign-in", body)
        return session_cookie(made)

    def client_token(self, rights):
        """Of a service client of the product."""
        done = subprocess.run(
            [os.environ["KEYSTEAD_BINARY"], "client", "create", "--preset", "marketplace", "--name", "bench", "--rights", rights,
             "--output", "json"], capture_output=True, text=True, cwd=self.folder, check=False,
            env={"PATH": os.environ["PATH"], "KEYSTEAD__STORAGE__DATA_FOLDER": self.data, **self.storage})
        found = re.search(r"ks_svc_\w+", done.stdout)
        if not found:
            raise RuntimeError(done.stdout + done.stderr)
        return found[0]

    def signed_in(self, email):
        self.post("sign-up", {"email": email})

        def token():
            for name in glob.glob(f"{self.data}/mail/*.eml"):
                with open(name, encoding="utf-8") as mail:
                    text = re.sub(r"=\r?\n", "", mail.read()).replace("=3D", "=")
                found = re.search(r"/sign-up/confirm#(\S+)", text)
                if found:
                    return found[1]
            return None

        answer = self.post("sign-up/confirm", {"token": wait_for("a mail", token), "password": "Larch-Quay-73-Ember"})
        return session_cookie(answer), json.load(answer)["csrf_token"]

    def stop(self):
        """At once: after a measurement nobody waits for what the server would still write."""
        self.process.kill()
        self.process.wait(30)


class Asker:
    """One connection; `fields` go with each request."""

    def __init__(self, keystead, fields):
        self.connection = http.client.HTTPConnection("127.0.0.1", keystead.port, timeout=30)
        self.fields = {"Host": keystead.host, **fields}

    def ask(self, method, path, body=None, fields=None, expected=(200,)):
        headers = {**self.fields, **(fields or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        while True:
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status != 429:
                break
            time.sleep(float(answer.headers["Retry-After"]))  # A server has limits of its own, which no setting lifts.
        if answer.status not in expected:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
        return answer, text


def now():
    return time.monotonic()


def cpu_seconds(pid):
    """Processor time of a process, all of its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def exact_cpu_seconds(pid):
    """The same, finer than by ticks; of the threads that there are."""
    times = [pathlib.Path(name).read_text(encoding="ascii") for name in glob.glob(f"/proc/{pid}/task/*/schedstat")]
    return sum(int(text.split()[0]) for text in times) / 1e9


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="keystead-bench-") as name:
        os.chmod(name, 0o755)  # nginx's worker may be another user.
        yield name
