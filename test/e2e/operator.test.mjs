// Those who run the server: set-up, accounts, invitations, service clients; through the API and the
// command line.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { tokenIn } from "./support/mail.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";

/** The command line beside a running server, as its operator uses it. */
function cli(server, words, input = "") {
    const done = runKeystead([...words, "--preset", server.preset, "--output", "json"], {
        environment: server.environment(), cwd: server.folder, input,
    });
    return { ...done, answer: done.status === 0 && done.stdout.trim() ? JSON.parse(done.stdout) : undefined };
}

function introspect(server, token, authorization) {
    return server.client().request("POST", "introspect", undefined, {
        raw: `token=${encodeURIComponent(token)}`,
        headers: { "content-type": "application/x-www-form-urlencoded", ...(authorization ? { authorization: `Bearer ${authorization}` } : {}) },
    });
}

test("the operator through the API", async (t) => {
    const server = await startKeystead(t);
    let operator;

    // ASVS: V6.3.2
    await t.test("set-up works once, with the token that was printed", async () => {
        assert.equal((await server.client().expect(200, "GET", "set-up/state")).open, true);
        const body = { email: newEmail("thief"), password: goodPassword };
        const guessed = await server.client().post("set-up", { token: `${server.setUpToken().slice(0, -3)}AAA`, ...body });
        assert.equal(guessed.status, 422);
        assert.equal(guessed.body.code, "link/invalid");
        operator = await setUpOperator(server);
        assert.equal((await operator.client.expect(200, "GET", "account")).operator, true);
        assert.equal((await server.client().expect(200, "GET", "set-up/state")).open, false);
        const again = await server.client().post("set-up", { token: server.setUpToken(), ...body });
        assert.ok(again.status >= 400 && again.status < 500, again.text);
    });

    // proves: S-06
    // ASVS: V7.4.2, V8.2.1
    await t.test("disabling an account ends its sessions and its sign-in at once", async () => {
        const account = await signUp(server);
        const { items } = await operator.client.expect(200, "GET", `admin/accounts?query=${encodeURIComponent(account.email)}`);
        assert.deepEqual(items.map(({ id }) => id), [account.id]);
        for (const path of ["admin/accounts", `admin/accounts/${operator.id}`, "admin/settings"]) {
            assert.equal((await account.client.get(path)).status, 403, "not for everyone");
            assert.equal((await server.client().get(path)).status, 401);
        }
        assert.equal((await account.client.request("POST", `admin/accounts/${operator.id}/disable`)).status, 403);

        await operator.client.expect(200, "POST", `admin/accounts/${account.id}/disable`);
        assert.equal((await account.client.get("account")).status, 401);
        assert.equal((await account.client.get("check")).status, 401);
        assert.equal((await passwordStep(server, account)).answer.status, 401);
        await server.mail.waitFor(account.email, ({ subject }) => /disabled/i.test(subject));
        const own = await operator.client.request("POST", `admin/accounts/${operator.id}/disable`);
        assert.equal(own.status, 409);
        assert.equal(own.body.code, "account/self");
        await operator.client.expect(200, "POST", `admin/accounts/${account.id}/enable`);
        await signIn(server, account);
    });

    // ASVS: V14.2.6
    await t.test("the settings in effect are shown without their secrets", async () => {
        const answer = await operator.client.get("admin/settings");
        assert.equal(answer.status, 200);
        assert.match(answer.text, /session/);
        assert.doesNotMatch(answer.text, /host=\S+ /, "no connection string");
    });
});

test("where sign-up is by invitation", async (t) => {
    const server = await startKeystead(t, { preset: "devops" });
    const operator = await setUpOperator(server);
    const email = newEmail("invited");
    const refused = await server.client().post("sign-up", { email });
    assert.equal(refused.status, 403);
    assert.equal(refused.body.code, "sign-up/by-invitation");
    const stranger = server.client();
    assert.equal((await stranger.post("admin/invitations", { email })).status, 401);
    await operator.client.expect(202, "POST", "admin/invitations", { email });
    const mail = await server.mail.waitFor(email, ({ text }) => text.includes("/sign-up/confirm#"));
    const token = tokenIn(mail, "/sign-up/confirm");
    const short = await stranger.post("sign-up/confirm", { token, password: "Quill-7-Ebony" });
    assert.equal(short.body.code, "password/refused");
    const { account } = await stranger.expect(201, "POST", "sign-up/confirm", { token, password: goodPassword });
    assert.equal(account.email, email);
    assert.equal((await server.client().post("sign-up/confirm", { token, password: goodPassword })).body.code, "link/invalid");
});

