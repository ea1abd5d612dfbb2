// SSH keys of an account: added, refused by the reason, rotated, revoked, and ended everywhere by their own signature.
// What is a key, a fingerprint and a signature is said by ssh-keygen.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { checkAccessible, openBrowser, openPage } from "./support/browser.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { tokenIn } from "./support/mail.mjs";
import { engine, startKeystead } from "./support/server.mjs";
import { bearer, makeToken } from "./support/tokens.mjs";
import { until } from "./support/until.mjs";

const privateKey = "BEGIN OPENSSH PRIVATE KEY";

function keygen(...words) {
    const done = spawnSync("ssh-keygen", words, { encoding: "utf8" });
    assert.equal(done.status, 0, `ssh-keygen ${words.join(" ")}: ${done.stderr}`);
    return done.stdout.trim();
}

/** A folder of key pairs that goes with the test. */
function keyFolder(t) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-ssh-"));
    atEnd(t, () => rmSync(folder, { recursive: true }));
    let count = 0;
    return {
        make(...words) {
            const file = path.join(folder, `key${++count}`);
            keygen("-q", "-N", "", "-C", "ada@laptop", "-f", file, ...(words.length > 0 ? words : ["-t", "ed25519"]));
            return { file, line: readFileSync(`${file}.pub`, "utf8"), text: readFileSync(file, "utf8") };
        },
        sign(pair, { message, namespace }) {
            const file = path.join(folder, "message");
            writeFileSync(file, message);
            rmSync(`${file}.sig`, { force: true });
            keygen("-q", "-Y", "sign", "-f", pair.file, "-n", namespace, file);
            return readFileSync(`${file}.sig`, "utf8");
        },
    };
}

const add = (client, pair, name = "laptop") =>
    client.expect(201, "POST", "account/ssh-keys", { name, public_key: pair.line });
/** A minute later, so that no limit of requests is met, and stepped up again. */
async function freshly(server, ...people) {
    server.advanceClock(61);
    for (const { client, password } of people) {
        await client.expect(200, "POST", "step-up", { method: "password", password });
    }
}
const listed = async (client) => (await client.expect(200, "GET", "account/ssh-keys")).items;
const notice = (server, person, words) => server.mail.waitFor(person.email, ({ subject }) => words.test(subject));

