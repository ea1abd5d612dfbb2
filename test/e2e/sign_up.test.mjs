// The first flow of every account: sign-up, confirmation by mail, a second factor, sign-out, and
// sign-in with a code; as a program and as a person in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { Authenticator, readQr } from "./support/codes.mjs";
import { tokenIn } from "./support/mail.mjs";
import { startKeystead } from "./support/server.mjs";

test("sign-up through the API", async (t) => {
    const server = await startKeystead(t);

    // proves: M-01, M-02
    // ASVS: V6.2.4
    await t.test("a refused password names every rule that failed, and the link is not spent", async () => {
        const email = newEmail();
        const client = server.client();
        await client.expect(202, "POST", "sign-up", { email });
        const token = await server.mail.token(email, "/sign-up/confirm");
        const refusal = await client.expect(422, "POST", "sign-up/confirm", { token, password: "aaa" });
        assert.equal(refusal.code, "password/refused");
        const codes = refusal.errors.map(({ pointer, code }) => `${pointer} ${code}`);
        for (const rule of ["too-short", "missing-upper", "missing-digit", "missing-special"]) {
            assert.ok(codes.includes(`/password password/${rule}`), codes.join(", "));
        }
        const common = await client.expect(422, "POST", "sign-up/confirm", { token, password: "Password1!" });
        assert.ok(common.errors.some(({ code }) => code === "password/common"), JSON.stringify(common));
        await client.expect(201, "POST", "sign-up/confirm", { token, password: goodPassword });
    });

    // proves: M-05, K-01
    // ASVS: V6.5.1, V7.2.4
    await t.test("an account with a second factor signs in with a code, each code once", async () => {
        const account = await signUp(server);
        assert.equal(account.answer.offer_second_factor, true);
        const before = new Map(account.client.cookies);
        const { authenticator, backupCodes } = await enrollTotp(server, account.client);
        assert.equal(backupCodes.length, 10);
        assert.equal(new Set(backupCodes).size, 10);
        assert.notEqual(account.client.cookies.get("__Host-keystead"), before.get("__Host-keystead"), "a new session id");
        const old = server.client();
        old.cookies = before;
        assert.equal((await old.get("account")).status, 401, "the id from before is dead");
        await account.client.expect(204, "POST", "sign-out");
        assert.equal((await account.client.get("account")).status, 401);

        const { client, answer } = await passwordStep(server, account);
        assert.equal(answer.body.status, "second-factor");
        assert.ok(answer.body.methods.includes("totp") && answer.body.methods.includes("backup-code"));
        assert.equal((await client.get("account")).status, 401, "half signed in is not signed in");
        const replay = await client.post("sign-in/second-factor", { method: "totp", code: authenticator.lastCode() });
        assert.equal(replay.status, 401, "the code that confirmed enrollment is spent");
        await client.expect(200, "POST", "sign-in/second-factor", { method: "totp", code: await authenticator.code() });
        const me = await client.expect(200, "GET", "account");
        assert.equal(me.email, account.email);
        assert.deepEqual(me.second_factor, { enabled: true, totp_count: 1, backup_codes_remaining: 10 });
    });

    // proves: M-06
    // ASVS: V6.5.1
    await t.test("a backup code signs in once", async () => {
        const account = await signUp(server);
        const { backupCodes } = await enrollTotp(server, account.client);
        for (const expected of [200, 401]) {
            const { client } = await passwordStep(server, account);
            const answer = await client.post("sign-in/second-factor", { method: "backup-code", code: backupCodes[0] });
            assert.equal(answer.status, expected, answer.text);
        }
    });

    // proves: K-12
    // ASVS: V6.3.8
    await t.test("signing up with a known address answers alike; only the mail differs", async () => {
        const account = await signUp(server);
        const client = server.client();
        const known = await client.post("sign-up", { email: account.email });
        const unknown = await client.post("sign-up", { email: newEmail() });
        assert.equal(known.status, 202);
        assert.equal(unknown.status, known.status);
        assert.equal(unknown.text, known.text);
        const mail = await server.mail.waitFor(account.email, ({ text }) => !text.includes("/sign-up/confirm#"));
        assert.throws(() => tokenIn(mail, "/sign-up/confirm"));
    });

    await t.test("a confirmation link works once", async () => {
        const email = newEmail();
        const client = server.client();
        await client.expect(202, "POST", "sign-up", { email });
        const token = await server.mail.token(email, "/sign-up/confirm");
        await client.expect(201, "POST", "sign-up/confirm", { token, password: goodPassword });
        const again = await server.client().post("sign-up/confirm", { token, password: goodPassword });
        assert.equal(again.status, 422);
        assert.equal(again.body.code, "link/invalid");
    });
});

test("sign-up in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    // proves: M-05
    await t.test("a person signs up, scans the QR code, and signs in with a code", async (t) => {
        const page = await openPage(t, browser, server);
        const email = newEmail();
        await page.goto("/sign-up");
        await checkAccessible(page);
        await page.getByLabel("E-mail address").fill(email);
        await page.getByRole("button", { name: "Send me the link" }).click();
        await page.getByRole("heading", { name: "Look in your inbox" }).waitFor();
        const mail = await server.mail.waitFor(email);
        await page.goto(`/sign-up/confirm#${tokenIn(mail, "/sign-up/confirm")}`);
        await page.getByLabel("Password", { exact: true }).fill(goodPassword);
        await checkAccessible(page);
        await page.getByRole("button", { name: "Create my account" }).click();

        await page.getByRole("button", { name: "Set it up now" }).click();
        const code = page.getByRole("img", { name: /QR/i });
        await code.waitFor();
        await checkAccessible(page);
        const uri = new URL(readQr(await screenshot(page, "sign-up-qr")));
        assert.equal(uri.protocol, "otpauth:");
        const authenticator = new Authenticator(uri.searchParams.get("secret"));
        await page.getByLabel(/code/i).first().fill(await authenticator.code());
        await page.getByRole("button", { name: /confirm|continue|turn on/i }).first().click();
        await page.getByText(/backup codes/i).first().waitFor();
        await checkAccessible(page);
        await screenshot(page, "sign-up-backup-codes");

        await page.context().clearCookies();
        await page.goto("/sign-in");
        await checkAccessible(page);
        await page.getByLabel("E-mail address").fill(email);
        await page.getByLabel("Password", { exact: true }).fill(goodPassword);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByRole("heading", { name: "Enter your code" }).waitFor();
        await page.getByLabel("Code", { exact: true }).fill(await authenticator.code());
        await page.getByRole("button", { name: "Continue" }).click();
        await page.waitForURL(/\/account/);
        await checkAccessible(page);
        await page.setViewportSize({ width: 320, height: 640 });
        await checkFits(page);
    });
});
