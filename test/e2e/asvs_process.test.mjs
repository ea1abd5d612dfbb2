// What OWASP ASVS asks of the program while it runs: which sockets and files it has, what lies on the disk, who may read it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, newEmail, passwordStep, setUpOperator, signUp } from "./support/accounts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

/** What the process has open: { files, sockets: inodes }. */
function openOf(pid) {
    const files = [], sockets = new Set();
    for (const number of readdirSync(`/proc/${pid}/fd`)) {
        try {
            const to = readlinkSync(`/proc/${pid}/fd/${number}`);
            const inode = /^socket:\[(\d+)\]$/.exec(to)?.[1];
            if (inode) {
                sockets.add(inode);
            } else if (to.startsWith("/")) {
                files.push(to);
            }
        } catch {
            // It was closed meanwhile.
        }
    }
    return { files, sockets };
}

/** The process's TCP sockets: { listening, port, peerPort }. */
function tcpOf(pid) {
    const { sockets } = openOf(pid);
    return ["tcp", "tcp6"].flatMap((kind) => readFileSync(`/proc/${pid}/net/${kind}`, "utf8").trim().split("\n").slice(1))
        .map((line) => line.trim().split(/\s+/))
        .filter((words) => sockets.has(words[9]))
        .map(([, local, peer, state]) => ({
            listening: state === "0A", port: parseInt(local.split(":")[1], 16), peerPort: parseInt(peer.split(":")[1], 16),
        }));
}

