// Races through the network, fifty connections at once: what works once works exactly once, and nobody gets
// an error from the server. KEYSTEAD_RACE_ROUNDS says how often.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, signUp } from "./support/accounts.mjs";
import { connections, crowd, exactlyOne, race, rounds, settings, stranger, strangerBudget } from "./support/races.mjs";
import { startKeystead } from "./support/server.mjs";

/** Flows in which a second factor is owed, from addresses of their own. */
async function openFlows(server, account, count) {
    const flows = [];
    for (let n = 0; n < count; n += 1) {
        const { client, answer } = await passwordStep(server, account, {}, stranger(server));
        assert.equal(answer.body?.status, "second-factor", answer.text);
        flows.push(client);
    }
    return flows;
}

test("races", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings });

    // proves: K-01, M-06
    // ASVS: V2.3.4, V6.5.1, V15.4.2
    await t.test("one backup code", async () => {
        let account;
        let codes = [];
        for (let round = 0; round < rounds; round += 1) {
            if (codes.length === 0) {
                account = await signUp(server);
                codes = (await enrollTotp(server, account.client)).backupCodes;
            }
            const code = codes.pop();
            const flows = await openFlows(server, account, 3);
            const clients = Array.from({ length: connections }, (_, n) => stranger(server, flows[n % flows.length]));
            exactlyOne(await race(clients, (client) => client.post("sign-in/second-factor", { method: "backup-code", code })), 200);
            server.advanceClock(strangerBudget);
            await account.client.get("account");
        }
    });

    // proves: K-01, M-05
    // ASVS: V2.3.4, V6.5.1, V15.4.2
    await t.test("one TOTP code", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        for (let round = 0; round < rounds; round += 1) {
            server.advanceClock(strangerBudget);
            await account.client.expect(200, "POST", "account/sessions/revoke-others"); // An account has at most 50.
            const flows = await openFlows(server, account, 3);
            const clients = Array.from({ length: connections }, (_, n) => stranger(server, flows[n % flows.length]));
            const code = await authenticator.code({ seconds: 30 });
            exactlyOne(await race(clients, (client) => client.post("sign-in/second-factor", { method: "totp", code })), 200);
        }
    });

    // proves: M-04
    // ASVS: V2.3.4, V15.4.2
    await t.test("one reset link", async () => {
        const account = await signUp(server);
        const asker = server.client(); // One for all rounds: an address has at most 256 connections.
        let last;
        for (let round = 0; round < rounds; round += 1) {
            server.advanceClock(strangerBudget);
            await asker.expect(202, "POST", "recovery", { email: account.email });
            const mail = await server.mail.waitFor(account.email,
                ({ text }) => text.includes("/recovery/confirm#") && text !== last?.text, { seconds: 60 });
            last = mail;
            const token = decodeURIComponent(/\/recovery\/confirm#(\S+)/.exec(mail.text)[1]);
            const password = (n) => `Quay-${round}-Larch-${n}-Ember`;
            const answers = await race(crowd(server), (client, n) => client.post("recovery/confirm", { token, password: password(n) }));
            account.password = password(exactlyOne(answers, 204));
            const { answer } = await passwordStep(server, account, {}, stranger(server));
            assert.equal(answer.status, 200, "the winner's password is the one that is set");
        }
    });

    // ASVS: V2.3.4, V15.4.2
    await t.test("one address signing up", async () => {
        const asker = server.client();
        for (let round = 0; round < rounds; round += 1) {
            const email = newEmail();
            await asker.expect(202, "POST", "sign-up", { email });
            const token = await server.mail.token(email, "/sign-up/confirm", { seconds: 60 });
            const answers = await race(crowd(server), (client) => client.post("sign-up/confirm", { token, password: goodPassword }));
            exactlyOne(answers, 201);
        }
    });
});

// proves: M-10
// ASVS: V2.3.2, V2.3.4
test("the last place for a session", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: { ...settings, session: { at_most: 2 } } });
    const account = await signUp(server);
    for (let round = 0; round < rounds; round += 1) {
        await account.client.expect(200, "POST", "account/sessions/revoke-others");
        server.advanceClock(strangerBudget);
        const { email, password } = account;
        const clients = crowd(server);
        const answers = await race(clients, (client) => client.post("sign-in", { email, password }));
        exactlyOne(answers, 200);
        const { items } = await account.client.expect(200, "GET", "account/sessions");
        assert.equal(items.length, 2);

        // Whoever was asked which session to end races for the place of one.
        const asked = clients.filter((_, n) => answers[n].status === 409);
        if (asked.length > 0) {
            const ended = items.find(({ current }) => !current).id;
            const enders = Array.from({ length: connections }, (_, n) => stranger(server, asked[n % asked.length]));
            const ends = await race(enders, (client) => client.post("sign-in/end-session", { session_id: ended }));
            const statuses = ends.map(({ status }) => status);
            assert.ok(statuses.every((status) => status < 500), `${statuses}`);
            assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`);
            assert.equal((await account.client.expect(200, "GET", "account/sessions")).items.length, 2);
        }
    }
});

// ASVS: V2.3.4, V15.4.2
test("twenty with the set-up token", async (t) => {
    for (let round = 0; round < Math.min(rounds, 20); round += 1) {
        const server = await startKeystead(t, { settings });
        const token = server.setUpToken();
        const clients = Array.from({ length: 20 }, () => stranger(server));
        const answers = await race(clients, (client) => client.post("set-up", { token, email: newEmail("operator"), password: goodPassword }));
        exactlyOne(answers, 201);
        assert.deepEqual(await server.client().expect(200, "GET", "set-up/state"), { open: false });
        await server.stop();
    }
});
