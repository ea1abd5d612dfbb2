// Back-up beside a running server, and a restore in which nothing comes back that was ended or used since.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { codeAt } from "./support/codes.mjs";
import { enroll, registerHost, serversOf } from "./support/hosts.mjs";
import { tokenIn } from "./support/mail.mjs";
import { insideAllowed, startReceiver } from "./support/receiver.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { Log } from "./support/tlog.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { checkToken, makeToken } from "./support/tokens.mjs";
import { until } from "./support/until.mjs";

const binary = process.env.KEYSTEAD_BINARY;

function cli(server, words, { environment = {}, input = "" } = {}) {
    const done = runKeystead([...words, "--preset", server.preset, "--output", "json"], {
        environment: { ...server.environment(), ...environment }, cwd: server.folder, input,
    });
    assert.equal(done.error, undefined, String(done.error));
    return { ...done, answer: done.status === 0 && done.stdout.trim() ? JSON.parse(done.stdout) : undefined };
}

function good(server, words, options) {
    const done = cli(server, words, options);
    assert.equal(done.status, 0, done.stderr);
    return done.answer;
}

/** What verification says when every event has its number, which on PostgreSQL it gets a moment after its commit: until then no search finds it. */
function numbered(server) {
    return until("every event has its number", () => {
        const answer = good(server, ["audit", "verify"]);
        return answer.waiting_for_a_number === 0 && answer;
    }, { seconds: 30 });
}

/** Refused with that code, in words. */
function refused(server, words, code, options) {
    const done = cli(server, words, options);
    assert.notEqual(done.status, 0, done.stdout);
    const { error } = JSON.parse(done.stderr.trim().split("\n").at(-1));
    assert.equal(error.code, code, done.stderr);
    assert.ok(error.detail.length > 10);
}

/** The server's database is gone, its root key stays: a new machine. */
function loseDatabase(server) {
    const data = path.join(server.folder, "data");
    rmSync(path.join(server.folder, "lost"), { recursive: true, force: true });
    renameSync(data, path.join(server.folder, "lost"));
    mkdirSync(data, { mode: 0o700 });
    copyFileSync(path.join(server.folder, "lost", "root.key"), path.join(data, "root.key"));
    if (server.database) {
        emptyDatabase(server.database);
    }
}

