// Every route, tried as everyone who could come: access.json says who may, the server's own OpenAPI document
// says which routes there are, and a route missing from the list is a failure.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";
import { bearer, makeToken } from "./support/tokens.mjs";

const declared = JSON.parse(readFileSync(path.join(import.meta.dirname, "access.json"), "utf8"));

// What the first demands, the later demand too.
const demands = {
    everyone: [],
    "half-signed-in": ["flow"],
    session: ["session"],
    "session-or-token": ["session"],
    "session-or-any-token": ["session"],
    "session-also-due": ["session"],
    "stepped-up": ["session", "fresh"],
    operator: ["session", "operator"],
    "stepped-up-operator": ["session", "operator", "fresh"],
    "service-client": ["client"],
    "owner-or-client": ["session"],
    "stepped-up-owner-or-client": ["session", "fresh"],
    host: ["host"],
    enrolment: ["host"],
};
const refusals = {
    flow: [401, "sign-in/flow-ended"],
    session: [401, "session/required"],
    operator: [403, "access/forbidden"],
    fresh: [401, "session/step-up-required"],
    client: [401, "client/required"],
    host: [401, "host/required"],
    due: [401, "session/authentication-required"],
    restricted: [403, "session/restricted"],
};


const routes = Object.entries(declared).map(([key, access]) => {
    const [method, template] = key.split(" ");
    return { key, method, template, access };
});

/** Calls a route with a body that is not valid and an id of nothing, so that little happens to whom it lets in. */
function call(client, { method, template }, headers = {}) {
    const takesBody = client.server.contract.document.paths[template][method.toLowerCase()].requestBody;
    const body = takesBody ? { nothing_of_this_name: true } : undefined;
    return client.request(method, template.replaceAll(/{\w+}/g, "ses_0351o5wQfhprPRvBzixatK"), body, { headers });
}

function isRefusal(answer, kind) {
    const [status, code] = refusals[kind];
    return answer.status === status && answer.body?.code === code;
}

/** Tries every route as someone who fulfils `has`; the first demand that is not met must be the refusal. */
async function tryAll(client, has, { headers, only = () => true } = {}) {
    for (const route of routes.filter(only)) {
        const answer = await call(client, route, headers);
        const missing = demands[route.access].find((demand) => !has.includes(demand));
        if (missing) {
            assert.ok(isRefusal(answer, missing), `${route.key}: ${answer.status} ${answer.text}, not refused for ${missing}`);
            if (answer.status === 401) {
                assert.ok(answer.headers["www-authenticate"], `${route.key}: 401 without WWW-Authenticate`);
            }
        } else {
            for (const kind of Object.keys(refusals)) {
                assert.ok(!isRefusal(answer, kind), `${route.key} refused who may: ${answer.status} ${answer.text}`);
            }
            assert.ok(answer.status < 500, `${route.key}: ${answer.status} ${answer.text}`);
        }
    }
}

// These take no body and end the session: that others are refused is what is tried.
const acts = new Set(["POST /v1/sign-out", "POST /v1/account/sessions/revoke-all", "POST /v1/account/secure"]);
const harmless = ({ key }) => !acts.has(key);

