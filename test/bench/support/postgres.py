"""A PostgreSQL server for a measurement."""

import os
import pathlib
import shutil
import subprocess

import server


class Postgres:
    """A server of our own in a folder of its own, with Debian's defaults: durable."""

    def __init__(self, home):
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.port = server.free_port()
        self.folder = pathlib.Path(home, "postgres")
        self.folder.mkdir()
        self.user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self.user = ["runuser", "-u", "postgres", "--"]
        self.pg("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "keystead", "-E", "UTF8", "--locale=C")
        self.pg("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o",
                f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1", "start")
        self.words = f"host=127.0.0.1 port={self.port} user=keystead dbname=postgres"

    def pg(self, name, *words):
        subprocess.run([*self.user, self.bin / name, *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                       cwd=self.folder)

    def psql(self, sql):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", sql, self.words], check=True)

    def stop(self):
        self.pg("pg_ctl", "-D", self.folder / "data", "-m", "fast", "stop")
