// Servers that follow an account's SSH keys, by the API alone: registered, enrolled once, told by signed statements, removed.
// That sshd keeps to it is agent.test.mjs's affair; what a list of revoked keys says is asked of ssh-keygen.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { setUpOperator, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { Host, enroll, product, registerHost, serversOf } from "./support/hosts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { bearer, makeToken } from "./support/tokens.mjs";

const marketplace = { settings: { ssh_key: { at_most: 20 } }, movableClock: true };

async function addKey(person, name = "laptop") {
    const line = makePublicKey();
    return { line, ...await person.client.expect(201, "POST", "account/ssh-keys", { name, public_key: line }) };
}
const revoke = (person, key, reason = "lost") => person.client.expect(204, "DELETE", `account/ssh-keys/${key.id}?reason=${reason}`);
/** Step-up and limits begin anew. */
async function freshly(server, ...people) {
    server.advanceClock(61);
    for (const { client, password } of people) {
        await client.expect(200, "POST", "step-up", { method: "password", password });
    }
}

/** Which of the keys ssh-keygen calls revoked by that list. */
function revokedBy(t, krl, keys) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-krl-"));
    atEnd(t, () => rmSync(folder, { recursive: true }));
    const file = path.join(folder, "krl");
    writeFileSync(file, krl);
    return keys.filter(({ line }, n) => {
        const one = path.join(folder, `${n}.pub`);
        writeFileSync(one, `${line}\n`);
        const { status, stdout, stderr } = spawnSync("ssh-keygen", ["-Q", "-f", file, one], { encoding: "utf8" });
        assert.match(stdout, status === 0 ? /: ok$/m : /REVOKED$/m, stderr);
        return status !== 0;
    }).map(({ id }) => id);
}

