// The audit log as others check it: signed checkpoints, tiles, proofs of single events; and what happens to a
// log that was tampered with, turned back or emptied of a person.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import dgram from "node:dgram";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";

import { newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { leafHash, Log, openCheckpoint, parseKey, readProof, rootOf } from "./support/tlog.mjs";
import { until } from "./support/until.mjs";

const require = createRequire(import.meta.url);
const outside = {
    ...require(path.join(import.meta.dirname, "node_modules/@sigstore/verify/dist/tlog/merkle.js")),
    ...require(path.join(import.meta.dirname, "node_modules/@sigstore/verify/dist/tlog/checkpoint.js")),
};

function keystead(server, words, settings = {}) {
    return runKeystead(words, { cwd: server.folder, environment: { ...server.environment(), ...settings } });
}

function json(server, words) {
    const done = keystead(server, [...words, "--output", "json"]);
    assert.equal(done.status, 0, done.stderr);
    return JSON.parse(done.stdout);
}

function vkeyOf(server) {
    return json(server, ["audit", "key"]).items[0].vkey;
}

/** `audit verify-file` over a text. Answers { status, said, verdict }. */
function verifyFile(server, text, words = []) {
    const file = path.join(server.folder, "proof.jsonl");
    writeFileSync(file, text);
    const done = keystead(server, ["audit", "verify-file", file, "--output", "json", ...words]);
    return { status: done.status, said: done.stdout + done.stderr, verdict: done.status <= 1 ? JSON.parse(done.stdout) : null };
}

/** Someone's newest event of an action. */
async function newestEvent(client, action) {
    const { items } = await client.expect(200, "GET", `account/activity?action=${action}`);
    return items[0].id;
}

/** Its proof, once the sequencer has come by. */
async function proofOf(client, id) {
    return until("the event has its place", async () => {
        const answer = await client.get(`account/activity/${id}/proof`);
        return answer.status === 200 ? answer : undefined;
    });
}

/** What npm's @sigstore/verify, which knows nothing of us, says of an entry and a checkpoint. */
function judgeOutside({ entry, index, hashes, note, vkey }) {
    const { name, id, key } = parseKey(vkey);
    const logs = [{ baseURL: `https://${name}`, logID: Buffer.from(id, "hex"), publicKey: createPublicKey(key.export({ format: "pem", type: "spki" })) }];
    const inclusionProof = { logIndex: String(index), hashes, checkpoint: { envelope: note } };
    const checkpoint = outside.verifyCheckpoint({ inclusionProof }, logs);
    outside.verifyMerkleInclusion({ canonicalizedBody: entry, inclusionProof }, checkpoint);
}

test("an event is proved to its owner", async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);
    const owner = await signUp(server, { client: server.client({ userAgent: "Proof-Browser/7", localAddress: "127.0.0.41" }) });
    const other = await signUp(server);
    const id = await newestEvent(owner.client, "session.create");
    const { text: file, headers } = await proofOf(owner.client, id);
    const vkey = vkeyOf(server);

    // proves: D-26, K-05
    await t.test("the download is proof to the command line, and to an outside judge", async () => {
        assert.equal(headers["content-type"], "application/jsonl");
        assert.match(headers["content-disposition"], /^attachment; filename="evt_\w+\.jsonl"$/);
        const { status, verdict, said } = verifyFile(server, file, ["--key", vkey]);
        assert.equal(status, 0, said);
        assert.equal(verdict.good, true);
        assert.equal(verdict.key_from, "the command line");
        const { header, event } = readProof(file);
        assert.equal(event.id, id);
        assert.equal(event.action, "session.create");
        assert.equal(event.facts.find(({ name }) => name === "ip").value, "127.0.0.41");
        assert.equal(event.facts.find(({ name }) => name === "user_agent").value, "Proof-Browser/7");
        const { createHash } = await import("node:crypto");
        const entry = createHash("sha256").update(Buffer.from(event.nonce, "base64")).update(Buffer.from(event.canonical, "base64")).digest();
        const hashes = event.proof.map((hash) => Buffer.from(hash, "base64"));
        const judged = { entry, index: event.leaf_index, hashes, note: header.checkpoint, vkey };
        judgeOutside(judged);
        assert.throws(() => judgeOutside({ ...judged, index: judged.index ^ 1 }));
        assert.throws(() => judgeOutside({ ...judged, entry: Buffer.alloc(32) }));
        assert.throws(() => judgeOutside({ ...judged, note: judged.note.replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`) }));
    });

    // proves: D-26, K-05
    await t.test("whatever is changed in it is found, and said", () => {
        const lines = file.split("\n");
        const event = JSON.parse(lines[1]);
        const other = (text) => (text[0] === "A" ? "B" : "A") + text.slice(1);
        for (const [what, damaged, words] of [
            ["a value", file.replace("Proof-Browser/7", "Proof-Browser/8"), /not what was committed to/],
            ["the outcome", file.replace('"outcome":"ok"', '"outcome":"failed"'), /fields do not say/],
            ["the event", file.replace(event.canonical, other(event.canonical)), /canonical event|does not lead/],
            ["the nonce", file.replace(event.nonce, other(event.nonce)), /does not lead/],
            ["the place", file.replace(`"leaf_index":${event.leaf_index}`, `"leaf_index":${event.leaf_index - 1}`), /does not lead/],
            ["the proof", file.replace(event.proof[0], other(event.proof[0])), /does not lead/],
            ["the root", file.replace(/"root":"./, (start) => start.slice(0, -1) + (start.endsWith("A") ? "B" : "A")), /something else than its checkpoint|not the header/],
            ["the signature", file.replace(/(— \S+ .{20})(.)/, (_, start, letter) => start + (letter === "A" ? "B" : "A")), /not signed by the log's key/],
            ["its end", lines.slice(0, 2).join("\n") + "\n", /was cut/],
            ["its event", [lines[0], lines[2], ""].join("\n"), /taken out or put in/],
            ["its form", `${file}\n`, /something follows/],
        ]) {
            assert.notEqual(damaged, file, what);
            const { status, said, verdict } = verifyFile(server, damaged, ["--key", vkey]);
            assert.equal(status, 1, `${what}: ${said}`);
            assert.match(verdict.faults.join("\n"), words, what);
        }
        const foreign = vkey.replace(/.$/, "").replace(/[^+]*$/, "AaTcBpY0U2RmcbpXLVXoyvFkDFhT3oPQVvmTWsCDqdnR");
        assert.equal(verifyFile(server, file, ["--key", foreign]).status, 5, "no key at all");
        assert.equal(keystead(server, ["audit", "verify-file", path.join(server.folder, "none")]).status, 4);
    });

    await t.test("it is the owner's alone, and an operator's look is recorded", async () => {
        const foreign = await other.client.get(`account/activity/${id}/proof`);
        assert.equal(foreign.status, 404);
        assert.equal(foreign.body.code, "audit/event-not-found");
        assert.equal((await owner.client.get("account/activity/evt_0000000000000000000000/proof")).status, 404);
        assert.equal((await owner.client.get(`admin/audit/events/${id}/proof`)).status, 403);
        const seen = await operator.client.get(`admin/audit/events/${id}/proof`);
        assert.equal(seen.status, 200);
        assert.equal(verifyFile(server, seen.text, ["--key", vkey]).status, 0);
        const { items } = await operator.client.expect(200, "GET", "account/activity?action=audit.prove-event");
        assert.equal(items[0].target.id, id);
    });
});

test("a proof is downloaded and checked in the browser", async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const browser = await openBrowser(t);
    const page = await openPage(t, browser, server);
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto("/account/activity");
    const button = page.getByRole("button", { name: /^Download proof/ });
    await button.first().waitFor();
    const { text: file } = await proofOf(owner.client, (await owner.client.expect(200, "GET", "account/activity")).items[0].id);
    const [download] = await Promise.all([page.waitForEvent("download"), button.first().click()]);
    const saved = readFileSync(await download.path(), "utf8");
    assert.equal(verifyFile(server, saved, ["--key", vkeyOf(server)]).status, 0);

    const visitor = await openPage(t, browser, server);
    await visitor.goto("/audit/verify");
    await visitor.getByRole("heading", { name: "Check a proof" }).waitFor();
    const choose = (text) => visitor.locator('input[type="file"]').setInputFiles({ name: "proof.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(text) });

    // proves: D-26, K-05
    await t.test("a good proof is told from a changed one, without an account and without the network", async () => {
        await visitor.waitForLoadState("networkidle");
        await visitor.context().setOffline(true);
        for (const [text, words] of [
            [saved, "proof.jsonl is a good proof."],
            [saved.replace(/"outcome":"\w+"/, '"outcome":"failed"'), "The words around the event do not say what the event itself says."],
            [saved.replace(/"value":"/, '"value":"x'), "A personal value is not the one that was recorded."],
            [saved.replace(/"leaf_index":\d+/, '"leaf_index":0'), "The event does not belong to the log at that place"],
            [saved.replace(/(— \S+ .{20})(.)/, (_, start, letter) => start + (letter === "A" ? "B" : "A")), "The checkpoint is not signed by the log's key."],
            [saved.replace(/"size":\d+/, '"size":1000'), "The first line says something else than the signed checkpoint."],
            [saved.split("\n").slice(0, 2).join("\n"), "This is no proof of one event"],
            [file, "proof.jsonl is a good proof."],
        ]) {
            await choose(text);
            await visitor.getByText(words).waitFor();
        }
        assert.ok(await visitor.getByText("It is signed by a key of this server's log.").isVisible());
        assert.ok(await visitor.getByText(owner.id).isVisible());
        await visitor.context().setOffline(false);
    });

    await t.test("the key from elsewhere decides", async () => {
        const other = vkeyOf(server).replace(/^[^+]+/, "elsewhere.example/log");
        await visitor.getByLabel("Verifier key").fill(other);
        await choose(saved);
        await visitor.getByText("The file names another key").waitFor();
        await visitor.getByLabel("Verifier key").fill(vkeyOf(server));
        await choose(saved);
        await visitor.getByText("It is signed by the key that you gave.").waitFor();
    });

    await t.test("the page is accessible and fits a phone", async () => {
        for (const [colorScheme, width] of [["light", 1100], ["dark", 320]]) {
            await visitor.emulateMedia({ colorScheme });
            await visitor.setViewportSize({ width, height: 720 });
            await checkAccessible(visitor);
            await checkFits(visitor);
            await screenshot(visitor, `audit-verify-${colorScheme}`);
        }
    });
});

test("anyone can read and check the log", async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const log = new Log(server);
    await proofOf(owner.client, await newestEvent(owner.client, "session.create"));

    // proves: D-26, K-05
    await t.test("checkpoint, tiles and entries are those of C2SP tlog-tiles", async () => {
        const [{ vkey, origin, in_use: inUse }] = await log.keys();
        assert.equal(vkey, vkeyOf(server));
        assert.equal(inUse, true);
        const answer = await log.fetch("checkpoint");
        assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert.doesNotMatch(answer.headers["cache-control"], /immutable/);
        const checkpoint = openCheckpoint(answer.bytes.toString(), vkey);
        assert.equal(checkpoint.origin, origin);
        assert.match(origin, new RegExp(`^localhost:${server.port}/audit/[0-9a-f]{16}$`));
        const entries = await log.entries(checkpoint.size);
        assert.ok(entries.every((entry) => entry.length === 32));
        assert.deepEqual(await log.tile(0, 0, checkpoint.size), entries.map(leafHash));
        assert.deepEqual(rootOf(entries.map(leafHash)), checkpoint.root);
        const tile = await log.fetch(`tile/0/000.p/${checkpoint.size}`);
        assert.equal(tile.headers["content-type"], "application/octet-stream");
        assert.match(tile.headers["cache-control"], /immutable/);
        assert.equal((await log.fetch("checkpoint", "HEAD")).status, 200);
    });

    // proves: K-05
    await t.test("nothing else is there, and nothing can be put there", async () => {
        const { size } = await log.checkpoint();
        for (const wrong of ["tile/0/000", `tile/0/000.p/${size + 200}`, "tile/0/001.p/1", "tile/1/000.p/1", "tile/0/0", "tile/0/000.p/0",
            "tile/0/000.p/256", "tile/00/000.p/1", "tile/64/000", "tile/data/000", "tile/", "tile/0/x000/000.p/1", "tile/0/000.p/1/2", "nothing"]) {
            assert.equal((await log.fetch(wrong)).status, 404, wrong);
        }
        for (const method of ["POST", "PUT", "DELETE"]) {
            assert.equal((await log.fetch("checkpoint", method)).status, 405, method);
        }
        const all = Buffer.concat((await log.entries(size))).toString("latin1");
        assert.ok(!all.includes(owner.email));
    });
});

const database = (server) => path.join(server.folder, "data", "keystead.db");

function tamper(server, ...words) {
    const done = spawnSync("python3", [path.join(import.meta.dirname, "support/audit_database.py"), database(server), ...words.map(String)], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
}

test("a log of more than 65,536 entries", { skip: engine !== "sqlite" && "grown in the file of SQLite" }, async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);
    const log = new Log(server);
    const vkey = vkeyOf(server);
    const small = await log.checkpoint(vkey);
    const leaves = (size) => log.entries(size).then((entries) => entries.map(leafHash));
    assert.deepEqual(rootOf(await leaves(small.size)), small.root);
    await server.stop();
    tamper(server, "grow", 66_000);
    await server.start();
    const large = await until("all have their number", async () => {
        json(server, ["client", "create", "--name", `c${Math.random()}`, "--rights", "introspect"]); // each commit numbers some
        const checkpoint = await log.checkpoint(vkey);
        return checkpoint.size > 66_000 ? checkpoint : undefined;
    }, { seconds: 120 });

    // proves: D-26, K-05
    await t.test("has full tiles of level 0 and 1, and a root that follows from them", async () => {
        const hashes = await leaves(large.size);
        assert.deepEqual(rootOf(hashes), large.root);
        assert.deepEqual(rootOf(hashes.slice(0, small.size)), small.root, "it only grew");
        for (let level = 0, below = hashes; below.length > 0; level += 1) {
            const tiles = [];
            for (let index = 0; index * 256 < below.length; index += 1) {
                const tile = await log.tile(level, index, large.size);
                assert.deepEqual(tile, below.slice(index * 256, index * 256 + 256), `tile ${level}/${index}`);
                tiles.push(tile);
            }
            below = tiles.filter((tile) => tile.length === 256).map(rootOf);
        }
        assert.equal((await log.fetch("tile/1/000")).bytes.length, 256 * 32, "a full tile of level 1");
        assert.equal((await log.fetch("tile/2/000.p/1")).bytes.length, 32);
    });

    // proves: D-26, K-05
    await t.test("proves inclusion out of its tiles to an outside judge", async () => {
        const entries = await log.entries(large.size);
        for (const index of [0, 255, 256, 65_535, 65_536, large.size - 1]) {
            const hashes = await log.inclusionProof(index, large.size);
            judgeOutside({ entry: entries[index], index, hashes, note: large.note, vkey });
            assert.throws(() => judgeOutside({ entry: entries[index], index, hashes: hashes.toReversed(), note: large.note, vkey }));
        }
    });

    await t.test("verifies as a whole", () => {
        assert.ok(json(server, ["audit", "verify"]).entries >= large.size);
    });

    await t.test("its export ends with the session that asked for it", async () => {
        const client = await signIn(server, operator);
        const take = (afterTheFirstPiece) => new Promise((resolve, reject) => {
            const headers = { host: new URL(server.base).host, ...client.identity("GET") };
            const request = http.get({ host: "127.0.0.1", port: server.port, path: "/v1/admin/audit/export", headers }, (answer) => {
                let size = 0;
                answer.once("data", async () => {
                    answer.pause(); // What fits between the two is sent meanwhile.
                    await afterTheFirstPiece();
                    answer.on("data", (piece) => { size += piece.length; });
                    answer.resume();
                });
                answer.on("error", () => {}); // Cut off: told by "close".
                answer.on("close", () => resolve({ status: answer.statusCode, complete: answer.complete, size }));
            });
            request.on("error", reject);
        });
        const whole = await take(() => undefined);
        assert.deepEqual([whole.status, whole.complete], [200, true]);
        const cut = await take(() => client.expect(204, "POST", "sign-out"));
        assert.deepEqual([cut.status, cut.complete], [200, false]);
        assert.ok(cut.size < whole.size, `${cut.size} of ${whole.size} bytes`);
    });
});

test("a log that was tampered with", { skip: engine !== "sqlite" && "by changing the file of SQLite" }, async (t) => {
    const server = await startKeystead(t);
    for (let i = 0; i < 3; i += 1) {
        await signUp(server);
    }
    const checkpoints = path.join(server.folder, "checkpoints");
    const log = new Log(server);
    const kept = await log.checkpoint();
    writeFileSync(checkpoints, kept.note);
    await server.stop();
    const data = path.join(server.folder, "data");
    const whole = path.join(server.folder, "whole");
    cpSync(data, whole, { recursive: true });
    const verify = (...words) => keystead(server, ["audit", "verify", ...words]);
    const size = Number(tamper(server, "size"));
    assert.ok(size >= kept.size);

    // proves: D-26
    await t.test("is whole before", () => {
        const done = verify("--checkpoint", checkpoints, "--output", "json");
        assert.equal(done.status, 0, done.stderr);
        assert.equal(JSON.parse(done.stdout).checkpoints_that_agree, 1);
    });

    for (const [what, change, words, options] of [
        ["an event that was changed", ["flip", 2], /entry 2.* is not what the tree holds/, []],
        ["an event that was made a text", ["retype", 2], /the event of entry 2 cannot be read/, []],
        ["an event that was removed", ["remove", 3], /entries 3 to 3 have no event/, []],
        ["events that changed places", ["swap", 1, 4], /entry 1\) is not what the tree holds.*entry 4\) is not/s, []],
        ["the newest, removed", ["remove", size - 1], /entries, the newest event is number/, []],
        ["the newest, cut as if a restore had given them up", ["forget", kept.size - 2], /a key that this installation did not make/, []],
        ["a search that was blinded", ["blind", 1_000_000], /the search claims to know 1000000 entries/, []],
        ["a search that knows less than nothing", ["blind", -1], /audit_search does not say how much is indexed/, []],
        ["the newest, cut with all that belongs to them", ["cut", kept.size - 2], /the newest were cut/, ["--checkpoint", checkpoints]],
    ]) {
        // proves: D-26
        // ASVS: V16.4.2
        await t.test(`${what}: found and said`, () => {
            rmSync(data, { recursive: true });
            cpSync(whole, data, { recursive: true });
            tamper(server, ...change);
            const done = verify(...options);
            assert.equal(done.status, 1, done.stdout + done.stderr);
            assert.match(done.stderr, words);
            if (options.length > 0) {
                assert.equal(verify().status, 0, "against itself alone a clean cut is not seen");
            }
        });
    }

    await t.test("a checkpoint of another log, or a file of none, says so", () => {
        const file = path.join(server.folder, "other");
        writeFileSync(file, readFileSync(path.join(import.meta.dirname, "../vectors/tlog-tiles/checkpoint.5")));
        assert.match(verify("--checkpoint", file).stderr, /none of the checkpoints kept elsewhere is of this log/);
        writeFileSync(file, "nothing");
        assert.equal(verify("--checkpoint", file).status, 5);
        assert.equal(verify("--checkpoint", `${file}-missing`).status, 4);
    });
});

// proves: K-05
test("after a person's erasure every proof holds, and nothing they gave is left in the files", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const email = newEmail("vanishing");
    const personal = { email, userAgent: "Erasable-Phone/4.2", ip: "127.0.7.93", name: "Theodora Quillfeather" };
    const options = { userAgent: personal.userAgent, localAddress: personal.ip };
    const owner = await signUp(server, { email, client: server.client(options) });
    await owner.client.expect(200, "PATCH", "account", { name: personal.name });
    const id = await newestEvent(owner.client, "session.create");
    const { text: before } = await proofOf(owner.client, id);
    const operator = await setUpOperator(server);
    const log = new Log(server);
    const then = await log.checkpoint();
    await owner.client.expect(202, "DELETE", "account", {});
    server.advanceClock(15 * 24 * 60 * 60);
    await server.stop();
    await server.start();
    await until("the account is erased", async () => (await passwordStep(server, owner)).answer.status === 401
        && !JSON.stringify(json(server, ["account", "list"])).includes(email));
    const admin = await signIn(server, operator);
    const after = await until("the values are gone", async () => {
        const { text } = await admin.expect(200, "GET", `admin/audit/events/${id}/proof`).then(() => admin.get(`admin/audit/events/${id}/proof`));
        return text.includes(personal.userAgent) ? undefined : text;
    });

    const vkey = vkeyOf(server);
    for (const [what, text, withheld] of [["the old proof", before, false], ["a new proof", after, true]]) {
        const { status, said, verdict } = verifyFile(server, text, ["--key", vkey]);
        assert.equal(status, 0, `${what}: ${said}`);
        assert.equal(verdict.values_withheld_or_erased > 0, withheld, what);
    }
    const now = await log.checkpoint(vkey);
    const hashes = (await log.entries(now.size)).map(leafHash);
    assert.deepEqual(rootOf(hashes), now.root);
    assert.deepEqual(rootOf(hashes.slice(0, then.size)), then.root, "the log only grew");
    assert.equal(json(server, ["audit", "verify"]).waiting_for_a_number >= 0, true);

    const exported = (await admin.get("admin/audit/export")).text;
    const checked = verifyFile(server, exported, ["--key", vkey]);
    assert.equal(checked.status, 0, `a new export: ${checked.said}`);
    const table = (await admin.get("admin/audit/export?format=csv")).text;
    for (const [what, text] of [["proof", after], ["export", exported], ["table", table]]) {
        for (const value of Object.values(personal)) {
            assert.ok(!text.includes(value), `the new ${what} holds ${value}`);
        }
    }
    assert.deepEqual((await admin.expect(200, "GET", `admin/audit/events?ip=${personal.ip}`)).items, []);
    if (engine === "sqlite") {
        const files = readdirSync(path.join(server.folder, "data")).filter((name) => name.startsWith("keystead.db"));
        assert.ok(files.includes("keystead.db"));
        await until("the write-ahead log is emptied of it", () => files.every((name) => {
            const bytes = readFileSync(path.join(server.folder, "data", name));
            return Object.values(personal).every((text) => !bytes.includes(text));
        }), { seconds: 30 });
    } else {
        const dump = spawnSync("pg_dump", ["--data-only", "--inserts", "-d", server.environment().KEYSTEAD__STORAGE__POSTGRES], { encoding: "latin1", maxBuffer: 1 << 28 });
        assert.equal(dump.status, 0, dump.stderr);
        for (const text of Object.values(personal)) {
            assert.ok(!dump.stdout.includes(text) && !dump.stdout.includes(Buffer.from(text).toString("hex")), `a dump holds ${text}`);
        }
    }
});

test("checkpoints sent away", async (t) => {
    const receiver = dgram.createSocket("udp4");
    const messages = [];
    receiver.on("message", (message) => messages.push(message.toString()));
    await new Promise((resolve) => receiver.bind(0, "127.0.0.1", resolve));
    t.after(() => receiver.close());
    const server = await startKeystead(t, { settings: { audit: { checkpoint_interval: "1s", checkpoint_syslog: `udp://127.0.0.1:${receiver.address().port}` } } });
    const file = path.join(server.folder, "away", "checkpoints");
    const operator = await setUpOperator(server);

    // proves: D-26
    await t.test("reach a syslog receiver whenever the log has grown", async () => {
        const { client } = await signUp(server);
        const vkey = vkeyOf(server);
        const size = readProof((await proofOf(client, await newestEvent(client, "session.create"))).text).header.size;
        const seen = await until("a message tells of it", () => messages
            .map((message) => {
                const [, head, body] = /^(<109>1 \S+ \S+ keystead - checkpoint - )(.*)$/s.exec(message) ?? assert.fail(message);
                return { head, ...JSON.parse(body) };
            })
            .find((message) => message.size >= size));
        assert.equal(openCheckpoint(seen.note, vkey).size, seen.size);
    });

    await t.test("a place that cannot be is refused at the start", async () => {
        await server.stop();
        for (const [key, value] of [["FILE", path.join(server.folder, "data", "checkpoints")], ["FILE", "relative"], ["SYSLOG", "tls://x:1"], ["SYSLOG", "udp://x"]]) {
            const done = keystead(server, ["serve", "--preset", server.preset], { [`KEYSTEAD__AUDIT__CHECKPOINT_${key}`]: value });
            assert.equal(done.status, 3, `${value}: ${done.stderr}`);
            assert.match(done.stderr, /checkpoint_/);
        }
    });

    if (engine === "sqlite") {
        // proves: D-26
        await t.test("a database older than the last one does not start, unless that is accepted and recorded", async () => {
            spawnSync("mkdir", [path.dirname(file)]);
            server.settings = { ...server.settings, audit: { checkpoint_interval: "1s", checkpoint_file: file } };
            await server.start();
            await server.stop();
            const data = path.join(server.folder, "data");
            const backup = path.join(server.folder, "backup");
            cpSync(data, backup, { recursive: true });
            await server.start();
            await signUp(server);
            const log = new Log(server);
            const last = await log.checkpoint();
            await server.stop();
            assert.ok(existsSync(file));
            const written = readFileSync(file, "utf8").split(/\n\n(?=localhost)/);
            assert.ok(written.at(-1).startsWith(last.origin));
            rmSync(data, { recursive: true });
            cpSync(backup, data, { recursive: true });

            const refused = keystead(server, ["serve", "--preset", server.preset]);
            assert.equal(refused.status, 5, refused.stderr);
            assert.match(refused.stderr, /older than.*the newest were cut.*--accept-rollback/s);
            await server.start(["--accept-rollback"]);
            const client = await signIn(server, operator);
            const keys = await log.keys();
            assert.equal(keys.length, 2, "it goes on under a new origin");
            assert.notEqual(keys[0].origin, last.origin);
            const entries = (await log.entries((await log.checkpoint()).size)).map(leafHash);
            assert.deepEqual(rootOf(entries), (await log.checkpoint()).root);
            await client.expect(200, "GET", "account");
            await server.stop();
            await server.start();
            await server.stop();
            const done = keystead(server, ["audit", "verify", "--checkpoint", file, "--output", "json"]);
            assert.equal(done.status, 0, done.stderr);
            assert.ok(JSON.parse(done.stdout).checkpoints_given_up >= 1);
            const { checkpoints_that_agree: agree, given_up: gone } = JSON.parse(done.stdout);
            assert.ok(agree >= 1);
            assert.equal(gone.at(-1).reason, "rollback-accepted");
            assert.ok(gone.at(-1).from_entry < gone.at(-1).checkpoint_size);

            writeFileSync(`${file}-old`, last.note);
            const silent = keystead(server, ["audit", "verify", "--checkpoint", `${file}-old`]);
            assert.equal(silent.status, 1, "nothing kept elsewhere speaks of what is here");
            assert.match(silent.stderr, /it gave them up at .*rollback-accepted.*no checkpoint made since was given/);
        });
    }
});

// proves: D-26, K-05
test("numbering goes on without gap or fork when the server is killed under load", async (t) => {
    const server = await startKeystead(t);
    const log = new Log(server);
    const vkey = vkeyOf(server);
    const seen = [];
    for (let round = 0; round < 3; round += 1) {
        let running = true;
        const load = Array.from({ length: 12 }, async () => {
            const client = server.client();
            while (running) {
                await client.post("sign-up", { email: newEmail("load") }).catch(() => {});
            }
        });
        for (let i = 0; i < 4; i += 1) {
            const size = seen.at(-1)?.size ?? 0;
            await until("the log grows", async () => (await log.checkpoint(vkey)).size > size);
            seen.push(await log.checkpoint(vkey));
        }
        await server.kill();
        running = false;
        await Promise.all(load);
        await server.start();
    }
    await until("all have their number", () => json(server, ["audit", "verify"]).waiting_for_a_number === 0);
    const last = await log.checkpoint(vkey);
    const hashes = (await log.entries(last.size)).map(leafHash);
    assert.deepEqual(rootOf(hashes), last.root);
    for (const { size, root } of seen) {
        assert.deepEqual(rootOf(hashes.slice(0, size)), root, `the checkpoint of ${size} entries`);
    }
});
