// What another site can make a browser send: refused by Fetch Metadata, by Origin, and for lack of the
// anti-forgery token; and whatever names another host.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, passwordStep, signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";

test("requests from elsewhere", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const { authenticator } = await enrollTotp(server, account.client);
    const port = new URL(server.base).port;
    const rename = (headers) => account.client.patch("account", { name: "Ada" }, { headers });

    async function isCrossSite(answer) {
        assert.equal(answer.status, 403, answer.text);
        assert.equal(answer.body.code, "request/cross-site");
    }

    // ASVS: V3.5.1, V3.5.3
    await t.test("a change in a session needs the site's own origin and the anti-forgery token", async () => {
        const same = { origin: undefined, "sec-fetch-site": "same-origin" };
        assert.equal((await rename({})).status, 200, "Origin and token");
        assert.equal((await rename(same)).status, 200, "Fetch Metadata and token");
        for (const site of ["cross-site", "same-site", "none", ""]) {
            await isCrossSite(await rename({ "sec-fetch-site": site }));
        }
        for (const origin of ["https://evil.example", `http://localhost.evil.example:${port}`, `http://127.0.0.1:${port}`,
            `https://localhost:${port}`, "http://localhost:1", "null", ""]) {
            await isCrossSite(await rename({ origin }));
        }
        await isCrossSite(await rename({ origin: undefined }));
        const other = await signUp(server);
        for (const token of [undefined, "", "x", account.client.csrf.slice(0, -1), other.client.csrf]) {
            await isCrossSite(await rename({ "keystead-csrf": token }));
        }
        assert.equal((await rename({})).body.name, "Ada");
    });

    // ASVS: V3.5.1
    await t.test("so does a step of a half-finished sign-in", async () => {
        const { client } = await passwordStep(server, account);
        const code = await authenticator.code();
        const step = (headers) => client.post("sign-in/second-factor", { method: "totp", code }, { headers });
        await isCrossSite(await step({ "keystead-csrf": undefined }));
        await isCrossSite(await step({ "keystead-csrf": account.client.csrf }));
        await isCrossSite(await step({ origin: "https://evil.example" }));
        await isCrossSite(await step({ "sec-fetch-site": "cross-site" }));
        await isCrossSite(await step({ origin: undefined }));
        assert.equal((await step({})).status, 200, "no refusal has cost the code");
    });

    // ASVS: V3.5.1
    await t.test("another site can neither sign a browser in nor out", async () => {
        const body = { email: account.email, password: account.password };
        for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }, { origin: "null" }]) {
            await isCrossSite(await server.client().post("sign-in", body, { headers }));
            await isCrossSite(await server.client().post("recovery", { email: account.email }, { headers }));
            await isCrossSite(await account.client.request("POST", "sign-out", undefined, { headers }));
        }
        assert.equal((await account.client.get("account")).status, 200);
    });

    // ASVS: V3.5.2
    await t.test("what a form can send without asking is not taken for JSON", async () => {
        for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined]) {
            const answer = await account.client.patch("account", { name: "Eve" }, { headers: { "content-type": type } });
            assert.equal(answer.status, 415, `${type}: ${answer.text}`);
        }
    });

    await t.test("a cookie and an Authorization field together are refused", async () => {
        for (const authorization of ["Bearer ks_svc_x", "Bearer something", "Basic dTpw"]) {
            const answer = await account.client.get("account", { headers: { authorization } });
            assert.equal(answer.status, 400, answer.text);
            assert.equal(answer.body.code, "request/two-identities");
        }
        const cookie = [...account.client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
        const doubled = await account.client.get("account", { headers: { cookie: `${cookie}; ${cookie}` } });
        assert.equal(doubled.status, 400, "the same cookie twice");
        assert.equal((await account.client.get("account")).status, 200);
        assert.equal((await account.client.get("check", { headers: { authorization: "Basic dTpw" } })).status, 204,
            "the product's own Authorization passes by");
    });

    // ASVS: V4.1.3
    await t.test("a request for another host is misdirected", async () => {
        for (const host of ["evil.example", `localhost.evil.example:${port}`, "localhost:1", `evil.example:${port}`]) {
            const answer = await server.client().get("sign-in/methods", { headers: { host }, checked: false });
            assert.equal(answer.status, 421, `${host}: ${answer.text}`);
        }
        const forwarded = { "x-forwarded-host": "evil.example", forwarded: "host=evil.example" };
        await server.client().expect(202, "POST", "recovery", { email: account.email }, { headers: forwarded });
        const mail = await server.mail.waitFor(account.email, ({ text }) => text.includes("/recovery/confirm#"));
        assert.ok(mail.text.includes(`${server.base}/recovery/confirm#`));
        assert.ok(!mail.raw.includes("evil.example"));
    });

    await t.test("127.0.0.1 leads to localhost", async () => {
        const headers = { host: `127.0.0.1:${port}` };
        const answer = await server.client().get("/sign-in?x=1", { headers, checked: false });
        assert.equal(answer.status, 302);
        assert.equal(answer.headers.location, `${server.base}/sign-in?x=1`);
        const change = await server.client().post("recovery", { email: account.email }, { headers, checked: false });
        assert.ok([302, 421].includes(change.status) && change.status !== 202, `${change.status}`);
    });
});
