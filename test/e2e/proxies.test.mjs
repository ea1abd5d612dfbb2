// nginx, Caddy and HAProxy as Debian has them, in front of a small product: who is signed in reaches it with
// their identity, nobody else does, and a revoked session is out at its next request.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn, signUp } from "./support/accounts.mjs";
import { ask, proxyNames, startProduct, startProxy } from "./support/proxies.mjs";
import { startKeystead } from "./support/server.mjs";

const identity = ["keystead-account", "keystead-email", "keystead-session", "keystead-token", "keystead-permissions", "keystead-team", "keystead-roles"];
const cookieOf = (client) => [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");

for (const name of proxyNames) {
    test(`${name} asks before the product is reached`, async (t) => {
        const server = await startKeystead(t, { settings: { server: { trusted_proxies: "127.0.0.1" } } });
        const account = await signUp(server);
        const port = await startProxy(t, name, server, await startProduct(t));
        const cookie = cookieOf(account.client);

        // proves: K-03
        // ASVS: V8.2.1
        await t.test("who is signed in arrives with their identity", async () => {
            const { status, body } = await ask(port, { headers: { cookie } });
            assert.equal(status, 200);
            assert.equal(body.path, "/orders?page=2");
            assert.equal(body.headers["keystead-account"], account.id);
            assert.equal(body.headers["keystead-email"], account.email);
            assert.match(body.headers["keystead-session"], /^ses_/);
            assert.equal((await ask(port, { headers: { cookie, authorization: "Basic dTpw" } })).status, 200, "the product's own Authorization");
        });

        // proves: K-03
        // ASVS: V4.1.3
        await t.test("what the caller claims to be is not passed on", async () => {
            const claims = Object.fromEntries(identity.map((field) => [field, "forged"]));
            const { status, body } = await ask(port, { headers: { cookie, ...claims } });
            assert.equal(status, 200);
            assert.ok(!JSON.stringify(body.headers).includes("forged"), JSON.stringify(body.headers));
            assert.equal((await ask(port, { headers: claims })).status, 401);
        });

        // proves: K-03
        await t.test("a body reaches the product, not the check", async () => {
            const sent = await ask(port, { headers: { cookie, "content-type": "text/plain" }, method: "POST", body: "an order" });
            assert.equal(sent.status, 200);
            assert.equal(sent.body.method, "POST");
            assert.equal(sent.body.body, "an order");
            const chunked = await ask(port, { headers: { cookie, "transfer-encoding": "chunked" }, method: "PUT", body: "in pieces" });
            assert.equal(chunked.body.body, "in pieces");
            assert.equal((await ask(port, { headers: { "transfer-encoding": "chunked" }, method: "PUT", body: "in pieces" })).status, 401);
        });

        // proves: K-03
        await t.test("nobody and the half signed in do not reach the product", async () => {
            assert.equal((await ask(port)).status, 401);
            assert.equal((await ask(port, { headers: { cookie: cookie.replace(/ks_ses_.{5}/, "ks_ses_00000") } })).status, 401);
            assert.notEqual((await ask(port, { target: "/keystead-check" })).status, 200);
        });

        // proves: S-06, K-03
        // ASVS: V7.4.1
        await t.test("a revoked session is out at its next request", async () => {
            const other = await signIn(server, account);
            const stolen = cookieOf(other);
            const id = (await other.expect(200, "GET", "account")).session.id;
            assert.equal((await ask(port, { headers: { cookie: stolen } })).status, 200);
            await account.client.expect(204, "DELETE", `account/sessions/${id}`);
            assert.equal((await ask(port, { headers: { cookie: stolen } })).status, 401);
            assert.equal((await ask(port, { headers: { cookie } })).status, 200, "the others go on");
            await account.client.expect(204, "POST", "sign-out");
            assert.equal((await ask(port, { headers: { cookie } })).status, 401);
        });
    });

    test(`${name} in front of a Keystead with low limits, then none`, async (t) => {
        const server = await startKeystead(t, { settings: { limits: { read_per_minute: 10 } } });
        const account = await signUp(server);
        const port = await startProxy(t, name, server, await startProduct(t));
        const cookie = cookieOf(account.client);

        // Many rounds: who is let in must not depend on what else is under way.
        // proves: K-03
        await t.test("the check knows no rate limit, and mixes nobody up", async () => {
            for (let round = 0; round < 20; round += 1) {
                const answers = await Promise.all(Array.from({ length: 60 }, () => ask(port, { headers: { cookie } })));
                assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
                assert.deepEqual([...new Set(answers.map((answer) => answer.body.headers["keystead-account"]))], [account.id]);
                const refused = await Promise.all(Array.from({ length: 60 }, () => ask(port)));
                assert.deepEqual([...new Set(refused.map((answer) => answer.status))], [401]);
            }
        });

        // ASVS: V16.5.2
        await t.test("nobody gets through while Keystead is away", async () => {
            await server.stop();
            const answer = await ask(port, { headers: { cookie } });
            assert.ok(answer.status >= 500, String(answer.status));
        });
    });
}

// guards: Caddy may ask the product in Keystead's place (github.com/caddyserver/caddy/pull/7859)
test("caddy lets nobody through on the word of whoever is not Keystead", async (t) => {
    const product = await startProduct(t);
    const port = await startProxy(t, "caddy", { port: product, base: `http://127.0.0.1:${product}` }, product);
    assert.equal((await ask(port)).status, 401);
    assert.equal((await ask(port, { headers: { cookie: "__Host-ks_session=any" } })).status, 401);
});
