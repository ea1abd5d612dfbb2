// Webhooks: signed, retried, repeatable, and never a way inside. Judged by the package standardwebhooks.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Webhook } from "standardwebhooks";

import { enrollTotp, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { tokenIn } from "./support/mail.mjs";
import { insideAllowed, startReceiver } from "./support/receiver.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const schema = JSON.parse(readFileSync(new URL("../../docs/webhook-event.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
const isEvent = ajv.compile(schema);

function cli(server, words) {
    const done = runKeystead([...words, "--preset", server.preset, "--output", "json"], {
        environment: server.environment(), cwd: server.folder,
    });
    return { ...done, answer: done.status === 0 && done.stdout.trim() ? JSON.parse(done.stdout) : undefined };
}

async function addWebhook(account, url, more = {}) {
    return account.client.expect(201, "POST", "account/webhooks", { url, ...more });
}

async function deliveries(account, id) {
    return (await account.client.expect(200, "GET", `account/webhooks/${id}/deliveries`)).items;
}

function verify(secret, { headers, body }) {
    return new Webhook(secret).verify(body, headers);
}

test("an account's webhooks", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed });
    const owner = await signUp(server);
    const receiver = await startReceiver(t);
    const { endpoint, secret } = await addWebhook(owner, receiver.url, { description: "mine" });

    // proves: K-04
    await t.test("every event of the account arrives, signed, in the form that is documented", async () => {
        await owner.client.expect(200, "PATCH", "account", { name: "A new name" });
        await enrollTotp(server, owner.client);
        await owner.client.expect(200, "POST", "account/sessions/revoke-others", undefined);
        // In whatever order: nothing promises one, and a receiver that was slow once is asked again later.
        const all = ["webhook.created", "account.renamed", "credential.totp_added", "credential.backup_codes_made", "session.others_revoked"];
        await until("the events arrive", () => all.every((type) => receiver.types().includes(type)), { seconds: 30 });
        for (const request of receiver.requests) {
            const event = verify(secret, request);
            assert.ok(isEvent(event), JSON.stringify(isEvent.errors));
            assert.equal(event.data.account_id, owner.id);
            assert.equal(request.headers["content-type"], "application/json");
            for (const personal of [owner.email, "A new name", "127.0.0.1", secret]) {
                assert.ok(!request.body.includes(personal), `${personal} in ${request.body}`);
            }
        }
        const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
        assert.equal(new Set(ids).size, ids.length);
    });

    // proves: K-04
    await t.test("what was changed on the way, or comes late, is refused by the receiver's library", async () => {
        const [{ headers, body }] = receiver.requests;
        assert.throws(() => verify(secret, { headers, body: body.replace("webhook", "account") }), /signature/i);
        assert.throws(() => verify(secret, { headers: { ...headers, "webhook-id": "msg_other" }, body }), /signature/i);
        const late = String(Number(headers["webhook-timestamp"]) - 301);
        assert.throws(() => verify(secret, { headers: { ...headers, "webhook-timestamp": late }, body }), /too old/i);
        assert.throws(() => verify(`whsec_${Buffer.alloc(32).toString("base64")}`, { headers, body }), /signature/i);
    });

    // proves: K-04
    await t.test("a rotation signs by both secrets until the old one is ended", async () => {
        const rotated = await owner.client.expect(200, "POST", `account/webhooks/${endpoint.id}/rotate-secret`, undefined);
        assert.notEqual(rotated.secret, secret);
        assert.ok(rotated.endpoint.previous_secret_expires_at);
        const send = async () => {
            const before = receiver.requests.length;
            await owner.client.expect(202, "POST", `account/webhooks/${endpoint.id}/test`, undefined);
            return until("the test arrives", () => receiver.requests.slice(before).find(({ body }) => JSON.parse(body).type === "webhook.test"));
        };
        const both = await send();
        assert.equal(both.headers["webhook-signature"].split(" ").length, 2);
        verify(secret, both);
        verify(rotated.secret, both);
        await owner.client.expect(204, "DELETE", `account/webhooks/${endpoint.id}/previous-secret`);
        const after = await send();
        verify(rotated.secret, after);
        assert.throws(() => verify(secret, after), /signature/i);
        const none = await owner.client.request("DELETE", `account/webhooks/${endpoint.id}/previous-secret`);
        assert.equal(none.body.code, "webhook/no-previous-secret");
        const shown = await owner.client.expect(200, "GET", "account/webhooks");
        assert.ok(!JSON.stringify(shown).includes("whsec_"), "shown once");
    });

    // proves: K-04
    await t.test("the tester shows what is sent, and a delivery can be sent again under its id", async () => {
        const before = receiver.requests.length;
        const shown = await owner.client.expect(202, "POST", `account/webhooks/${endpoint.id}/test`, undefined);
        const sent = await until("it arrives", () => receiver.requests[before]);
        assert.equal(sent.body, shown.delivery.body);
        assert.equal(shown.url, receiver.url);
        assert.equal(sent.headers["webhook-id"], shown.headers["webhook-id"]);
        const done = await until("it is marked", async () =>
            (await deliveries(owner, endpoint.id)).find(({ id, state }) => id === shown.delivery.id && state === "delivered"));
        assert.equal(done.status, 204);
        assert.equal(done.attempts, 1);
        const again = await owner.client.expect(202, "POST", `account/webhooks/${endpoint.id}/deliveries/${done.id}/repeat`, undefined);
        const repeated = await until("it arrives again", () => receiver.requests[before + 1]);
        assert.equal(repeated.headers["webhook-id"], sent.headers["webhook-id"]);
        assert.equal(repeated.body, sent.body);
        assert.notEqual(again.id, done.id);
    });

    await t.test("others see nothing of it", async () => {
        const other = await signUp(server);
        for (const [method, where] of [
            ["GET", ""], ["PATCH", ""], ["DELETE", ""], ["POST", "/test"], ["GET", "/deliveries"],
            ["POST", "/rotate-secret"], ["DELETE", "/previous-secret"],
        ]) {
            const answer = await other.client.request(method, `account/webhooks/${endpoint.id}${where}`, method === "PATCH" ? {} : undefined);
            assert.equal(answer.body.code, "webhook/not-found", `${method} ${where}`);
        }
        assert.deepEqual((await other.client.expect(200, "GET", "account/webhooks")).items, []);
        assert.equal((await server.client().get("account/webhooks")).status, 401);
    });

    // ASVS: V15.4.2
    await t.test("no more endpoints than may be, when 50 are made at once", async () => {
        const racer = await signUp(server);
        const answers = await Promise.all(Array.from({ length: 50 }, () => racer.client.post("account/webhooks", { url: receiver.url })));
        assert.equal(answers.filter(({ status }) => status === 201).length, 5);
        for (const { status, body } of answers.filter(({ status }) => status !== 201)) {
            assert.equal(status, 409);
            assert.equal(body.code, "webhook/limit");
        }
    });
});

