// "My account was compromised": one call freezes an account, whatever races it; its owner is led back in, step by step,
// on any device; nobody else is.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { Authenticator } from "./support/codes.mjs";
import { tokenIn } from "./support/mail.mjs";
import { registerHost, serversOf } from "./support/hosts.mjs";
import { insideAllowed } from "./support/receiver.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { bearer, checkToken, makeToken } from "./support/tokens.mjs";

const newPassword = "Quartz-Heron-58-Willow";
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const settings = {
    session: { at_most: 200 },
    api_token: { at_most: 100 },
    ssh_key: { at_most: 100 },
    password: { hash_queue_max: 10000 },
    ...insideAllowed,
    product: { support_url: "https://help.example.com/", support_email: "help@example.com" },
};

/** As many public keys as asked for: their 32 bytes need not be a point for a server that stores them. */
function publicKeys(count) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-secure-"));
    const lines = Array.from({ length: count }, (_, n) => {
        const file = path.join(folder, `key${n}`);
        spawnSync("ssh-keygen", ["-q", "-N", "", "-C", "", "-t", "ed25519", "-f", file]);
        return readFileSync(`${file}.pub`, "utf8");
    });
    rmSync(folder, { recursive: true });
    return lines;
}

const stateOf = (client) => client.expect(200, "GET", "account/secure");
const stepOf = async (client) => (await stateOf(client)).step;

async function lookAtTheRest(client, emails) {
    await client.expect(204, "POST", "account/secure/addresses", { emails });
    const list = "account/secure/activity";
    const { items } = await client.expect(200, "GET", `${list}?kind=grave`);
    const [first, ...others] = items.map(({ activity }) => activity.id);
    await client.expect(204, "POST", list, { verdict: "not-me", lines: [first] });
    await client.expect(204, "POST", list, { verdict: "me", lines: others, all_usual: true });
    const said = await client.expect(200, "GET", `${list}?limit=100`);
    assert.deepEqual([said.left, said.items.find(({ activity }) => activity.id === first).verdict], [0, "not-me"]);
}

