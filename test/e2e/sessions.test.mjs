// Where an account is signed in: the list, ending sessions, asking one to prove itself again, and the
// notice of a new device or country with its "this was not me".

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, passwordStep, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { tokenIn } from "./support/mail.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const minute = 60;
const hour = 60 * minute;

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
    "Version/18.5 Mobile/15E148 Safari/604.1";

const ofNewSignIn = ({ subject }) => /new sign-in/i.test(subject);

function statusOf(client, path = "account") {
    return client.get(path).then(({ status }) => status);
}

test("sessions through the API", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: M-08, S-04, D-02
    // ASVS: V7.5.2
    await t.test("the list names device, browser, system, address and place, and which one is the current", async () => {
        const account = await signUp(server);
        const desktop = await signIn(server, account, { client: server.client({ userAgent: firefox }) });
        const phone = await signIn(server, account, { client: server.client({ userAgent: iphone }), shared_device: true });
        const { items } = await desktop.expect(200, "GET", "account/sessions");
        assert.equal(items.length, 3);
        assert.equal(items.filter(({ current }) => current).length, 1);
        const mine = items.find(({ current }) => current);
        assert.equal(mine.device.kind, "desktop");
        assert.equal(mine.device.browser, "Firefox");
        assert.match(mine.device.browser_version, /^140/);
        assert.match(mine.device.system, /Linux/);
        assert.equal(mine.ip, "127.0.0.1");
        assert.equal(mine.place.kind, "local");
        assert.deepEqual(mine.methods, ["password"]);
        const other = items.find(({ device }) => device.kind === "phone");
        assert.match(other.device.browser, /Safari/);
        assert.match(other.device.system, /iOS/);
        assert.equal(other.shared_device, true);
        assert.equal(items.find(({ device }) => device.kind === "program").current, false);

        const stranger = await signUp(server);
        const theirs = await stranger.client.expect(200, "GET", "account/sessions");
        assert.deepEqual(theirs.items.map(({ id }) => id), [stranger.answer.session.id], "nobody else's sessions");
        assert.equal(await statusOf(server.client(), "account/sessions"), 401);
        assert.equal(await statusOf(phone), 200);
    });

    // proves: M-09, S-06
    // ASVS: V7.4.1, V7.5.2, V8.2.2
    await t.test("one is ended at once, for the product beside too; another account's is nobody's", async () => {
        const account = await signUp(server);
        const other = await signIn(server, account);
        assert.equal(await statusOf(other, "check"), 204);
        const { items } = await account.client.expect(200, "GET", "account/sessions");
        const target = items.find(({ current }) => !current);
        const stranger = await signUp(server);
        for (const id of [target.id, "ses_0000000000000000000000", "nonsense"]) {
            const answer = await stranger.client.request("DELETE", `account/sessions/${id}`);
            assert.equal(answer.status, 404);
            assert.equal(answer.body.code, "session/not-found");
        }
        assert.equal(await statusOf(other), 200);
        await account.client.expect(204, "DELETE", `account/sessions/${target.id}`);
        assert.equal(await statusOf(other, "check"), 401);
        assert.equal(await statusOf(other), 401);
        await account.client.expect(404, "DELETE", `account/sessions/${target.id}`);
        assert.equal(await statusOf(account.client), 200);
    });

    // proves: S-05, S-06
    // ASVS: V7.4.3, V7.5.2
    await t.test("all others are ended, then all", async () => {
        const account = await signUp(server);
        const others = [await signIn(server, account), await signIn(server, account)];
        assert.deepEqual(await account.client.expect(200, "POST", "account/sessions/revoke-others"), { revoked: 2 });
        for (const other of others) {
            assert.equal(await statusOf(other), 401);
        }
        assert.equal(await statusOf(account.client), 200);
        await server.mail.waitFor(account.email, ({ subject }) => /sessions were ended/i.test(subject));

        const again = await signIn(server, account);
        server.advanceClock(6 * minute);
        const stale = await account.client.request("POST", "account/sessions/revoke-all");
        assert.equal(stale.body.code, "session/step-up-required");
        await account.client.expect(200, "POST", "step-up", { method: "password", password: account.password });
        await account.client.expect(204, "POST", "account/sessions/revoke-all");
        assert.equal(await statusOf(again), 401);
        assert.equal(await statusOf(account.client), 401);
    });

    // proves: D-03
    // ASVS: V7.5.3
    await t.test("a session that must authenticate does nothing else until it has", async () => {
        const account = await signUp(server);
        const other = await signIn(server, account);
        const { items } = await account.client.expect(200, "GET", "account/sessions");
        const target = items.find(({ current }) => !current);
        await account.client.expect(204, "POST", `account/sessions/${target.id}/require-authentication`);
        const refused = await other.get("account");
        assert.equal(refused.status, 401);
        assert.equal(refused.body.code, "session/authentication-required");
        assert.equal(await statusOf(other, "check"), 401);
        assert.equal((await other.get("account/sessions")).status, 401);
        const listed = await account.client.expect(200, "GET", "account/sessions");
        assert.equal(listed.items.find(({ id }) => id === target.id).must_authenticate, true);

        const wrong = await other.post("step-up", { method: "password", password: "Wrong-Horse-11-Staple" });
        assert.equal(wrong.status, 401);
        assert.equal(await statusOf(other), 401);
        await other.expect(200, "POST", "step-up", { method: "password", password: account.password });
        assert.equal(await statusOf(other), 200);
        assert.equal(await statusOf(other, "check"), 204);
    });

    // proves: M-11
    // ASVS: V6.3.5, V6.3.7
    await t.test("a new device is reported, a known one is not; “not me” ends that session and the thief's others, and freezes factors", async () => {
        const account = await signUp(server);
        await account.client.expect(204, "POST", "sign-out");
        await signIn(server, account, { client: account.client });
        const thief = await signIn(server, account, { client: server.client({ userAgent: firefox }) });
        const notice = await server.mail.waitFor(account.email, ofNewSignIn);
        assert.match(notice.text, /Firefox/);
        assert.match(notice.text, /127\.0\.0\.1/);
        assert.equal((await server.mail.to(account.email)).filter(ofNewSignIn).length, 1, "the known device is not reported");
        assert.equal(await statusOf(thief), 200);
        const again = await signIn(server, account, { client: thief.copy() });
        const elsewhere = await signIn(server, account, { client: server.client({ userAgent: firefox }) });
        const own = await signIn(server, account, { client: account.client.copy() });

        const token = tokenIn(notice, "/not-me");
        const anyone = server.client();
        const asked = await anyone.post("not-me", { token: `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}` });
        assert.equal(asked.status, 422);
        assert.equal(await statusOf(thief), 200);
        const done = await anyone.expect(200, "POST", "not-me", { token });
        assert.equal(done.sessions_ended, 3);
        assert.ok(new Date(done.factors_frozen_until).getTime() / 1000 > server.now() + 23 * hour);
        for (const ended of [thief, again, elsewhere]) {
            assert.equal(await statusOf(ended), 401, "what the thief began later has ended, too");
        }
        assert.equal(await statusOf(own), 200, "the owner's own browser goes on");
        assert.equal(anyone.cookies.size, 0, "it signs nobody in");
        assert.equal((await anyone.post("not-me", { token })).body.code, "link/invalid");

        // Nobody changes factors for a day, not even with the password.
        const back = await signIn(server, account);
        const frozen = await back.post("account/totp", { name: "thief's phone" });
        assert.equal(frozen.status, 403);
        assert.equal(frozen.body.code, "account/factors-frozen");
        assert.equal(frozen.body.until, done.factors_frozen_until);
        server.advanceClock(24 * hour + minute);
        await back.expect(200, "POST", "step-up", { method: "password", password: account.password });
        await enrollTotp(server, back);
    });
});

