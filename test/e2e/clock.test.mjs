// A clock that jumps, back and forward: nothing that was used comes back, and nobody stays locked out.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, passwordStep, signIn, signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

let source = 0;
function stranger(server) {
    source += 1;
    return server.client({ localAddress: `127.44.${source >> 7}.${1 + (source & 127)}` });
}

async function codeStep(server, account, method, code) {
    let { client, answer } = await passwordStep(server, account, {}, stranger(server));
    if (answer.status === 429) { // Sign-ins without a good code before it.
        server.advanceClock(Number(answer.headers["retry-after"]));
        ({ client, answer } = await passwordStep(server, account, {}, stranger(server)));
    }
    assert.equal(answer.status, 200, answer.text);
    return client.post("sign-in/second-factor", { method, code });
}

test("a clock that jumps", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: K-01
    // ASVS: V6.5.1, V6.5.5
    await t.test("back: what was used stays used, sessions and other ways in go on", async () => {
        const account = await signUp(server);
        const plain = await signUp(server);
        const { authenticator, backupCodes } = await enrollTotp(server, account.client);
        server.advanceClock(minute);
        const used = await authenticator.code();
        assert.equal((await codeStep(server, account, "totp", used)).status, 200);
        assert.equal((await codeStep(server, account, "backup-code", backupCodes[0])).status, 200);
        await stranger(server).expect(202, "POST", "recovery", { email: plain.email });
        const link = await server.mail.token(plain.email, "/recovery/confirm");
        await stranger(server).expect(204, "POST", "recovery/confirm", { token: link, password: "Other-Quay-91-Birch" });
        plain.password = "Other-Quay-91-Birch";
        const next = await authenticator.code();

        server.advanceClock(-10 * minute);
        for (const code of [used, authenticator.lastCode(), next]) {
            const answer = await codeStep(server, account, "totp", code);
            assert.ok([401, 503].includes(answer.status), answer.text);
        }
        const behind = await codeStep(server, account, "totp", authenticator.wrongCode());
        assert.equal(behind.body.code, "totp/clock-behind", "codes that have passed would be good again: none counts until the clock is right");
        assert.ok(Number(behind.headers["retry-after"]) >= 1);
        assert.equal((await codeStep(server, account, "backup-code", backupCodes[0])).status, 401);
        assert.equal((await stranger(server).post("recovery/confirm", { token: link, password: goodPassword })).body.code, "link/invalid");

        await account.client.expect(204, "GET", "check");
        assert.equal((await codeStep(server, account, "backup-code", backupCodes[1])).status, 200);
        const fresh = await signIn(server, plain, { client: stranger(server) });
        await fresh.expect(200, "PATCH", "account", { name: "Back" });
        await fresh.expect(204, "POST", "sign-out");
        await signUp(server, { client: stranger(server) });

        server.advanceClock(11 * minute);
        authenticator.last = 0;
        assert.equal((await codeStep(server, account, "totp", used)).status, 401);
        server.advanceClock(minute);
        assert.equal((await codeStep(server, account, "totp", await authenticator.code())).status, 200, "the clock is right again");
    });

    // proves: K-11
    await t.test("back: nobody waits for the clock to catch up", async () => {
        const account = await signUp(server);
        const guess = (password) => stranger(server).post("sign-in", { email: account.email, password });
        let refusal;
        for (let n = 0; n < 12 && !(Number(refusal?.headers["retry-after"]) > 3); n += 1) {
            refusal = await guess("Wrong-Guess-41-Maple");
            if (refusal.status === 429) {
                server.advanceClock(Number(refusal.headers["retry-after"]));
            }
        }
        server.advanceClock(-30 * day);
        // A refusal changes nothing; a job that runs every minute lets waits begin anew.
        let passed = 0;
        await until("the owner is let in", async () => {
            const answer = await guess(account.password);
            assert.ok([200, 429].includes(answer.status), answer.text);
            const wait = Number(answer.headers["retry-after"] ?? 0);
            assert.ok(wait <= hour, `${wait} s`);
            server.advanceClock(wait);
            passed += wait;
            return answer.status === 200;
        }, { seconds: 150 });
        assert.ok(passed < 10 * day, `${passed} s by the clock`);
        server.advanceClock(30 * day);
    });

    // proves: S-04
    await t.test("forward by 400 days and back: who was there can sign in, then and afterwards", async () => {
        const account = await signUp(server);
        server.advanceClock(400 * day);
        assert.equal((await account.client.get("check")).status, 401, "it was idle for too long");
        const then = await signIn(server, account, { client: stranger(server) });
        await then.expect(200, "GET", "account");
        server.advanceClock(-400 * day);
        await then.expect(200, "GET", "account");
        await then.expect(200, "PATCH", "account", { name: "Here" });
        await signIn(server, account, { client: stranger(server) });
        const other = await signUp(server, { client: stranger(server) });
        assert.equal((await other.client.get("check")).status, 204);
    });
});