test("a compromised account", async (t) => {
    const server = await startKeystead(t, { preset: "marketplace", movableClock: true, settings });
    const operator = await setUpOperator(server);

    // proves: K-06, M-19
    // ASVS: V7.4.1, V7.4.3
    await t.test("freezing ends fifty sessions, API keys, SSH keys, links and flows; none is accepted after the answer", async () => {
        const count = 50;
        const owner = await signUp(server);
        const sessions = [];
        for (let n = 0; n < count - 1; n += 1) {
            sessions.push(await signIn(server, owner));
        }
        const tokens = await Promise.all(Array.from({ length: count }, () => makeToken(owner.client)));
        const keys = publicKeys(20);
        for (const [n, line] of keys.entries()) {
            await owner.client.expect(201, "POST", "account/ssh-keys", { name: `key ${n}`, public_key: line });
        }
        await owner.client.expect(202, "POST", "account/email", { email: `new-${owner.email}` });
        const emailLink = await server.mail.token(`new-${owner.email}`, "/email/confirm");
        await server.client().expect(202, "POST", "recovery", { email: owner.email });
        const resetLink = await server.mail.token(owner.email, "/recovery/confirm");
        const enrolment = await owner.client.expect(201, "POST", "account/totp", { name: "phone" });
        const before = owner.client.copy();
        assert.equal((await checkToken(server, tokens[0].token)).status, 204);

        const frozen = await owner.client.expect(200, "POST", "account/secure");
        assert.deepEqual([frozen.sessions_ended, frozen.tokens_suspended, frozen.ssh_keys_suspended, frozen.unconfirmed_servers],
            [count, count, keys.length, []]);
        const answers = await Promise.all([
            ...[before, ...sessions].map((client) => client.get("account")),
            ...tokens.map(({ token }) => checkToken(server, token)),
        ]);
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401]);
        const stranger = server.client();
        await stranger.expect(422, "POST", "account/email/confirm", { token: emailLink });
        await stranger.expect(422, "POST", "recovery/confirm", { token: resetLink, password: newPassword });
        assert.equal((await stranger.post("sign-in", { email: owner.email, password: owner.password })).body.code, "password/change-required");
        assert.equal((await before.request("POST", "account/secure")).status, 401, "the same request once more");
        assert.equal((await owner.client.request("POST", "account/secure")).body.code, "session/restricted");
        await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: newPassword });
        const code = await new Authenticator(enrolment.secret, () => server.now()).code();
        assert.equal((await owner.client.post(`account/totp/${enrolment.id}/confirm`, { code })).status, 404);
        const mail = await server.mail.waitFor(owner.email, ({ subject }) => /was frozen/.test(subject));
        assert.ok(mail.text.includes("/recovery"), mail.text);
    });

    // proves: M-19
    // ASVS: V6.2.3, V7.4.3
    await t.test("the owner is led back in, and whatever came before stays dead", async () => {
        const owner = await signUp(server);
        const { authenticator } = await enrollTotp(server, owner.client);
        const made = await makeToken(owner.client);
        const spare = await makeToken(owner.client);
        const [kept, dropped] = publicKeys(2);
        const keep = await owner.client.expect(201, "POST", "account/ssh-keys", { name: "kept", public_key: kept });
        const drop = await owner.client.expect(201, "POST", "account/ssh-keys", { name: "dropped", public_key: dropped });
        server.advanceClock(61);
        await owner.client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
        await owner.client.expect(200, "POST", "account/secure");
        const { client } = owner;
        assert.equal((await client.request("POST", "account/secure/finish")).body.code, "securing/not-done");
        assert.equal((await client.request("POST", `account/secure/tokens/${made.id}/replace`)).body.code, "securing/other-step");

        const same = { current_password: owner.password, new_password: owner.password };
        assert.equal((await client.post("account/password", same)).body.code, "password/unchanged");
        await client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: newPassword });
        assert.equal(await stepOf(client), "second-factor");
        server.advanceClock(61);
        await client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
        server.advanceClock(31); // A step of the clock is good for one code of the account.
        const { authenticator: fresh } = await enrollTotp(server, client, "new phone");
        assert.equal(await stepOf(client), "second-factor", "with new codes alone");
        const { codes } = await client.expect([200, 201], "POST", "account/backup-codes");
        assert.equal(codes.length, 10);
        assert.equal(await stepOf(client), "tokens");

        server.advanceClock(301);
        const secrets = [["POST", `account/secure/tokens/${made.id}/replace`], ["POST", "account/secure/addresses", { emails: [owner.email] }],
            ["POST", "account/secure/finish"]];
        for (const [method, target, body] of secrets) {
            assert.equal((await client.request(method, target, body)).body.code, "session/step-up-required", target);
        }
        await client.expect(200, "POST", "step-up", { method: "totp", code: await fresh.code() });
        const replaced = await client.expect(200, "POST", `account/secure/tokens/${made.id}/replace`);
        assert.equal((await checkToken(server, replaced.token)).status, 401, "not before the account is open");
        assert.equal((await client.request("POST", `account/tokens/${spare.id}/confirm`)).body.code, "session/restricted");
        await client.expect(204, "DELETE", `account/tokens/${spare.id}`);
        assert.equal(await stepOf(client), "ssh-keys");
        await client.expect(204, "POST", `account/ssh-keys/${keep.id}/confirm`);
        await client.expect(204, "DELETE", `account/ssh-keys/${drop.id}?reason=compromised`);
        assert.equal(await stepOf(client), "addresses");
        await lookAtTheRest(client, [owner.email]);
        assert.equal(await stepOf(client), "finish");
        await client.expect(200, "POST", "account/secure/finish");

        await client.expect(200, "GET", "account");
        assert.equal((await checkToken(server, replaced.token)).status, 204);
        for (const { token } of [made, spare]) {
            assert.equal((await checkToken(server, token)).status, 401);
        }
        const states = (await client.expect(200, "GET", "account/ssh-keys")).items.map(({ id, state }) => [id, state]);
        assert.deepEqual(states, [[keep.id, "active"]]);
        server.advanceClock(61);
        const half = await server.client().expect(200, "POST", "sign-in", { email: owner.email, password: newPassword });
        assert.equal(half.status, "second-factor");
        await signIn(server, { ...owner, password: newPassword }, { authenticator: fresh });
        await server.mail.waitFor(owner.email, ({ subject }) => /is secured/.test(subject));
    });

    // proves: M-19
    // ASVS: V6.4.3
    await t.test("after a crash, on another device, by mail: the flow goes on where it was left, for the owner alone", async () => {
        const owner = await signUp(server);
        const { authenticator, backupCodes } = await enrollTotp(server, owner.client);
        await owner.client.expect(200, "POST", "account/secure");
        const thief = server.client();
        assert.equal((await thief.post("sign-in", { email: owner.email, password: owner.password })).body.code, "password/change-required");
        await server.kill();
        await server.start();
        assert.equal(await stepOf(owner.client), "password");

        const elsewhere = server.client();
        await elsewhere.expect(202, "POST", "recovery", { email: owner.email });
        const token = await server.mail.token(owner.email, "/recovery/confirm");
        const wanted = { token, password: newPassword };
        assert.equal((await elsewhere.post("recovery/confirm", wanted)).body.code, "recovery/second-factor-required");
        const old = { token, password: owner.password, method: "backup-code", code: backupCodes[0] };
        assert.equal((await elsewhere.post("recovery/confirm", old)).body.code, "password/unchanged");
        await elsewhere.expect(204, "POST", "recovery/confirm", { ...wanted, method: "backup-code", code: backupCodes[0] });
        assert.equal((await owner.client.get("account/secure")).status, 401, "whoever was in the flow is out");
        server.advanceClock(61);
        const back = await signIn(server, { ...owner, password: newPassword }, { authenticator, client: elsewhere });
        assert.equal((await back.get("account")).body.code, "session/restricted");
        assert.equal(await stepOf(back), "second-factor");
    });

    // proves: M-19
    await t.test("whoever reads the owner's mailbox, or holds a server's enrolment token, can do nothing with it during the flow", async () => {
        const owner = await signUp(server);
        await signIn(server, owner);
        const notice = await server.mail.token(owner.email, "/not-me");
        const host = await registerHost(owner.client, await serversOf(owner));
        await owner.client.expect(200, "POST", "account/secure");
        const enrol = await server.client().request("POST", "hosts/enroll", { agent_version: "1" }, { headers: bearer(host.enrolment.token) });
        assert.deepEqual([enrol.status, enrol.body.code], [401, "host/required"]);
        assert.equal((await server.client().post("not-me", { token: notice })).body.code, "link/invalid");
        await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: newPassword });
        const { client } = owner;
        const ofFlow = tokenIn(await server.mail.waitFor(owner.email, ({ subject }) => /password was changed/.test(subject)), "/not-me");
        await server.client().expect(200, "POST", "not-me", { token: ofFlow });
        await client.expect(200, "GET", "account/secure");
        await owner.client.expect(201, "POST", "account/totp", { name: "not locked" });
    });

    // proves: M-19, M-11
    await t.test("after “not me” an owner without a second factor goes on at once by mail, and whoever has the password alone does not", async () => {
        const owner = await signUp(server);
        const { client: thief } = await passwordStep(server, owner, {}, server.client({ userAgent: firefox }));
        const notice = tokenIn(await server.mail.waitFor(owner.email, ({ text }) => text.includes("/not-me#")), "/not-me");
        const { factors_frozen_until: until } = await server.client().expect(200, "POST", "not-me", { token: notice });
        assert.equal((await thief.get("account")).status, 401);

        const { client } = owner;
        await client.expect(200, "POST", "account/secure");
        await client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: newPassword });
        assert.equal((await stateOf(client)).factors_frozen_until, until);
        assert.equal((await client.post("account/totp", { name: "phone" })).body.code, "account/factors-frozen");
        await client.expect(202, "POST", "recovery", { email: owner.email });
        const password = "Fjord-Lantern-58-Moss";
        await client.expect(204, "POST", "recovery/confirm", { token: await server.mail.token(owner.email, "/recovery/confirm"), password });
        const back = await signIn(server, { ...owner, password });
        assert.deepEqual([await stepOf(back), (await stateOf(back)).factors_frozen_until], ["second-factor", null]);
        await enrollTotp(server, back);
        assert.equal(await stepOf(back), "addresses");
    });

    // proves: K-06
    await t.test("nothing that races the freeze survives it", async () => {
        const owner = await signUp(server);
        const keys = publicKeys(2);
        const racer = async (client, n) => {
            switch (n % 5) {
                case 0: return { token: (await client.post("account/tokens", { name: `race ${n}`, kind: "admin" })).body?.token };
                case 1: {
                    const visitor = server.client({ localAddress: `127.0.9.${n}` });
                    await visitor.post("sign-in", { email: owner.email, password: owner.password });
                    return { visitor };
                }
                case 2: return { key: (await client.post("account/ssh-keys", { name: `race ${n}`, public_key: keys[n < 5 ? 0 : 1] })).body?.id };
                case 3: return { address: (await client.post("account/notification-addresses", { email: `race-${n}-${owner.email}` })).body?.id };
                default: return { webhook: (await client.post("account/webhooks", { url: "http://127.0.0.1:9/in" })).body?.endpoint?.id };
            }
        };
        // One of each is there for certain; the others are on their way when the freeze comes.
        const first = await Promise.all(Array.from({ length: 5 }, (_, n) => racer(owner.client.copy(), n)));
        const racers = Array.from({ length: 50 }, (_, n) => racer(owner.client.copy(), n + 5));
        const frozen = racers[5].then(() => owner.client.expect(200, "POST", "account/secure"));
        const left = [...first, ...await Promise.all(racers)];
        await frozen;
        const ids = (kind) => left.flatMap((one) => one[kind] ?? []).sort();
        for (const { token, visitor } of left) {
            if (token) {
                assert.equal((await checkToken(server, token)).status, 401);
            }
            if (visitor) {
                assert.ok([401, 403].includes((await visitor.get("account")).status));
            }
        }
        assert.equal((await owner.client.get("account")).body.code, "session/restricted");
        const { steps } = await stateOf(owner.client);
        const made = left.filter(({ token }) => token).length;
        assert.equal(steps.find(({ name }) => name === "tokens").left, made, "each waits to be looked at");

        // The rest is looked at where the flow leads past it, and at its end.
        const { client } = owner;
        await client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: newPassword });
        await enrollTotp(server, client);
        const listed = async (what) => (await client.expect(200, "GET", `account/${what}`)).items;
        for (const { id } of await listed("tokens")) {
            await client.expect(204, "DELETE", `account/tokens/${id}`);
        }
        const suspended = await listed("ssh-keys");
        assert.deepEqual(suspended.map(({ id }) => id).sort(), ids("key"));
        for (const { id, state } of suspended) {
            assert.equal(state, "suspended");
            await client.expect(204, "DELETE", `account/ssh-keys/${id}?reason=compromised`);
        }
        const addresses = await listed("notification-addresses");
        assert.equal(addresses.length, 1 + ids("address").length);
        assert.deepEqual(addresses.filter(({ confirmed }) => confirmed).map(({ email }) => email), [owner.email]);
        for (const { email } of addresses.filter(({ confirmed }) => !confirmed)) {
            const link = tokenIn(await server.mail.waitFor(email, ({ text }) => text.includes("/notification-address/confirm#")), "/notification-address/confirm");
            assert.equal((await server.client().post("account/notification-addresses/confirm", { token: link })).body.code, "link/invalid", email);
        }
        await lookAtTheRest(client, addresses.map(({ email }) => email));
        await client.expect(200, "POST", "account/secure/finish");
        assert.deepEqual(await listed("ssh-keys"), []);
        const webhooks = await listed("webhooks");
        assert.deepEqual(webhooks.map(({ id }) => id).sort(), ids("webhook"));
        assert.deepEqual([...new Set(webhooks.map(({ state }) => state))], ["suspended"]);
    });

    // proves: K-06
    // ASVS: V7.4.5
    await t.test("an operator freezes one account or a list, on the API and the command line", async () => {
        const people = [await signUp(server), await signUp(server), await signUp(server), await signUp(server)];
        const [ada, bob, eve, zoe] = people;
        await operator.client.expect(200, "POST", "step-up", { method: "password", password: operator.password });
        assert.equal((await ada.client.request("POST", `admin/accounts/${bob.id}/secure`)).status, 403);
        await operator.client.expect(200, "POST", `admin/accounts/${ada.id}/secure`);
        const { items } = await operator.client.expect(200, "POST", "admin/secure", { accounts: [bob.email, "nobody@example.test", operator.id] });
        assert.deepEqual(items.map(({ problem }) => problem), [null, "account/not-found", "account/self"]);
        const run = (words, input) => runKeystead(["account", "secure", "--yes", "--output", "json", ...words],
            { cwd: server.folder, environment: server.environment(), input });
        const one = run(["--account", eve.email]);
        assert.equal(one.status, 0, one.stderr);
        assert.equal(JSON.parse(one.stdout).account, eve.id);
        const list = run(["--accounts-stdin"], `# leaked\n${zoe.id}\nnobody@example.test\n`);
        assert.equal(list.status, 0, list.stderr);
        assert.deepEqual(JSON.parse(list.stdout).items.map(({ account, problem }) => account ?? problem), [zoe.id, "account/not-found"]);
        assert.notEqual(run([]).status, 0);
        for (const { client, email } of people) {
            assert.equal((await client.get("account")).status, 401);
            await server.mail.waitFor(email, ({ subject }) => /was frozen/.test(subject));
        }
        await operator.client.expect(200, "GET", "account");
    });
});

