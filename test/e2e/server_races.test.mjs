// Races through the network around servers and a freeze, fifty connections at once. KEYSTEAD_RACE_ROUNDS says how often.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn, signUp } from "./support/accounts.mjs";
import { Host, enroll, product, registerHost, serversOf } from "./support/hosts.mjs";
import { connections, crowd, exactlyOne, race, rounds, settings, stranger } from "./support/races.mjs";
import { startKeystead } from "./support/server.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { bearer, checkToken, makeToken } from "./support/tokens.mjs";

const rental = { ...settings, session: { at_most: 1000 }, api_token: { at_most: 1000 }, ssh_key: { at_most: 1000 } };

const addKey = (client, name) => client.expect(201, "POST", "account/ssh-keys", { name, public_key: makePublicKey() });
const activityOf = async ({ client }, action) => (await client.expect(200, "GET", `account/activity?action=${action}`)).items.length;

/** Fifty connections with one server's token. */
const crowdOf = (server, host) => crowd(server).map((client) => client.copy({ headers: host.client.headers }));

test("servers", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: rental });
    const shop = product(server);

    // proves: M-18
    // ASVS: V2.3.4, V6.5.1, V15.4.2
    await t.test("one enrolment token, on fifty servers", async () => {
        const hosts = await serversOf(await signUp(server));
        for (let round = 0; round < rounds; round += 1) {
            const made = await registerHost(shop, hosts);
            const answers = await race(crowd(server), (client, n) =>
                client.post("hosts/enroll", { agent_version: "1", host_name: `node-${n}` }, { headers: bearer(made.enrolment.token) }));
            const host = new Host(server, answers[exactlyOne(answers, 201)].body);
            await host.snapshot();
            assert.equal((await shop.expect(200, "GET", `${hosts}/${made.id}`)).state, "enrolled");

            // Enrolled anew while it is used: what it had is dead with the answer.
            let isOver = false;
            const late = [];
            const asking = crowdOf(server, host).map(async (client) => {
                for (let n = 0; n < 3; n += 1) {
                    const began = isOver;
                    const { status } = await client.get("hosts/self/snapshot");
                    late.push(...(began && status !== 401 ? [status] : []));
                }
                client.close();
            });
            await shop.expect(201, "POST", `${hosts}/${made.id}/enrolment`);
            isOver = true;
            await Promise.all([...asking, host.get("krl").then(({ status }) => assert.equal(status, 401))]);
            assert.deepEqual(late, []);
            await shop.expect(204, "DELETE", `${hosts}/${made.id}`);
            host.close();
        }
    });

    // proves: D-11
    // ASVS: V2.3.4, V15.4.2
    await t.test("one login told fifty times, and a revocation among reports of what was there before", async () => {
        const owner = await signUp(server);
        const hosts = await serversOf(owner);
        for (let round = 0; round < rounds; round += 1) {
            if (round % 10 === 9) {
                server.advanceClock(61);
                await owner.client.expect(200, "POST", "step-up", { method: "password", password: owner.password });
            }
            const key = await addKey(owner.client, `lost ${round}`);
            const host = await enroll(server, await registerHost(shop, hosts));
            const before = await host.apply();
            const uses = await activityOf(owner, "ssh_key.use");
            const login = { id: `s-${round}`, login_user: "root", fingerprint: key.fingerprint, address: "192.0.2.7", began_at: new Date(server.now() * 1000).toISOString() };
            const told = await race(crowdOf(server, host), (client) => client.post("hosts/self/reports", { logins: [login] }));
            assert.deepEqual([...new Set(told.map(({ status }) => status))], [204]);
            assert.equal((await owner.client.expect(200, "GET", `${hosts}/${host.id}/logins`)).items.length, 1);
            assert.equal(await activityOf(owner, "ssh_key.use"), Math.min(uses + 1, 50));

            // Whoever says so after the revocation does not know it yet, and whoever said so before it could not mean it.
            const racers = crowdOf(server, host);
            await race([...racers, owner.client.copy()], (client, n) => (n < connections
                ? client.post("hosts/self/reports", { applied: before.digest })
                : client.expect(204, "DELETE", `account/ssh-keys/${key.id}?reason=lost`)));
            const servers = () => owner.client.expect(200, "GET", `account/ssh-keys/${key.id}/servers`);
            assert.equal((await servers()).applied, 0, "what it had before confirms nothing");
            const now = await host.snapshot();
            assert.ok(now.keys.every((line) => !line.endsWith(key.id)));
            const said = await race(crowdOf(server, host), (client) => client.post("hosts/self/reports", { applied: now.digest }));
            assert.deepEqual([...new Set(said.map(({ status }) => status))], [204]);
            assert.deepEqual([(await servers()).applied, (await servers()).unconfirmed], [1, []]);
            await shop.expect(204, "DELETE", `${hosts}/${host.id}`);
            host.close();
        }
        assert.equal(await activityOf(owner, "ssh_key.apply"), Math.min(rounds, 50), "recorded once each");
    });
});