test("“this was not me” suspends the account's webhooks, and nobody else's", async (t) => {
    const receiver = await startReceiver(t);
    const server = await startKeystead(t, { settings: insideAllowed });
    const [owner, other] = [await signUp(server), await signUp(server)];
    const thief = await signIn(server, owner);
    const planted = (await thief.expect(201, "POST", "account/webhooks", { url: receiver.url })).endpoint;
    const kept = (await addWebhook(other, receiver.url)).endpoint;
    const notice = await server.mail.waitFor(owner.email, ({ text }) => text.includes("webhook endpoint was added"));
    await server.client().expect(200, "POST", "not-me", { token: tokenIn(notice, "/not-me") });
    const [listed] = (await owner.client.expect(200, "GET", "account/webhooks")).items;
    assert.deepEqual([listed.id, listed.state], [planted.id, "suspended"]);
    assert.equal((await other.client.expect(200, "GET", `account/webhooks/${kept.id}`)).state, "enabled");
    const heard = receiver.requests.length;
    await owner.client.expect(200, "PATCH", "account", { name: "Told to nobody" });
    await until("the other's is heard", async () => {
        await other.client.expect(200, "PATCH", "account", { name: "Told" });
        return receiver.requests.length > heard;
    });
    assert.ok(receiver.requests.slice(heard).every(({ body }) => !body.includes(owner.id)), "nothing of the owner's");
    await server.mail.waitFor(owner.email, ({ text }) => text.includes("endpoints were suspended"));
});

