// A node whose database was taken away from it: PostgreSQL's own trouble, and another node's gain.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";

import { signIn, signUp } from "./support/accounts.mjs";
import { engine, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

function psql(database, statement) {
    const connection = process.env.KEYSTEAD_TEST_POSTGRES.replace(/dbname=\S+/, `dbname=${database}`);
    const done = spawnSync("psql", [connection, "-qXAt", "-c", statement], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trim();
}

// proves: S-06
// ASVS: V7.4.1, V16.5.3
test("a node that lost its database to another accepts nothing from memory", { skip: engine !== "postgres" && "SQLite's lock is the process's" }, async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const other = await signIn(server, account);
    const check = (client) => client.get("check").then(({ status }) => status);
    assert.equal(await check(account.client), 204);
    assert.equal(await check(other), 204);

    await t.test("a cut connection alone costs nothing for long", async () => {
        psql(server.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await until("it has its lock again", async () => (await server.health("ready")) === 200 && (await check(other)) === 204);
    });

    await t.test("where another holds the lock, each check is refused with 503 within seconds", async (t) => {
        // Whoever is faster: cut the node off, and take its lock in the same breath.
        const taker = await startTaker(t, server.database);
        await until("checks are refused", async () => (await check(account.client)) === 503, { seconds: 15 });
        const refused = await other.get("check");
        assert.equal(refused.status, 503);
        assert.ok(Number(refused.headers["retry-after"]) >= 1);
        await until("it is not ready", async () => (await server.health("ready")) === 503); // The database is asked every 2 s.
        await taker.release();
        await until("and answered again once it is back", async () => (await check(account.client)) === 204, { seconds: 15 });
    });
});

/** Holds the node's lock in a session of psql until it is told to release it. */
async function startTaker(t, database) {
    const connection = process.env.KEYSTEAD_TEST_POSTGRES.replace(/dbname=\S+/, `dbname=${database}`);
    const held = spawn("psql", [connection, "-qXAt"], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => held.stdin.end());
    let said = "";
    held.stdout.on("data", (bytes) => { said += bytes; });
    const key = "hashtextextended('keystead node ' || coalesce(current_schema(), ''), 0)";
    for (let attempt = 0; !said.includes("taken"); attempt += 1) {
        assert.ok(attempt < 50, "the lock could not be taken");
        const before = said.length;
        held.stdin.write("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();\n");
        held.stdin.write(`SELECT CASE WHEN pg_try_advisory_lock(${key}) THEN 'taken' ELSE 'not yet' END;\n`);
        await until("psql answers", () => /taken|not yet/.test(said.slice(before)));
    }
    return {
        release: async () => {
            held.stdin.end();
            await new Promise((resolve) => held.on("exit", resolve));
        },
    };
}
