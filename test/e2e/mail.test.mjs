// Mail by a real SMTP server: delivered over STARTTLS, lost by no failure of the server's, not sent to a server
// that nobody vouches for, and never shaped by what a person typed.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { goodPassword, newEmail, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { MailServer, tokenIn } from "./support/mail.mjs";
import { freePort } from "./support/ports.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const patience = { seconds: 60 };

/** A server that listens, and what it does with a connection. Answers its port and how many came. */
async function listen(t, onConnection) {
    const seen = { connections: 0, heard: "" };
    const sockets = new Set();
    const server = net.createServer((socket) => {
        seen.connections += 1;
        sockets.add(socket);
        socket.on("data", (bytes) => { seen.heard += bytes.toString("latin1"); });
        socket.on("error", () => {});
        onConnection(socket, seen);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => {
        sockets.forEach((socket) => socket.destroy());
        return new Promise((resolve) => server.close(resolve));
    });
    seen.port = server.address().port;
    return seen;
}

/** Asks for a sign-up link; the answer must not wait for the mail server. */
async function askQuickly(server, email) {
    const begin = performance.now();
    await server.client().expect(202, "POST", "sign-up", { email });
    assert.ok(performance.now() - begin < 5000, "the request waited for the mail server");
}

// proves: S-08
// ASVS: V12.3.1, V12.3.2
test("mail goes by STARTTLS to a server whose certificate is right", async (t) => {
    const box = await MailServer.start(t, { tls: "starttls", user: "keystead", password: "relay-secret" });
    const passwordFile = path.join(tmpdir(), `keystead-relay-${process.pid}`);
    writeFileSync(passwordFile, "relay-secret\n", { mode: 0o600 });
    const mail = { smtp_url: box.url, ca_file: box.certificate, username: "keystead", password_file: passwordFile };
    const server = await startKeystead(t, { settings: { mail } });
    server.mail = box;
    const account = await signUp(server);
    assert.ok((await box.to(account.email)).every(({ secure }) => secure));
    const [first] = await box.to(account.email);
    assert.ok(first.text.length > 0 && first.html.length > 0, "text and HTML");
    assert.ok(first.headers.get("auto-submitted"));
});

// ASVS: V12.3.2, V16.3.4
test("a certificate that nobody vouches for gets no mail and no password", async (t) => {
    const box = await MailServer.start(t, { tls: "implicit", user: "keystead", password: "relay-secret" });
    const stranger = await MailServer.start(t, { tls: "implicit" });
    const passwordFile = path.join(tmpdir(), `keystead-unsent-${process.pid}`);
    writeFileSync(passwordFile, "relay-secret\n", { mode: 0o600 });
    const server = await startKeystead(t, { settings: { mail: {
        smtp_url: box.url, ca_file: stranger.certificate, username: "keystead", password_file: passwordFile,
    } } });
    const email = newEmail();
    await askQuickly(server, email);
    await until("it was tried", () => box.faults > 0, patience);
    assert.equal(box.sessions, 0, "the handshake was not finished");
    assert.equal((await box.to(email)).length, 0);
    await until("the log says so", () => server.log().split("\n").some((line) => /mail not delivered/.test(line) && /TLS|certificate/i.test(line)), patience);
    assert.ok(!server.log().includes("relay-secret") && !server.log().includes(email));
});

test("an address of a mail server that is not SMTP is refused at the start", async (t) => {
    const server = await startKeystead(t);
    await server.stop();
    const plain = { ...server.environment(), KEYSTEAD__MAIL__SMTP_URL: "ftp://mail.example:25" };
    const done = runKeystead(["config", "check", "--preset", server.preset], { cwd: server.folder, environment: plain });
    assert.notEqual(done.status, 0);
    assert.match(done.stderr + done.stdout, /smtp_url/);
});

// ASVS: V16.5.2
test("a dead, a silent and a refusing server lose nothing and slow no request", async (t) => {
    await t.test("dead, then there", async (t) => {
        const port = await freePort();
        const server = await startKeystead(t, { movableClock: true, settings: { mail: { smtp_url: `smtp://localhost:${port}` } } });
        const email = newEmail();
        await askQuickly(server, email);
        await server.kill();
        await server.start(); // What waits outlives the process.
        const mails = await MailServer.start(t, { port });
        await until("the mail comes with a later try", async () => {
            server.advanceClock(60);
            return (await mails.to(email)).length > 0;
        }, patience);
        const token = await mails.token(email, "/sign-up/confirm");
        const answer = await server.client().post("sign-up/confirm", { token, password: goodPassword });
        assert.ok([201, 422].includes(answer.status), answer.text); // 422: the clock has gone past the link's end.
    });

    await t.test("silent", async (t) => {
        const silent = await listen(t, () => {});
        const server = await startKeystead(t, { settings: { mail: { smtp_url: `smtp://localhost:${silent.port}` } } });
        for (let n = 0; n < 5; n += 1) {
            await askQuickly(server, newEmail());
        }
        await until("it was tried", () => silent.connections > 0, patience);
        await askQuickly(server, newEmail());
    });

    await t.test("refusing for now, then not", async (t) => {
        let refusals = 0;
        const box = await MailServer.start(t, {
            onMail: () => {
                if (refusals < 2) {
                    refusals += 1;
                    throw Object.assign(new Error("come again"), { responseCode: 451 });
                }
            },
        });
        const server = await startKeystead(t, { movableClock: true, settings: { mail: { smtp_url: box.url } } });
        const email = newEmail();
        await askQuickly(server, email);
        await until("the mail comes with a later try", async () => {
            server.advanceClock(60);
            return (await box.to(email)).length > 0;
        }, patience);
        assert.equal(refusals, 2);
        assert.equal((await box.to(email)).length, 1);
    });
});

// ASVS: V2.4.1, V6.3.8
test("three mails an hour to one address for one purpose, and a link that was mailed lives on", async (t) => {
    const box = await MailServer.start(t);
    const server = await startKeystead(t, { movableClock: true, settings: { mail: { smtp_url: box.url } } });
    const account = await signUp({ ...server, client: () => server.client(), mail: box });
    const links = async () => (await box.to(account.email)).filter(({ text }) => text.includes("/recovery/confirm#")).length;
    for (let n = 0; n < 6; n += 1) {
        await server.client().expect(202, "POST", "recovery", { email: account.email });
    }
    const last = newEmail();
    await server.client().expect(202, "POST", "sign-up", { email: last });
    await box.waitFor(last, () => true, patience); // Sent in order: what was to come before has come.
    assert.equal(await links(), 2, "the third is kept for when their links have run out");
    const token = tokenIn((await box.to(account.email)).at(-1), "/recovery/confirm");
    const refused = await server.client().post("recovery/confirm", { token, password: "short" });
    assert.equal(refused.body.code, "password/refused", "the link of the last mail lives, whoever asked since");
    server.advanceClock(30 * 60);
    await server.client().expect(202, "POST", "recovery", { email: account.email });
    await until("the third comes once they have", async () => (await links()) === 3, patience);
    server.advanceClock(30 * 60);
    await server.client().expect(202, "POST", "recovery", { email: account.email });
    await until("the next hour has mails of its own", async () => (await links()) === 4, patience);
});

// ASVS: V1.1.2, V1.2.1, V1.3.11
test("what a person typed becomes neither header nor link nor markup", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server, { name: "Ada https://evil.example/x <b>now</b>" });
    for (const [name, status] of [["Ada\r\nBcc: eve@evil.example", 422], ["Ada\nX: y", 422], ["Ada\0", 400]]) {
        assert.equal((await account.client.patch("account", { name })).status, status, JSON.stringify(name));
    }
    for (const email of ["a@example.test\r\nBcc: eve@evil.example", "a@example.test, eve@evil.example", "<a@example.test>",
        "\"a b\"@example.test>", "a@example.test\nsubject: x"]) {
        assert.equal((await server.client().post("sign-up", { email })).status, 422, JSON.stringify(email));
    }
    await account.client.expect(200, "POST", "account/password", {
        current_password: account.password, new_password: "Other-Quay-91-Birch", end_other_sessions: true,
    });
    await until("the owner is told", async () => (await server.mail.to(account.email)).length >= 2, patience);
    for (const mail of await server.mail.to(account.email)) {
        assert.ok(!mail.headers.has("bcc") && !mail.headers.has("x"));
        assert.ok(!/https?:\/\/evil/.test(mail.text), mail.text);
        assert.ok(!/evil\.example\/x["<]|<b>now/.test(mail.html), mail.html);
        assert.ok(!/href="[^"]*evil/.test(mail.html));
        assert.ok(!/&amp;(?:lt|gt|quot|amp);/.test(mail.html), "escaped once");
        for (const [, origin] of mail.text.matchAll(/(https?:\/\/[^/\s]+)/g)) {
            assert.equal(origin, server.base);
        }
    }
});