test("a disabled account's webhooks hear nothing more", async (t) => {
    const receiver = await startReceiver(t);
    const server = await startKeystead(t, { settings: insideAllowed });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const { endpoint } = await addWebhook(owner, receiver.url);
    const client = await signIn(server, operator);
    await client.expect(200, "POST", `admin/accounts/${owner.id}/disable`);
    const heard = receiver.requests.length;
    await client.expect(200, "POST", `admin/accounts/${owner.id}/enable`);
    const again = await signIn(server, owner);
    const listed = await again.expect(200, "GET", `account/webhooks/${endpoint.id}`);
    assert.equal(listed.state, "suspended", "until its owner has looked at it");
    await again.expect(200, "PATCH", `account/webhooks/${endpoint.id}`, { enabled: true });
    await again.expect(200, "PATCH", "account", { name: "Told" });
    await until("it is called again", () => receiver.requests.some(({ body }) => body.includes("account.renamed")));
    const types = receiver.requests.slice(heard).map(({ body }) => JSON.parse(body).type);
    assert.ok(!types.includes("account.enabled") && !types.includes("session.created"), String(types));
});

// proves: K-04
// ASVS: V1.3.6, V13.2.4
test("webhooks are no way inside", async (t) => {
    const inside = await startReceiver(t);
    const names = await startNameServer(t, (name, asked) => (name.startsWith("turns") && asked > 0 ? "127.0.0.9" : "127.0.0.1"));
    const server = await startKeystead(t, {
        settings: { outgoing: { name_server: `127.0.0.1:${names.port}`, clear_text_hosts: "inside.example,turns.example,127.0.0.1", allowed_for_accounts: true } },
    });
    const owner = await signUp(server);
    const refused = async (url, code) => {
        const answer = await owner.client.post("account/webhooks", { url });
        assert.equal(answer.status, 422, `${url}: ${answer.text}`);
        assert.equal(answer.body.code, code, url);
    };
    await refused(inside.url, "outgoing/inside-address");
    for (const host of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "0x7f000001", "2130706433", "100.64.0.1", "0.0.0.0"]) {
        await refused(`https://${host}/`, "outgoing/inside-address");
    }
    await refused("http://example.com/", "outgoing/not-https");
    await refused("https://user:pass@example.com/", "outgoing/credentials-in-url");
    await refused("file:///etc/passwd", "outgoing/invalid-url");

    const { endpoint } = await addWebhook(owner, `http://inside.example:${inside.port}/`);
    await owner.client.expect(202, "POST", `account/webhooks/${endpoint.id}/test`, undefined);
    const given = await until("the refusal is shown", async () =>
        (await deliveries(owner, endpoint.id)).find(({ state }) => state === "given-up"));
    assert.match(given.error, /does not lead to a public address/);
    assert.ok(!JSON.stringify(given).includes("127.0.0.1"), "the address is the log's alone");
    assert.match(server.log(), /inside\.example leads to 127\.0\.0\.1, this machine itself/);
    assert.ok(names.asked > 0);
    assert.equal(inside.requests.length, 0);
});