function emptyDatabase(name) {
    for (const statement of [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`]) {
        const done = spawnSync("psql", [process.env.KEYSTEAD_TEST_POSTGRES, "-qXAt", "-c", statement], { encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
    }
}

function hasDatabase(server) {
    if (!server.database) {
        return existsSync(path.join(server.folder, "data", "keystead.db")) && statSync(path.join(server.folder, "data", "keystead.db")).size > 0;
    }
    const done = spawnSync("psql", [server.environment().KEYSTEAD__STORAGE__POSTGRES, "-qXAt", "-c", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"], { encoding: "utf8" });
    return done.stdout.trim() !== "0";
}

function unfinishedRestore(server) {
    return path.join(server.folder, "data", "restore.unfinished");
}

/** A statement to the database, while no server runs. Python, since a shell of SQLite does not know our collation. */
function sql(server, statement) {
    const done = server.database
        ? spawnSync("psql", [server.environment().KEYSTEAD__STORAGE__POSTGRES, "-qXAt", "-c", statement], { encoding: "utf8" })
        : spawnSync("python3", ["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.create_collation('C', lambda a, b: (a > b) - (a < b)); c.execute(sys.argv[2]); c.commit()",
            path.join(server.folder, "data", "keystead.db"), statement], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
}

function introspect(server, token, authorization) {
    return server.client().request("POST", "introspect", undefined, {
        raw: `token=${encodeURIComponent(token)}`,
        headers: { "content-type": "application/x-www-form-urlencoded", authorization: `Bearer ${authorization}` },
    });
}

test("what was ended or used since the back-up does not come back with it", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed, movableClock: true });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const servers = await serversOf(owner);
    const rented = async (name) => enroll(server, await registerHost(owner.client, servers, { name }));
    const ended = await rented("ended");
    await owner.client.expect(204, "DELETE", `${servers}/${ended.id}`);
    server.advanceClock(61); // What is registered within the minute may be later than the back-up.
    const { authenticator, backupCodes } = await enrollTotp(server, owner.client);
    const other = await signIn(server, owner, { authenticator });
    const client = good(server, ["client", "create", "--name", "shop", "--rights", "introspect"]);
    const kept = good(server, ["client", "create", "--name", "kept", "--rights", "introspect"]);
    await server.client().expect(202, "POST", "recovery", { email: owner.email });
    const mail = await server.mail.waitFor(owner.email, ({ text }) => text.includes("/recovery/confirm#"));
    const link = tokenIn(mail, "/recovery/confirm");
    const half = await passwordStep(server, owner);
    const [revoked, mine] = [await makeToken(owner.client, { name: "one" }), await makeToken(owner.client, { name: "two" })];
    assert.equal((await checkToken(server, revoked.token)).status, 204);
    const addKey = (name) => owner.client.expect(201, "POST", "account/ssh-keys", { name, public_key: makePublicKey() });
    const [lostKey, keptKey] = [await addKey("lost"), await addKey("kept")];
    const receiver = await startReceiver(t, (_request, response) => response.writeHead(503).end()); // So that something waits.
    const addWebhook = async () => (await owner.client.expect(201, "POST", "account/webhooks", { url: receiver.url })).endpoint.id;
    const [deleted, webhook] = [await addWebhook(), await addWebhook()];
    const ofInstance = good(server, ["webhook", "create", "--url", receiver.url]).endpoint.id;
    await owner.client.expect(200, "PATCH", "account", { name: "Before" });
    const [goesOn, anew] = [await rented("goes on"), await registerHost(owner.client, servers, { name: "anew" })];

    const file = path.join(server.folder, "nightly.backup");
    const made = good(server, ["backup", file]);
    assert.equal(made.engine, engine);
    assert.ok(made.rows > 20 && made.log_size > 0 && made.log_root, JSON.stringify(made));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(!existsSync(`${file}.unfinished`));
    const key = readFileSync(path.join(server.folder, "data", "root.key"));
    assert.ok(!readFileSync(file).includes(key.toString("utf8").trim()), "the root key is not in it");

    // Since then: a session ended, a code used, a step used, a key and a client revoked, a webhook deleted.
    await owner.client.expect(204, "DELETE", `account/webhooks/${deleted}`);
    await owner.client.expect(204, "DELETE", `account/tokens/${revoked.id}`);
    await owner.client.expect(204, "DELETE", `account/ssh-keys/${lostKey.id}?reason=lost`);
    const newer = [await rented("newer"), await enroll(server, anew)];
    await other.expect(204, "POST", "sign-out");
    const usedCode = backupCodes[0];
    const byCode = await passwordStep(server, owner);
    await byCode.client.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: usedCode });
    const step = Math.floor(server.now() / 30);
    const usedStep = codeAt(authenticator.secret, step);
    const token = owner.client.cookies.get("__Host-keystead");
    assert.equal((await introspect(server, token, client.token)).body.active, true);
    good(server, ["client", "revoke", "--client", client.id, "--yes"]);
    await server.stop();

    // ASVS: V5.2.2
    await t.test("a restore is refused wherever something would be lost or taken on trust", () => {
        const whole = readFileSync(file);
        refused(server, ["restore", file], "storage/not-empty");
        loseDatabase(server);
        const bad = path.join(server.folder, "bad.backup");
        for (const [bytes, code] of [
            [whole.subarray(0, whole.length / 2), "backup/damaged"],
            [whole.subarray(0, whole.length - 1), "backup/damaged"],
            [Buffer.concat([whole, Buffer.from("x")]), "backup/damaged"],
            [Buffer.from("something else"), "backup/not-a-backup"],
            [Buffer.alloc(0), "backup/not-a-backup"],
        ]) {
            writeFileSync(bad, bytes);
            refused(server, ["restore", bad], code);
            refused(server, ["backup", "verify", bad], code);
        }
        const flipped = Buffer.from(whole);
        flipped[flipped.length >> 1] ^= 1;
        writeFileSync(bad, flipped);
        refused(server, ["restore", bad], "backup/damaged");
        const forged = Buffer.from(whole);
        forged[forged.length - 1] ^= 1; // its checksum fits, its tag does not
        writeFileSync(bad, forged);
        refused(server, ["restore", bad], "backup/not-genuine");
        refused(server, ["restore", path.join(server.folder, "none")], "backup/no-file");

        const environment = { KEYSTEAD__STORAGE__ROOT_KEY_FILE: path.join(server.folder, "other.key") };
        refused(server, ["restore", file], "keys/missing", { environment });
        assert.equal(good(server, ["backup", "verify", file], { environment }).genuine.slice(0, 9), "not known");
        const elsewhere = { KEYSTEAD__STORAGE__DATA_FOLDER: path.join(server.folder, "elsewhere"), KEYSTEAD__STORAGE__POSTGRES: "" };
        good(server, ["init"], { environment: elsewhere });
        copyFileSync(path.join(server.folder, "elsewhere", "root.key"), path.join(server.folder, "other.key"));
        refused(server, ["restore", file], "keys/does-not-fit", { environment });
        refused(server, ["backup", "verify", file], "backup/not-genuine", { environment });
        server.advanceClock(-3600);
        refused(server, ["restore", file], "backup/clock-behind");
        server.advanceClock(3600);
        assert.ok(!hasDatabase(server), "nothing was written");
        assert.equal(good(server, ["backup", "verify", file]).genuine, "yes");
    });

    const restored = good(server, ["restore", file]);
    assert.ok(restored.sessions_ended >= 3 && restored.links_ended >= 1 && restored.flows_ended >= 1, JSON.stringify(restored));
    assert.equal(restored.backup_codes_suspended, backupCodes.length);
    assert.equal(restored.service_clients_suspended, 2);
    assert.equal(restored.api_tokens_suspended, 2);
    assert.equal(restored.webhooks_suspended, 3);
    assert.ok(restored.devices_forgotten >= 2, JSON.stringify(restored));
    assert.ok(!existsSync(unfinishedRestore(server)));
    refused(server, ["restore", file], "storage/not-empty");
    await server.start();

    await t.test("sessions, flows, links, codes, steps and clients are no good", async () => {
        for (const client of [owner.client, other, operator.client, byCode.client]) {
            assert.equal((await client.get("account")).status, 401);
        }
        const answer = await half.client.post("sign-in/second-factor", { method: "totp", code: usedStep });
        assert.equal(answer.status, 401, answer.text);
        const reset = await server.client().post("recovery/confirm", { token: link, password: "Fjord-Lantern-58-Moss" });
        assert.equal(reset.body.code, "link/invalid");
        const again = await passwordStep(server, owner);
        const step = Math.floor(server.now() / 30);
        assert.equal((await again.client.post("sign-in/second-factor", { method: "totp", code: codeAt(authenticator.secret, step) })).status, 401, "a step that has been");
        for (const code of [usedCode, backupCodes[1]]) {
            assert.equal((await again.client.post("sign-in/second-factor", { method: "backup-code", code })).status, 401);
        }
        for (const { token } of [revoked, mine]) {
            assert.equal((await checkToken(server, token)).status, 401);
        }
        for (const token of [client.token, kept.token]) {
            assert.equal((await introspect(server, "nonsense", token)).status, 401);
        }
        good(server, ["client", "confirm", "--client", kept.id]);
        assert.equal((await introspect(server, "nonsense", kept.token)).status, 200);
        refused(server, ["client", "confirm", "--client", owner.id], "client/not-found");
    });

    await t.test("no server is told that its rental is over because the back-up does not know it", async () => {
        for (const host of [goesOn, ...newer]) {
            const asked = await host.get("snapshot");
            assert.deepEqual([asked.status, asked.body.code], [503, "host/suspended"], host.id);
            const end = await host.askForEnd();
            assert.deepEqual([end.status, end.body.code], host === goesOn ? [409, "host/not-ended"] : [503, "host/suspended"], host.id);
        }
        await ended.checkEnd();
        [ended, goesOn, ...newer].forEach((host) => host.close());
    });

    await t.test("no webhook is called before its owner has enabled it again", async () => {
        const before = receiver.requests.length;
        receiver.answer = (_request, response) => response.writeHead(204).end();
        server.advanceClock(3600); // What waited would be due.
        const client = await signIn(server, owner, { authenticator });
        const { items } = await client.expect(200, "GET", "account/webhooks");
        assert.deepEqual(items.map(({ id, state, waiting }) => [id, state, waiting]), [[deleted, "suspended", 0], [webhook, "suspended", 0]]);
        assert.equal(good(server, ["webhook", "list"]).items[0].state, "suspended");
        const dropped = (await client.expect(200, "GET", `account/webhooks/${webhook}/deliveries`)).items;
        assert.ok(dropped.length > 0 && dropped.every(({ state, error }) => state === "dropped" && /restored/.test(error)), JSON.stringify(dropped));
        await client.expect(200, "PATCH", "account", { name: "After" });
        await client.expect(200, "PATCH", `account/webhooks/${webhook}`, { enabled: true });
        await client.expect(200, "PATCH", "account", { name: "Enabled" });
        await until("it is called again", () => receiver.requests.length > before);
        good(server, ["webhook", "enable", "--webhook", ofInstance]);
        const heard = receiver.requests.slice(before).filter(({ body }) => JSON.parse(body).type === "account.renamed");
        assert.ok(heard.length <= 1, "what happened while it was suspended is not sent");
    });

    await t.test("people are told, sign in anew and confirm their codes", async () => {
        for (const { email } of [operator, owner]) {
            await server.mail.waitFor(email, ({ subject }) => /restored/i.test(subject));
        }
        server.advanceClock(90);
        const client = await signIn(server, owner, { authenticator });
        const state = await client.expect(200, "GET", "account/backup-codes");
        assert.equal(state.suspended, true);
        assert.equal((await server.client().request("POST", "account/backup-codes/confirm", undefined)).status, 401);
        await client.expect(204, "POST", "account/backup-codes/confirm");
        assert.equal((await client.expect(200, "GET", "account/backup-codes")).suspended, false);
        const twice = await client.request("POST", "account/backup-codes/confirm", undefined);
        assert.equal(twice.body.code, "backup-code/not-suspended");
        await client.expect(204, "POST", `account/tokens/${mine.id}/confirm`);
        assert.equal((await checkToken(server, mine.token)).status, 204);
        assert.equal((await checkToken(server, revoked.token)).status, 401);
        const keys = (await client.expect(200, "GET", "account/ssh-keys")).items;
        assert.deepEqual(keys.map(({ id, state }) => [id, state]), [[keptKey.id, "suspended"], [lostKey.id, "suspended"]]);
        await client.expect(204, "POST", `account/ssh-keys/${keptKey.id}/confirm`);
        assert.equal((await client.expect(200, "GET", "account/ssh-keys")).items[0].state, "active");
        const next = await passwordStep(server, owner);
        await next.client.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: backupCodes[2] });
        await signIn(server, operator);
    });

    await t.test("the log tells of both, is whole, and goes on under a new origin", async () => {
        assert.ok((await numbered(server)).entries > made.log_size);
        const origins = await new Log(server).keys();
        assert.equal(new Set(origins.map(({ origin }) => origin)).size, 2);
        const client = await signIn(server, operator);
        const { items } = await client.expect(200, "GET", "admin/audit/events?action=backup.restore");
        assert.equal(items.length, 1);
        assert.equal((await client.expect(200, "GET", "admin/audit/events?action=backup.make")).items.length, 0, "it was recorded behind the snapshot");
    });
});

test("a back-up while 50 write", async (t) => {
    const server = await startKeystead(t);
    await setUpOperator(server);
    const file = path.join(server.folder, "busy.backup");
    let writing = true;
    let written = 0;
    const writers = Array.from({ length: 50 }, async () => {
        while (writing) {
            await server.client().expect(202, "POST", "sign-up", { email: newEmail() });
            written += 1;
        }
    });
    await until("they write", () => written > 0);
    const child = spawn(binary, ["backup", file, "--preset", server.preset, "--output", "json"], { cwd: server.folder, env: server.environment() });
    let said = "";
    child.stdout.on("data", (bytes) => { said += bytes; });
    const status = await new Promise((resolve) => child.on("exit", resolve));
    const meanwhile = written;
    await until("they go on", () => written > meanwhile);
    writing = false;
    await Promise.all(writers);
    assert.equal(status, 0);
    const made = JSON.parse(said);
    await server.stop();
    loseDatabase(server);
    good(server, ["restore", file]);
    await server.start(); // PostgreSQL numbers what was not numbered then.
    assert.ok((await numbered(server)).entries > made.log_size, "the events of the restore follow");
    refused(server, ["backup", file], "backup/file-exists");
});

test("an unfinished back-up or restore leaves nothing that could be taken for one", async (t) => {
    const server = await startKeystead(t);
    await setUpOperator(server);
    const file = path.join(server.folder, "small.backup");

    await t.test("where the file can grow no further", () => {
        const done = spawnSync("bash", ["-c", `ulimit -f 4; exec "$0" "$@"`, binary, "backup", file, "--preset", server.preset], {
            cwd: server.folder, env: server.environment(), encoding: "utf8",
        });
        assert.notEqual(done.status, 0);
        assert.match(done.stderr, /storage\/full/);
        assert.ok(!existsSync(file) && !existsSync(`${file}.unfinished`));
    });

    await t.test("a restore that was killed before its end is not served, and goes on with the same file", async () => {
        good(server, ["backup", file]);
        await server.stop();
        loseDatabase(server);
        // As a kill between loading and finishing leaves it: the same archive, with its mark still there.
        good(server, ["restore", file]);
        const digest = good(server, ["backup", "verify", file]).sha256;
        const mark = BigInt.asIntN(64, BigInt(`0x${digest.slice(0, 16)}`));
        sql(server, `INSERT INTO node (name, value, noted_at) VALUES ('unfinished-restore', ${mark}, 0)`);
        refused(server, ["serve"], "backup/unfinished-restore");
        refused(server, ["backup", path.join(server.folder, "no.backup")], "backup/unfinished-restore");
        good(server, ["restore", file]);
        await server.start();
        await server.stop();
    });

    await t.test("one that was killed before anything was loaded is no reason to begin with an empty database", () => {
        loseDatabase(server);
        writeFileSync(unfinishedRestore(server), "");
        refused(server, ["serve"], "backup/unfinished-restore");
        assert.ok(!hasDatabase(server));
    });

    await t.test("whenever it is killed, it is not served and can be run again", async () => {
        const words = ["restore", file, "--preset", server.preset];
        const begun = performance.now();
        good(server, ["restore", file]);
        const whole = performance.now() - begun;
        const left = { nothing: 0, begun: 0, loaded: 0, done: 0 };
        const rounds = 8;
        for (let round = 1; round <= rounds; round += 1) {
            loseDatabase(server);
            const child = spawn(binary, words, { cwd: server.folder, env: server.environment(), stdio: "ignore" });
            const ended = new Promise((resolve) => child.on("exit", resolve));
            const late = setTimeout(() => child.kill("SIGKILL"), (whole * (round + 1)) / (rounds + 2));
            const status = await ended;
            clearTimeout(late);
            if (status === 0) {
                left.done += 1;
                continue;
            }
            if (existsSync(unfinishedRestore(server))) {
                left[hasDatabase(server) ? "loaded" : "begun"] += 1;
                // PostgreSQL may still be ending the session, and the lock, of the process that was killed.
                const said = await until("the lock is free", () => {
                    const opened = cli(server, ["audit", "verify"]);
                    return !opened.stderr.includes("storage/locked") && opened;
                });
                if (said.status === 0) { // Killed behind its last change.
                    continue;
                }
                assert.match(said.stderr, /backup\/unfinished-restore/);
            } else if (hasDatabase(server)) { // Killed behind its last change, before it said so.
                good(server, ["audit", "verify"]);
                left.done += 1;
                continue;
            } else {
                left.nothing += 1;
            }
            await until("it can be run again", () => cli(server, ["restore", file]).status === 0);
        }
        t.diagnostic(`killed when there was ${JSON.stringify(left)}`);
        await server.start();
        assert.equal(good(server, ["audit", "verify"]).entries > 0, true);
    });
});

test("a restore onto the other engine, and back", { skip: engine !== "postgres" && "needs both; run on PostgreSQL" }, async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const { authenticator } = await enrollTotp(server, owner.client);
    const { database } = server;
    let verified = 0;
    for (const [round, engineOfRound] of ["sqlite", "postgres"].entries()) {
        const file = path.join(server.folder, `${round}.backup`);
        good(server, ["backup", file]);
        await server.stop();
        if (round === 0) {
            server.database = undefined; // From now on in the data folder.
            loseDatabase(server);
        } else {
            server.database = database;
            emptyDatabase(database);
        }
        good(server, ["restore", file]);
        assert.equal(existsSync(path.join(server.folder, "data", "keystead.db")), true);
        await server.start();
        server.advanceClock(90);
        await signIn(server, owner, { authenticator });
        const client = await signIn(server, operator);
        const { entries } = await numbered(server);
        const { items } = await client.expect(200, "GET", "admin/audit/events?action=backup.restore");
        assert.equal(items.length, round + 1, engineOfRound);
        assert.ok(entries > verified);
        verified = entries;
    }
});

test("a restore behind the last checkpoint that was sent away is served only when told, and told once", async (t) => {
    const settings = { audit: { checkpoint_interval: "1s" } };
    const server = await startKeystead(t, { settings, beforeStart: (one) => {
        one.settings.audit.checkpoint_file = path.join(one.folder, "checkpoints");
    } });
    const operator = await setUpOperator(server);
    const [before, after] = ["before", "after"].map((name) => path.join(server.folder, `${name}.backup`));
    good(server, ["backup", before]);
    const lost = await signUp(server);
    await server.stop(); // The last checkpoint leaves.
    loseDatabase(server);
    good(server, ["restore", before]);
    refused(server, ["serve"], "audit/rolled-back");
    await server.start(["--accept-rollback"]);
    const client = await signIn(server, operator);
    assert.equal((await passwordStep(server, lost)).answer.status, 401, "who came since is gone");
    await numbered(server);
    for (const action of ["backup.restore", "audit.accept-rollback"]) {
        const { items } = await client.expect(200, "GET", `admin/audit/events?action=${action}`);
        assert.equal(items.length, 1, action);
    }
    good(server, ["backup", after]);
    await server.stop();
    await server.start(); // Nobody has to be told twice.
    await server.stop();
    good(server, ["audit", "verify", "--checkpoint", server.settings.audit.checkpoint_file]);
});

test("a deletion that was cancelled since the back-up can be cancelled again", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const staying = await signUp(server);
    await staying.client.expect(202, "DELETE", "account", {});
    const file = path.join(server.folder, "b.backup");
    good(server, ["backup", file]);
    await staying.client.expect(204, "POST", "account/deletion/cancel");
    server.advanceClock(15 * 24 * 3600);
    await server.stop();
    loseDatabase(server);
    const told = (await server.mail.to(staying.email)).length;
    assert.equal(good(server, ["restore", file]).deletions_put_off, 1);
    await server.start();
    const client = await signIn(server, staying);
    const { deletion } = await client.expect(200, "GET", "account");
    assert.ok(Date.parse(deletion.deletes_at) / 1000 > server.now() + 13 * 24 * 3600);
    await until("the mail", async () => (await server.mail.to(staying.email)).length > told);
    await client.expect(204, "POST", "account/deletion/cancel");
});

test("the owner confirms suspended codes in a browser", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const owner = await signUp(server);
    const { authenticator } = await enrollTotp(server, owner.client);
    const file = path.join(server.folder, "b.backup");
    good(server, ["backup", file]);
    await server.stop();
    loseDatabase(server);
    good(server, ["restore", file]);
    await server.start();
    server.advanceClock(90);
    const browser = await openBrowser(t);
    const page = await openPage(t, browser, server);
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel(/code/i).first().fill(await authenticator.code());
    await page.getByRole("button", { name: /continue|verify|sign in/i }).first().click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto("/account/two-factor");
    await page.getByText("Suspended").waitFor();
    await checkAccessible(page);
    await screenshot(page, "backup-codes-suspended");
    await page.getByRole("button", { name: "Let them work" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Let them work" }).click();
    await page.getByText("Suspended").waitFor({ state: "detached" });
});
