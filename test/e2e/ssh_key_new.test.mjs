// `keystead ssh-key new`: a key pair made at a terminal, its public half in the account. What a key is says ssh-keygen.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { atTerminal } from "./support/terminal.mjs";

const passphrase = "larch quay ember 73";
const asked = [["Enter passphrase", passphrase], ["Enter same passphrase again", passphrase]];
const keygen = (...words) => spawnSync("ssh-keygen", words, { encoding: "utf8" });
const listed = async (client) => (await client.expect(200, "GET", "account/ssh-keys")).items;

/** Every file under `folder` that holds `text`. */
function holding(folder, text) {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).filter((file) => readFileSync(file).includes(text));
}

test("a key made at a terminal", async (t) => {
    const server = await startKeystead(t, { settings: { ssh_key: { at_most: 2 } } });
    const owner = await signUp(server);
    const how = { environment: server.environment(), cwd: server.folder };
    const make = (file, words = [], answers = asked) =>
        atTerminal(["ssh-key", "new", file, "--preset", server.preset, "--output", "json", ...words], { ...how, answers });
    const mine = ["--account", owner.email];

    await t.test("is in the account by its public half; the private one is the file's, under the passphrase that was typed", async () => {
        const { status, shown } = make("laptop", [...mine, "--name", "my laptop"]);
        assert.equal(status, 0, shown);
        const made = JSON.parse(shown.slice(shown.indexOf("{")));
        const file = path.join(server.folder, "laptop");
        const [key] = await listed(owner.client);
        assert.deepEqual([key.name, key.fingerprint, key.public_key, key.type], ["my laptop", made.fingerprint, made.public_key, "ssh-ed25519"]);
        assert.deepEqual(made.added_to, owner.email);
        assert.equal(keygen("-l", "-f", `${file}.pub`).stdout.split(" ")[1], key.fingerprint);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        assert.ok(keygen("-y", "-P", passphrase, "-f", file).stdout.startsWith(key.public_key), "it opens");
        assert.notEqual(keygen("-y", "-P", "another", "-f", file).status, 0);
        await server.mail.waitFor(owner.email, ({ subject, text }) => /SSH key was added/.test(subject) && text.includes(key.fingerprint));

        const secret = readFileSync(file, "utf8").split("\n").slice(2, -2);
        assert.ok(secret.length > 2);
        for (const text of [...secret, passphrase]) {
            assert.deepEqual(holding(server.folder, text), text === passphrase ? [] : [file]);
            assert.ok(!shown.includes(text) && !server.log().includes(text));
        }
        const given = runKeystead(["ssh-key", "new", "x", "--passphrase", "x"], how);
        assert.equal(given.status, 2, "a passphrase is no argument");
    });

    await t.test("is not made over a file, for nobody, or where the account is full", async () => {
        const before = readFileSync(path.join(server.folder, "laptop"), "utf8");
        symlinkSync("/nonexistent", path.join(server.folder, "link.pub"));
        for (const [file, words, status, code] of [
            ["laptop", mine, 5, "ssh-key/file-exists"],
            ["link", mine, 5, "ssh-key/file-exists"],
            ["other", ["--account", "nobody@example.test"], 4, "account/not-found"],
            ["other", [...mine, "--name", "x".repeat(101)], 5, "ssh-key/name-invalid"],
            ["nowhere/other", mine, 1, "ssh-key/not-made"],
        ]) {
            const answers = code.endsWith("not-made") ? asked : [];
            const refused = make(file, words, answers);
            assert.equal(refused.status, status, refused.shown);
            assert.ok(refused.shown.includes(code), refused.shown);
        }
        assert.equal(readFileSync(path.join(server.folder, "laptop"), "utf8"), before);
        assert.ok(!existsSync(path.join(server.folder, "other")));
        assert.equal(make("second", mine).status, 0);
        const full = make("third", mine, []);
        assert.deepEqual([full.status, /ssh-key\/limit-reached/.test(full.shown)], [5, true], full.shown);
        assert.ok(!existsSync(path.join(server.folder, "third")));
        assert.equal((await listed(owner.client)).length, 2);
    });

    await t.test("goes into the database itself while no server runs", async () => {
        const [newest] = await listed(owner.client);
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${newest.id}`);
        await server.stop();
        const { status, shown } = make("offline", mine);
        assert.equal(status, 0, shown);
        await server.start();
        assert.equal((await listed(owner.client))[0].name, "offline");
    });
});

test("a key for another place is made without a server, and shown as it is to be added", { skip: engine !== "sqlite" && "alike on both engines" }, async (t) => {
    const server = await startKeystead(t);
    await server.stop();
    const how = { environment: { PATH: process.env.PATH }, cwd: server.folder };
    const { status, shown } = atTerminal(["ssh-key", "new", "away"], { ...how, answers: asked });
    assert.equal(status, 0, shown);
    const line = readFileSync(path.join(server.folder, "away.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    assert.ok(shown.includes(line), shown);
    assert.ok(!existsSync(path.join(server.folder, "data", "control.sock")));

    // What is started is the one that PATH's absolute folders have; nothing that lies where one stands.
    writeFileSync(path.join(server.folder, "ssh-keygen"), "#!/bin/sh\ntouch was-run\n");
    chmodSync(path.join(server.folder, "ssh-keygen"), 0o755);
    const lost = runKeystead(["ssh-key", "new", "more"], { cwd: server.folder, environment: { PATH: ".:" } });
    assert.equal(lost.status, 4, lost.stderr);
    assert.match(lost.stderr, /install OpenSSH's client/);
    assert.ok(!existsSync(path.join(server.folder, "was-run")));
});
