// A forgotten password: a link by mail, a new password, and no way around the second factor.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { tokenIn } from "./support/mail.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const minute = 60;
const newPassword = "Fjord-Lantern-58-Moss";
const otherPassword = "Cedar-Violin-29-Tide";

function withLink({ text }) {
    return text.includes("/recovery/confirm#");
}

/** Asks for a link, and answers the token of the one that comes then. */
async function askForLink(server, email, client = server.client()) {
    const before = (await server.mail.to(email)).filter(withLink).length;
    await client.expect(202, "POST", "recovery", { email });
    const mails = await until("the link to recover", async () => {
        const all = (await server.mail.to(email)).filter(withLink);
        return all.length > before && all;
    });
    return tokenIn(mails.at(-1), "/recovery/confirm");
}

async function refusedLink(client, body) {
    const answer = await client.post("recovery/confirm", body);
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.body.code, "link/invalid");
}

test("recovery through the API", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: M-04
    // ASVS: V6.4.3, V7.4.3
    await t.test("a link sets a password once, signs nobody in and ends every session", async () => {
        const account = await signUp(server);
        const client = server.client();
        const token = await askForLink(server, account.email, client);
        const done = await client.post("recovery/confirm", { token, password: newPassword });
        assert.equal(done.status, 204);
        assert.equal(done.headers["set-cookie"], undefined);
        assert.equal((await client.get("account")).status, 401, "not signed in by it");
        assert.equal((await account.client.get("account")).status, 401, "the sessions from before have ended");
        await refusedLink(client, { token, password: otherPassword });
        assert.equal((await passwordStep(server, account)).answer.status, 401, "the old password is dead");
        await signIn(server, { email: account.email, password: newPassword });
        await server.mail.waitFor(account.email, ({ subject }) => /password was changed/i.test(subject));
    });

    // proves: M-04, M-01
    // ASVS: V6.2.4
    await t.test("a refused password leaves the link, and the old password, as they were", async () => {
        const account = await signUp(server);
        const token = await askForLink(server, account.email);
        const client = server.client();
        const refusal = await client.expect(422, "POST", "recovery/confirm", { token, password: "aaa" });
        assert.equal(refusal.code, "password/refused");
        assert.ok(refusal.errors.length >= 4, JSON.stringify(refusal.errors));
        await signIn(server, account);
        await client.expect(204, "POST", "recovery/confirm", { token, password: newPassword });
    });

    // proves: M-04
    // ASVS: V6.6.2
    await t.test("a link lives 30 minutes, and a new one ends the one before", async () => {
        const account = await signUp(server);
        const first = await askForLink(server, account.email);
        const client = server.client();
        const second = await askForLink(server, account.email);
        assert.notEqual(second, first);
        await refusedLink(client, { token: first, password: newPassword });
        server.advanceClock(29 * minute);
        const refusal = await client.post("recovery/confirm", { token: second, password: "short" });
        assert.equal(refusal.body.code, "password/refused", "still alive");
        server.advanceClock(2 * minute);
        await refusedLink(client, { token: second, password: newPassword });
        await signIn(server, account);
    });

    // proves: M-04, M-03
    // ASVS: V6.4.3
    await t.test("a link dies with any change of the password", async () => {
        const account = await signUp(server);
        const token = await askForLink(server, account.email);
        await account.client.expect(200, "POST", "account/password", {
            current_password: account.password, new_password: newPassword,
        });
        await refusedLink(server.client(), { token, password: otherPassword });
        await signIn(server, { email: account.email, password: newPassword });
    });

    // proves: M-04
    // ASVS: V6.4.3, V6.1.3
    await t.test("an account with a second factor proves it here too, and keeps it", async () => {
        const account = await signUp(server);
        const { authenticator, backupCodes } = await enrollTotp(server, account.client);
        const token = await askForLink(server, account.email);
        const client = server.client();
        const asked = await client.post("recovery/confirm", { token, password: newPassword });
        assert.equal(asked.status, 401);
        assert.equal(asked.body.code, "recovery/second-factor-required");
        assert.deepEqual(asked.body.methods, ["totp", "backup-code"]);
        for (const code of [authenticator.wrongCode(), authenticator.lastCode()]) {
            const wrong = await client.post("recovery/confirm", { token, password: newPassword, method: "totp", code });
            assert.equal(wrong.status, 401);
            assert.equal(wrong.body.code, "recovery/wrong-code");
        }
        await client.expect(204, "POST", "recovery/confirm", {
            token, password: newPassword, method: "backup-code", code: backupCodes[0],
        });
        const half = await passwordStep(server, { email: account.email, password: newPassword });
        assert.equal(half.answer.body.status, "second-factor", "the second factor stays");
        const spent = await half.client.post("sign-in/second-factor", { method: "backup-code", code: backupCodes[0] });
        assert.equal(spent.status, 401, "that backup code is spent");
        await half.client.expect(200, "POST", "sign-in/second-factor", { method: "totp", code: await authenticator.code() });

        const again = await askForLink(server, account.email);
        await client.expect(204, "POST", "recovery/confirm", {
            token: again, password: otherPassword, method: "totp", code: await authenticator.code(),
        });
    });

    // proves: M-04, K-12
    // ASVS: V6.3.8
    await t.test("the answer is the same for an address that nobody has", async () => {
        const account = await signUp(server);
        const nobody = newEmail("nobody");
        const answers = [];
        for (const email of [account.email, nobody]) {
            const { status, text, headers } = await server.client().post("recovery", { email });
            answers.push({ status, text, names: Object.keys(headers).sort() });
        }
        assert.equal(answers[0].status, 202);
        assert.deepEqual(answers[1], answers[0]);
        const told = await server.mail.waitFor(nobody);
        assert.throws(() => tokenIn(told, "/recovery/confirm"), "no link to nothing");
        await refusedLink(server.client(), { token: "ks_lnk_0000000000000000000000000000000000000000000000", password: newPassword });
    });
});

