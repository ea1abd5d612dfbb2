// API tokens: made, shown once, used, limited in what they may do and from where, rotated, revoked, counted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { tokenIn } from "./support/mail.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";
import {
    base62of32bits, bearer, checkToken, crc32, makeToken, withDigit, withRightChecksum,
} from "./support/tokens.mjs";
import { until } from "./support/until.mjs";

const devops = { preset: "devops", settings: { account: { sign_up: "open" }, password: { length_min: 8 } } };

function introspector(server) {
    const done = runKeystead(["client", "create", "--name", "e2e", "--rights", "introspect", "--output", "json"],
        { cwd: server.folder, environment: server.environment() });
    assert.equal(done.status, 0, done.stderr);
    const headers = { ...bearer(/ks_svc_[0-9A-Za-z]+/.exec(done.stdout)[0]), "content-type": "application/x-www-form-urlencoded" };
    const client = server.client();
    return (form) => client.expect(200, "POST", "introspect", undefined, { raw: String(new URLSearchParams(form)), headers });
}

test("tokens", async (t) => {
    const server = await startKeystead(t, { ...devops, movableClock: true });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const other = await signUp(server);
    const introspect = introspector(server);

    // proves: M-12
    // ASVS: V7.2.2, V11.5.1, V13.3.4
    await t.test("a token is shown once, works as Bearer, and is told by its owner's list without its secret", async () => {
        const made = await makeToken(owner.client, { name: "build server", kind: "deploy" });
        assert.match(made.token, /^ks_pat_[0-9A-Za-z]{82}$/);
        const checked = await checkToken(server, made.token);
        assert.equal(checked.status, 204);
        assert.equal(checked.headers["keystead-account"], owner.id);
        assert.equal(checked.headers["keystead-email"], owner.email);
        assert.equal(checked.headers["keystead-token"], made.id);
        assert.equal(checked.headers["keystead-permissions"], "view-projects deploy-projects view-logs");
        assert.equal(checked.headers["keystead-session"], undefined);
        const listed = await owner.client.expect(200, "GET", "account/tokens");
        assert.equal(listed.items[0].id, made.id);
        assert.equal(listed.items[0].state, "active");
        assert.ok(!JSON.stringify(listed).includes(made.token.slice(30)), "the secret is not told again");
        assert.ok(!JSON.stringify(await owner.client.expect(200, "GET", `account/tokens/${made.id}`)).includes(made.token.slice(30)));
        const days = (Date.parse(listed.items[0].expires_at) - Date.parse(listed.items[0].created_at)) / 86_400_000;
        assert.equal(Math.round(days), 90, "ninety days unless set");
        const mail = await server.mail.waitFor(owner.email, ({ subject }) => /API key was made/.test(subject));
        assert.ok(mail.text.includes("build server") && !mail.raw.includes("ks_pat_"));
    });

    // ASVS: V7.2.1, V11.4.1
    await t.test("a made-up token, a wrong checksum and a wrong tag are nobody's", async () => {
        const made = await makeToken(owner.client);
        for (const wrong of [
            "ks_pat_", "ks_pat_x", withDigit(made.token, -1), withDigit(made.token, 20), withDigit(made.token, 50),
            withRightChecksum(made.token), made.token.replace("pat", "svc"), made.token.toUpperCase(), `${made.token}0`,
        ]) {
            const answer = await checkToken(server, wrong);
            assert.equal(answer.status, 401, wrong);
            assert.match(answer.headers["www-authenticate"], /^Bearer/);
            assert.deepEqual(await introspect({ token: wrong }), { active: false });
        }
        assert.equal((await checkToken(server, made.token)).status, 204);
        assert.equal((await checkToken(server, made.token, { headers: { authorization: `bEaReR ${made.token}` } })).status, 204);
    });

    // proves: D-05, D-06
    // ASVS: V8.2.1, V8.2.2
    await t.test("kinds and permissions: as the catalogue says, and no more", async () => {
        const options = await owner.client.expect(200, "GET", "account/token-options");
        assert.deepEqual(options.permissions.map(({ words }) => words).slice(0, 6),
            ["View projects", "Deploy projects", "Manage servers", "View logs", "Manage domains", "Full access"]);
        assert.deepEqual(options.kinds.map(({ kind }) => kind), ["read-only", "deploy", "admin"]);
        const holds = {
            "read-only": ["view-projects", "view-logs"],
            deploy: ["view-projects", "deploy-projects", "view-logs"],
            admin: options.permissions.map(({ name }) => name),
            custom: ["manage-domains"],
        };
        for (const [kind, held] of Object.entries(holds)) {
            const made = await makeToken(owner.client, { name: kind, kind, ...(kind === "custom" ? { permissions: held } : {}) });
            for (const { name } of options.permissions) {
                const answer = await checkToken(server, made.token, { permission: name });
                assert.equal(answer.status, held.includes(name) ? 204 : 403, `${kind}: ${name}`);
                if (answer.status === 403) {
                    assert.equal(answer.body.code, "token/permission-missing");
                    assert.match(answer.headers["www-authenticate"], /insufficient_scope/);
                }
            }
            assert.equal((await checkToken(server, made.token, { permission: "rule-the-world" })).status, 403);
            const told = await introspect({ token: made.token });
            assert.deepEqual([told.active, told.scope, told.sub, told.jti], [true, held.join(" "), owner.id, made.id]);
            await owner.client.expect(204, "DELETE", `account/tokens/${made.id}`);
        }
        // A session may do what its account may.
        assert.equal((await owner.client.get("check?permission=manage-domains")).status, 204);
        assert.equal((await owner.client.get("check?permission=rule-the-world")).status, 403);
        for (const [body, code] of [
            [{ kind: "custom", permissions: ["rule-the-world"] }, "token/unknown-permission"],
            [{ kind: "custom", permissions: [] }, "token/kind-not-offered"],
            [{ kind: "deploy", permissions: ["full-access"] }, "token/permissions-not-wanted"],
            [{ kind: "admin", expires_in_days: 366 }, "token/lifetime-too-long"],
            [{ kind: "admin", expires_in_days: null }, "token/lifetime-too-long"],
            [{ kind: "admin", addresses: ["192.0.2.1", "nonsense"] }, "token/invalid-address"],
            [{ kind: "root" }, "request/invalid"],
        ]) {
            const refused = await owner.client.expect(422, "POST", "account/tokens", { name: "x", ...body });
            assert.equal(refused.code, code);
        }
    });

    // ASVS: V7.5.1, V7.5.3, V8.2.1, V8.4.1
    await t.test("a token opens what is for tokens, and nothing that is for people", async () => {
        const reader = await makeToken(owner.client, { kind: "custom", permissions: ["read-account"] });
        const deployer = await makeToken(owner.client, { kind: "deploy" });
        const as = (token) => ({ headers: bearer(token) });
        const program = server.client();
        const sessions = await program.expect(200, "GET", "account/sessions", undefined, as(reader.token));
        assert.ok(sessions.items.length > 0 && sessions.items.every(({ current }) => !current));
        await program.expect(200, "GET", "account/tokens", undefined, as(reader.token));
        assert.equal((await program.expect(403, "GET", "account/sessions", undefined, as(deployer.token))).code, "token/permission-missing");
        const admin = await makeToken(owner.client, { kind: "admin" });
        for (const [method, target, body] of [
            ["GET", "account"], ["POST", "account/tokens", { name: "x", kind: "admin" }],
            ["DELETE", `account/tokens/${deployer.id}`], ["POST", `account/tokens/${deployer.id}/rotate`, {}],
            ["POST", "account/totp", { name: "x" }], ["POST", "account/backup-codes"], ["POST", "step-up", { method: "password", password: owner.password }],
            ["POST", "account/password", { current_password: owner.password, new_password: "Plover-Inlet-88-Moss" }],
            ["GET", "account/export"], ["GET", "admin/accounts"],
        ]) {
            const refused = await program.request(method, target, body, as(admin.token));
            assert.equal(refused.status, 403, `${method} ${target}: ${refused.text}`);
            assert.equal(refused.body.code, "token/not-allowed");
        }
        // Not even an operator's.
        const operators = await makeToken(operator.client);
        assert.equal((await program.expect(403, "GET", "admin/accounts", undefined, as(operators.token))).code, "token/not-allowed");
        await operator.client.expect(204, "DELETE", `account/tokens/${operators.id}`);
    });

    // ASVS: V4.1.3
    await t.test("a cookie and a token at once are refused", async () => {
        const made = await makeToken(owner.client);
        for (const target of ["check", "account/tokens"]) {
            const refused = await owner.client.request("GET", target, undefined, { headers: bearer(made.token) });
            assert.equal(refused.status, 400, refused.text);
            assert.equal(refused.body.code, "request/two-identities");
        }
        // What the product's own clients send there is none of ours.
        const foreign = await owner.client.request("GET", "check", undefined, { headers: { authorization: "Bearer eyJhbGciOi" } });
        assert.equal(foreign.status, 204);
    });

    // ASVS: V8.2.2
    await t.test("another's token and no token get one answer", async () => {
        const made = await makeToken(owner.client);
        const nothing = withDigit(made.id, -2);
        for (const [method, rest, body] of [
            ["GET", ""], ["DELETE", ""], ["GET", "/usage"], ["POST", "/rotate", {}], ["POST", "/end-overlap"], ["POST", "/confirm"],
        ]) {
            const [theirs, none] = await Promise.all([made.id, nothing].map((id) =>
                other.client.request(method, `account/tokens/${id}${rest}`, body)));
            const plain = ({ status, body: { request_id: id, ...more } }) => ({ status, more });
            assert.equal(theirs.status, 404, theirs.text);
            assert.deepEqual(plain(theirs), plain(none));
        }
        assert.equal((await checkToken(server, made.token)).status, 204);
    });

    await t.test("a token bound to addresses works from there alone", async () => {
        const made = await makeToken(owner.client, { addresses: ["127.0.0.16/30", "2001:db8::/32"] });
        const from = (localAddress) => checkToken(server, made.token, { client: server.client({ localAddress }) });
        assert.equal((await from("127.0.0.18")).status, 204);
        for (let time = 0; time < 2; time += 1) { // From the database, then from memory.
            const refused = await from("127.0.0.20");
            assert.equal(refused.status, 403);
            assert.equal(refused.body.code, "token/address-refused");
        }
        assert.equal((await introspect({ token: made.token })).active, false, "nobody said from where");
        assert.equal((await introspect({ token: made.token, client_ip: "127.0.0.20" })).active, false);
        assert.equal((await introspect({ token: made.token, client_ip: "2001:db8::7" })).active, true);
    });

    // proves: M-14
    // ASVS: V8.3.2
    await t.test("revoked is refused at once, though it was in memory", async () => {
        const made = await makeToken(owner.client);
        assert.equal((await checkToken(server, made.token)).status, 204);
        await owner.client.expect(204, "DELETE", `account/tokens/${made.id}`);
        assert.equal((await checkToken(server, made.token)).status, 401);
        assert.deepEqual(await introspect({ token: made.token }), { active: false });
        assert.equal((await owner.client.expect(404, "DELETE", `account/tokens/${made.id}`)).code, "token/not-found");
    });

    // proves: D-07
    await t.test("rotated: both secrets work until the old one's end, which can be hastened", async () => {
        const made = await makeToken(owner.client, { name: "rotating" });
        const one = () => owner.client.expect(200, "GET", `account/tokens/${made.id}`);
        const next = await owner.client.expect(200, "POST", `account/tokens/${made.id}/rotate`, { overlap_seconds: 3600 });
        assert.equal(next.id, made.id);
        assert.notEqual(next.token, made.token);
        assert.equal((await one()).old_secret_ends_at, next.old_secret_ends_at);
        for (const secret of [made, next]) {
            assert.equal((await checkToken(server, secret.token)).headers["keystead-token"], made.id);
        }
        assert.equal((await owner.client.expect(409, "POST", `account/tokens/${made.id}/rotate`, {})).code, "token/rotation-pending");
        await owner.client.expect(204, "POST", `account/tokens/${made.id}/end-overlap`);
        assert.equal((await checkToken(server, made.token)).status, 401);
        assert.equal((await checkToken(server, next.token)).status, 204);
        assert.equal((await one()).old_secret_ends_at, null);
        assert.equal((await owner.client.expect(409, "POST", `account/tokens/${made.id}/end-overlap`)).code, "token/no-rotation");
    });

    await t.test("a repeat with the same Idempotency-Key makes nothing and shows no secret", async () => {
        const headers = { "idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324" };
        const body = { name: "once", kind: "deploy" };
        const made = await owner.client.expect(201, "POST", "account/tokens", body, { headers });
        const repeat = await owner.client.expect(409, "POST", "account/tokens", body, { headers });
        assert.equal(repeat.code, "idempotency/already-done");
        assert.equal(repeat.id, made.id);
        assert.ok(!JSON.stringify(repeat).includes("ks_pat_"));
        const items = (await owner.client.expect(200, "GET", "account/tokens")).items;
        assert.equal(items.filter(({ name }) => name === "once").length, 1);
        await other.client.expect(201, "POST", "account/tokens", body, { headers });
        const invalid = { headers: { "idempotency-key": "a b" } };
        assert.equal((await owner.client.expect(422, "POST", "account/tokens", body, invalid)).code, "idempotency/invalid-key");
    });

    // proves: K-13
    await t.test("whoever finds a token ends it with it, alone or as secret-scanning programmes do", async () => {
        const [one, two, kept] = [await makeToken(owner.client), await makeToken(owner.client), await makeToken(owner.client)];
        const finder = server.client();
        for (const secret of [one, two, kept]) {
            assert.equal((await checkToken(server, secret.token)).status, 204);
        }
        assert.deepEqual(await finder.expect(200, "POST", "tokens/revoke", { token: one.token }), { revoked: true });
        assert.equal((await checkToken(server, one.token)).status, 401);
        assert.deepEqual(await finder.expect(200, "POST", "tokens/revoke", { token: one.token }), { revoked: false });
        const report = [
            { token: two.token, type: "keystead_token", url: "https://example.test/leak", source: "content" },
            { token: withRightChecksum(kept.token), type: "keystead_token", url: "https://example.test/leak", source: "content" },
        ];
        const found = await finder.expect(200, "POST", "tokens/revoke", report);
        assert.deepEqual(found.map(({ label, token_type: type }) => [label, type]),
            [["true_positive", "keystead_token"], ["false_positive", "keystead_token"]]);
        assert.equal((await checkToken(server, two.token)).status, 401);
        assert.equal((await checkToken(server, kept.token)).status, 204);
        for (const body of [{}, [], { token: 1 }, [{ type: "x" }]]) {
            assert.equal((await finder.expect(422, "POST", "tokens/revoke", body)).code, "token/invalid-report");
        }
        // The old secret of a rotation, found, does not end the new one.
        const next = await owner.client.expect(200, "POST", `account/tokens/${kept.id}/rotate`, { overlap_seconds: 3600 });
        assert.deepEqual(await finder.expect(200, "POST", "tokens/revoke", { token: kept.token }), { revoked: true });
        assert.equal((await checkToken(server, kept.token)).status, 401);
        assert.equal((await checkToken(server, next.token)).status, 204);
        const events = (await owner.client.expect(200, "GET", "account/activity?action=token.revoke")).items;
        assert.ok(events.some(({ actor }) => actor === null || actor.kind === "nobody"), "its owner sees that somebody else did it");
    });

    // proves: M-15
    await t.test("uses are counted by day and kind, with the last one's address", async () => {
        const made = await makeToken(owner.client, { kind: "custom", permissions: ["read-account"], addresses: ["127.0.0.0/28"] });
        const near = server.client({ localAddress: "127.0.0.3" });
        for (let n = 0; n < 5; n += 1) {
            await checkToken(server, made.token, { client: near });
        }
        await near.expect(200, "GET", "account/tokens", undefined, { headers: bearer(made.token) });
        await introspect({ token: made.token, client_ip: "127.0.0.4" });
        assert.equal((await checkToken(server, made.token, { client: server.client({ localAddress: "127.0.0.99" }) })).status, 403);
        const usage = await until("uses are written behind", async () => {
            const now = await owner.client.expect(200, "GET", `account/tokens/${made.id}/usage`);
            return now.days.at(-1).refused === 1 ? now : undefined;
        }, { seconds: 40 });
        assert.equal(usage.days.length, 90);
        const { date, ...today } = usage.days.at(-1);
        assert.equal(date, new Date(server.now() * 1000).toISOString().slice(0, 10));
        assert.deepEqual(today, { api: 1, check: 5, introspection: 1, refused: 1 });
        assert.equal(usage.last_use.ip, "127.0.0.4");
        assert.equal(usage.last_use.place.kind, "local");
        const listed = await owner.client.expect(200, "GET", `account/tokens/${made.id}`);
        assert.equal(listed.daily_uses.length, 90);
        assert.equal(listed.daily_uses.at(-1), 7, "what was refused is no use");
    });

    await t.test("“this was not me” ends the token with the session it was made in", async () => {
        const thief = await signIn(server, owner);
        const kept = await makeToken(owner.client, { name: "the owner's" });
        const made = await makeToken(thief, { name: "the thief's" });
        assert.equal((await checkToken(server, made.token)).status, 204);
        const notice = await server.mail.waitFor(owner.email, ({ text }) => text.includes("the thief's"));
        await server.client().expect(200, "POST", "not-me", { token: tokenIn(notice, "/not-me") });
        assert.equal((await checkToken(server, made.token)).status, 401);
        assert.equal((await checkToken(server, kept.token)).status, 204);
    });

    await t.test("a disabled owner's tokens are refused", async () => {
        const made = await makeToken(other.client);
        assert.equal((await checkToken(server, made.token)).status, 204);
        await operator.client.expect([200, 204], "POST", `admin/accounts/${other.id}/disable`);
        assert.equal((await checkToken(server, made.token)).status, 401);
        await operator.client.expect([200, 204], "POST", `admin/accounts/${other.id}/enable`);
        assert.equal((await checkToken(server, made.token)).status, 204);
    });

    // The pattern that docs/api-tokens.md gives to scanners.
    await t.test("the documented pattern finds tokens, and the checksum tells them from look-alikes", async () => {
        const page = readFileSync(path.join(import.meta.dirname, "../../docs/api-tokens.md"), "utf8");
        const pattern = new RegExp(/^regex: (.+)$/m.exec(page)[1], "g");
        const made = await makeToken(owner.client);
        const text = `export KEY="${made.token}" # ks_pat_tooshort ${withDigit(made.token, -1)}`;
        const found = text.match(pattern);
        assert.deepEqual(found, [made.token, withDigit(made.token, -1)]);
        const fits = (token) => base62of32bits(crc32(token.slice(0, -6))) === token.slice(-6);
        assert.deepEqual(found.map(fits), [true, false]);
    });

    await t.test("making and rotating need a fresh step-up, ending does not", async () => {
        const made = await makeToken(owner.client);
        server.advanceClock(6 * 60);
        for (const [target, body] of [["account/tokens", { name: "x", kind: "admin" }], [`account/tokens/${made.id}/rotate`, {}]]) {
            assert.equal((await owner.client.expect(401, "POST", target, body)).code, "session/step-up-required");
        }
        await owner.client.expect(204, "DELETE", `account/tokens/${made.id}`);
        await owner.client.expect(200, "POST", "step-up", { method: "password", password: owner.password });
    });

    // proves: D-07
    await t.test("tokens end by themselves, and unused ones are pointed out", async () => {
        const made = await makeToken(owner.client, { name: "short", expires_in_days: 1 });
        const long = await makeToken(owner.client, { name: "long", expires_in_days: 365 });
        const used = await makeToken(owner.client, { name: "used", expires_in_days: 365 });
        assert.equal((await checkToken(server, made.token)).status, 204);
        server.advanceClock(86_400 + 1);
        assert.equal((await checkToken(server, made.token)).status, 401);
        const again = await signIn(server, owner);
        const state = async (id) => (await again.expect(200, "GET", "account/tokens")).items.find((one) => one.id === id);
        assert.equal((await state(made.id)).state, "expired");
        assert.equal((await again.expect(409, "POST", `account/tokens/${made.id}/rotate`, {})).code, "token/expired");
        assert.equal((await state(long.id)).unused, false);
        server.advanceClock(30 * 86_400);
        const later = await signIn(server, owner);
        const isUnused = async ({ id }) => (await later.expect(200, "GET", "account/tokens")).items.find((one) => one.id === id).unused;
        assert.equal(await isUnused(long), true);
        assert.equal((await checkToken(server, used.token)).status, 204);
        await until("its use is known", async () => await isUnused(used) === false);
        assert.equal(await isUnused(long), true);
    });
});