// proves: K-16
test("the only operator cannot delete their own account", async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);
    const refusal = await operator.client.expect(409, "DELETE", "account", {});
    assert.equal(refusal.code, "account/last-operator");
    const words = ["account", "create", "--email", newEmail("second"), "--operator", "--password-stdin"];
    assert.equal(cli(server, words, `${goodPassword}\n`).status, 0);
    await operator.client.expect(202, "DELETE", "account", {});
});

test("the command line beside the server", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const operator = await setUpOperator(server);

    // ASVS: V6.2.1
    await t.test("accounts are made, listed, disabled and enabled", async () => {
        const email = newEmail("made");
        const words = ["account", "create", "--email", email, "--name", "Made Here", "--password-stdin"];
        const weak = cli(server, words, "aaa\n");
        assert.notEqual(weak.status, 0);
        assert.doesNotMatch(weak.stdout + weak.stderr, /aaa/);
        const made = cli(server, words, `${goodPassword}\n`);
        assert.equal(made.status, 0, made.stderr);
        assert.equal(made.answer.email, email);
        const client = await signIn(server, { email, password: goodPassword });
        const listed = cli(server, ["account", "list", "--query", email]);
        assert.deepEqual(listed.answer.items.map(({ id }) => id), [made.answer.id]);
        assert.equal(cli(server, ["account", "disable", "--account", email, "--yes"]).answer.state, "disabled");
        assert.equal((await client.get("account")).status, 401);
        assert.equal((await passwordStep(server, { email, password: goodPassword })).answer.status, 401);
        assert.equal(cli(server, ["account", "enable", "--account", made.answer.id, "--yes"]).answer.state, "active");
        await signIn(server, { email, password: goodPassword });
        assert.notEqual(cli(server, ["account", "disable", "--account", newEmail("nobody"), "--yes"]).status, 0);
    });

    // ASVS: V6.4.4
    await t.test("factors are reset by two operators, or after 72 hours in which the owner can object", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        const second = newEmail("second");
        assert.equal(cli(server, ["account", "create", "--email", second, "--operator", "--password-stdin"], `${goodPassword}\n`).status, 0);
        const ask = ["account", "reset-factors", "--account", account.email, "--yes", "--operator"];
        assert.notEqual(cli(server, [...ask, newEmail("nobody")]).status, 0);
        assert.notEqual(cli(server, [...ask, operator.email, "--second-operator", operator.email]).status, 0, "one is not two");

        const alone = cli(server, [...ask, operator.email]);
        assert.equal(alone.status, 0, alone.stderr);
        assert.ok(new Date(alone.answer.resets_at).getTime() / 1000 > server.now() + 71 * 3600);
        const mail = await server.mail.waitFor(account.email, ({ subject }) => /will be reset/i.test(subject));
        await server.client().expect(200, "POST", "not-me", { token: tokenIn(mail, "/not-me") });
        server.advanceClock(73 * 3600);
        await server.stop();
        await server.start(); // Each start does what has become due.
        const half = await passwordStep(server, account);
        assert.equal(half.answer.body.status, "second-factor", "the owner objected");
        await half.client.expect(200, "POST", "sign-in/second-factor", { method: "totp", code: await authenticator.code() });

        const both = cli(server, [...ask, operator.email, "--second-operator", second]);
        assert.equal(both.status, 0, both.stderr);
        assert.equal((await half.client.get("account")).status, 401, "its sessions have ended");
        assert.equal((await passwordStep(server, account)).answer.body.status, "signed-in");
        await server.mail.waitFor(account.email, ({ subject }) => /was reset/i.test(subject));
    });

    await t.test("what an operator asked for is not done once they are none any more", async () => {
        const account = await signUp(server);
        await enrollTotp(server, account.client);
        const former = newEmail("former");
        assert.equal(cli(server, ["account", "create", "--email", former, "--operator", "--password-stdin"], `${goodPassword}\n`).status, 0);
        assert.equal(cli(server, ["account", "reset-factors", "--account", account.email, "--yes", "--operator", former]).status, 0);
        assert.equal(cli(server, ["account", "disable", "--account", former, "--yes"]).status, 0);
        server.advanceClock(73 * 3600);
        await server.stop();
        await server.start(); // Each start does what has become due.
        assert.equal((await passwordStep(server, account)).answer.body.status, "second-factor", "the factors are there");
        const again = cli(server, ["account", "reset-factors", "--account", account.email, "--yes", "--operator", operator.email]);
        assert.equal(again.status, 0, `none is waiting any more: ${again.stderr}`);
    });

    // proves: K-03, S-06
    // ASVS: V7.4.1, V8.3.2
    await t.test("a service client asks what a session stands for, until it has ended", async () => {
        const made = cli(server, ["client", "create", "--name", "shop", "--rights", "introspect"]);
        assert.equal(made.status, 0, made.stderr);
        assert.match(made.answer.token, /^ks_svc_/);
        const account = await signUp(server);
        const token = account.client.cookies.get("__Host-keystead");
        const live = await introspect(server, token, made.answer.token);
        assert.equal(live.status, 200);
        assert.equal(live.body.active, true);
        assert.equal(live.body.sub, account.id);
        assert.equal(live.body.sid, account.answer.session.id);
        const checked = await account.client.get("check");
        assert.equal(checked.status, 204);
        assert.equal(checked.headers["keystead-account"], account.id);
        assert.equal(checked.headers["keystead-email"], account.email);
        assert.equal(checked.headers["keystead-session"], account.answer.session.id);
        assert.equal(checked.headers["keystead-roles"], undefined);

        await account.client.expect(204, "POST", "sign-out");
        assert.deepEqual((await introspect(server, token, made.answer.token)).body, { active: false });
        assert.deepEqual((await introspect(server, "nonsense", made.answer.token)).body, { active: false });
        assert.equal((await introspect(server, token)).status, 401);
        const other = cli(server, ["client", "create", "--name", "reader", "--rights", "read-accounts"]);
        assert.equal((await introspect(server, token, other.answer.token)).status, 403, "not its right");
        assert.notEqual(cli(server, ["client", "create", "--name", "x", "--rights", "everything"]).status, 0);
        assert.equal(cli(server, ["client", "revoke", "--client", made.answer.id, "--yes"]).status, 0);
        assert.equal((await introspect(server, token, made.answer.token)).status, 401);
    });
});