test("recovery in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    // proves: M-04
    await t.test("a person recovers an account with a second factor, in dark and on a narrow window", async (t) => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        const page = await openPage(t, browser, server, { viewport: { width: 320, height: 640 }, colorScheme: "dark" });
        await page.goto("/sign-in");
        await page.getByRole("link", { name: "Forgot your password?" }).click();
        await page.getByRole("heading", { name: "Recover your account" }).waitFor();
        await checkAccessible(page);
        await checkFits(page);
        await page.getByLabel("E-mail address").fill(account.email);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Look in your inbox" }).waitFor();
        await checkAccessible(page);
        const token = await server.mail.token(account.email, "/recovery/confirm");

        await page.goto(`/recovery/confirm#${token}`);
        await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
        assert.ok(!page.url().includes(token), "the link's secret leaves the address bar");
        await page.getByLabel("New password", { exact: true }).fill("short");
        await screenshot(page, "recovery-password-dark-320");
        await checkAccessible(page);
        await checkFits(page);
        await page.getByLabel("New password", { exact: true }).fill(newPassword);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "One more step" }).waitFor();
        await checkAccessible(page);
        await checkFits(page);
        await page.getByLabel("Code", { exact: true }).fill(await authenticator.code());
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Your password is changed" }).waitFor();
        await screenshot(page, "recovery-done-dark-320");
        await page.getByRole("link", { name: "Sign in" }).click();
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(newPassword);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Enter your code" }).waitFor();
        await page.getByLabel("Code", { exact: true }).fill(await authenticator.code());
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
    });

    await t.test("a spent link says so, and what to do", async (t) => {
        const account = await signUp(server);
        const token = await askForLink(server, account.email);
        await server.client().expect(204, "POST", "recovery/confirm", { token, password: otherPassword });
        const page = await openPage(t, browser, server);
        await page.goto(`/recovery/confirm#${token}`);
        await page.getByLabel("New password", { exact: true }).fill(goodPassword);
        await page.keyboard.press("Enter");
        await page.getByText("This link is not valid", { exact: false }).waitFor();
        await checkAccessible(page);
    });
});