test("servers", async (t) => {
    const server = await startKeystead(t, marketplace);
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const other = await signUp(server);
    const shop = product(server);
    const hosts = await serversOf(owner);
    const key = await addKey(owner);

    // ASVS: V2.3.1, V6.5.1, V8.2.1
    await t.test("the product registers one, and it is enrolled once", async () => {
        const made = await registerHost(shop, hosts, { login_users: ["root", "ubuntu"] });
        assert.deepEqual([made.state, made.created_by, made.ssh_keys, made.login_users], ["waiting", "product", null, ["root", "ubuntu"]]);
        assert.match(made.enrolment.token, /^ks_enr_[0-9A-Za-z]+$/);
        assert.equal(Buffer.from(made.enrolment.answer_key, "base64").length, 32);
        assert.ok(made.enrolment.command.includes(made.enrolment.token) && made.enrolment.command.includes(server.base));
        assert.match(made.enrolment.cloud_init, /^#cloud-config\n/);
        const asked = await owner.client.expect(200, "GET", `${hosts}/${made.id}`);
        assert.ok(!JSON.stringify(asked).includes("ks_enr_"), "shown once");

        const host = await enroll(server, made);
        for (const [target, body] of [["hosts/enroll", { agent_version: "thief" }], ["hosts/self/reports", {}]]) {
            const again = await server.client().request("POST", target, body, { headers: bearer(made.enrolment.token) });
            assert.deepEqual([again.status, again.body.code], [401, "host/required"], target);
        }
        const told = await host.snapshot();
        assert.deepEqual(told.keys, ["root", "ubuntu"].map((user) => `${user} ${key.line} ${key.id}`));
        assert.deepEqual([told.expires - told.issued, told.endsSessions], [900, "yes"]);
        assert.ok(Math.abs(told.issued - server.now()) < 60);
        assert.equal((await host.snapshot(told.digest)).isNews, false);
        assert.equal((await owner.client.expect(200, "GET", `${hosts}/${made.id}`)).state, "enrolled");

        // For a machine on which no program of ours can run.
        const lines = async (query) => (await host.get(`authorized-keys?${query}`)).text;
        assert.equal(await lines("user=ubuntu"), `${key.line}\n`);
        assert.equal(await lines(`user=root&fingerprint=${encodeURIComponent(key.fingerprint)}`), `${key.line}\n`);
        assert.deepEqual([await lines("user=nobody"), await lines(`user=root&fingerprint=SHA256:${"A".repeat(43)}`)], ["", ""]);
        const krl = await host.get("krl");
        assert.equal(krl.headers["content-type"], "application/octet-stream");
        const known = (target, etag) => host.client.request("GET", `hosts/self/${target}`, undefined, { headers: { "if-none-match": etag } });
        assert.equal((await known("krl", krl.headers.etag)).status, 304);
        const { etag } = (await host.get("authorized-keys?user=root")).headers;
        assert.equal((await known("authorized-keys?user=root", etag)).status, 304);
        const second = await addKey(owner, "second");
        assert.equal((await known("authorized-keys?user=root", etag)).text.split("\n").length, 3);
        await revoke(owner, second, "unneeded");
        assert.deepEqual([(await known("krl", krl.headers.etag)).status, (await known("authorized-keys?user=root", etag)).status], [200, 200]);
        await shop.expect(204, "DELETE", `${hosts}/${made.id}`);
        host.close();
    });

    // ASVS: V15.4.2
    await t.test("of fifty servers with one enrolment token, one is enrolled", async () => {
        await freshly(server, owner);
        const made = await registerHost(owner.client, hosts);
        assert.equal(made.created_by, "owner");
        const clients = Array.from({ length: 50 }, () => server.client({ headers: bearer(made.enrolment.token) }));
        const answers = await Promise.all(clients.map((client) => client.post("hosts/enroll", { agent_version: "1" })));
        clients.forEach((client) => client.close());
        const won = answers.filter(({ status }) => status === 201);
        assert.deepEqual([won.length, answers.filter(({ status }) => status === 401).length], [1, 49]);
        const host = new Host(server, won[0].body);
        await host.snapshot();

        // Enrolled anew, what it had is dead; a token that nobody used is over in time.
        const anew = await owner.client.expect(201, "POST", `${hosts}/${made.id}/enrolment`);
        assert.equal((await host.get("snapshot")).status, 401);
        server.advanceClock(24 * 3600 + 1);
        const late = await server.client().request("POST", "hosts/enroll", { agent_version: "1" }, { headers: bearer(anew.enrolment.token) });
        assert.deepEqual([late.status, late.body.code], [401, "host/required"]);
        await freshly(server, owner, other);
        await owner.client.expect(204, "DELETE", `${hosts}/${made.id}`);
        host.close();
    });

    // proves: D-11
    await t.test("a revoked key is refused by the next answer, and counts as applied when the server has it", async () => {
        await freshly(server, owner);
        const made = await registerHost(shop, hosts);
        const silent = await enroll(server, await registerHost(shop, hosts, { name: "gpu-2" }));
        const host = await enroll(server, made);
        const lost = await addKey(owner, "lost");
        const before = await host.apply();
        await silent.apply();
        assert.equal(before.keys.length, 2);
        assert.deepEqual(revokedBy(t, before.krl, [key, lost]), []);
        await host.report({ logins: [{ id: "s-1", login_user: "root", fingerprint: lost.fingerprint, address: "192.0.2.7", began_at: new Date(server.now() * 1000).toISOString() }] });

        await revoke(owner, lost);
        const after = await host.snapshot(before.digest);
        assert.deepEqual([after.isNews, after.keys], [true, [`root ${key.line} ${key.id}`]]);
        assert.deepEqual(revokedBy(t, after.krl, [key, lost]), [lost.id]);
        const servers = () => owner.client.expect(200, "GET", `account/ssh-keys/${lost.id}/servers`);
        assert.deepEqual([(await servers()).total, (await servers()).applied], [2, 0]);
        assert.equal((await owner.client.expect(200, "GET", `${hosts}/${made.id}`)).removals_pending, 1);

        // What it had before confirms nothing, whenever it says so.
        await host.report({ applied: before.digest });
        assert.equal((await servers()).applied, 0);
        await host.report({ applied: after.digest });
        const told = await servers();
        assert.deepEqual([told.applied, told.unconfirmed.map(({ id }) => id)], [1, [silent.id]]);
        assert.ok(told.last_applied_at && told.unconfirmed[0].cache_ends_at);
        assert.deepEqual(told.open_sessions.map(({ login_user, ended_at }) => [login_user, ended_at]), [["root", null]]);
        assert.equal((await owner.client.expect(200, "GET", `${hosts}/${made.id}`)).removals_pending, 0);

        await host.report({ ended: [{ id: "s-1", ended_at: new Date(server.now() * 1000).toISOString(), by: "removal" }] });
        assert.deepEqual((await servers()).open_sessions, []);
        const { items } = await owner.client.expect(200, "GET", `account/ssh-keys/${lost.id}/usage`);
        assert.deepEqual([items.length, items[0].ended_by, items[0].host.name], [1, "removal", "gpu-1"]);
        await other.client.expect(404, "GET", `account/ssh-keys/${lost.id}/servers`);
        await other.client.expect(404, "GET", `account/ssh-keys/${lost.id}/usage`);
        await shop.expect(204, "DELETE", `${hosts}/${made.id}`);
        await shop.expect(204, "DELETE", `${hosts}/${silent.id}`);
        host.close();
        silent.close();
    });

    // proves: D-11
    await t.test("logins are told once, by name, server and address", async () => {
        await freshly(server, owner);
        const host = await enroll(server, await registerHost(shop, hosts));
        const used = await addKey(owner, "used");
        const began = new Date(server.now() * 1000 - 1000).toISOString();
        const login = { id: "a-1", login_user: "root", fingerprint: used.fingerprint, address: "203.0.113.5", began_at: began };
        for (let n = 0; n < 2; n += 1) {
            assert.equal((await host.report({ logins: [login, { ...login, id: "a-2", fingerprint: `SHA256:${"x".repeat(43)}` }] })).status, 204);
        }
        const { items } = await owner.client.expect(200, "GET", `${hosts}/${host.id}/logins`);
        assert.deepEqual(items.map(({ ssh_key }) => ssh_key?.name ?? null).sort(), ["used", null].sort());
        assert.ok(items.every(({ address, ended_at }) => address === "203.0.113.5" && ended_at === null));
        const page = await owner.client.expect(200, "GET", `${hosts}/${host.id}/logins?limit=1`);
        const rest = await owner.client.expect(200, "GET", `${hosts}/${host.id}/logins?limit=1&cursor=${page.next_cursor}`);
        assert.deepEqual([...page.items, ...rest.items].map(({ id }) => id), items.map(({ id }) => id));
        assert.equal(Date.parse((await owner.client.expect(200, "GET", `account/ssh-keys/${used.id}`)).last_used_at), Date.parse(began));
        assert.equal((await owner.client.expect(200, "GET", `account/ssh-keys/${used.id}/usage`)).items.length, 1);
        assert.equal((await owner.client.expect(200, "GET", "account/activity?action=ssh_key.use")).items.length, 3);
        assert.equal((await host.report({ logins: [{ ...login, id: "no good" }] })).body.code, "host/login-id");
        const data = await owner.client.expect(200, "GET", "account/export");
        assert.deepEqual([data.servers.length, data.server_logins.length], [1, 3]);
        await revoke(owner, used, "unneeded");
        await shop.expect(204, "DELETE", `${hosts}/${host.id}`);
        const gone = await owner.client.expect(200, "GET", `account/ssh-keys/${used.id}/usage`);
        assert.equal(gone.items[0].host.name, "gpu-1", "what was, stays known");
        host.close();
    });

    // ASVS: V7.4.2
    await t.test("a rental that ended ends its server's token with the answer", async () => {
        await freshly(server, owner);
        const [host, beside] = [await enroll(server, await registerHost(shop, hosts)), await enroll(server, await registerHost(shop, hosts))];
        let ended = false;
        let late = 0;
        const asking = Array.from({ length: 10 }, async () => {
            for (let n = 0; n < 20; n += 1) {
                const began = ended;
                const { status } = await host.get("snapshot");
                late += began && status === 200 ? 1 : 0;
            }
        });
        await shop.expect(204, "DELETE", `${hosts}/${host.id}`);
        ended = true;
        await Promise.all(asking);
        assert.equal(late, 0);
        for (const target of ["snapshot", "authorized-keys?user=root", "krl"]) {
            const refused = await host.get(target);
            assert.deepEqual([refused.status, refused.body.code], [401, "host/required"], target);
        }
        assert.equal((await host.report({})).status, 401);
        await host.checkEnd();
        await beside.snapshot();
        const alive = await beside.askForEnd();
        assert.deepEqual([alive.status, alive.body.code], [409, "host/not-ended"]);
        const none = await host.client.request("POST", "hosts/ended", { token: `${host.token.slice(0, -1)}${host.token.endsWith("0") ? "1" : "0"}` });
        assert.deepEqual([none.status, none.body.code], [401, "host/required"]);
        await shop.expect(404, "GET", `${hosts}/${host.id}`);
        await shop.expect(204, "DELETE", `${hosts}/${beside.id}`);
        host.close();
        beside.close();
    });

    // ASVS: V8.2.1, V8.2.2, V8.4.1
    await t.test("whose servers these are: nobody else's, and a token's only with the permission", async () => {
        await freshly(server, owner, other);
        const made = await registerHost(owner.client, hosts);
        const theirs = await serversOf(other);
        const nothing = made.id.slice(0, -3) + (made.id.endsWith("aaa") ? "bbb" : "aaa");
        const mine = await addKey(other);
        for (const [method, rest, body] of [
            ["GET", ""], ["GET", `/${made.id}`], ["GET", `/${made.id}/logins`], ["PATCH", `/${made.id}`, { name: "x" }],
            ["DELETE", `/${made.id}`], ["POST", `/${made.id}/enrolment`], ["POST", `/${made.id}/confirm`],
            ["POST", "", { name: "x", login_users: ["root"] }],
        ]) {
            const refused = await other.client.expect(404, method, hosts + rest, body);
            assert.equal(refused.code, "host/not-found", `${method} ${rest}`);
            if (rest !== "") { // In one's own team it is not there either, as one that is nobody's.
                assert.equal((await other.client.expect(404, method, theirs + rest, body)).code, "host/not-found");
                assert.equal((await other.client.expect(404, method, theirs + rest.replace(made.id, nothing), body)).code, "host/not-found");
            }
        }
        const foreign = await other.client.expect(422, "POST", theirs, { name: "x", login_users: ["root"], ssh_keys: [key.id] });
        assert.equal(foreign.code, "host/unknown-key");
        assert.equal((await owner.client.expect(422, "POST", hosts, { name: "x", login_users: ["root root"] })).code, "host/login-user");
        const [manager, reader] = [await makeToken(owner.client, { kind: "custom", permissions: ["manage-rentals"] }),
            await makeToken(owner.client, { kind: "custom", permissions: ["view-rentals"] })];
        const as = ({ token }) => ({ headers: bearer(token) });
        const program = server.client();
        assert.equal((await program.expect(200, "GET", hosts, undefined, as(manager))).items.length, 1);
        assert.equal((await program.expect(403, "GET", hosts, undefined, as(reader))).code, "token/permission-missing");
        assert.equal((await program.expect(404, "GET", theirs, undefined, as(manager))).code, "host/not-found");
        // An account's id stands for its team.
        assert.equal((await shop.expect(200, "GET", `teams/${owner.id}/hosts`)).items.length, 1);

        // Which keys open it can be chosen; the successor of a chosen key opens it too.
        const only = await addKey(owner, "only");
        const host = await enroll(server, made);
        assert.equal((await host.apply()).keys.length, 2);
        const changed = await program.expect(200, "PATCH", `${hosts}/${made.id}`, { ssh_keys: [only.id], name: "db" }, as(manager));
        assert.deepEqual([changed.name, changed.ssh_keys, changed.removals_pending], ["db", [only.id], 1]);
        const chosen = await host.apply();
        assert.deepEqual(chosen.keys, [`root ${only.line} ${only.id}`]);
        assert.deepEqual(revokedBy(t, chosen.krl, [key, only]), [key.id]);
        const next = { line: makePublicKey() };
        next.id = (await owner.client.expect(201, "POST", `account/ssh-keys/${only.id}/rotate`, { name: "next", public_key: next.line, overlap_seconds: 600 })).id;
        assert.deepEqual((await host.snapshot()).keys.map((line) => line.split(" ").at(-1)).sort(), [only.id, next.id].sort());
        server.advanceClock(601);
        const over = await host.snapshot();
        assert.deepEqual(over.keys, [`root ${next.line} ${next.id}`], "the old one ends by itself");
        assert.deepEqual(revokedBy(t, over.krl, [only]), [only.id], "and is refused from that moment on");
        await freshly(server, owner, other);
        await revoke(other, mine);
        await owner.client.expect(200, "PATCH", `${hosts}/${made.id}`, { ssh_keys: null });
        const all = await host.apply();
        assert.deepEqual(revokedBy(t, all.krl, [key, only, { line: next.line, id: "next" }]), [only.id], "what may log in again is not refused");

        // A login user that is dropped is to be confirmed, too; each change is on record with what it changed.
        await owner.client.expect(200, "PATCH", `${hosts}/${made.id}`, { login_users: ["root", "ubuntu"] });
        await host.apply();
        const dropped = await owner.client.expect(200, "PATCH", `${hosts}/${made.id}`, { login_users: ["ubuntu"] });
        assert.equal(dropped.removals_pending, 1);
        assert.ok((await host.apply()).keys.every((line) => line.startsWith("ubuntu ")));
        assert.equal((await owner.client.expect(200, "GET", `${hosts}/${made.id}`)).removals_pending, 0);
        const changes = (await owner.client.expect(200, "GET", "account/activity?action=host.change")).items.map(({ details }) => details);
        assert.deepEqual(changes.map(({ login_users_added, login_users_removed, name_before, ssh_keys }) =>
            [login_users_added, login_users_removed, name_before, ssh_keys]), [
            [undefined, "root", undefined, undefined], ["ubuntu", undefined, undefined, undefined],
            [undefined, undefined, undefined, "all"], [undefined, undefined, "gpu-1", "chosen"],
        ]);
        assert.equal(changes[3].ssh_keys_removed, key.id);
        assert.equal(changes[2].ssh_keys_added, key.id);
        await owner.client.expect(204, "DELETE", `${hosts}/${made.id}`);
        host.close();
    });

    await t.test("no key of a disabled account opens anything; of one that is enabled again, all do", async () => {
        await freshly(server, owner, operator);
        const person = await signUp(server);
        const theirs = await addKey(person);
        const host = await enroll(server, await registerHost(shop, await serversOf(person)));
        const before = await host.apply();
        assert.equal(before.keys.length, 1);
        await operator.client.expect([200, 204], "POST", `admin/accounts/${person.id}/disable`);
        const after = await host.snapshot();
        assert.deepEqual([after.keys, revokedBy(t, after.krl, [theirs])], [[], [theirs.id]]);
        await operator.client.expect([200, 204], "POST", `admin/accounts/${person.id}/enable`);
        const again = await host.snapshot();
        assert.deepEqual([again.keys, revokedBy(t, again.krl, [theirs])], [before.keys, []]);
        host.close();
    });
});

// proves: S-09
test("a server that a stranger rents can fill neither the log nor the database", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const shop = product(server);
    const hosts = await serversOf(owner);
    const [bad, good] = [await enroll(server, await registerHost(shop, hosts)), await enroll(server, await registerHost(shop, hosts))];

    const login = (id) => ({ id, login_user: "root", fingerprint: `SHA256:${"x".repeat(43)}`, address: "192.0.2.7", began_at: new Date(server.now() * 1000).toISOString() });
    const page = (n) => ({ logins: Array.from({ length: 100 }, (_, i) => login(`${n}-${i}`)) });
    for (let n = 0; n < 3; n += 1) {
        assert.equal((await bad.report(page(n))).status, 204);
    }
    const refused = await bad.report(page(3));
    assert.deepEqual([refused.status, refused.body.code], [429, "host/too-many-logins"]);
    assert.ok(Number(refused.headers["retry-after"]) > 100, refused.headers["retry-after"]);
    assert.equal((await bad.report({ applied: (await bad.snapshot()).digest })).status, 204, "what it confirms is heard");
    assert.equal((await good.report(page(0))).status, 204, "another server has its own");

    const status = async (host) => (await host.client.request("GET", "hosts/self/snapshot?have=0", undefined, { checked: false })).status;
    const seen = new Map();
    for (let n = 0; n < 1200 && !seen.has(429); n += 1) {
        const answer = await status(bad);
        seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
    assert.ok(seen.get(200) >= 550, `${seen.get(200)} before it was refused`);
    assert.equal(seen.get(429), 1);
    assert.equal(await status(good), 200);

    // Whoever rented it keeps its token when the rental is over.
    await shop.expect(204, "DELETE", `${hosts}/${bad.id}`);
    const clients = Array.from({ length: 16 }, () => bad.client.copy());
    let ended = 0;
    await Promise.all(clients.map(async (client) => {
        while (ended < 30_000) {
            const answer = await client.request("GET", "hosts/self/krl", undefined, { checked: false });
            if (answer.status === 429) {
                return;
            }
            assert.equal(answer.status, 401);
            ended += 1;
        }
    }));
    clients.forEach((client) => client.close());
    assert.ok(ended >= 5900 && ended < 30_000, `${ended} look-ups`);
    assert.equal(await status(good), 200, "one that is known is not refused for it");
    bad.close();
    good.close();
});

test("the operator registers one by hand, sees who confirmed, and ends it", async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const key = await addKey(owner);
    const command = (...words) => {
        const done = runKeystead(["host", ...words, "--output", "json"], { cwd: server.folder, environment: server.environment() });
        return { status: done.status, said: done.stdout + done.stderr, answer: done.status === 0 ? JSON.parse(done.stdout) : undefined };
    };
    const made = command("add", "--account", owner.email, "--name", "db", "--login-users", "root,ubuntu").answer;
    assert.match(made.enrolment.cloud_init, /^#cloud-config\n/);
    assert.match(command("add", "--account", owner.email, "--name", "x", "--login-users", "root root").said, /login user/);
    const host = await enroll(server, made);
    assert.equal((await host.apply()).keys.length, 2);
    const listed = command("list", "--account", owner.email);
    assert.ok(!listed.said.includes("ks_enr_"), "shown once");
    assert.deepEqual(listed.answer.items.map(({ id, name, state, login_users }) => [id, name, state, login_users]), [[made.id, "db", "enrolled", "root ubuntu"]]);
    await revoke(owner, key);
    const removals = () => command("show", "--host", made.id).answer.removals.map(({ of, confirmed_at: at }) => [of, at !== null]);
    assert.deepEqual(removals(), [[key.id, false]]);
    await host.apply();
    assert.deepEqual(removals(), [[key.id, true]]);
    assert.notEqual(command("end", "--host", made.id).status, 0, "it asks, or is told --yes");
    assert.equal(command("end", "--host", made.id, "--yes").answer.ended, made.id);
    assert.equal((await host.get("snapshot")).status, 401);
    assert.match(command("show", "--host", made.id).said, /no such server/);
    host.close();
});

// proves: M-18
// ASVS: V2.3.4, V15.4.2
test("at most so many servers an account, though fifty are asked for at once", async (t) => {
    const server = await startKeystead(t, { settings: { host: { at_most: 5 } } });
    const owner = await signUp(server);
    const hosts = await serversOf(owner);
    const clients = Array.from({ length: 50 }, () => owner.client.copy());
    const answers = await Promise.all(clients.map((client, n) => client.post(hosts, { name: `n${n}`, login_users: ["root"] })));
    clients.forEach((client) => client.close());
    assert.deepEqual([201, 409].map((status) => answers.filter((answer) => answer.status === status).length), [5, 45]);
    assert.ok(answers.every(({ status, body }) => status === 201 || body.code === "host/limit-reached"));
    const { items } = await owner.client.expect(200, "GET", `${hosts}?limit=5`);
    await owner.client.expect(204, "DELETE", `${hosts}/${items[0].id}`);
    const key = { headers: { "idempotency-key": "rental-1" } };
    const made = await owner.client.expect(201, "POST", hosts, { name: "x", login_users: ["root"] }, key);
    const repeat = await owner.client.expect(409, "POST", hosts, { name: "x", login_users: ["root"] }, key);
    assert.deepEqual([repeat.code, repeat.id], ["idempotency/already-done", made.id]);

    await t.test("a limit that is lowered leaves none of them out when the account is frozen", async () => {
        await addKey(owner);
        await server.stop();
        server.settings.host.at_most = 1;
        await server.start();
        const { unconfirmed_servers: unconfirmed } = await owner.client.expect(200, "POST", "account/secure");
        assert.equal(unconfirmed.length, 5);
    });
});

test("where the preset has no servers there is no API for them", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t, { preset: "saas" });
    const owner = await signUp(server);
    const answer = await owner.client.request("GET", await serversOf(owner), undefined, { checked: false });
    assert.equal(answer.status, 404);
});
