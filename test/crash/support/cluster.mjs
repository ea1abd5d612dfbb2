// A PostgreSQL cluster of our own with fsync on, that can be killed at once, server and all its processes, and
// started again on the same data.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { freePort } from "../../e2e/support/ports.mjs";
import { until } from "../../e2e/support/until.mjs";

const root = "/usr/lib/postgresql";

function programs() {
    const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(a) - Number(b)) : [];
    if (versions.length === 0) {
        throw new Error("no PostgreSQL server: run tools/install test");
    }
    return path.join(root, versions.at(-1), "bin");
}

/** PostgreSQL refuses to run as root: then it runs as its own user, where there is one. */
function asOwner() {
    if (process.getuid() !== 0) {
        return { words: [], uid: process.getuid(), gid: process.getgid() };
    }
    const [, , uid, gid] = /^(postgres|nobody):[^:]*:(\d+):(\d+)/m.exec(readFileSync("/etc/passwd", "utf8"));
    return { words: ["--reuid", uid, "--regid", gid, "--clear-groups"], uid: Number(uid), gid: Number(gid) };
}

/** Not so for what has ended and is only remembered for whoever waits for it. */
function isRunning(id) {
    try {
        return !/\) [ZX] /.test(readFileSync(`/proc/${id}/stat`, "utf8"));
    } catch {
        return false;
    }
}

/** Process ids whose parent is `parent`. */
function childrenOf(parent) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((name) => {
        try {
            return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))[1]) === parent;
        } catch {
            return false; // It has ended meanwhile.
        }
    }).map(Number);
}

export class Cluster {
    static async create({ folder = mkdtempSync(path.join(tmpdir(), "keystead-crash-postgres-")), options = [] } = {}) {
        const cluster = new Cluster();
        Object.assign(cluster, { folder, options, owner: asOwner(), password: randomBytes(18).toString("hex") });
        chownSync(folder, cluster.owner.uid, cluster.owner.gid);
        writeFileSync(path.join(folder, "password"), `${cluster.password}\n`, { mode: 0o644 });
        const made = spawnSync("setpriv", [...cluster.owner.words, "--", path.join(programs(), "initdb"), "--pgdata", "data", "--username", "keystead",
            "--auth", "scram-sha-256", "--pwfile", "password", "--encoding", "UTF8", "--locale", "C", "--no-sync"], { cwd: folder, encoding: "utf8" });
        if (made.status !== 0) {
            throw new Error(`initdb: ${made.stderr}${made.error ?? ""}`);
        }
        rmSync(path.join(folder, "password"));
        cluster.port = await freePort();
        await cluster.start();
        return cluster;
    }

    get connection() {
        return `host=127.0.0.1 port=${this.port} user=keystead password=${this.password} dbname=postgres`;
    }

    async start() {
        // The kernel ends it when this process dies without cleaning up. fsync is on, as it is unless told otherwise.
        this.process = spawn("setpriv", ["--pdeathsig", "INT", ...this.owner.words, "--", path.join(programs(), "postgres"), "-D", path.join(this.folder, "data"),
            "-p", String(this.port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${this.folder}`, "-c", "max_connections=60",
            "-c", "shared_buffers=32MB", "-c", "jit=off", "-c", "log_min_messages=fatal", "-c", "log_checkpoints=off", ...this.options],
        { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
        this.errors = "";
        this.process.stderr.on("data", (bytes) => { this.errors += bytes; });
        this.ended = new Promise((resolve) => { this.process.on("exit", resolve); });
        await until("PostgreSQL answers", () => {
            if (this.process.exitCode !== null || this.process.signalCode !== null) {
                throw new Error(`PostgreSQL ended by itself: ${this.errors}`);
            }
            return this.isReady();
        }, { seconds: 60 });
    }

    isReady() {
        return spawnSync(path.join(programs(), "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(this.port)]).status === 0;
    }

    /** As a power cut: the server stops making processes, then all of them end without a word. */
    async kill() {
        this.process.kill("SIGSTOP");
        const all = childrenOf(this.process.pid);
        for (const id of [...all, this.process.pid]) {
            try {
                process.kill(id, "SIGKILL");
            } catch {
                // It has ended meanwhile.
            }
        }
        await this.ended;
        await until("all processes of PostgreSQL have ended", () => all.every((id) => !isRunning(id)));
    }

    async remove({ keepFolder = false } = {}) {
        this.process.kill("SIGINT");
        await this.ended;
        if (!keepFolder) {
            rmSync(this.folder, { recursive: true, force: true });
        }
    }
}
