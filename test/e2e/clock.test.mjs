// The machine's clock is set back, a little and far, while the server runs and while it does not, after it ran right and
// after it ran ahead by mistake: nothing used or expired comes back, and nobody stays locked out (ADR 0028).

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { codeAt } from "./support/codes.mjs";
import { tokenIn } from "./support/mail.mjs";
import { insideAllowed, startReceiver } from "./support/receiver.mjs";
import { startKeystead } from "./support/server.mjs";
import { checkToken, makeToken } from "./support/tokens.mjs";
import { until } from "./support/until.mjs";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

let source = 0;
function stranger(server) {
    source += 1;
    return server.client({ localAddress: `127.44.${source >> 7}.${1 + (source & 127)}` });
}

/** The answer to a second factor, after the password. */
async function codeStep(server, account, method, code) {
    const { client, answer } = await passwordStep(server, account, {}, stranger(server));
    assert.equal(answer.status, 200, answer.text);
    return client.post("sign-in/second-factor", { method, code });
}

/** The token of a new recovery mail. Mails are listed by their times, which do not only go up here. */
async function recoveryLink(server, account) {
    const tokens = async () => (await server.mail.to(account.email)).filter(({ text }) => text.includes("/recovery/confirm#")).map((mail) => tokenIn(mail, "/recovery/confirm"));
    const before = new Set(await tokens());
    await stranger(server).expect(202, "POST", "recovery", { email: account.email });
    return until("the mail", async () => (await tokens()).find((token) => !before.has(token)));
}

function tryLink(server, token) {
    return stranger(server).post("recovery/confirm", { token, password: "Fjord-Lantern-58-Moss" });
}

/** The clock is set back by more than is waited for: until that has been noticed, time stands still. */
async function setBackFar(server, seconds, late) {
    server.advanceClock(-seconds);
    await until("the server has noticed", async () => (await late.get("account")).status === 401, { seconds: 20 });
}

// proves: K-01
// ASVS: V6.5.1, V6.5.5
test("set back a little: time stands still, nothing comes back, nobody is kept out", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const account = await signUp(server);
    const plain = await signUp(server);
    const { authenticator, backupCodes } = await enrollTotp(server, account.client);
    const key = await makeToken(account.client, { expires_in_days: 1 });
    assert.equal((await checkToken(server, key.token)).status, 204);
    server.advanceClock(day - 30 * minute);
    const expired = await recoveryLink(server, plain);
    server.advanceClock(31 * minute);
    const used = await authenticator.code();
    assert.equal((await codeStep(server, account, "totp", used)).status, 200);
    assert.equal((await codeStep(server, account, "backup-code", backupCodes[0])).status, 200);
    const spent = await recoveryLink(server, plain);
    await stranger(server).expect(204, "POST", "recovery/confirm", { token: spent, password: "Other-Quay-91-Birch" });
    plain.password = "Other-Quay-91-Birch";

    const nothingComesBack = async () => {
        assert.equal((await codeStep(server, account, "totp", used)).status, 401);
        assert.equal((await codeStep(server, account, "backup-code", backupCodes[0])).status, 401);
        for (const link of [expired, spent]) {
            assert.equal((await tryLink(server, link)).body.code, "link/invalid");
        }
        assert.equal((await checkToken(server, key.token)).status, 401);
    };
    server.advanceClock(-10 * minute + 5);
    await nothingComesBack();
    assert.equal((await codeStep(server, account, "backup-code", backupCodes[1])).status, 200);
    await account.client.expect(204, "GET", "check");
    await (await signIn(server, plain, { client: stranger(server) })).expect(200, "PATCH", "account", { name: "Back" });
    await signUp(server, { client: stranger(server) });

    await server.stop();
    await server.start(); // What was seen outlives a restart.
    await nothingComesBack();
    assert.equal((await codeStep(server, account, "backup-code", backupCodes[2])).status, 200);
    await account.client.expect(204, "GET", "check");

    server.advanceClock(11 * minute);
    await nothingComesBack();
    assert.equal((await codeStep(server, account, "totp", await authenticator.code())).status, 200, "the clock is right again");
});

// proves: K-01, K-11
// ASVS: V6.5.5
test("set back far: what was over ends for good, what goes on goes on", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const [account, plain, guessed] = [await signUp(server), await signUp(server), await signUp(server)];
    const { authenticator, backupCodes } = await enrollTotp(server, account.client);
    const key = await makeToken(account.client, { expires_in_days: 1 });
    server.advanceClock(23 * hour);
    const expired = await recoveryLink(server, plain);
    const fresh = await signIn(server, plain, { client: stranger(server) });
    const newKey = { name: "new", kind: "admin" };
    await fresh.expect(201, "POST", "account/tokens", newKey);
    server.advanceClock(2 * hour);
    const late = await signIn(server, plain, { client: stranger(server) });
    const used = await authenticator.code();
    assert.equal((await codeStep(server, account, "totp", used)).status, 200);
    assert.equal((await checkToken(server, key.token)).status, 401, "it has expired");
    assert.equal((await fresh.post("account/tokens", newKey)).status, 401, "it was authenticated too long ago");
    let refusal;
    for (let n = 0; n < 10 && refusal?.status !== 429; n += 1) {
        refusal = await stranger(server).post("sign-in", { email: guessed.email, password: "Wrong-Guess-41-Maple" });
    }

    await setBackFar(server, 2 * hour - minute, late);
    await account.client.expect(200, "GET", "account");
    await fresh.expect(200, "GET", "account");
    assert.equal((await fresh.post("account/tokens", newKey)).status, 401, "and still is");
    assert.equal((await tryLink(server, expired)).body.code, "link/invalid");
    assert.equal((await checkToken(server, key.token)).status, 401);
    const passed = codeAt(authenticator.secret, Math.floor(server.now() / 30)); // Somebody may have seen it when its time was.
    for (const code of [used, passed]) {
        assert.equal((await codeStep(server, account, "totp", code)).body.code, "totp/clock-behind");
    }

    const byCode = stranger(server);
    await passwordStep(server, account, {}, byCode);
    await byCode.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: backupCodes[0] });
    await server.mail.waitFor(account.email, ({ subject }) => subject.includes("API keys were suspended"));
    await byCode.expect(204, "POST", `account/tokens/${key.id}/confirm`);
    assert.equal((await checkToken(server, key.token)).status, 204, "its owner says that it goes on");
    server.advanceClock(Number(refusal.headers["retry-after"]));
    await signIn(server, guessed, { client: stranger(server) });
    await signUp(server, { client: stranger(server) });
});

