// guards: the client waits as long as the server says, and repeats only what may be repeated.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createKeystead, Problem, retryAfterMs, unwrap } from "../dist/index.js";

/** A client whose server gives these answers, one after the other; an Error breaks the connection. */
function world(answers, options = {}) {
    const sent = [];
    const waits = [];
    const client = createKeystead({
        baseUrl: "https://accounts.example/account/",
        token: "ks_pat_x",
        retry: { attempts: 4, sleep: async (ms) => { waits.push(ms); }, ...options.retry },
        fetch: async (request) => {
            sent.push({ method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() });
            const next = answers.shift();
            if (next instanceof Error) {
                throw next;
            }
            return next;
        },
        ...options.client,
    });
    return { client, sent, waits };
}

const refusal = (status, headers = {}) => new Response(
    JSON.stringify({ type: "/problems/rate-limited", title: "Too many", status, code: "rate-limited" }),
    { status, headers: { "content-type": "application/problem+json", ...headers } });
const fine = () => Response.json({ id: "acc_1" });

test("waits for what Retry-After says, then goes on", async () => {
    const { client, sent, waits } = world([refusal(429, { "retry-after": "7" }), refusal(503, { "retry-after": "2" }), fine()]);
    assert.equal((await unwrap(client.GET("/v1/account"))).id, "acc_1");
    assert.deepEqual(waits, [7000, 2000]);
    assert.equal(sent[0].url, "https://accounts.example/account/v1/account");
    assert.equal(sent[2].headers.authorization, "Bearer ks_pat_x");
});

test("repeats a body after 429, which refuses before anything is done", async () => {
    const { client, sent } = world([refusal(429, { "retry-after": "1" }), new Response(null, { status: 204 })]);
    await unwrap(client.PATCH("/v1/account", { body: { name: "Ada" } }));
    assert.deepEqual(sent.map(({ body }) => body), ['{"name":"Ada"}', '{"name":"Ada"}']);
});

test("does not repeat a change after 503 or a broken connection", async () => {
    const busy = world([refusal(503, { "retry-after": "1" })]);
    await assert.rejects(unwrap(busy.client.PATCH("/v1/account", { body: { name: "Ada" } })), (error) => error instanceof Problem && error.status === 503);
    const broken = world([new TypeError("socket")]);
    await assert.rejects(broken.client.PATCH("/v1/account", { body: { name: "Ada" } }), /socket/);
    const read = world([new TypeError("socket"), fine()]);
    assert.equal((await unwrap(read.client.GET("/v1/account"))).id, "acc_1");
});

test("gives up after so many attempts, and where the wait is too long", async () => {
    const stubborn = world(Array.from({ length: 9 }, () => refusal(429, { "retry-after": "1" })));
    await assert.rejects(unwrap(stubborn.client.GET("/v1/account")), (error) => error.code === "rate-limited");
    assert.equal(stubborn.sent.length, 4);
    const slow = world([refusal(429, { "retry-after": "3600" })]);
    await assert.rejects(unwrap(slow.client.GET("/v1/account")));
    assert.deepEqual(slow.waits, []);
});

test("an abort ends the waiting", async () => {
    const stop = new AbortController();
    const { client } = world([refusal(429, { "retry-after": "60" }), fine()], { retry: { sleep: undefined } });
    const asked = client.GET("/v1/account", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(asked, /enough/);
});

test("a page of a proxy is a problem, too", async () => {
    const { client } = world([new Response("<h1>Bad gateway</h1>", { status: 502, statusText: "Bad Gateway" })]);
    await assert.rejects(unwrap(client.GET("/v1/account")), (error) => error instanceof Problem && error.code === "http/502");
});

test("a browser's change carries the anti-forgery token, its read does not", async () => {
    const { client, sent } = world([fine(), new Response(null, { status: 204 })], { client: { token: undefined, csrfToken: () => "t0k" } });
    await client.GET("/v1/account");
    await client.POST("/v1/sign-out");
    assert.equal(sent[0].headers["keystead-csrf"], undefined);
    assert.equal(sent[1].headers["keystead-csrf"], "t0k");
    assert.equal(sent[1].headers.authorization, undefined);
});

test("Retry-After may be a date (RFC 9110 §10.2.3)", () => {
    const at = (text) => retryAfterMs(new Response(null, { headers: { "retry-after": text } }), Date.UTC(2026, 0, 1));
    assert.equal(at("Thu, 01 Jan 2026 00:00:30 GMT"), 30_000);
    assert.equal(at("Wed, 31 Dec 2025 23:00:00 GMT"), 0);
    assert.equal(at("soon"), undefined);
});