// proves: M-11, M-08
// ASVS: V4.1.3, V15.3.4
test("a sign-in from another country is reported, by the address that a trusted proxy names", async (t) => {
    const server = await startKeystead(t, { settings: { server: { trusted_proxies: "127.0.0.1/32" } } });
    const from = (address) => ({ "x-forwarded-for": address });
    const account = await signUp(server, { client: server.client({ headers: from("91.121.0.1") }) });
    await account.client.expect(204, "POST", "sign-out");
    const abroad = server.client({ headers: from("8.8.8.8") });
    abroad.cookies = new Map(account.client.cookies); // The same browser, on a journey.
    await signIn(server, account, { client: abroad });
    const notice = await server.mail.waitFor(account.email, ofNewSignIn);
    assert.match(notice.text, /8\.8\.8\.8/);
    assert.match(notice.text, /US|United States/);
    const { items } = await abroad.expect(200, "GET", "account/sessions");
    assert.equal(items[0].ip, "8.8.8.8");
    assert.deepEqual([items[0].place.kind, items[0].place.country], ["country", "US"]);

    // What a client writes itself stands further left and counts for nothing.
    const liar = await signIn(server, account, { client: server.client({ headers: from("10.0.0.1, 91.121.0.1") }) });
    const own = await liar.expect(200, "GET", "account/sessions");
    assert.equal(own.items.find(({ current }) => current).ip, "91.121.0.1");
});