test("access", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const other = await signUp(server);
    await enrollTotp(server, owner.client);
    const ownerTotp = (await owner.client.expect(200, "GET", "account/totp")).items[0].id;

    await t.test("the list names every route that the server has, and no other", () => {
        const served = server.contract.operations().map(({ method, path: template }) => `${method.toUpperCase()} ${template}`);
        assert.deepEqual(Object.keys(declared).sort(), served.sort());
        for (const { key, access } of routes) {
            assert.ok(demands[access], `${key}: ${access} is no access`);
        }
    });

    // ASVS: V8.2.1, V8.3.1, V8.1.1
    await t.test("nobody gets what is everyone's, and nothing else", async () => {
        await tryAll(server.client(), []);
    });

    // ASVS: V7.2.1
    await t.test("a made-up session is nobody's", async () => {
        const client = server.client();
        const [name, value] = [...other.client.cookies].find(([name]) => name === "__Host-keystead");
        client.cookies.set(name, value.slice(0, 10) + (value[10] === "a" ? "b" : "a") + value.slice(11));
        client.csrf = other.client.csrf;
        assert.equal((await other.client.get("account")).status, 200);
        await tryAll(client, [], { only: ({ access }) => access !== "everyone" });
    });

    // ASVS: V6.3.4, V8.2.1
    await t.test("half signed in opens the next step alone", async () => {
        const { client, answer } = await passwordStep(server, owner);
        assert.equal(answer.body.status, "second-factor");
        await tryAll(client, ["flow"]);
    });

    // ASVS: V8.2.1
    await t.test("a session opens one's own account, not the operator's pages", async () => {
        await tryAll(other.client, ["session", "fresh"], { only: harmless });
    });

    await t.test("the operator opens the operator's pages", async () => {
        await tryAll(operator.client, ["session", "operator", "fresh"], { only: harmless });
    });

    // proves: K-03
    // ASVS: V8.2.1, V8.2.3
    await t.test("a service client introspects with that right, and opens nothing else", async () => {
        const token = (rights) => {
            const done = runKeystead(["client", "create", "--name", `e2e ${rights}`, "--rights", rights, "--output", "json"],
                { cwd: server.folder, environment: server.environment() });
            assert.equal(done.status, 0, done.stderr);
            return /ks_svc_[0-9A-Za-z]+/.exec(done.stdout)[0];
        };
        const headers = { authorization: `Bearer ${token("introspect")}` };
        const ofOthers = ({ key }) => key !== "POST /v1/events";
        const forClients = ({ access }) => access.endsWith("or-client");
        await tryAll(server.client(), ["client"], { headers, only: (route) => !forClients(route) && ofOthers(route) });
        for (const route of routes.filter(forClients)) {
            const answer = await call(server.client(), route, headers);
            assert.deepEqual([answer.status, answer.body?.code], [403, "access/forbidden"], route.key);
        }
        assert.equal((await server.client().expect(403, "POST", "events", {}, { headers })).code, "access/forbidden");
        const form = { raw: "token=nothing", headers: { ...headers, "content-type": "application/x-www-form-urlencoded" } };
        assert.deepEqual(await server.client().expect(200, "POST", "introspect", undefined, form), { active: false });
        const without = { ...form, headers: { ...form.headers, authorization: `Bearer ${token("read-accounts")}` } };
        assert.equal((await server.client().expect(403, "POST", "introspect", undefined, without)).code, "access/forbidden");
    });

    // proves: M-12
    // ASVS: V8.2.1, V8.3.1
    await t.test("a token opens what says so, and hears everywhere else that it is not enough", async () => {
        const holder = await signUp(server);
        const expected = {
            everyone: null,
            "half-signed-in": [401, "sign-in/flow-ended"],
            "service-client": [401, "client/required"],
            "session-or-token": null,
            "session-or-any-token": null,
            "owner-or-client": null,
            "stepped-up-owner-or-client": null,
            host: [401, "host/required"],
            enrolment: [401, "host/required"],
        };
        for (const [kind, permissions] of [["admin"], ["custom", ["view-rentals"]]]) {
            const { token } = await makeToken(holder.client, { kind, ...(permissions ? { permissions } : {}) });
            for (const route of routes) {
                const answer = await call(server.client(), route, bearer(token));
                const refusal = /^session-or-token$|owner-or-client$/.test(route.access) && permissions
                    ? [403, "token/permission-missing"]
                    : expected[route.access] === undefined ? [403, "token/not-allowed"] : expected[route.access];
                if (refusal) {
                    assert.deepEqual([answer.status, answer.body?.code], refusal, `${route.key}: ${answer.text}`);
                } else {
                    assert.ok(![401, 403].includes(answer.status) || route.access === "everyone", `${route.key}: ${answer.text}`);
                }
            }
        }
    });

    // ASVS: V8.2.2
    await t.test("what is another's and what is nothing get one answer", async () => {
        const session = (await owner.client.expect(200, "GET", "account/sessions")).items[0].id;
        const address = (await owner.client.expect(200, "GET", "account")).notification_addresses[0]?.id;
        const token = (await makeToken(owner.client)).id;
        const nothing = (id) => id.slice(0, -3) + (id.endsWith("aaa") ? "bbb" : "aaa");
        const tries = [
            ["DELETE", "account/sessions/{id}", session],
            ["POST", "account/sessions/{id}/require-authentication", session],
            ["DELETE", "account/totp/{id}", ownerTotp, { code: "123456" }],
            ["POST", "account/totp/{id}/confirm", ownerTotp, { code: "123456" }],
            ["GET", "account/tokens/{id}", token],
            ["DELETE", "account/tokens/{id}", token],
            ...(address ? [["DELETE", "account/notification-addresses/{id}", address]] : []),
        ];
        for (const [method, template, id, body] of tries) {
            const [theirs, none] = [
                await other.client.request(method, template.replace("{id}", id), body),
                await other.client.request(method, template.replace("{id}", nothing(id)), body),
            ];
            assert.equal(theirs.status, 404, `${method} ${template}: ${theirs.text}`);
            const plain = ({ status, body: { request_id: id, ...rest } }) => ({ status, rest });
            assert.deepEqual(plain(theirs), plain(none));
        }
        assert.equal((await owner.client.get("account")).status, 200, "the owner's session goes on");
        assert.equal((await owner.client.expect(200, "GET", "account/totp")).items.length, 1);
    });

    // proves: D-03
    // ASVS: V7.4.5
    await t.test("a session that must authenticate again may do that, or sign out", async () => {
        const due = await signIn(server, other);
        const id = (await due.expect(200, "GET", "account")).session.id;
        assert.equal((await due.get("check")).status, 204);
        await other.client.expect(204, "POST", `account/sessions/${id}/require-authentication`);
        for (const route of routes.filter(({ access }) => /session|stepped-up|operator|owner/.test(access) && access !== "session-also-due")) {
            const answer = await call(due, route);
            assert.ok(isRefusal(answer, "due"), `${route.key}: ${answer.status} ${answer.text}`);
        }
        assert.equal((await due.get("check")).status, 401);
        await due.expect(200, "GET", "step-up");
        await due.expect(200, "POST", "step-up", { method: "password", password: other.password });
        await due.expect(200, "GET", "account");
        assert.equal((await due.get("check")).status, 204);
    });

    // proves: M-19
    // ASVS: V8.2.1
    await t.test("a session of an account that is being secured opens its steps alone, in their order", async () => {
        const victim = await signUp(server);
        await victim.client.expect(200, "POST", "account/secure");
        const open = new Set(["GET /v1/account/secure", "GET /v1/account/secure/activity", "POST /v1/account/secure/activity",
            "POST /v1/account/secure/addresses", "POST /v1/account/secure/finish",
            "POST /v1/account/secure/tokens/{id}/replace", "GET /v1/step-up", "POST /v1/step-up", "POST /v1/sign-out",
            "POST /v1/account/password"]);
        const laterSteps = new Set(["GET /v1/account/totp", "POST /v1/account/totp", "POST /v1/account/totp/{id}/confirm",
            "DELETE /v1/account/totp/{id}", "POST /v1/account/backup-codes", "GET /v1/account/tokens", "DELETE /v1/account/tokens/{id}",
            "GET /v1/account/ssh-keys", "POST /v1/account/ssh-keys/{id}/confirm", "DELETE /v1/account/ssh-keys/{id}",
            "GET /v1/account/notification-addresses", "DELETE /v1/account/notification-addresses/{id}"]);
        for (const route of routes.filter(({ access, key }) => /session|stepped-up|operator/.test(access) && key !== "POST /v1/sign-out")) {
            const answer = await call(victim.client, route);
            if (open.has(route.key)) {
                assert.ok(!isRefusal(answer, "restricted") && answer.status < 500, `${route.key}: ${answer.status} ${answer.text}`);
            } else if (laterSteps.has(route.key)) {
                assert.ok([403, 422].includes(answer.status), `${route.key}: ${answer.status} ${answer.text}`);
                assert.ok(answer.status === 422 || answer.body.code === "securing/other-step", answer.text);
            } else {
                const status = route.access === "session-or-any-token" ? 401 : 403;
                assert.deepEqual([answer.status, answer.body?.code], [status, "session/restricted"], `${route.key}: ${answer.text}`);
            }
        }
        await victim.client.expect(204, "POST", "sign-out");
    });

    // ASVS: V7.5.1, V7.5.3
    await t.test("an old sign-in does not open what must be stepped up", async () => {
        server.advanceClock(6 * 60);
        const restful = ({ key }) => harmless({ key }) && key !== "POST /v1/step-up";
        await tryAll(other.client, ["session"], { only: restful });
        await tryAll(operator.client, ["session", "operator"], { only: restful });
        await other.client.expect(200, "POST", "step-up", { method: "password", password: other.password });
        const refused = await call(other.client, { method: "POST", template: "/v1/account/totp" });
        assert.equal(refused.status, 422, "stepped up, the body is what is looked at");
    });
});
