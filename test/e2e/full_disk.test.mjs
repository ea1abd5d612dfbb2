// A full disk: who is signed in goes on, ending sessions works, everything else waits, and nobody has to help once
// there is room again. The data lie on a small file system of their own, which needs the right to mount one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Cluster } from "../crash/support/cluster.mjs";
import { newEmail, signIn, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

/** A file system of so many MiB at `folder`, gone with the test. */
function mountSmall(t, folder, megabytes, options = "mode=0700") {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,${options}`, "tmpfs", folder], { encoding: "utf8" });
    assert.equal(mounted.status, 0, `a small file system cannot be mounted; run this as root: ${mounted.stderr}${mounted.error ?? ""}`);
    atEnd(t, () => spawnSync("umount", ["--lazy", folder]));
}

/** Takes all the room that is left. */
function fill(file) {
    const handle = openSync(file, "a");
    for (const size of [1 << 20, 1 << 12, 1]) {
        const block = Buffer.alloc(size, "f");
        try {
            for (;;) {
                writeSync(handle, block);
            }
        } catch (error) {
            assert.equal(error.code, "ENOSPC");
        }
    }
    closeSync(handle);
}

/** Changes names until the server says that the disk is full: the log's file had some room of its own. */
async function writeUntilFull(client) {
    return until("the server says that its disk is full", async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => client.patch("account", { name: `Name ${n}`.padEnd(100, "x") })));
        assert.ok(answers.every(({ status }) => [200, 503].includes(status)), answers.map(({ status, text }) => `${status} ${text}`).join("\n"));
        return answers.find(({ status }) => status === 503);
    }, { seconds: 60 });
}

async function expectReadsGoOn(client) {
    await client.expect(204, "GET", "check");
    await client.expect(200, "GET", "account");
    await client.expect(200, "GET", "account/sessions");
    await client.expect(200, "GET", "account/activity");
}

async function expectOrdinaryWritesWait(server, account) {
    for (const [path, body] of [["sign-in", { email: account.email, password: account.password }], ["sign-up", { email: newEmail() }]]) {
        const answer = await server.client().post(path, body);
        assert.equal(answer.status, 503, answer.text);
        assert.equal(answer.body.code, "storage/full");
        assert.ok(Number(answer.headers["retry-after"]) >= 1);
    }
}

test("a full disk", { skip: engine === "sqlite" ? false : "it is the database's" }, async (t) => {
    const room = (server) => path.join(server.folder, "data");
    const server = await startKeystead(t, { beforeStart: (one) => mountSmall(t, room(one), 40) });
    const filler = path.join(room(server), "filler");
    const reserve = path.join(room(server), "reserve");
    const account = await signUp(server);
    const others = [];
    for (let n = 0; n < 6; n += 1) {
        others.push(await signIn(server, account));
    }
    const items = (await account.client.expect(200, "GET", "account/sessions")).items;
    const idOf = async (client) => (await client.expect(200, "GET", "account/sessions")).items.find(({ current }) => current).id;
    assert.equal(items.length, 7);
    await until("the reserve is there", () => existsSync(reserve));

    // proves: S-06
    // ASVS: V16.5.1, V16.5.2, V16.5.3
    await t.test("checks and reads go on, what signs in or changes waits", async () => {
        fill(filler);
        const refusal = await writeUntilFull(account.client);
        assert.equal(refusal.body.code, "storage/full");
        assert.doesNotMatch(refusal.text, /sqlite|SQL|INSERT|UPDATE|keystead\.db|\/data\/|\.cpp/i, "what went wrong inside is not told outside");
        await expectReadsGoOn(account.client);
        await expectOrdinaryWritesWait(server, account);
        assert.ok(existsSync(reserve), "the reserve is not for them");
    });

    // proves: S-06, S-05
    // ASVS: V7.4.1, V16.5.2
    await t.test("sign-out and revocations commit from the reserve, which nothing else may use up", async () => {
        const [first, second, third, ...rest] = others;
        fill(filler);
        await first.copy().expect(204, "POST", "sign-out");
        await account.client.expect(204, "DELETE", `account/sessions/${await idOf(second)}`);
        assert.equal((await first.get("check")).status, 401);
        assert.equal((await second.get("check")).status, 401);
        assert.ok(!existsSync(reserve), "it was needed");
        for (let n = 0; n < 20; n += 1) { // There is room now, and it is kept.
            assert.equal((await account.client.patch("account", { name: "x".repeat(100) })).body.code, "storage/full");
        }
        await expectOrdinaryWritesWait(server, account);
        await account.client.expect(204, "POST", `account/sessions/${await idOf(third)}/require-authentication`);
        assert.equal((await third.get("check")).status, 401);
        assert.deepEqual(await account.client.expect(200, "POST", "account/sessions/revoke-others"), { revoked: 4 });
        for (const client of [third, ...rest]) {
            assert.equal((await client.get("check")).status, 401);
        }
        await expectReadsGoOn(account.client);
    });

    await t.test("killed while the disk is full, it starts and knows what was revoked", async () => {
        await server.kill();
        account.client.close();
        await server.start();
        for (const client of others) {
            client.close();
            assert.equal((await client.get("check")).status, 401);
        }
        await expectReadsGoOn(account.client);
        await account.client.copy().expect(204, "POST", "sign-out");
        assert.equal((await account.client.get("check")).status, 401);
    });

    // ASVS: V16.5.2
    await t.test("with room again it goes on by itself", async () => {
        rmSync(filler);
        // A job looks for room once a minute, and makes the reserve first.
        const returning = server.client(); // One for all attempts: an address may have so many connections, and no more.
        await until("somebody can sign in", async () => (await returning.post("sign-in", { email: account.email, password: account.password })).status === 200,
            { seconds: 120 });
        assert.ok(existsSync(reserve));
        await signUp(server);
        const verified = runKeystead(["audit", "verify", "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
        assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    });
});

// ASVS: V16.5.2, V16.5.3
test("a full disk under PostgreSQL", { skip: engine === "postgres" ? false : "there is none" }, async (t) => {
    const folder = `/tmp/keystead-full-disk-${process.pid}`;
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    mountSmall(t, folder, 140, "mode=0755");
    const cluster = await Cluster.create({ folder, options: ["-c", "max_wal_size=32MB", "-c", "min_wal_size=32MB", "-c", "log_min_messages=panic"] });
    const before = process.env.KEYSTEAD_TEST_POSTGRES;
    process.env.KEYSTEAD_TEST_POSTGRES = cluster.connection;
    atEnd(t, async () => {
        process.env.KEYSTEAD_TEST_POSTGRES = before;
        await cluster.remove({ keepFolder: true });
    });
    const server = await startKeystead(t);
    const account = await signUp(server);
    const filler = path.join(folder, "filler");
    fill(filler);
    // PostgreSQL has no reserve: once its log cannot grow it stops altogether, and says so. Until then changes go on.
    const refusal = await until("a change is refused", async () => {
        const answer = await account.client.patch("account", { name: "x".repeat(100) });
        assert.ok([200, 503].includes(answer.status), `${answer.status} ${answer.text}`);
        return answer.status === 503 && answer;
    }, { seconds: 60 });
    assert.match(refusal.body.code, /^storage\/(full|unavailable)$/);
    await account.client.expect(204, "GET", "check"); // Out of memory, whatever the database does.
    rmSync(filler);
    if (!cluster.isReady()) {
        await cluster.start();
    }
    await until("changes go on by themselves", async () => (await account.client.patch("account", { name: "After" })).status === 200, { seconds: 60 });
    assert.equal((await account.client.expect(200, "GET", "account")).name, "After");
    await signIn(server, account);
});
