// The machine's clock is set back, a little and far, after it ran right and after it ran ahead by mistake: nothing expired
// comes back, and nobody stays locked out.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, newEmail, signIn, signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const hour = 3600;
const day = 24 * hour;

/** A link to recover that has expired, and was not swept yet. */
async function expiredLink(server, account) {
    const before = (await server.mail.to(account.email)).length;
    await server.client().expect(202, "POST", "recovery", { email: account.email });
    await until("the mail", async () => (await server.mail.to(account.email)).length > before);
    const token = await server.mail.token(account.email, "/recovery/confirm");
    server.advanceClock(31 * 60);
    assert.equal((await tryLink(server, token)).body.code, "link/invalid", "it has expired");
    return token;
}

function tryLink(server, token) {
    return server.client().post("recovery/confirm", { token, password: "Fjord-Lantern-58-Moss" });
}

test("a clock that is set back a little brings nothing back", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const owner = await signUp(server);
    const link = await expiredLink(server, owner);
    server.advanceClock(-9 * 60);
    assert.equal((await tryLink(server, link)).body.code, "link/invalid");
    assert.equal((await owner.client.get("account")).status, 200, "and ends nothing");
    await server.stop();
    await server.start(); // What was seen outlives a restart.
    server.advanceClock(-30);
    assert.equal((await tryLink(server, link)).body.code, "link/invalid");
    server.advanceClock(10 * 60);
    await signIn(server, owner);
});

test("a clock that is set back far brings nothing back, and locks nobody out", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const owner = await signUp(server);
    const other = await signUp(server, { email: newEmail("other") });
    server.advanceClock(hour);
    const link = await expiredLink(server, owner);
    const late = await signIn(server, owner);
    server.advanceClock(-40 * 60);
    await until("the server has noticed", async () => (await late.get("account")).status === 401, { seconds: 20 });
    assert.equal((await tryLink(server, link)).body.code, "link/invalid", "its time is now, and it is over");
    assert.equal((await other.client.get("account")).status, 200, "a session from before goes on");
    const { authenticator } = await enrollTotp(server, await signIn(server, other));
    await signIn(server, other, { authenticator });
});

test("a clock that ran 400 days ahead and is put right locks nobody out", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const owner = await signUp(server);
    const { authenticator } = await enrollTotp(server, owner.client);
    server.advanceClock(400 * day);
    const ahead = await signUp(server, { email: newEmail("ahead") });
    assert.equal((await owner.client.get("account")).status, 401, "sessions are over by then");
    server.advanceClock(-400 * day + 120);
    await until("the server has noticed", async () => (await ahead.client.get("account")).status === 401, { seconds: 20 });
    const client = await signIn(server, owner, { authenticator });
    await client.expect(200, "GET", "account");
    await signIn(server, ahead);
    const { items } = await (await signIn(server, ahead)).expect(200, "GET", "account/activity");
    assert.ok(items.length > 0);
});