// proves: K-04
// ASVS: V12.3.2
test("receivers are called by TLS that is verified", async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-tls-"));
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    const { key, cert } = makeCertificate(folder, "DNS:hooks.example");
    const seen = [];
    const receiver = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
        seen.push({ host: request.headers.host, name: request.socket.servername });
        response.writeHead(204).end();
    });
    await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => new Promise((resolve) => { receiver.closeAllConnections(); receiver.close(resolve); }));
    const { port } = receiver.address();
    const names = await startNameServer(t, () => "127.0.0.1");
    const settings = { outgoing: { allowed_addresses: "127.0.0.1", allowed_for_accounts: true, name_server: `127.0.0.1:${names.port}`, ca_file: cert } };
    const server = await startKeystead(t, { settings });
    const owner = await signUp(server);
    const outcome = async (host) => {
        const { endpoint } = await addWebhook(owner, `https://${host}:${port}/`, { events: ["session.*"] });
        await owner.client.expect(202, "POST", `account/webhooks/${endpoint.id}/test`, undefined);
        return until("it was tried", async () => (await deliveries(owner, endpoint.id)).find(({ state }) => state !== "waiting"));
    };
    assert.equal((await outcome("hooks.example")).state, "delivered");
    assert.deepEqual(seen, [{ host: `hooks.example:${port}`, name: "hooks.example" }]);
    const wrong = await outcome("other.example");
    assert.equal(wrong.state, "given-up");
    assert.match(wrong.error, /TLS/);
    assert.equal(seen.length, 1);
});

// proves: K-04
// ASVS: V15.3.2
test("a receiver that is dead, slow, broken or elsewhere delays nobody else's", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed });
    const owner = await signUp(server);
    const other = await signUp(server);
    const slow = await startReceiver(t, () => {}); // It never answers.
    const elsewhere = await startReceiver(t);
    const redirecting = await startReceiver(t, (_request, response) => response.writeHead(307, { location: elsewhere.url }).end());
    const broken = await startReceiver(t, (_request, response) => response.writeHead(500).end("<script>no</script>"));
    const fine = await startReceiver(t);
    for (const url of ["http://127.0.0.1:1/", slow.url, redirecting.url, broken.url]) {
        await addWebhook(owner, url);
    }
    await addWebhook(other, fine.url, { events: ["account.renamed"] });
    for (let i = 0; i < 5; i += 1) {
        await owner.client.expect(200, "PATCH", "account", { name: `Name ${i}` });
    }
    const begin = performance.now();
    for (let i = 0; i < 20; i += 1) {
        await other.client.expect(200, "PATCH", "account", { name: `Name ${i}` });
    }
    await until("all twenty arrive", () => fine.requests.length === 20, { seconds: 30 });
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds < 30, `${seconds} s`);
    const { items } = await owner.client.expect(200, "GET", "account/webhooks");
    const errors = new Map();
    for (const { id, url } of items) {
        const failed = await until("a failure is shown", async () => (await deliveries(owner, id)).find(({ error }) => error));
        errors.set(url, failed.error);
        assert.ok(!failed.error.includes("script"), "an answer's body is never shown");
    }
    assert.match(errors.get(redirecting.url), /307.*redirects are not followed/);
    assert.match(errors.get(slow.url), /No answer within the time/);
    assert.match(errors.get(broken.url), /500/);
    assert.equal(elsewhere.requests.length, 0);
});