test("ssh keys", async (t) => {
    const server = await startKeystead(t, { preset: "marketplace", movableClock: true });
    const keys = keyFolder(t);
    const owner = await signUp(server);
    const other = await signUp(server);

    // proves: M-16, D-08
    // ASVS: V2.2.1
    await t.test("a key is added with a name and shown as ssh-keygen shows it; what is none is refused by the reason", async () => {
        const kinds = [["-t", "ed25519"], ["-t", "ecdsa", "-b", "521"], ["-t", "rsa", "-b", "3072"]];
        for (const words of kinds) {
            const pair = keys.make(...words);
            const added = await add(owner.client, pair, words[1]);
            const [bits, fingerprint] = keygen("-l", "-f", `${pair.file}.pub`).split(" ");
            assert.deepEqual([String(added.bits), added.fingerprint, added.name], [bits, fingerprint, words[1]]);
            assert.equal(added.public_key, pair.line.split(" ").slice(0, 2).join(" "), "without its comment");
            assert.deepEqual((await listed(owner.client))[0], added);
            const mail = await notice(server, owner, /SSH key was added/);
            assert.ok(mail.text.includes(fingerprint));
        }
        for (const { id } of await listed(owner.client)) {
            await owner.client.expect(204, "DELETE", `account/ssh-keys/${id}`);
        }
        const good = keys.make();
        const signed = keys.make();
        keygen("-q", "-s", good.file, "-I", "id", "-n", "root", `${signed.file}.pub`);
        const refusals = [
            [keys.make("-t", "rsa", "-b", "2048").line, "rsa-too-short"],
            [readFileSync(`${signed.file}-cert.pub`, "utf8"), "certificate"],
            [`from="192.0.2.1" ${good.line}`, "options-in-front"],
            [good.line + signed.line, "several-lines"],
            [good.line.replace("AAAAC3", "AAAAC4"), "malformed"],
            ["hello", "not-a-key"],
            ["ssh-dss AAAAB3NzaC1kc3MAAACBAP x", "dsa"],
        ];
        for (const [line, code] of refusals) {
            const refused = await owner.client.expect(422, "POST", "account/ssh-keys", { name: "x", public_key: line });
            assert.equal(refused.code, `ssh-key/${code}`);
            assert.deepEqual(refused.errors.map(({ pointer }) => pointer), ["/public_key"]);
        }
        assert.deepEqual(await listed(owner.client), []);
    });

    // ASVS: V16.2.5
    await t.test("a private key is named as such, and neither stored, logged nor said again", async () => {
        const plain = keys.make();
        const pem = keys.make("-t", "rsa", "-b", "3072", "-m", "PEM");
        for (const { text } of [plain, pem]) {
            for (const target of ["account/ssh-keys", "account/ssh-keys/ssh_0000000000000000000000/rotate"]) {
                const refused = await owner.client.request("POST", target, { name: "x", public_key: text });
                assert.equal(refused.body.code, "ssh-key/private-key", refused.text);
                assert.ok(!refused.text.includes(text.slice(100, 140)));
            }
            const secret = text.split("\n")[3];
            assert.ok(!server.log().includes(secret) && !server.log().includes(privateKey));
        }
    });

    // proves: M-17
    // ASVS: V2.3.2
    await t.test("at most three an account, though fifty additions race; a revoked one frees its place", async () => {
        await freshly(server, owner);
        const pairs = Array.from({ length: 12 }, () => keys.make());
        const answers = await Promise.all(Array.from({ length: 50 }, (_, n) =>
            owner.client.post("account/ssh-keys", { name: `k${n}`, public_key: pairs[n % pairs.length].line })));
        const codes = answers.map(({ status, body }) => (status === 201 ? "added" : body.code));
        assert.equal(codes.filter((code) => code === "added").length, 3, codes.join());
        assert.ok(codes.every((code) => ["added", "ssh-key/limit-reached", "ssh-key/already-there", "limit/too-many-requests"].includes(code)), codes.join());
        const three = await listed(owner.client);
        assert.equal(three.length, 3);
        await freshly(server, owner);
        const one = keys.make();
        await owner.client.expect(409, "POST", "account/ssh-keys", { name: "x", public_key: one.line });
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${three[0].id}`);
        await add(owner.client, one);
        for (const { id } of await listed(owner.client)) {
            await owner.client.expect(204, "DELETE", `account/ssh-keys/${id}`);
        }
    });

    // proves: D-09
    await t.test("a key is rotated: both are valid until the old one's end, which comes by itself or sooner", async () => {
        await freshly(server, owner);
        const old = await add(owner.client, keys.make(), "old");
        const rotate = (id, overlap_seconds) => owner.client.expect(201, "POST", `account/ssh-keys/${id}/rotate`,
            { name: "new", public_key: keys.make().line, overlap_seconds });
        const next = await rotate(old.id, 3600);
        let [first, second] = await listed(owner.client);
        assert.deepEqual([first.id, first.state, second.id, second.state, second.replaced_by], [next.id, "active", old.id, "ending", next.id]);
        const pending = await owner.client.expect(409, "POST", `account/ssh-keys/${next.id}/rotate`, { name: "x", public_key: keys.make().line });
        assert.equal(pending.code, "ssh-key/rotation-pending");
        await owner.client.expect(204, "POST", `account/ssh-keys/${next.id}/end-overlap`);
        assert.deepEqual((await listed(owner.client)).map(({ id }) => id), [next.id]);
        const third = await rotate(next.id, 100);
        assert.equal((await listed(owner.client)).length, 2);
        server.advanceClock(101);
        assert.deepEqual((await listed(owner.client)).map(({ id }) => id), [third.id], "ended by time");
        await notice(server, owner, /SSH key was replaced/);
        const renamed = await owner.client.expect(200, "PATCH", `account/ssh-keys/${third.id}`, { name: "desktop" });
        assert.equal(renamed.name, "desktop");
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${third.id}?reason=lost`);
    });

    // proves: D-10
    await t.test("what was revoked as compromised does not come back, and binds no other account; nobody hears of the other", async () => {
        await freshly(server, owner, other);
        const pair = keys.make();
        const mine = await add(owner.client, pair);
        const before = await listed(owner.client);
        const theirs = await add(other.client, pair);
        assert.deepEqual(await listed(owner.client), before);
        for (const [method, target, body] of [
            ["GET", `account/ssh-keys/${theirs.id}`], ["DELETE", `account/ssh-keys/${theirs.id}`],
            ["PATCH", `account/ssh-keys/${theirs.id}`, { name: "mine" }], ["POST", `account/ssh-keys/${theirs.id}/end-overlap`],
            ["POST", `account/ssh-keys/${theirs.id}/rotate`, { name: "x", public_key: keys.make().line }],
        ]) {
            assert.equal((await owner.client.expect(404, method, target, body)).code, "ssh-key/not-found");
        }
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${mine.id}?reason=compromised`);
        const refused = await owner.client.expect(409, "POST", "account/ssh-keys", { name: "x", public_key: pair.line });
        assert.equal(refused.code, "ssh-key/compromised");
        assert.deepEqual((await listed(other.client)).map(({ id }) => id), [theirs.id]);
        const events = await owner.client.expect(200, "GET", "account/activity?action=ssh_key.revoke");
        assert.ok(events.items.some(({ details }) => details?.reason === "compromised"), JSON.stringify(events.items[0]));
        await other.client.expect(204, "DELETE", `account/ssh-keys/${theirs.id}?reason=unneeded`);
    });

    // proves: D-10
    // ASVS: V11.6.1
    await t.test("a key ends everywhere by its own signature, and by no other", async () => {
        await freshly(server, owner, other);
        const pair = keys.make();
        const mine = await add(owner.client, pair);
        await add(other.client, pair);
        const anyone = server.client();
        const challenge = await anyone.expect(200, "POST", "ssh-keys/compromised/challenge");
        const report = (body) => anyone.request("POST", "ssh-keys/compromised", body);
        const good = keys.sign(pair, challenge);
        for (const [body, code] of [
            [{ message: challenge.message, signature: keys.sign(pair, { ...challenge, namespace: "git" }) }, "bad-signature"],
            [{ message: challenge.message, signature: keys.sign(pair, { ...challenge, message: "something else" }) }, "bad-signature"],
            [{ message: `${challenge.message.slice(0, -1)}!`, signature: good }, "bad-challenge"],
            [{ message: challenge.message, signature: pair.text }, "private-key"],
        ]) {
            const refused = await report(body);
            assert.deepEqual([refused.status, refused.body.code], [422, `ssh-key/${code}`]);
        }
        assert.equal((await listed(owner.client))[0].id, mine.id);
        // A key of nobody's gets the same answer.
        const foreign = keys.make();
        const unknown = await report({ message: challenge.message, signature: keys.sign(foreign, challenge) });
        const done = await report({ message: challenge.message, signature: good });
        assert.deepEqual([unknown.status, done.status, Object.keys(unknown.body)], [200, 200, Object.keys(done.body)]);
        assert.equal(done.body.fingerprint, mine.fingerprint);
        for (const person of [owner, other]) {
            assert.deepEqual(await listed(person.client), []);
            await notice(server, person, /SSH key of yours is in other hands/);
            const refused = await person.client.expect(409, "POST", "account/ssh-keys", { name: "x", public_key: pair.line });
            assert.equal(refused.code, "ssh-key/compromised");
        }
        const late = await anyone.expect(200, "POST", "ssh-keys/compromised/challenge");
        const signed = keys.sign(foreign, { ...late, message: `${late.message}\n` });
        assert.equal((await report({ message: late.message, signature: signed })).status, 200, "with the line break of an editor");
        server.advanceClock(1801);
        assert.equal((await report({ message: late.message, signature: signed })).body.code, "ssh-key/bad-challenge");
    });

    // ASVS: V7.5.1, V8.2.1
    await t.test("adding wants a fresh proof of who it is; tokens may read, with the permission", async () => {
        const person = await signUp(server);
        await add(person.client, keys.make());
        const reader = await makeToken(person.client, { kind: "custom", permissions: ["read-account"] });
        const program = server.client();
        const as = { headers: bearer(reader.token) };
        assert.equal((await program.expect(200, "GET", "account/ssh-keys", undefined, as)).items.length, 1);
        const refused = await program.expect(403, "POST", "account/ssh-keys", { name: "x", public_key: keys.make().line }, as);
        assert.equal(refused.code, "token/not-allowed");
        server.advanceClock(301);
        const stale = await person.client.expect(401, "POST", "account/ssh-keys", { name: "x", public_key: keys.make().line });
        assert.equal(stale.code, "session/step-up-required");
    });

    await t.test("keys added in a session that was not the owner's end with it; the download holds the others", async () => {
        const person = await signUp(server);
        const own = await add(person.client, keys.make(), "own");
        const thief = server.client({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0" });
        await thief.expect(200, "POST", "sign-in", { email: person.email, password: person.password });
        await add(thief, keys.make(), "theirs");
        const mail = await notice(server, person, /New sign-in/);
        await server.client().expect(200, "POST", "not-me", { token: tokenIn(mail, "/not-me") });
        await person.client.expect(200, "POST", "sign-in", { email: person.email, password: person.password });
        assert.deepEqual((await listed(person.client)).map(({ id }) => id), [own.id]);
        const data = await person.client.expect(200, "GET", "account/export");
        assert.deepEqual(data.ssh_keys.map(({ id }) => id), [own.id]);
    });
});

test("an old key's owner is reminded, where the preset says so", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t, { preset: "devops", settings: { account: { sign_up: "open" }, password: { length_min: 8 } }, movableClock: true });
    const keys = keyFolder(t);
    const owner = await signUp(server);
    const key = await add(owner.client, keys.make(), "build server");
    assert.equal(Math.round((Date.parse(key.rotate_at) - Date.parse(key.created_at)) / 86_400_000), 90);
    server.advanceClock(90 * 86_400 + 60);
    await server.stop();
    await server.start(); // It looks for what is due at once, and every minute.
    const mail = await notice(server, owner, /SSH key of yours is old/);
    assert.ok(mail.text.includes("build server") && mail.text.includes("90 days"));
});

// proves: D-08
test("a key is made in the browser: ssh-keygen opens it, and the server never hears of it", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t, { preset: "marketplace" });
    const browser = await openBrowser(t);
    const owner = await signUp(server);
    const page = await openPage(t, browser, server, { viewport: { width: 320, height: 700 } });
    const sent = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await page.goto("/account/ssh-keys/new");
    await page.getByRole("radio", { name: /^Make one here/ }).check();
    await page.getByLabel("Passphrase", { exact: true }).fill("granite-otter-41");
    await page.getByLabel("Passphrase once more").fill("granite-otter-41");
    await page.getByLabel("Name", { exact: true }).fill("phone");
    await page.getByRole("button", { name: "Make and add the SSH key" }).click();
    await page.getByRole("heading", { name: "Save your private key" }).waitFor({ timeout: 30_000 });
    await checkAccessible(page);
    const [download] = await Promise.all([
        page.waitForEvent("download"), page.getByRole("button", { name: "Download the private key" }).click(),
    ]);
    const file = await download.path();
    chmodSync(file, 0o600);
    const [added] = await listed(owner.client);
    assert.equal(keygen("-y", "-P", "granite-otter-41", "-f", file), `${added.public_key} phone`);
    assert.notEqual(spawnSync("ssh-keygen", ["-y", "-P", "granite-otter-42", "-f", file]).status, 0);
    const secrets = ["granite-otter-41", privateKey, ...readFileSync(file, "utf8").split("\n").slice(3, -2)];
    assert.deepEqual(secrets.filter((secret) => sent.some((request) => request.includes(secret))), []);
    await page.getByRole("button", { name: "I have saved it" }).click();
    await until("the key is listed", async () => (await page.getByText(added.fingerprint).count()) === 1);
    await checkAccessible(page);
});