// proves: M-19
test("the flow in the browser", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t, { preset: "marketplace", movableClock: true, settings });
    const browser = await openBrowser(t);
    const owner = await signUp(server);
    await makeToken(owner.client, { name: "build server" });
    const [key] = publicKeys(1);
    await owner.client.expect(201, "POST", "account/ssh-keys", { name: "laptop", public_key: key });
    const page = await openPage(t, browser, server, { viewport: { width: 390, height: 844 } });
    const seen = async (name) => {
        await checkAccessible(page, name);
        await screenshot(page, `secure-${name}`);
        await page.emulateMedia({ colorScheme: "dark" });
        await checkAccessible(page, `${name}, dark`);
        await screenshot(page, `secure-${name}-dark`);
        await page.emulateMedia({ colorScheme: "light" });
    };
    const at = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();
    const press = (name) => page.getByRole("button", { name, exact: true }).click();
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await press("Sign in");
    await at("Overview");
    const { client: thief } = await passwordStep(server, owner, {}, server.client({ userAgent: firefox }));
    const mail = await server.mail.waitFor(owner.email, ({ text }) => text.includes("/not-me#") && text.includes("Firefox"));
    await server.client().expect(200, "POST", "not-me", { token: tokenIn(mail, "/not-me") });
    assert.equal((await thief.get("account")).status, 401);
    await page.goto("/account/check-up");
    await page.getByRole("link", { name: "Secure my account" }).last().click();
    await at("Was your account compromised?");
    await seen("ask");
    await press("Freeze my account now");

    await at("Choose a new password");
    await page.getByLabel("Current password").fill(owner.password);
    await page.getByLabel("New password", { exact: true }).fill(newPassword);
    await page.getByLabel("New password again").fill(newPassword);
    await seen("password");
    await press("Change password");

    // "Not me" locked second factors: what unlocks them is said, and does.
    await at("Set up an authenticator app anew");
    assert.equal(await page.getByRole("button", { name: "Set up the app" }).count(), 0);
    await seen("locked");
    await page.getByRole("link", { name: "Choose a new password with a link by mail" }).click();
    await page.waitForURL("**/recovery");
    const elsewhere = server.client();
    await elsewhere.expect(202, "POST", "recovery", { email: owner.email });
    const password = "Fjord-Lantern-58-Moss";
    await elsewhere.expect(204, "POST", "recovery/confirm", { token: await server.mail.token(owner.email, "/recovery/confirm"), password });
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await press("Sign in");

    await at("Set up an authenticator app anew");
    await page.goto("/account/sessions"); // Nothing else is open.
    await at("Set up an authenticator app anew");
    await seen("factor");
    await press("Set up the app");
    const shown = (await page.locator("code").first().textContent()).replaceAll(" ", "");
    await page.getByRole("textbox").fill(await new Authenticator(shown, () => server.now()).code());
    await page.getByRole("textbox").press("Enter");
    await page.getByRole("button", { name: /saved/ }).click();

    await at("Your API keys");
    await seen("tokens");
    server.advanceClock(301); // It is asked for once more, in place.
    await press("Replace: build server");
    const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
    await dialog.waitFor();
    await seen("step-up");
    await dialog.getByRole("textbox").fill(await new Authenticator(shown, () => server.now()).code());
    await page.keyboard.press("Enter");
    const unseen = await page.getByText(/^ks_pat_/).textContent();
    await page.getByRole("button", { name: /saved/ }).click();
    await at("Your SSH keys");
    await page.getByText("you did not see a secret?").click(); // Both are made once more.
    await seen("lost-secrets");
    await press("Make new backup codes");
    await page.getByRole("heading", { name: /backup codes/i }).waitFor();
    await page.getByRole("button", { name: /saved/ }).click();
    await page.getByText("you did not see a secret?").click();
    await press("Replace again: build server");
    const secret = await page.getByText(/^ks_pat_/).textContent();
    assert.notEqual(secret, unseen);
    await page.getByRole("button", { name: /saved/ }).click();
    await at("Your SSH keys");
    await seen("ssh-keys");
    await press("Keep: laptop");
    await at("Your addresses");
    await seen("addresses");
    await press("All of these are mine");
    await at("What happened before");
    await page.setViewportSize({ width: 1280, height: 900 });
    await seen("activity");
    const [grave, usual] = ["What was changed", "Sign-ins and the rest"].map((name) => page.getByRole("region", { name }));
    await grave.getByRole("button", { name: "Not me", exact: true }).first().click();
    await grave.getByRole("button", { name: /all me$/ }).click();
    await usual.getByRole("button", { name: "All of these were me" }).click();
    await at("All done");
    await seen("finish");
    await press("Open my account again");
    await at("Overview");
    assert.equal((await server.client().request("GET", "check", undefined, { headers: bearer(secret) })).status, 204);
});