// proves: M-13
// ASVS: V2.3.2, V2.3.4, V15.4.2
test("at most three in the marketplace, though fifty are asked for at once", async (t) => {
    const server = await startKeystead(t, { preset: "marketplace" });
    const owner = await signUp(server);
    await enrollTotp(server, owner.client);
    const clients = Array.from({ length: 50 }, () => owner.client.copy());
    const answers = await Promise.all(clients.map((client, n) => client.post("account/tokens", { name: `n${n}`, kind: "admin" })));
    clients.forEach((client) => client.close());
    assert.deepEqual([201, 409].map((status) => answers.filter((answer) => answer.status === status).length), [3, 47]);
    assert.ok(answers.every(({ status, body }) => status === 201 || body.code === "token/limit-reached"));
    const { items } = await owner.client.expect(200, "GET", "account/tokens");
    assert.equal(items.length, 3);
    await owner.client.expect(204, "DELETE", `account/tokens/${items[0].id}`);
    await makeToken(owner.client);
});

// ASVS: V8.3.2, V15.4.2
test("a rotation that races makes one secret; a check that races a revocation never wins after its answer", async (t) => {
    const server = await startKeystead(t, { ...devops });
    const owner = await signUp(server);
    const rotated = await makeToken(owner.client);
    const clients = Array.from({ length: 50 }, () => owner.client.copy());
    const answers = await Promise.all(clients.map((client) => client.post(`account/tokens/${rotated.id}/rotate`, {})));
    clients.forEach((client) => client.close());
    assert.deepEqual([200, 409].map((status) => answers.filter((answer) => answer.status === status).length), [1, 49]);

    for (let round = 0; round < 5; round += 1) {
        const made = await makeToken(owner.client, { name: `r${round}` });
        let answered = false;
        let late = 0;
        const checkers = Array.from({ length: 20 }, async () => {
            const client = server.client();
            for (let n = 0; n < 10; n += 1) {
                const began = answered;
                const { status } = await checkToken(server, made.token, { client });
                late += began && status === 204 ? 1 : 0;
            }
            client.close();
        });
        await owner.client.expect(204, "DELETE", `account/tokens/${made.id}`);
        answered = true;
        await Promise.all(checkers);
        assert.equal(late, 0);
        assert.equal((await checkToken(server, made.token)).status, 401);
    }
});

test("tokens outlive a restart, their uses too", async (t) => {
    const server = await startKeystead(t, { ...devops });
    const owner = await signUp(server);
    const made = await makeToken(owner.client);
    await checkToken(server, made.token);
    await server.stop();
    await server.start();
    assert.equal((await checkToken(server, made.token)).status, 204);
    const usage = await owner.client.expect(200, "GET", `account/tokens/${made.id}/usage`);
    assert.equal(usage.days.at(-1).check, 1, "written when it stopped");
});