// proves: S-04
test("ahead by 400 days and put right while the server is down: nobody waits for that time to come", async (t) => {
    const receiver = await startReceiver(t, (_request, response) => response.writeHead(503).end());
    const server = await startKeystead(t, { movableClock: true, settings: { ...insideAllowed, mail: { per_hour_max: 4 } } });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const { authenticator } = await enrollTotp(server, owner.client);
    const key = await makeToken(owner.client, { expires_in_days: 380 });

    server.advanceClock(400 * day);
    assert.equal((await owner.client.get("check")).status, 401, "it was idle for too long");
    assert.equal((await checkToken(server, key.token)).status, 401);
    const ahead = await signUp(server, { email: newEmail("ahead") });
    await signIn(server, operator, { client: stranger(server) });
    const notice = await server.mail.waitFor(operator.email, ({ text }) => text.includes("/not-me#"));
    await stranger(server).expect(200, "POST", "not-me", { token: tokenIn(notice, "/not-me") });
    await ahead.client.expect(202, "DELETE", "account", {});
    await ahead.client.expect(201, "POST", "account/webhooks", { url: receiver.url });
    await until("a delivery fails, and is put off", () => receiver.requests.length > 0);
    for (let n = 0; n < 6; n += 1) { // Some are merged.
        await stranger(server).expect(202, "POST", "recovery", { email: ahead.email });
    }
    const link = await server.mail.token(ahead.email, "/recovery/confirm");

    await server.stop();
    server.advanceClock(-400 * day + minute);
    receiver.answer = (_request, response) => response.writeHead(204).end();
    await server.start();
    await until("the server has noticed", async () => (await ahead.client.get("account")).status === 401, { seconds: 20 });

    await t.test("people sign in", async () => {
        const client = await signIn(server, owner, { authenticator, client: stranger(server) });
        assert.equal((await checkToken(server, key.token)).status, 401);
        await client.expect(204, "POST", `account/tokens/${key.id}/confirm`);
        assert.equal((await checkToken(server, key.token)).status, 204);
        await signUp(server, { client: stranger(server) });
    });

    await t.test("what began then lasts as long as if it had begun now", async () => {
        const late = (text, most) => {
            const seconds = Date.parse(text) / 1000 - server.now(); // now() leaves parts of a second out.
            assert.ok(seconds > 0 && seconds <= most + 1, `${text}: in ${seconds} s`);
        };
        const client = await signIn(server, ahead, { client: stranger(server) });
        late((await client.expect(200, "GET", "account")).deletion.deletes_at, 14 * day);
        const there = await signIn(server, operator, { client: stranger(server) });
        late((await there.expect(200, "GET", "account")).factors_frozen_until, day);
        await until("the webhook gets through", () => receiver.requests.length > 1, { seconds: 20 });
        const { items } = await client.expect(200, "GET", "account/activity");
        assert.ok(items.length > 0);
    });

    await t.test("a link mailed then is good for half an hour, and then another is mailed", async () => {
        server.advanceClock(31 * minute);
        assert.equal((await tryLink(server, link)).body.code, "link/invalid");
        server.advanceClock(30 * minute);
        await stranger(server).expect(204, "POST", "recovery/confirm", { token: await recoveryLink(server, ahead), password: goodPassword });
    });
});

// proves: M-19
// ASVS: V6.5.5
test("set back behind a freeze: an authenticator from before it does not count as made after it", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const [account, plain] = [await signUp(server), await signUp(server)];
    server.advanceClock(2 * hour);
    const owner = await signIn(server, account, { client: stranger(server) });
    const { backupCodes } = await enrollTotp(server, owner);
    server.advanceClock(minute);
    await owner.expect(200, "POST", "account/secure");
    const late = await signIn(server, plain, { client: stranger(server) });

    await setBackFar(server, 3 * hour, late);
    const back = stranger(server);
    const password = "Fjord-Lantern-58-Moss";
    const wanted = { token: await recoveryLink(server, account), password, method: "backup-code", code: backupCodes[0] };
    await back.expect(204, "POST", "recovery/confirm", wanted);
    const { client, answer } = await passwordStep(server, { ...account, password }, {}, back);
    assert.equal(answer.status, 200, answer.text);
    await client.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: backupCodes[1] });
    const { step, steps } = await client.expect(200, "GET", "account/secure");
    assert.deepEqual([step, steps.find(({ name }) => name === step).left], ["second-factor", 2]);
});
