// What owners are told by mail, by a real SMTP server: suspicious sign-ins to every address, once and not a thousand
// times, before whatever else waits, and by their own choice where that is harmless.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, newEmail, passwordStep, signIn, signUp } from "./support/accounts.mjs";
import { MailServer, tokenIn } from "./support/mail.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const patience = { seconds: 60 };
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

async function start(t, { settings = {}, onMail } = {}) {
    const box = await MailServer.start(t, { onMail });
    const server = await startKeystead(t, { settings: { ...settings, mail: { smtp_url: box.url } } });
    server.mail = box;
    return { server, box };
}

async function addAddress(server, account) {
    const email = newEmail("second");
    await account.client.expect(202, "POST", "account/notification-addresses", { email });
    const token = await server.mail.token(email, "/notification-address/confirm");
    await server.client().expect(204, "POST", "account/notification-addresses/confirm", { token });
    return email;
}

test("suspicious sign-ins", async (t) => {
    const { server, box } = await start(t, { settings: { notice: { failures_told: 3 }, server: { trusted_proxies: "127.0.0.1/32" } } });
    const subjects = async (email) => (await box.to(email)).map(({ subject }) => subject);
    const count = async (email, words) => (await subjects(email)).filter((subject) => words.test(subject)).length;

    // proves: M-11
    // ASVS: V6.3.5, V6.3.7
    await t.test("wrong codes after the right password: every address hears of it, once", async () => {
        const owner = await signUp(server);
        const second = await addAddress(server, owner);
        await enrollTotp(server, owner.client);
        for (let flow = 0; flow < 2; flow += 1) {
            const { client } = await passwordStep(server, owner);
            for (let n = 0; n < 4; n += 1) {
                const answer = await client.post("sign-in/second-factor", { method: "totp", code: "000000" });
                assert.equal(answer.status, 401, answer.text);
            }
        }
        for (const email of [owner.email, second]) {
            const mail = await box.waitFor(email, ({ subject }) => /Somebody has your password/.test(subject), patience);
            assert.match(mail.text, /127\.0\.0\.1/);
            assert.match(mail.text, /\/recovery/, "what to do");
        }
        await server.client().expect(202, "POST", "recovery", { email: owner.email });
        await box.waitFor(owner.email, ({ subject }) => /Choose a new password/.test(subject), patience);
        assert.equal(await count(owner.email, /Somebody has your password/), 1);
        assert.equal(await count(second, /Somebody has your password/), 1);
    });

    // proves: M-11
    // ASVS: V6.3.5
    await t.test("a sign-in after many refused ones, with the way to end it; refused ones alone tell nobody", async () => {
        const owner = await signUp(server);
        const guess = (client) => client.post("sign-in", { email: owner.email, password: "Wrong-Larch-17-Tree" });
        for (let n = 0; n < 3; n += 1) {
            assert.equal((await guess(server.client())).status, 401);
        }
        const thief = await signIn(server, owner, { client: server.client({ userAgent: firefox }) });
        const mail = await box.waitFor(owner.email, ({ subject }) => /after many failed attempts/.test(subject), patience);
        assert.match(mail.text, /Failed attempts: 3/);
        assert.match(mail.text, /Firefox/);
        assert.equal(await count(owner.email, /New sign-in/), 1, "one mail, which says the gravest");
        await server.client().expect(200, "POST", "not-me", { token: tokenIn(mail, "/not-me") });
        assert.equal((await thief.get("account")).status, 401);
        await box.waitFor(owner.email, ({ subject }) => /this was not me/i.test(subject), patience);
    });

    // proves: M-11
    await t.test("what is optional is switched off by a fresh session, is told, and grave ones go on", async () => {
        const from = (address) => ({ "x-forwarded-for": address });
        const owner = await signUp(server, { client: server.client({ headers: from("91.121.0.1") }) });
        const token = (await owner.client.expect(201, "POST", "account/tokens", { name: "reader", kind: "admin" })).token;
        assert.equal((await server.client().request("PATCH", "account/notices", { new_device: false }, { headers: { authorization: `Bearer ${token}` } })).status, 403);
        assert.equal((await server.client().patch("account/notices", { new_device: false })).status, 401);
        assert.equal((await owner.client.patch("account/notices", { password_changed: false })).status, 422, "a grave one cannot even be named");
        const { items } = await owner.client.expect(200, "PATCH", "account/notices", { new_device: false });
        assert.deepEqual(items.find(({ kind }) => kind === "new_device"), { kind: "new_device", sent: false, changeable: true });
        await box.waitFor(owner.email, ({ subject }) => /What you are told/.test(subject), patience);
        await signIn(server, owner, { client: server.client({ userAgent: firefox, headers: from("91.121.0.2") }) });
        await signIn(server, owner, { client: server.client({ userAgent: firefox, headers: from("8.8.8.8") }) });
        await box.waitFor(owner.email, ({ subject }) => /from another country/.test(subject), patience);
        assert.equal(await count(owner.email, /New sign-in to your account/), 0);
    });
});

// ASVS: V16.5.2
test("a grave notice leaves before what waited longer", async (t) => {
    let slow = false;
    const { server, box } = await start(t, { onMail: () => (slow ? new Promise((resolve) => { setTimeout(resolve, 100); }) : undefined) });
    const owner = await signUp(server);
    slow = true;
    const flood = Array.from({ length: 80 }, () => newEmail("flood"));
    await Promise.all(flood.map((email) => server.client().expect(202, "POST", "sign-up", { email })));
    await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: "Other-Quay-91-Birch" });
    await box.waitFor(owner.email, ({ subject }) => /password was changed/i.test(subject), patience);
    const before = box.mails.filter(({ to }) => flood.includes(to[0])).length;
    assert.ok(before < 60, `${before} of 80 came before it`);
    slow = false;
    await until("the others come too", () => flood.every((email) => box.mails.some(({ to }) => to.includes(email))), patience);
});

// guards: both engines' lock says that one server alone has the database, so that claims are its own
test("what a killed server was sending is sent when the next one starts", async (t) => {
    let hangs = false;
    let began = 0;
    const { server, box } = await start(t, { onMail: () => {
        began += 1;
        return hangs ? new Promise(() => {}) : undefined;
    } });
    const owner = await signUp(server);
    hangs = true;
    began = 0;
    await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: "Other-Quay-91-Birch" });
    await until("it is being sent", () => began > 0, patience);
    await server.kill();
    hangs = false;
    await server.start();
    await box.waitFor(owner.email, ({ subject }) => /password was changed/i.test(subject), { seconds: 30 });
});
