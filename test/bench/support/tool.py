"""Runs the measuring tool (test/bench/tool), and nginx, which is what Keystead is measured beside."""

import json
import os
import pathlib
import shutil
import subprocess
import time

import server

ROOT = pathlib.Path(__file__).resolve().parents[3]
DATA = ROOT / "build" / "bench"
KEPT_DAYS = 7  # Sessions end after 14 days without use.


def run(command, cores=None, environment=None, **arguments):
    """What the tool printed. Arguments by name: seconds=5 is --seconds 5."""
    words = [os.environ["KEYSTEAD_BENCH_TOOL"], command]
    for name, value in arguments.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    if cores is not None:
        words = ["taskset", "-c", cores, *words]
    done = subprocess.run(words, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def seeded(name, command, environment=None, **arguments):
    """A folder under build/bench with seeded data, made when it is not there or too old."""
    folder = DATA / name
    finished = folder / "finished"
    if not finished.exists() or time.time() - finished.stat().st_mtime > KEPT_DAYS * 86400:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"(making {name}, kept in build/bench)", flush=True)
        run(command, environment={"KEYSTEAD__STORAGE__DATA_FOLDER": str(folder / "data"), **(environment or {})}, **arguments)
        finished.touch()
    return folder


def sessions(count):
    return seeded(f"sessions-{count}", "seed-sessions", count=count, tokens=DATA / f"sessions-{count}" / "tokens")


class Nginx:
    """One worker with a JSON access log. `locations` is what stands inside `server`."""

    CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    log_format json escape=json '{{"time":"$time_iso8601","address":"$remote_addr","method":"$request_method",'
        '"path":"$uri","status":$status,"seconds":$request_time,"agent":"$http_user_agent","id":"$request_id"}}';
    access_log {folder}/nginx-access.log json;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    keepalive_requests 1000000000;
    {outside}
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""

    def __init__(self, folder, locations, outside="", cores=None):
        self.port = server.free_port()
        home = pathlib.Path(folder, f"nginx-{self.port}")
        home.mkdir(mode=0o755)
        file = home / "nginx.conf"
        file.write_text(self.CONFIGURATION.format(folder=home, port=self.port, locations=locations, outside=outside))
        words = ["/usr/sbin/nginx", "-p", str(home), "-c", str(file)]
        self.process = subprocess.Popen(["taskset", "-c", cores, *words] if cores else words)
        server.wait_for("nginx answers", server.answers(self.port))
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True)
        self.pid = int(found.stdout)  # of the worker

    @property
    def host(self):
        return f"localhost:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
