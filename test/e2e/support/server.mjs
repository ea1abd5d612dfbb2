// Starts the shipped binary in an empty folder, on ports that were free, on the engine that
// KEYSTEAD_TEST_ENGINE names, and ends it by process id.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { atEnd } from "./cleanup.mjs";
import { Client } from "./client.mjs";
import { loadContract } from "./contract.mjs";
import { MailFolder } from "./mail.mjs";
import { freePort } from "./ports.mjs";
import { until } from "./until.mjs";

const binary = process.env.KEYSTEAD_BINARY;
const faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

export const engine = process.env.KEYSTEAD_TEST_ENGINE ?? "sqlite";

// What makes a test slow or dependent on others, and is tested on its own: the dearest hashing that is
// the default, limits that a fast client on one address meets, and the time a request may take on a
// machine that is busy with other tests (hashing runs at the lowest priority).
const quick = {
    server: { request_timeout: "5m" },
    password: { argon2_memory_kib: 19456, argon2_passes: 2 },
    limits: {
        sensitive_per_minute: 100000, write_per_minute: 100000, read_per_minute: 100000,
        token_sensitive_per_minute: 100000, token_write_per_minute: 100000, token_read_per_minute: 100000,
        address_sensitive_per_minute: 100000, address_write_per_minute: 100000, address_read_per_minute: 100000,
    },
};

/** { section: { key: value } } as the environment variables that the server reads. */
export function settingsAsEnvironment(settings) {
    const variables = {};
    for (const [section, values] of Object.entries(settings)) {
        for (const [key, value] of Object.entries(values)) {
            variables[`KEYSTEAD__${section}__${key}`.toUpperCase()] = String(value);
        }
    }
    return variables;
}

/** Runs the binary to its end. Answers { status, stdout, stderr }; never throws for a status. */
export function runKeystead(words, { environment = {}, input = "", cwd } = {}) {
    return spawnSync(binary, words, {
        cwd,
        input,
        encoding: "utf8",
        env: { PATH: process.env.PATH, ...environment },
        timeout: 60_000,
    });
}

