// Databases of every schema that was landed (test/upgrade) come to the schema of this build, also when the process is
// killed on its way; a newer schema is refused (restart.test.mjs).

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { migrations } from "../upgrade/make.mjs";
import { passwordStep, signIn } from "./support/accounts.mjs";
import { Authenticator } from "./support/codes.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const kept = path.join(path.dirname(new URL(import.meta.url).pathname), "../upgrade");
const ending = engine === "sqlite" ? ".db.gz" : ".sql.gz";
const numbers = readdirSync(path.join(kept, engine)).filter((name) => name.endsWith(ending)).map((name) => Number(name.slice(0, 4))).sort((a, b) => a - b);
const facts = JSON.parse(readFileSync(path.join(kept, "facts.json"), "utf8"));

function psql(to, words, input) {
    const done = spawnSync("psql", [to, "-qXAt", "-v", "ON_ERROR_STOP=1", ...words], { input, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trim();
}

/** No database, and the root key of those that are kept. The server does not run. */
function clear(server) {
    const data = path.join(server.folder, "data");
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(path.join(data, "root.key"), readFileSync(path.join(kept, "root.key")), { mode: 0o600 });
    if (engine === "postgres") {
        psql(server.environment().KEYSTEAD__STORAGE__POSTGRES, ["-c", "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public"]);
    }
}

/** Puts that database in place of the server's. */
function put(server, number) {
    const bytes = gunzipSync(readFileSync(path.join(kept, engine, `${String(number).padStart(4, "0")}${ending}`)));
    clear(server);
    if (engine === "sqlite") {
        writeFileSync(path.join(server.folder, "data", "keystead.db"), bytes, { mode: 0o600 });
    } else {
        psql(server.environment().KEYSTEAD__STORAGE__POSTGRES, [], bytes);
    }
}

function applied(server) {
    const sql = "SELECT number FROM schema_migration ORDER BY number";
    if (engine === "postgres") {
        return psql(server.environment().KEYSTEAD__STORAGE__POSTGRES, ["-c", sql]).split("\n").map(Number);
    }
    const done = spawnSync("sqlite3", [path.join(server.folder, "data", "keystead.db"), sql], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trim().split("\n").map(Number);
}

function migrate(server, words = []) {
    return runKeystead(["migrate", ...words, "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
}

const wanted = migrations().map(({ number }) => number);

test("a database of every landed schema is kept", () => {
    const missing = wanted.filter((number) => !numbers.includes(number));
    assert.deepEqual(missing, [], `migrations without a database: build the server, then run
    KEYSTEAD_BINARY=… tools/with-postgres node test/upgrade/make.mjs
which adds what is missing for both engines, and commit test/upgrade`);
    assert.deepEqual(numbers, wanted);
});

test("each of them comes to the schema of this build", async (t) => {
    const server = await startKeystead(t);
    await server.stop();
    for (const number of numbers) {
        await t.test(`from ${number}`, () => {
            put(server, number);
            assert.equal(applied(server).at(-1), number);
            const done = migrate(server);
            assert.equal(done.status, 0, done.stderr);
            assert.deepEqual(applied(server), wanted);
            const made = readdirSync(path.join(server.folder, "data")).filter((name) => name.startsWith("before-migration-"));
            assert.equal(made.length, number === wanted.at(-1) ? 0 : 1, "a back-up was made before");
            if (number >= 2) {
                const verified = runKeystead(["audit", "verify", "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
                assert.equal(verified.status, 0, verified.stderr);
            }
        });
    }

    await t.test("and people sign in as before", async () => {
        const number = numbers.findLast((one) => one <= 14);
        put(server, number);
        assert.equal(migrate(server, ["--no-backup"]).status, 0);
        assert.equal(readdirSync(path.join(server.folder, "data")).filter((name) => name.startsWith("before-")).length, 0);
        await server.start();
        const known = facts[`${engine}/${number}`];
        await signIn(server, { email: known.operator, password: known.password });
        const person = { email: known.person, password: known.password };
        await signIn(server, person, { authenticator: new Authenticator(known.secret, () => server.now()) });
        const half = await passwordStep(server, person);
        await half.client.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: known.backupCodes[0] });
        await server.stop();
    });

    await t.test("and so does a back-up of an older one", async () => {
        const number = numbers.findLast((one) => one <= 14);
        put(server, number);
        assert.equal(migrate(server).status, 0);
        const data = path.join(server.folder, "data");
        const made = readdirSync(data).find((name) => name.startsWith("before-migration-"));
        const file = path.join(server.folder, "old.backup");
        copyFileSync(path.join(data, made), file);
        clear(server);
        const done = runKeystead(["restore", file, "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
        assert.equal(done.status, 0, done.stderr);
        assert.deepEqual(applied(server), wanted);
        await server.start();
        const known = facts[`${engine}/${number}`];
        await signIn(server, { email: known.operator, password: known.password });
        await server.stop();
    });
});

test("killed on its way, it goes on from where it was", async (t) => {
    const server = await startKeystead(t);
    await server.stop();
    put(server, numbers[0]);
    const begun = performance.now();
    assert.equal(migrate(server, ["--no-backup"]).status, 0);
    const whole = performance.now() - begun;
    const seen = new Set();
    const rounds = 8;
    for (let round = 1; round <= rounds; round += 1) {
        put(server, numbers[0]);
        const child = spawn(process.env.KEYSTEAD_BINARY, ["migrate", "--no-backup", "--preset", server.preset], { cwd: server.folder, env: server.environment(), stdio: "ignore" });
        const ended = new Promise((resolve) => child.on("exit", resolve));
        const late = setTimeout(() => child.kill("SIGKILL"), (whole * round) / rounds);
        await ended;
        clearTimeout(late);
        const there = applied(server);
        assert.deepEqual(there, wanted.slice(0, there.length), "a beginning of the whole, without a gap");
        seen.add(there.length);
        // PostgreSQL may still be ending the session, and the lock, of the process that was killed.
        const done = await until("the lock is free", () => {
            const tried = migrate(server, ["--no-backup"]);
            return !tried.stderr.includes("storage/locked") && tried;
        });
        assert.equal(done.status, 0, done.stderr);
        assert.deepEqual(applied(server), wanted);
    }
    t.diagnostic(`killed after ${[...seen].join(", ")} migrations`);
    assert.ok(!existsSync(path.join(server.folder, "data", "keystead.db-journal")));
});