test("an address that no proxy was declared for is not believed", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server, { client: server.client({ headers: { "x-forwarded-for": "8.8.8.8", forwarded: "for=8.8.8.8" } }) });
    const { items } = await account.client.expect(200, "GET", "account/sessions");
    assert.equal(items[0].ip, "127.0.0.1");
});

test("sessions in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    async function signInPage(t, account, options) {
        const page = await openPage(t, browser, server, options);
        await page.goto("/sign-in");
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        return page;
    }

    // proves: M-08, M-09, S-05, D-03
    await t.test("a person ends one session, asks one to sign in again, then ends all others", async (t) => {
        const account = await signUp(server);
        const phone = await signIn(server, account, { client: server.client({ userAgent: iphone }) });
        const desktop = await signIn(server, account, { client: server.client({ userAgent: firefox }) });
        const page = await signInPage(t, account);
        await page.getByRole("link", { name: "Sessions" }).first().click();
        await page.getByText("This session").waitFor();
        await checkAccessible(page);
        await screenshot(page, "sessions-light");
        await page.getByRole("button", { name: /^End the session: .*Safari/ }).click();
        await page.getByText("The session has ended.").waitFor();
        assert.equal(await statusOf(phone), 401);
        await page.getByRole("button", { name: /^Ask to sign in again: .*Firefox/ }).click();
        await page.getByText("Must sign in again", { exact: true }).waitFor();
        assert.equal(await statusOf(desktop), 401);

        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ colorScheme: "dark" });
        await checkFits(page);
        await checkAccessible(page);
        await screenshot(page, "sessions-dark-320");
        await page.getByRole("button", { name: "End all other sessions" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.waitFor();
        await checkAccessible(page);
        await checkFits(page);
        await dialog.getByRole("button", { name: "End all other sessions" }).click();
        await page.getByText("You are signed in nowhere else.").waitFor();
        assert.equal(await statusOf(account.client), 401);
        await page.reload();
        await page.getByText("You are signed in nowhere else.").waitFor();
    });

    // proves: M-11
    await t.test("“this was not me” asks first", async (t) => {
        const account = await signUp(server);
        const { client: thief } = await passwordStep(server, account);
        const notice = await server.mail.waitFor(account.email, ofNewSignIn);
        const page = await openPage(t, browser, server, { colorScheme: "dark" });
        await page.goto(`/not-me#${tokenIn(notice, "/not-me")}`);
        await page.getByRole("heading", { name: "Was this not you?" }).waitFor();
        await checkAccessible(page);
        assert.equal(await statusOf(thief), 200, "opening the link changes nothing");
        await page.getByRole("button", { name: "It was not me" }).click();
        await page.getByRole("heading", { name: "Stopped" }).waitFor();
        await checkAccessible(page);
        await screenshot(page, "not-me-done-dark");
        await until("the session has ended", async () => (await statusOf(thief)) === 401);
    });

    // proves: D-03
    await t.test("a page that must authenticate asks for the password, and goes on", async (t) => {
        const account = await signUp(server);
        const page = await signInPage(t, account);
        const { items } = await account.client.expect(200, "GET", "account/sessions");
        const target = items.find(({ current }) => !current);
        await account.client.expect(204, "POST", `account/sessions/${target.id}/require-authentication`);
        await page.goto("/account/sessions");
        await page.getByText("Please sign in again").waitFor();
        await checkAccessible(page);
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByText("This session").waitFor();
    });
});