function psql(statement) {
    const done = spawnSync("psql", [process.env.KEYSTEAD_TEST_POSTGRES, "-qXAt", "-c", statement], { encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(`psql: ${done.stderr}`);
    }
}

class Keystead {
    constructor({ preset, settings, movableClock }) {
        this.folder = mkdtempSync(path.join(tmpdir(), "keystead-e2e-"));
        this.preset = preset;
        this.settings = settings;
        this.output = "";
        this.errors = "";
        if (movableClock) {
            this.clockFile = path.join(this.folder, "clock");
            writeFileSync(this.clockFile, "+0s\n");
            this.clockOffset = 0;
        }
        this.mail = new MailFolder(path.join(this.folder, "data", "mail"));
    }

    async prepare() {
        this.port = await freePort();
        this.metricsPort = await freePort();
        this.base = this.settings.server?.base_url ?? `http://localhost:${this.port}`;
        if (engine === "postgres") {
            this.database = `e2e_${randomBytes(8).toString("hex")}`;
            psql(`CREATE DATABASE ${this.database} TEMPLATE template0 ENCODING 'UTF8'`);
        }
    }

    environment() {
        const places = {
            server: { port: this.port, metrics_port: this.metricsPort, base_url: this.base },
            storage: { data_folder: path.join(this.folder, "data") },
        };
        if (this.database) {
            places.storage.postgres = process.env.KEYSTEAD_TEST_POSTGRES.replace(/dbname=\S+/, `dbname=${this.database}`);
        }
        const sections = new Set([...Object.keys(quick), ...Object.keys(places), ...Object.keys(this.settings)]);
        const all = {};
        for (const section of sections) {
            all[section] = { ...quick[section], ...places[section], ...this.settings[section] };
        }
        const variables = { PATH: process.env.PATH, TZ: "UTC", ...settingsAsEnvironment(all) };
        if (this.clockFile) {
            Object.assign(variables, {
                LD_PRELOAD: faketime,
                FAKETIME_TIMESTAMP_FILE: this.clockFile,
                FAKETIME_NO_CACHE: "1",
                FAKETIME_DONT_FAKE_MONOTONIC: "1",
            });
        }
        return variables;
    }

    /** `words` are put behind `serve`. */
    async start(words = []) {
        const log = createWriteStream(path.join(this.folder, "server.log"), { flags: "a" });
        const before = this.errors.length;
        this.isOver = false;
        this.process = spawn(binary, ["serve", "--preset", this.preset, ...words], {
            cwd: this.folder,
            env: this.environment(),
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.process.stdout.on("data", (bytes) => {
            this.output += bytes;
            log.write(bytes);
        });
        this.process.stderr.on("data", (bytes) => {
            this.errors += bytes;
            log.write(bytes);
        });
        this.process.on("close", () => log.end()); // What it said last may come after its end.
        this.ended = new Promise((resolve) => {
            this.process.on("exit", (code, signal) => resolve({ code, signal }));
        });
        await until(`the server answers on ${this.base}`, async () => {
            if (this.process.exitCode !== null || this.process.signalCode !== null) {
                throw new Error(`the server ended by itself (${this.process.exitCode ?? this.process.signalCode}):\n${this.errors}${this.output}`.slice(0, 4000));
            }
            // Requests are answered before the greeting with the set-up link is printed.
            return (await this.health("ready")) === 200 && this.errors.slice(before).includes(" is ready: ");
        }, { seconds: 30 });
        this.contract ??= await loadContract(`http://127.0.0.1:${this.port}`, new URL(this.base).host);
        return this;
    }

    /** The status of /health/<kind>, or nothing while nobody listens or answers. */
    health(kind) {
        return new Promise((resolve) => {
            const request = http.get(
                { host: "127.0.0.1", port: this.port, path: `/health/${kind}`, headers: { host: new URL(this.base).host }, signal: AbortSignal.timeout(10_000) },
                (answer) => {
                    answer.resume();
                    resolve(answer.statusCode);
                },
            );
            request.on("error", () => resolve(undefined));
        });
    }

    /** A program or a browser without cookies. */
    client(options = {}) {
        return new Client(this, options);
    }

    /** The one-time token with which the operator's account is made; printed by the first start. */
    setUpToken() {
        const link = /\/set-up#(\S+)/.exec(this.output + this.errors);
        if (!link) {
            throw new Error(`no set-up link was printed:\n${this.output}`);
        }
        return decodeURIComponent(link[1]);
    }

    /** Moves the server's wall clock forward, or back; only for a server started with movableClock. */
    advanceClock(seconds) {
        this.clockOffset += seconds;
        // In one piece: a server that reads half of it would see its clock set back.
        writeFileSync(`${this.clockFile}.new`, `${this.clockOffset < 0 ? "-" : "+"}${Math.abs(this.clockOffset)}s\n`);
        renameSync(`${this.clockFile}.new`, this.clockFile);
    }

    /** What the server takes for now, in seconds since the epoch. */
    now() {
        return Math.floor(Date.now() / 1000) + (this.clockOffset ?? 0);
    }

    log() {
        return readFileSync(path.join(this.folder, "server.log"), "utf8");
    }

    /** Ends it as an operator does, and expects a clean end. */
    async stop() {
        if (!this.process || this.isOver) {
            return;
        }
        if (this.process.exitCode !== null || this.process.signalCode !== null) {
            this.isOver = true;
            if (this.process.exitCode !== 0) {
                throw new Error(`the server had ended by itself (${this.process.exitCode ?? this.process.signalCode}):\n${this.errors}`.slice(0, 4000));
            }
            return;
        }
        this.process.kill("SIGTERM");
        const late = setTimeout(() => this.process.kill("SIGKILL"), 30_000);
        const { code, signal } = await this.ended;
        this.isOver = true;
        clearTimeout(late);
        if (code !== 0) {
            throw new Error(`after SIGTERM the server ended with ${code ?? signal}:\n${this.errors}`.slice(0, 4000));
        }
    }

    /** Ends it as a power cut does. */
    async kill() {
        this.isOver = true;
        this.process.kill("SIGKILL");
        await this.ended;
    }

    async remove() {
        try {
            await this.stop();
        } finally {
            if (this.database) {
                psql(`DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
            }
            rmSync(this.folder, { recursive: true, force: true });
        }
    }
}

/**
 * A server that is ready. It ends, and its folder and database go, when the test or suite `t` does.
 * settings: { section: { key: value } }, over the preset and the quick defaults. `beforeStart` gets the server that is
 * about to start.
 */
export async function startKeystead(t, { preset = "marketplace", settings = {}, movableClock = false, beforeStart } = {}) {
    if (!binary) {
        throw new Error("KEYSTEAD_BINARY names the binary to test");
    }
    const server = new Keystead({ preset, settings, movableClock });
    await server.prepare();
    atEnd(t, () => server.remove());
    await beforeStart?.(server);
    return server.start();
}