// proves: K-04
test("retries end, the endpoint is stopped and its owner told", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed, movableClock: true });
    const owner = await signUp(server);
    const receiver = await startReceiver(t, (_request, response) => response.writeHead(503, { "retry-after": "5" }).end());
    const { endpoint } = await addWebhook(owner, receiver.url, { events: ["account.renamed"] });
    await owner.client.expect(200, "PATCH", "account", { name: "Once" });
    const sent = () => receiver.requests.length;
    let last;
    for (let attempt = 1; attempt <= 8 && last?.state !== "given-up"; attempt += 1) {
        last = await until(`attempt ${attempt} is recorded`, async () => {
            const [now] = await deliveries(owner, endpoint.id);
            return now.attempts === attempt && now.last_attempt_at !== (last?.last_attempt_at ?? null) && now;
        }, { seconds: 30 });
        assert.equal(last.status, 503);
        server.advanceClock(52 * 3600);
    }
    assert.equal(last.state, "given-up");
    await server.mail.waitFor(owner.email, ({ subject }) => /no longer gets through/.test(subject));
    owner.client = (await fresh(server, owner)).client;
    const { items: [stopped] } = await owner.client.expect(200, "GET", "account/webhooks");
    assert.equal(stopped.state, "failing");
    const ids = new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]));
    assert.equal(ids.size, 1, "every attempt has the same id");

    receiver.answer = (_request, response) => response.writeHead(200).end();
    await owner.client.expect(200, "PATCH", `account/webhooks/${endpoint.id}`, { enabled: true });
    const before = sent();
    await owner.client.expect(200, "PATCH", "account", { name: "Again" });
    await until("it is sent to again", () => sent() > before);

    receiver.answer = (_request, response) => response.writeHead(410).end();
    await owner.client.expect(200, "PATCH", "account", { name: "Gone" });
    await until("a receiver that is gone is believed", async () =>
        (await owner.client.expect(200, "GET", "account/webhooks")).items[0].state === "gone");
});

async function fresh(server, owner) {
    return { client: await signIn(server, owner) };
}

// proves: K-04
test("nothing is lost when the server is killed", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed, movableClock: true });
    const owner = await signUp(server);
    const receiver = await startReceiver(t, () => {}); // Takes it and never answers.
    const { endpoint, secret } = await addWebhook(owner, receiver.url, { events: ["account.renamed"] });
    await owner.client.expect(200, "PATCH", "account", { name: "Before" });
    await until("it is on its way", () => receiver.requests.length === 1);
    await owner.client.expect(200, "PATCH", "account", { name: "After" });
    await server.kill();
    receiver.answer = (_request, response) => response.writeHead(204).end();
    server.advanceClock(200);
    await server.start();
    await until("both arrive", () => new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size === 2, { seconds: 30 });
    owner.client = (await fresh(server, owner)).client;
    await until("both are marked", async () =>
        (await deliveries(owner, endpoint.id)).every(({ state }) => state === "delivered"), { seconds: 30 });
    // The first may come twice, under one id: that is how its receiver knows.
    const first = receiver.requests[0].headers["webhook-id"];
    assert.ok(receiver.requests.filter(({ headers }) => headers["webhook-id"] === first).length >= 2);
    verify(secret, receiver.requests.at(-1));
});

// proves: K-04
test("the instance's webhooks hear of every account and are the operator's alone", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed });
    const receiver = await startReceiver(t);
    const made = cli(server, ["webhook", "create", "--url", receiver.url, "--events", "account.*,session.created"]);
    assert.equal(made.status, 0, made.stderr);
    const { endpoint, secret } = made.answer;
    const operator = await setUpOperator(server);
    const people = [await signUp(server), await signUp(server)];
    await until("all are heard of", () => receiver.types().filter((type) => type === "account.created").length >= 3);
    const about = new Set(receiver.requests.map((request) => verify(secret, request).data.account_id));
    for (const { id } of [operator, ...people]) {
        assert.ok(about.has(id));
    }
    assert.ok(receiver.types().includes("session.created"));
    assert.ok(!receiver.types().some((type) => type.startsWith("credential.")), "only what was asked for");
    for (const { client } of [operator, people[0]]) {
        assert.deepEqual((await client.expect(200, "GET", "account/webhooks")).items, []);
        assert.equal((await client.get(`account/webhooks/${endpoint.id}`)).status, 404);
    }
    const id = ["--webhook", endpoint.id];
    assert.equal(cli(server, ["webhook", "list"]).answer.items[0].id, endpoint.id);
    const tested = cli(server, ["webhook", "test", ...id]).answer;
    const sent = await until("the test arrives", () => receiver.requests.find(({ body }) => body === tested.delivery.body));
    verify(secret, sent);
    const [{ id: delivery }] = cli(server, ["webhook", "deliveries", ...id]).answer.items;
    assert.equal(cli(server, ["webhook", "repeat", ...id, "--delivery", delivery]).status, 0);
    assert.notEqual(cli(server, ["webhook", "rotate-secret", ...id]).answer.secret, secret);
    assert.equal(cli(server, ["webhook", "disable", ...id]).answer.state, "disabled");
    assert.equal(cli(server, ["webhook", "enable", ...id]).answer.state, "enabled");
    assert.equal(cli(server, ["webhook", "delete", ...id, "--yes"]).status, 0);
    assert.equal(cli(server, ["webhook", "delete", ...id, "--yes"]).status, 4);
    assert.equal(cli(server, ["webhook", "create", "--url", "https://10.0.0.1/"]).status, 5);
});