test("a running server", async (t) => {
    const server = await startKeystead(t);
    const { pid } = server.process;
    const password = "Canary-Quay-73-Ember";
    const account = await signUp(server, { password });
    const { authenticator, backupCodes } = await enrollTotp(server, account.client);
    const { token } = await account.client.expect(201, "POST", "account/tokens", { name: "canary", kind: "read-only" });

    // ASVS: V13.1.1
    await t.test("listens where the documentation says, and calls nobody who is not named", () => {
        const sockets = tcpOf(pid);
        const listening = new Set(sockets.filter((one) => one.listening).map(({ port }) => port));
        assert.deepEqual([...listening].sort(), [server.port, server.metricsPort].sort());
        const database = engine === "postgres" ? Number(/port=(\d+)/.exec(process.env.KEYSTEAD_TEST_POSTGRES)?.[1] ?? 5432) : undefined;
        const others = sockets.filter((one) => !one.listening && !listening.has(one.port) && one.peerPort !== database);
        assert.deepEqual(others, []);
    });

    // ASVS: V16.2.3, V13.2.5
    await t.test("has no file open but its own, in the data folder", () => {
        const { files } = openOf(pid);
        assert.ok(files.length > 0);
        const known = (name) => name.startsWith(path.join(server.folder, "data/")) || name === path.join(server.folder, "data")
            || /^\/(?:dev\/(?:null|urandom)|usr\/lib\/|usr\/share\/zoneinfo\/)/.test(name) || name === process.env.KEYSTEAD_BINARY;
        assert.ok(!known("/var/log/keystead.log"));
        assert.deepEqual(files.filter((name) => !known(name)), []);
    });

    // ASVS: V1.4.3
    await t.test("gives back what requests took", { skip: engine === "sqlite" ? false : "alike on both engines" }, async () => {
        const residentKib = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
        const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
        const work = async (times) => {
            for (let n = 0; n < times; n += 20) {
                await Promise.all(Array.from({ length: 4 }, (_, k) => [
                    account.client.get("account"), account.client.get("check"), account.client.get("account/activity?limit=100"),
                    account.client.patch("account", { name: `Name ${n + k}` }), account.client.post("account/webhooks", { url: "x".repeat(2000) }),
                ]).flat());
            }
        };
        await work(1000);
        const [memory, open] = [residentKib(), descriptors()];
        await work(2000);
        assert.ok(residentKib() < memory * 1.1 + 2048, `${memory} KiB became ${residentKib()}`);
        assert.ok(descriptors() <= open + 5);
    });

    // ASVS: V14.2.4, V11.4.2
    await t.test("keeps no secret in clear on the disk", { skip: engine === "sqlite" ? false : "its files are the database's" }, async () => {
        const secrets = { password, token, seed: authenticator.secret, code: backupCodes[0], cookie: account.client.cookies.get("__Host-keystead") };
        const files = readdirSync(path.join(server.folder, "data")).filter((name) => name.startsWith("keystead.db"));
        const bytes = Buffer.concat(files.map((name) => readFileSync(path.join(server.folder, "data", name))));
        assert.ok(bytes.includes(account.email), "what is not secret is found");
        for (const [what, secret] of Object.entries(secrets)) {
            assert.ok(secret.length >= 16 && !bytes.includes(secret), what);
        }
    });

    // ASVS: V13.3.2
    await t.test("lets nobody else read its data", () => {
        assert.equal(statSync(path.join(server.folder, "data")).mode & 0o077, 0);
        assert.equal(statSync(path.join(server.folder, "data/root.key")).mode & 0o777, 0o600);
        if (engine === "sqlite") {
            assert.equal(statSync(path.join(server.folder, "data/keystead.db")).mode & 0o077, 0);
        }
        assert.equal(statSync(path.join(server.folder, "data/control.sock")).mode & 0o077, 0);
    });

    // ASVS: V13.2.3, V13.3.1
    await t.test("comes without a credential of its own, and refuses a key that others can read", async () => {
        for (const preset of ["marketplace", "saas", "devops"]) {
            const shown = JSON.parse(runKeystead(["config", "show", "--preset", preset, "--output", "json"], { environment: { PATH: process.env.PATH } }).stdout);
            assert.ok(shown.some(({ secret }) => secret), "secret settings are told apart");
            for (const { key, value } of shown.filter(({ key: name, secret }) => secret || /username|password$|postgres$/.test(name))) {
                assert.ok(['""', "", '"(not set)"', null].includes(value), `${preset} ${key}: ${value}`);
            }
        }
        await server.stop();
        const key = path.join(server.folder, "data/root.key");
        chmodSync(key, 0o644);
        const refused = runKeystead(["serve", "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
        assert.notEqual(refused.status, 0);
        assert.match(refused.stderr, /read by others/);
        chmodSync(key, 0o600);
        await server.start();
        assert.equal((await account.client.get("account")).status, 200);
    });
});

test("what is refused is found in the log", async (t) => {
    const server = await startKeystead(t, { settings: { limits: { address_read_per_minute: 1200 } } });
    const operator = await setUpOperator(server);
    const account = await signUp(server);
    const flooder = server.client({ localAddress: "127.9.9.9" });

    // ASVS: V16.3.2, V16.3.3
    await t.test("by route, status and request: no right, another site, wrong form, too many", async () => {
        const asked = [];
        const ask = async (status, answer) => { assert.equal(answer.status, status, answer.text); asked.push([status, answer.body.request_id]); };
        await ask(403, await account.client.get("admin/accounts"));
        await ask(403, await account.client.patch("account", { name: "x" }, { headers: { origin: "https://evil.example" } }));
        await ask(422, await account.client.patch("account", { name: "x", is_operator: true }));
        await ask(401, await server.client().get("account"));
        let answer;
        for (let n = 0; n < 5000 && answer?.status !== 429; n += 1) {
            answer = await flooder.get("sign-in/methods");
        }
        await ask(429, answer);
        await until("the lines are written", () => {
            const lines = server.log().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
            return asked.every(([status, id]) => lines.some((line) => line.request_id === id && line.status === status && line.route));
        });
    });

    // ASVS: V16.2.1
    await t.test("an event says when, who, from where, on what, by which request, and how it ended", async () => {
        await passwordStep(server, { ...account, password: "Wrong-Quay-73-Ember" });
        let found;
        await until("it is found", async () => {
            const { items } = await operator.client.expect(200, "GET", `admin/audit/events?account=${account.id}`);
            found = items.find(({ outcome }) => outcome === "refused");
            return found;
        });
        assert.match(found.at, /^\d{4}-\d\d-\d\dT.*Z$/);
        assert.match(found.request, /^req_/);
        assert.equal(found.ip, "127.0.0.1");
        assert.equal(found.account.id, account.id);
        assert.ok(found.actor.kind && found.action && found.device && Number.isInteger(found.leaf_index), JSON.stringify(found));
    });

    // ASVS: V16.4.2
    await t.test("nothing changes or deletes an event", async () => {
        const { items } = await operator.client.expect(200, "GET", "admin/audit/events?limit=1");
        for (const method of ["DELETE", "PATCH", "PUT", "POST"]) {
            const { status } = await operator.client.request(method, `admin/audit/events/${items[0].id}`, {}, { checked: false });
            assert.ok(status === 404 || status === 405, `${method}: ${status}`);
        }
        await operator.client.expect(200, "GET", `admin/audit/events/${items[0].id}`);
    });
});

// ASVS: V6.4.1
test("an invitation works once, for a while, and the password is the person's own", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: { account: { sign_up: "invitation", invitation_lifetime: "1h" } } });
    const operator = await setUpOperator(server);
    const invite = async (email) => {
        await operator.client.expect([200, 201, 202, 204], "POST", "admin/invitations", { email });
        return server.mail.token(email, "/sign-up/confirm");
    };
    const confirm = (token, password) => server.client().post("sign-up/confirm", { token, password });
    const token = await invite(newEmail());
    assert.match(token, /^ks_lnk_\w{43,}/, "256 random bits");
    assert.equal((await confirm(token, "short")).status, 422);
    assert.equal((await confirm(token, token)).status, 422, "the link's secret is no password");
    assert.equal((await confirm(token, "Larch-Quay-73-Ember")).status, 201);
    assert.equal((await confirm(token, "Larch-Quay-73-Ember")).status, 422);
    const late = await invite(newEmail());
    server.advanceClock(3601);
    assert.equal((await confirm(late, "Larch-Quay-73-Ember")).status, 422);
});
