// One's own account: password, addresses, activity, the download of one's data, and deletion.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const minute = 60;
const day = 24 * 60 * minute;
const newPassword = "Fjord-Lantern-58-Moss";

function refusals({ body }) {
    return body.errors.map(({ pointer, code }) => {
        assert.match(pointer, /password$/);
        return code.replace("password/", "");
    });
}

for (const { preset, password, expected } of [
    { preset: "marketplace", password: "aaa", expected: ["too-short", "missing-upper", "missing-digit", "missing-special"] },
    { preset: "saas", password: "!!!", expected: ["too-short", "missing-digit", "missing-letter"] },
    { preset: "devops", password: "aaa", expected: ["too-short"] },
]) {
    // proves: M-01, M-02
    // ASVS: V6.2.1, V6.2.4
    test(`a new password under the rules of ${preset}: every refusal at once`, async (t) => {
        const server = await startKeystead(t, { preset });
        const { client, email } = await setUpOperator(server);
        await client.expect(200, "PATCH", "account", { name: "Wilhelmina Krautheimer" });
        const change = (password) => client.post("account/password", { current_password: goodPassword, new_password: password });
        const refused = await change(password);
        assert.equal(refused.status, 422);
        assert.equal(refused.body.code, "password/refused");
        const codes = refusals(refused);
        assert.deepEqual(expected.filter((code) => !codes.includes(code)), [], codes.join(", "));
        const classes = codes.filter((code) => code.startsWith("missing-"));
        assert.deepEqual(classes.filter((code) => !expected.includes(code)), [], "no class that the preset does not ask for");
        const personal = [`${email.split("@")[0]}-A1!`, "Krautheimer-2026-Z!"];
        for (const words of personal) {
            assert.ok(refusals(await change(words)).includes("personal"), words);
        }
        assert.ok(refusals(await change("Password1!")).includes("common"));
        await signIn(server, { email, password: goodPassword });
        await client.expect(200, "POST", "account/password", { current_password: goodPassword, new_password: newPassword });
        await signIn(server, { email, password: newPassword });
    });
}