// proves: K-04
test("a person adds a webhook, tests it and gives it another secret, in the browser", async (t) => {
    const server = await startKeystead(t, { settings: insideAllowed });
    const owner = await signUp(server);
    const receiver = await startReceiver(t);
    const browser = await openBrowser(t);
    const page = await openPage(t, browser, server);
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto("/account/webhooks");
    await page.getByText("No webhook yet").waitFor();
    await page.getByLabel("Address").fill("https://10.0.0.1/");
    await page.getByRole("button", { name: "Add endpoint" }).click();
    await page.getByText("That is not a public address").waitFor();
    await page.getByLabel("Address").fill(receiver.url);
    await page.getByRole("radio", { name: /^Only some/ }).check();
    await page.getByRole("button", { name: "Add endpoint" }).click();
    await page.getByText("Choose at least one event.").waitFor();
    await page.getByText(/^Webhooks 0 of/).click();
    await page.getByRole("group", { name: "Webhooks" }).getByRole("checkbox", { name: /^All of these/ }).check();
    await page.getByRole("button", { name: "Add endpoint" }).click();
    const secret = await page.getByText(/^whsec_/).textContent();
    await page.getByRole("button", { name: "I have saved it" }).click();
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("This is what is sent").waitFor();
    const sent = await until("the test arrives", () => receiver.requests.find(({ body }) => JSON.parse(body).type === "webhook.test"));
    verify(secret, sent);
    await page.getByText("Delivered", { exact: true }).first().waitFor();
    for (const [width, colorScheme] of [[320, "dark"], [1280, "light"]]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, `webhooks-${colorScheme}-${width}`);
    }
    await page.getByRole("button", { name: "New secret…" }).click();
    await page.getByRole("button", { name: "Make a new secret" }).click();
    assert.notEqual(await page.getByText(/^whsec_/).textContent(), secret);
    await page.getByRole("button", { name: "I have saved it" }).click();
    await page.getByText("The old secret still counts until").waitFor();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("No webhook yet").waitFor();
});

/** A DNS server: what a name leads to at the n-th question. */
async function startNameServer(t, say) {
    const { createSocket } = await import("node:dgram");
    const socket = createSocket("udp4");
    const names = { asked: 0 };
    const counts = new Map();
    socket.on("message", (question, peer) => {
        const labels = [];
        let at = 12;
        while (question[at] !== 0) {
            labels.push(question.subarray(at + 1, at + 1 + question[at]).toString());
            at += question[at] + 1;
        }
        const type = question.readUInt16BE(at + 1);
        const name = labels.join(".");
        const head = Buffer.from([question[0], question[1], 0x81, 0x80, 0, 1, 0, type === 1 ? 1 : 0, 0, 0, 0, 0]);
        const parts = [head, question.subarray(12, at + 5)];
        if (type === 1) {
            names.asked += 1;
            const asked = counts.get(name) ?? 0;
            counts.set(name, asked + 1);
            parts.push(Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...say(name, asked).split(".").map(Number)]));
        }
        socket.send(Buffer.concat(parts), peer.port, peer.address);
    });
    await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
    atEnd(t, () => new Promise((resolve) => socket.close(resolve)));
    names.port = socket.address().port;
    return names;
}
