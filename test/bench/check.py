"""A checked session, GET /v1/check, beside nginx `return 204`.

Both on one core, with a JSON access log, plain HTTP/1.1, 64 connections; the load on the other core.
Keystead has its limits and metrics on. The figure is processor time a request, nginx's over Keystead's:
1.0 means as cheap as nginx. Median of interleaved rounds. To reach: 0.9.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
import server  # noqa: E402

ROUNDS, SECONDS, WARM_UP = int(os.environ.get("KEYSTEAD_BENCH_ROUNDS", "7")), 5, 2

NGINX = """
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
    server {{
        listen 127.0.0.1:{port};
        location = /v1/check {{ return 204; }}
    }}
}}
"""


def load(port, host, cookie, seconds):
    """Requests that were answered."""
    done = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "-H", f"Cookie: {cookie}",
         "-H", f"Host: {host}", f"http://127.0.0.1:{port}/v1/check"],
        capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    return int(re.search(r"(\d+) requests in", done.stdout)[1])


def cost(pid, port, host, cookie):
    """Microseconds of processor a request."""
    before = server.cpu_seconds(pid)
    count = load(port, host, cookie, SECONDS)
    return (server.cpu_seconds(pid) - before) / count * 1e6, count / SECONDS


def main():
    with server.folder() as folder:
        keystead = server.Keystead(folder, cores="0", settings={"KEYSTEAD__SERVER__THREADS": "1"})
        port = server.free_port()
        configuration = pathlib.Path(folder, "nginx.conf")
        configuration.write_text(NGINX.format(folder=folder, port=port))
        nginx = subprocess.Popen(["taskset", "-c", "0", "/usr/sbin/nginx", "-p", folder, "-c", str(configuration)])
        try:
            server.wait_for("nginx answers", server.answers(port))
            worker = int(subprocess.run(["pgrep", "-P", str(nginx.pid)], capture_output=True, text=True, check=True).stdout)
            cookie = keystead.signed_in_cookie()
            sides = {
                "nginx": (worker, port, f"localhost:{port}", cookie),
                "keystead": (keystead.pid, keystead.port, f"localhost:{keystead.port}", cookie),
            }
            for _, to, host, with_cookie in sides.values():
                load(to, host, with_cookie, WARM_UP)
            rounds = [{name: cost(*side) for name, side in sides.items()} for _ in range(ROUNDS)]
        finally:
            nginx.terminate()
            nginx.wait(10)
            keystead.stop()
    ratios = sorted(r["nginx"][0] / r["keystead"][0] for r in rounds)
    for name in ("nginx", "keystead"):
        print(f"check: {name}: {statistics.median(r[name][0] for r in rounds):.2f} us of processor a request, "
              f"{statistics.median(r[name][1] for r in rounds):.0f} requests/s")
    ratio = statistics.median(ratios)
    print(f"check: nginx/keystead {ratio:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f}), to reach 0.90")
    return 0 if ratio >= 0.9 else 1


sys.exit(main())
