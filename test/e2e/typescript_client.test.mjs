// The TypeScript client and the Express-style middleware against the real server, and the example product
// with and without nginx in front of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { test } from "node:test";

import { createKeystead, Problem, unwrap } from "../../clients/typescript/dist/index.js";
import { signIn, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { ask, startProxy } from "./support/proxies.mjs";
import { freePort } from "./support/ports.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const example = path.join(import.meta.dirname, "../../examples/express");
const cookieOf = (client) => [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");

/** The typed client in the place of a browser that is signed in as `client`. */
function typed(server, client, options = {}) {
    return createKeystead({
        baseUrl: server.base,
        csrfToken: () => client.csrf,
        fetch: (request) => {
            const headers = new Headers(request.headers);
            headers.set("cookie", cookieOf(client));
            headers.set("origin", new URL(server.base).origin);
            return fetch(new Request(request, { headers }));
        },
        ...options,
    });
}

async function startExample(t, environment) {
    const port = await freePort();
    const program = spawn(process.execPath, ["server.mjs"], {
        cwd: example,
        env: { PATH: process.env.PATH, PORT: String(port), ...environment },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    program.stdout.on("data", (bytes) => { output += bytes; });
    program.stderr.on("data", (bytes) => { output += bytes; });
    const ended = new Promise((resolve) => program.on("exit", resolve));
    atEnd(t, async () => {
        program.kill("SIGTERM");
        await ended;
    });
    await until("the example listens", () => {
        assert.equal(program.exitCode, null, output);
        return output.includes("listening");
    });
    return port;
}

test("the typed client", async (t) => {
    const server = await startKeystead(t, { settings: { limits: { write_per_minute: 30 } } });
    const account = await signUp(server);
    const keystead = typed(server, account.client);

    await t.test("reads and changes as the types say", async () => {
        const own = await unwrap(keystead.GET("/v1/account"));
        assert.equal(own.email, account.email);
        const renamed = await unwrap(keystead.PATCH("/v1/account", { body: { name: "Ada" } }));
        assert.equal(renamed.name, "Ada");
    });

    await t.test("a refusal is a Problem with its code", async () => {
        await assert.rejects(unwrap(keystead.PATCH("/v1/account", { body: { name: "a".repeat(101) } })), (error) => {
            assert.ok(error instanceof Problem);
            assert.equal(error.status, 422);
            assert.equal(error.document.errors[0].pointer, "/name");
            return true;
        });
    });

    // proves: S-09
    await t.test("a limit is waited out: more changes than a minute allows all succeed", async () => {
        const waits = [];
        const patient = typed(server, account.client, {
            retry: { attempts: 10, sleep: (ms) => { waits.push(ms); return new Promise((resolve) => { setTimeout(resolve, ms); }); } },
        });
        for (let i = 0; waits.length === 0 && i < 100; ++i) {
            assert.equal((await unwrap(patient.PATCH("/v1/account", { body: { name: `Ada ${String(i)}` } }))).name, `Ada ${String(i)}`);
        }
        assert.equal(waits.length, 1, "who waits as told is refused once, not twice");
        const impatient = typed(server, account.client, { retry: { attempts: 1 } });
        await assert.rejects(async () => {
            for (let i = 0; i < 100; ++i) {
                await unwrap(impatient.PATCH("/v1/account", { body: { name: "again" } }));
            }
        }, (error) => error instanceof Problem && error.status === 429);
    });
});

test("the middleware and the example product", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const cookie = cookieOf(account.client);
    const base = `http://127.0.0.1:${server.port}`;
    const port = await startExample(t, { KEYSTEAD_URL: base, KEYSTEAD_HOST: new URL(server.base).host });

    // proves: K-03
    await t.test("tells who is signed in, and refuses nobody's request", async () => {
        const signedIn = await ask(port, { headers: { cookie }, target: "/orders" });
        assert.equal(signedIn.body.account, account.id);
        assert.equal((await ask(port, { target: "/orders" })).status, 401);
        assert.equal((await ask(port, { headers: { "keystead-account": account.id }, target: "/orders" })).status, 401);
    });

    await t.test("an optional identity lets everybody in", async () => {
        assert.equal((await ask(port, { target: "/" })).body.greeting, "Hello, stranger");
        assert.equal((await ask(port, { headers: { cookie }, target: "/" })).body.greeting, `Hello, ${account.email}`);
    });

    // proves: S-06
    await t.test("a revoked session is out at its next request", async () => {
        const other = await signIn(server, account);
        const stolen = cookieOf(other);
        assert.equal((await ask(port, { headers: { cookie: stolen }, target: "/orders" })).status, 200);
        await other.expect(204, "POST", "sign-out");
        assert.equal((await ask(port, { headers: { cookie: stolen }, target: "/orders" })).status, 401);
    });

    await t.test("behind nginx, the proxy has asked", async () => {
        const behind = await startExample(t, { BEHIND_PROXY: "1" });
        const proxy = await startProxy(t, "nginx", server, behind);
        assert.equal((await ask(proxy, { headers: { cookie }, target: "/orders" })).body.account, account.id);
        assert.equal((await ask(proxy, { headers: { "keystead-account": account.id }, target: "/orders" })).status, 401);
    });

    await t.test("nobody gets in while Keystead is away", async () => {
        await server.stop();
        assert.equal((await ask(port, { headers: { cookie }, target: "/orders" })).status, 503);
    });
});