/** Asks again and again. What began after `frozen.isOver` and was let in is kept in `frozen.late`. */
async function insist(frozen, what, ask, atMost) {
    const answers = [];
    for (let n = 0, after = 0; n < atMost && after < 2; n += 1) {
        const began = frozen.isOver;
        const answer = await ask(n);
        answers.push(answer);
        frozen.heard(what);
        after += began ? 1 : 0;
        if (answer.status >= 500 || (began && answer.status < 400)) {
            frozen.late.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
        }
    }
    return answers;
}

/** Everything that an account can be entered or changed by, from connections of their own. */
function assail(server, owner, other, token, hosts, waiting, frozen) {
    const of = (client) => stranger(server, client);
    const acts = [
        () => ["token", (client) => checkToken(server, token, { client }), stranger(server)],
        () => ["session", (client) => client.get("account"), of(other)],
        (n) => ["SSH key", (client) => client.post("account/ssh-keys", { name: `race ${n}`, public_key: makePublicKey() }), of(owner.client)],
        (n) => ["API key", (client) => client.post("account/tokens", { name: `race ${n}`, kind: "admin" }), of(owner.client)],
        (n) => ["server", (client) => client.post(hosts, { name: `race-${n}`, login_users: ["root"] }), of(other)],
        () => ["enrolment", (client) => client.post("hosts/enroll", { agent_version: "1" }, { headers: bearer(waiting.enrolment.token) }), stranger(server)],
    ];
    const signIn = ["sign-in", (client) => client.post("sign-in", { email: owner.email, password: owner.password }), undefined];
    return Array.from({ length: connections }, async (_, n) => {
        const isSignIn = n < 4; // More at a time are refused as guesses.
        const [what, ask, client = stranger(server)] = isSignIn ? signIn : acts[n % acts.length](n);
        const answers = await insist(frozen, what, () => ask(client), isSignIn ? 1 : 500);
        return { what, client, answers };
    });
}

// proves: K-06, M-19
// ASVS: V7.4.1, V7.4.3, V15.4.2
test("a freeze among sign-ins, uses and additions: nothing that began after its answer is accepted", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: rental });
    const shop = product(server);
    const later = server.client(); // One for all rounds: an address has at most 256 connections.
    for (let round = 0; round < rounds; round += 1) {
        server.advanceClock(61);
        const owner = await signUp(server);
        const hosts = await serversOf(owner);
        const [other, { token }] = [await signIn(server, owner), await makeToken(owner.client)];
        await addKey(owner.client, "laptop");
        const host = await enroll(server, await registerHost(shop, hosts));
        const waiting = await registerHost(shop, hosts, { name: "waiting" });
        assert.equal((await host.apply()).keys.length, 1);

        const frozen = { isOver: false, late: [], heard: () => {} };
        const someAnswers = new Promise((resolve) => { // The freeze comes earlier or later among them.
            let left = 1 + ((round * 17) % 90);
            frozen.heard = (what) => {
                left -= 1;
                if (round % 3 === 0 ? what === "sign-in" : left === 0) { // A hash takes longer than all else.
                    resolve();
                }
            };
        });
        const asking = owner.client.copy();
        await asking.get("account"); // Its connection is open.
        const racers = assail(server, owner, other, token, hosts, waiting, frozen);
        await someAnswers;
        const said = await asking.expect(200, "POST", "account/secure");
        frozen.isOver = true;
        const all = await Promise.all(racers);
        assert.deepEqual(frozen.late, [], `round ${round}`);

        // What was made before its answer opens nothing after it.
        const made = (what) => all.filter((one) => one.what === what).flatMap(({ answers }) => answers.filter(({ status }) => status === 201).map(({ body }) => body));
        for (const one of made("API key")) {
            assert.equal((await checkToken(server, one.token, { client: later })).status, 401);
        }
        for (const { client } of all.filter(({ what }) => what === "sign-in")) {
            assert.ok([401, 403].includes((await client.get("account")).status));
        }
        assert.deepEqual((await host.snapshot()).keys, [], "no key opens a server");
        for (const one of made("enrolment")) {
            const late = new Host(server, one);
            assert.deepEqual((await late.snapshot()).keys, []);
            late.close();
        }
        for (const one of made("server")) {
            assert.equal((await later.post("hosts/enroll", { agent_version: "1" }, { headers: bearer(one.enrolment.token) })).status, 401);
        }
        const { steps } = await asking.expect(200, "GET", "account/secure");
        const left = Object.fromEntries(steps.map(({ name, left: count }) => [name, count]));
        assert.deepEqual([left.tokens, left["ssh-keys"]], [1 + made("API key").length, 1 + made("SSH key").length], "each waits to be looked at");
        assert.deepEqual([said.tokens_suspended, said.ssh_keys_suspended], [left.tokens, left["ssh-keys"]], "and was there when it was answered");
        [...all.map(({ client }) => client), owner.client, other, asking, host.client].forEach((client) => client.close());
    }
});