test("one's own account through the API", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: M-03
    // ASVS: V6.2.2, V6.2.3, V7.4.3
    await t.test("a new password needs the current one, ends the other sessions, and is told", async () => {
        const account = await signUp(server);
        const other = await signIn(server, account);
        const body = { current_password: "Wrong-Horse-11-Staple", new_password: newPassword };
        const wrong = await account.client.post("account/password", body);
        assert.equal(wrong.status, 401);
        assert.equal(wrong.body.code, "password/wrong");
        assert.equal((await other.get("account")).status, 200);
        const old = account.client.copy();
        await account.client.expect(200, "POST", "account/password", { ...body, current_password: account.password });
        assert.equal((await account.client.get("account")).status, 200);
        for (const client of [old, other]) {
            assert.equal((await client.get("account")).status, 401);
        }
        assert.equal((await passwordStep(server, account)).answer.status, 401);
        await server.mail.waitFor(account.email, ({ subject }) => /password was changed/i.test(subject));
        const kept = await signIn(server, { email: account.email, password: newPassword });
        await account.client.expect(200, "POST", "account/password", {
            current_password: newPassword, new_password: goodPassword, end_other_sessions: false,
        });
        assert.equal((await kept.get("account")).status, 200, "the other sessions stay on wish");
    });

    // proves: M-03
    // ASVS: V7.5.1
    await t.test("with a second factor, a new password needs a fresh proof of that", async () => {
        const account = await signUp(server);
        await enrollTotp(server, account.client);
        server.advanceClock(6 * minute);
        const answer = await account.client.post("account/password", { current_password: account.password, new_password: newPassword });
        assert.equal(answer.status, 401);
        assert.equal(answer.body.code, "session/step-up-required");
    });

    // proves: K-16
    // ASVS: V6.3.7, V7.5.1
    await t.test("another e-mail address: both are told, and the old one brings it back for 7 days", async () => {
        const account = await signUp(server);
        const address = newEmail("moved");
        await account.client.expect(202, "POST", "account/email", { email: address });
        assert.equal((await account.client.expect(200, "GET", "account")).pending_email, address);
        const token = await server.mail.token(address, "/email/confirm");
        assert.equal((await passwordStep(server, { ...account, email: address })).answer.status, 401, "not before it is confirmed");
        await server.client().expect(204, "POST", "account/email/confirm", { token });
        assert.equal((await server.client().post("account/email/confirm", { token })).body.code, "link/invalid");
        assert.equal((await passwordStep(server, account)).answer.status, 401, "the old address is no name any more");
        await signIn(server, { ...account, email: address });
        await server.mail.waitFor(address, ({ subject }) => /address was changed/i.test(subject));
        const undo = await server.mail.token(account.email, "/email/undo");
        server.advanceClock(6 * day);
        await server.client().expect(204, "POST", "account/email/undo", { token: undo });
        assert.equal((await passwordStep(server, { ...account, email: address })).answer.status, 401);
        await signIn(server, account);
        assert.equal((await server.client().post("account/email/undo", { token: undo })).body.code, "link/invalid");
    });

    // proves: K-16
    await t.test("after 7 days the change of address stays", async () => {
        const account = await signUp(server);
        const address = newEmail("moved");
        await account.client.expect(202, "POST", "account/email", { email: address });
        await server.client().expect(204, "POST", "account/email/confirm", { token: await server.mail.token(address, "/email/confirm") });
        const undo = await server.mail.token(account.email, "/email/undo");
        server.advanceClock(7 * day + minute);
        assert.equal((await server.client().post("account/email/undo", { token: undo })).body.code, "link/invalid");
        await signIn(server, { ...account, email: address });
    });

    // ASVS: V6.3.7
    await t.test("a second notification address hears of changes once it is confirmed", async () => {
        const account = await signUp(server);
        const second = newEmail("second");
        const { id } = await account.client.expect(202, "POST", "account/notification-addresses", { email: second });
        const token = await server.mail.token(second, "/notification-address/confirm");
        await server.client().expect(204, "POST", "account/notification-addresses/confirm", { token });
        const again = await account.client.post("account/notification-addresses", { email: second });
        assert.equal(again.status, 409);
        await account.client.expect(200, "POST", "account/password", { current_password: account.password, new_password: newPassword });
        await server.mail.waitFor(second, ({ subject }) => /password was changed/i.test(subject));
        await server.mail.waitFor(account.email, ({ subject }) => /password was changed/i.test(subject));
        const { items } = await account.client.expect(200, "GET", "account/notification-addresses");
        const primary = items.find((item) => item.primary);
        assert.equal((await account.client.request("DELETE", `account/notification-addresses/${primary.id}`)).status, 409);
        const stranger = await signUp(server);
        assert.equal((await stranger.client.request("DELETE", `account/notification-addresses/${id}`)).status, 404);
        await account.client.expect(204, "DELETE", `account/notification-addresses/${id}`);
        await server.mail.waitFor(second, ({ subject }) => /address was removed/i.test(subject));
    });

    // proves: K-16, S-01
    // ASVS: V14.2.6
    await t.test("the download has what is kept about oneself, and no secret", async () => {
        const account = await signUp(server, { name: "Ada Example" });
        const { backupCodes } = await enrollTotp(server, account.client, "blue phone");
        const stranger = await signUp(server);
        const answer = await account.client.get("account/export");
        assert.equal(answer.status, 200);
        assert.match(answer.headers["content-disposition"], /^attachment/);
        for (const known of [account.email, account.id, "Ada Example", "blue phone", "127.0.0.1"]) {
            assert.ok(answer.text.includes(known), `${known} is missing`);
        }
        const secrets = [account.password, "$argon2id$", backupCodes[0], account.client.cookies.get("__Host-keystead")];
        for (const hidden of [...secrets, stranger.email, stranger.id]) {
            assert.ok(!answer.text.includes(hidden), "nothing secret, and nobody else");
        }
        assert.equal((await server.client().get("account/export")).status, 401);
        server.advanceClock(6 * minute);
        assert.equal((await account.client.get("account/export")).body.code, "session/step-up-required");
    });

    // proves: D-22
    // ASVS: V16.3.1
    await t.test("activity shows the account's own events, refusals too, a page at a time", async () => {
        const account = await signUp(server);
        await passwordStep(server, { ...account, password: "Wrong-Horse-11-Staple" });
        await account.client.expect(200, "PATCH", "account", { name: "Renamed" });
        const all = await account.client.expect(200, "GET", "account/activity?limit=100");
        const actions = all.items.map(({ action }) => action);
        for (const action of ["account.create", "session.create", "account.rename", "sign-in.refuse"]) {
            assert.ok(actions.includes(action), actions.join(", "));
        }
        assert.equal(all.items.find(({ action }) => action === "sign-in.refuse").outcome, "refused");
        const first = await account.client.expect(200, "GET", "account/activity?limit=2");
        const next = await account.client.expect(200, "GET", `account/activity?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
        assert.deepEqual([...first.items, ...next.items].map(({ id }) => id), all.items.slice(0, 4).map(({ id }) => id));
        const renamed = await account.client.expect(200, "GET", "account/activity?action=account.rename");
        assert.deepEqual(renamed.items.map(({ action }) => action), ["account.rename"]);
        const stranger = await signUp(server);
        const theirs = await stranger.client.expect(200, "GET", "account/activity?action=account.rename");
        assert.deepEqual(theirs.items, [], "nobody else's");
    });
});

// proves: K-16
// ASVS: V14.2.7
test("an account is deleted after a waiting time in which its owner can keep it", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const account = await signUp(server, { name: "Leaving Soon" });
    const none = await account.client.request("POST", "account/deletion/cancel");
    assert.equal(none.body.code, "account/deletion-not-pending");
    const { deletes_at: first } = await account.client.expect(202, "DELETE", "account", {});
    assert.ok(new Date(first).getTime() / 1000 > server.now() + 13 * day);
    await server.mail.waitFor(account.email, ({ subject }) => /will be deleted/i.test(subject));
    const { client } = await passwordStep(server, account);
    assert.equal((await client.expect(200, "GET", "account")).deletion.deletes_at, first);
    await client.expect(204, "POST", "account/deletion/cancel");
    assert.equal((await client.expect(200, "GET", "account")).deletion, null);
    server.advanceClock(15 * day - 60);
    await server.stop();
    await server.start(); // Each start does what has become due.
    const back = await signIn(server, account);

    const stale = back.copy();
    server.advanceClock(6 * minute);
    assert.equal((await stale.delete("account", {})).body.code, "session/step-up-required");
    await back.expect(200, "POST", "step-up", { method: "password", password: account.password });
    await back.expect(202, "DELETE", "account", {});
    server.advanceClock(14 * day + minute);
    await server.stop();
    await server.start();
    await server.mail.waitFor(account.email, ({ subject }) => /was deleted/i.test(subject));
    await until("the session is gone", async () => (await back.get("account")).status === 401);
    assert.equal((await passwordStep(server, account)).answer.status, 401);
    const anew = await signUp(server, { email: account.email });
    assert.notEqual(anew.id, account.id, "the address is free, the old account is not back");
});

test("one's own account in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    // proves: M-03
    await t.test("every page is accessible and fits a phone, in light and dark; a password is changed", async (t) => {
        const account = await signUp(server);
        const page = await openPage(t, browser, server);
        await page.goto("/sign-in");
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        for (const path of ["", "/password", "/two-factor", "/sessions", "/activity", "/addresses", "/delete"]) {
            for (const [colorScheme, width] of [["light", 1100], ["dark", 320]]) {
                await page.emulateMedia({ colorScheme });
                await page.setViewportSize({ width, height: 720 });
                await page.goto(`/account${path}`);
                await page.getByRole("heading", { level: 1 }).waitFor();
                await page.waitForLoadState("networkidle");
                await checkAccessible(page);
                await checkFits(page);
                await screenshot(page, `account${path}-${colorScheme}-${width}`);
            }
        }
        await page.goto("/account/password");
        await page.getByLabel("Current password").fill("Wrong-Horse-11-Staple");
        await page.getByLabel("New password", { exact: true }).fill(newPassword);
        await page.getByLabel("New password again").fill(newPassword);
        await page.getByRole("button", { name: "Change password" }).click();
        await page.getByText("Your current password is not right.").waitFor();
        await page.getByLabel("Current password").fill(account.password);
        await page.getByRole("button", { name: "Change password" }).click();
        await page.getByText("Your password is changed.").waitFor();
        await signIn(server, { email: account.email, password: newPassword });
    });
});
