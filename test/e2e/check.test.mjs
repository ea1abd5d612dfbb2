// What the product beside is told, and what the metrics listener tells to whom.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";

import { enrollTotp, newEmail, signIn, signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";

test("check and its surroundings", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: K-03
    await t.test("an address arrives as ASCII, whatever is in it", async () => {
        const email = newEmail("jörg%41");
        const account = await signUp(server, { email });
        for (let n = 0; n < 2; n += 1) { // from the database, then from memory
            const { status, headers } = await account.client.get("check");
            assert.equal(status, 204);
            assert.match(headers["keystead-email"], /^j%C3%B6rg%2541-[\w-]+@example\.test$/);
            assert.equal(decodeURIComponent(headers["keystead-email"]), email);
        }
    });

    // ASVS: V7.5.1
    await t.test("a change of password is no proof of the second factor", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        server.advanceClock(120);
        const client = await signIn(server, account, { authenticator });
        server.advanceClock(4 * 60);
        await client.expect(200, "POST", "account/password", {
            current_password: account.password, new_password: "Fjord-Lantern-58-Moss",
        });
        server.advanceClock(2 * 60);
        const refused = await client.post("account/totp", { name: "thief's phone" });
        assert.equal(refused.status, 401, "the code is six minutes old");
        assert.equal(refused.body.code, "session/step-up-required");
    });

    await t.test("metrics are for those who ask by address or by our name", async () => {
        const ask = (host) => new Promise((resolve, reject) => {
            http.get({ host: "127.0.0.1", port: server.metricsPort, path: "/metrics", headers: { host } }, (answer) => {
                answer.resume();
                resolve(answer.statusCode);
            }).on("error", reject);
        });
        assert.equal(await ask(`127.0.0.1:${server.metricsPort}`), 200);
        assert.equal(await ask("localhost"), 200);
        assert.equal(await ask(`rebound.example:${server.metricsPort}`), 421);
    });
});