test("the operator in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    await t.test("sets the server up by its link, and finds the pages of operators", async (t) => {
        const page = await openPage(t, browser, server);
        const email = newEmail("operator");
        await page.goto(`/set-up#${server.setUpToken()}`);
        await page.getByRole("heading", { name: "Set up this server" }).waitFor();
        await page.getByLabel("E-mail address").fill(email);
        await page.getByLabel("Password", { exact: true }).fill(goodPassword);
        await checkAccessible(page);
        await screenshot(page, "set-up-light");
        await page.getByRole("button", { name: "Create the operator's account" }).click();
        await page.getByRole("button", { name: "Not now" }).click();
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.goto("/admin");
        await page.getByRole("heading", { name: "Operator" }).waitFor();
        await page.getByText(email).first().waitFor();
        await checkAccessible(page);
        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ colorScheme: "dark" });
        await checkFits(page);
        await checkAccessible(page);
        await screenshot(page, "operator-dark-320");
    });
});

test("the audit log verifies beside a running server, and counts what was done", async (t) => {
    const server = await startKeystead(t);
    await setUpOperator(server);
    const { status, answer, stderr } = cli(server, ["audit", "verify"]);
    assert.equal(status, 0, stderr);
    assert.ok(answer.entries + answer.waiting_for_a_number >= 4, JSON.stringify(answer));
});
