// Authenticators and backup codes: enabling, using, losing and disabling them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { Authenticator, readQr } from "./support/codes.mjs";
import { startKeystead } from "./support/server.mjs";

const minute = 60;

function codeStep(client, method, code) {
    return client.post("sign-in/second-factor", { method, code });
}

test("a second factor through the API", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // proves: M-05, K-01
    // ASVS: V6.5.1, V6.5.5
    await t.test("an authenticator counts once it is confirmed, and each code is accepted once", async () => {
        const account = await signUp(server);
        const made = await account.client.expect(201, "POST", "account/totp", { name: "my phone" });
        const uri = new URL(made.otpauth_uri);
        assert.equal(`${uri.protocol}//${uri.host}`, "otpauth://totp");
        assert.equal(uri.searchParams.get("secret"), made.secret);
        assert.match(made.secret, /^[A-Z2-7]{32}$/, "160 bits");
        assert.match(made.qr_svg, /^<svg/);
        const authenticator = new Authenticator(made.secret, () => server.now());

        const open = await passwordStep(server, account);
        assert.equal(open.answer.body.status, "signed-in", "not asked for before it is confirmed");
        const wrong = await account.client.post(`account/totp/${made.id}/confirm`, { code: authenticator.wrongCode() });
        assert.equal(wrong.status, 422);
        assert.equal(wrong.body.code, "totp/wrong-code");
        const { backup_codes: codes } = await account.client.expect(200, "POST", `account/totp/${made.id}/confirm`, {
            code: await authenticator.code(),
        });
        assert.equal(new Set(codes).size, 10);
        for (const code of codes) {
            assert.match(code.replaceAll("-", ""), /^[0-9A-HJKMNP-TV-Z]{16}$/, "80 bits, Crockford's base32");
        }
        assert.equal((await open.client.get("account")).status, 401, "the other sessions have ended");
        await server.mail.waitFor(account.email, ({ subject }) => /two-factor authentication is on/i.test(subject));

        const code = await authenticator.code();
        for (const expected of [200, 401]) {
            const { client } = await passwordStep(server, account);
            assert.equal((await codeStep(client, "totp", code)).status, expected);
        }
        // An older code than the last one is spent, too, and one of two steps ago is too old.
        const late = await authenticator.code();
        server.advanceClock(2 * minute);
        const { client } = await passwordStep(server, account);
        assert.equal((await codeStep(client, "totp", late)).status, 401, "too old");
        assert.equal((await codeStep(client, "totp", await authenticator.code())).status, 200);
        const listed = await client.expect(200, "GET", "account/totp");
        assert.equal(listed.items.length, 1);
        assert.ok(listed.items[0].confirmed && listed.items[0].last_used_at);
        assert.ok(!JSON.stringify(listed).includes(made.secret), "the secret is shown once");
    });

    // proves: M-05, K-01
    // ASVS: V6.5.1
    await t.test("several authenticators with names, each with its own codes", async () => {
        const account = await signUp(server);
        const phone = await enrollTotp(server, account.client, "phone");
        server.advanceClock(2 * minute);
        const tablet = await enrollTotp(server, account.client, "tablet");
        assert.equal(tablet.backupCodes, null, "codes come with the first one alone");
        const { items } = await account.client.expect(200, "GET", "account/totp");
        assert.deepEqual(items.map(({ name }) => name).sort(), ["phone", "tablet"]);
        for (const { authenticator } of [phone, tablet]) {
            server.advanceClock(2 * minute);
            await signIn(server, account, { authenticator });
        }
        const last = await account.client.expect(200, "GET", "account");
        assert.equal(last.second_factor.totp_count, 2);
        const stranger = await signUp(server);
        const foreign = await stranger.client.delete(`account/totp/${phone.id}`, { code: "000000" });
        assert.ok([401, 404].includes(foreign.status), "another account's authenticator is nobody's");
        assert.equal((await account.client.expect(200, "GET", "account/totp")).items.length, 2);
    });

    await t.test("at most five authenticators, and one enrollment at a time", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client, "1");
        for (const name of ["2", "3", "4", "5"]) {
            server.advanceClock(minute);
            await enrollTotp(server, account.client, name);
        }
        server.advanceClock(minute);
        await account.client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
        const sixth = await account.client.post("account/totp", { name: "6" });
        assert.equal(sixth.status, 409);
        assert.equal(sixth.body.code, "totp/limit-reached");
    });

    // proves: M-06
    // ASVS: V6.5.1, V6.5.2
    await t.test("a backup code works once; new ones end the old", async () => {
        const account = await signUp(server);
        const { authenticator, backupCodes } = await enrollTotp(server, account.client);
        const first = await passwordStep(server, account);
        // People type them in small letters, with or without the dashes.
        assert.equal((await codeStep(first.client, "backup-code", backupCodes[0].toLowerCase().replaceAll("-", ""))).status, 200);
        await server.mail.waitFor(account.email, ({ subject }) => /backup code was used/i.test(subject));
        const replay = await passwordStep(server, account);
        const refused = await codeStep(replay.client, "backup-code", backupCodes[0]);
        assert.equal(refused.status, 401);
        assert.equal(refused.body.code, "sign-in/wrong-code");
        const state = await first.client.expect(200, "GET", "account/backup-codes");
        assert.equal(state.remaining, 9);
        assert.deepEqual(Object.keys(state).sort(), ["created_at", "remaining", "suspended"], "the codes are shown once");

        const { codes } = await first.client.expect(201, "POST", "account/backup-codes");
        assert.equal(codes.length, 10);
        assert.ok(!codes.some((code) => backupCodes.includes(code)));
        await server.mail.waitFor(account.email, ({ subject }) => /new backup codes/i.test(subject));
        const old = await passwordStep(server, account);
        assert.equal((await codeStep(old.client, "backup-code", backupCodes[1])).status, 401, "the old ones are dead");
        assert.equal((await codeStep(old.client, "backup-code", codes[0])).status, 200);
        assert.ok(await authenticator.code());
        const plain = await signUp(server);
        const none = await plain.client.request("POST", "account/backup-codes");
        assert.equal(none.status, 409);
        assert.equal(none.body.code, "backup-code/second-factor-missing");
    });

    // proves: M-07
    // ASVS: V7.5.1
    await t.test("it is disabled with a current code, and backup codes go with it", async () => {
        const account = await signUp(server);
        const { authenticator, backupCodes, id } = await enrollTotp(server, account.client);
        for (const body of [{ code: authenticator.wrongCode() }, { code: authenticator.lastCode() }, {}]) {
            const answer = await account.client.delete(`account/totp/${id}`, body);
            assert.ok([401, 422].includes(answer.status), answer.text);
        }
        assert.equal((await account.client.expect(200, "GET", "account")).second_factor.enabled, true);
        server.advanceClock(6 * minute);
        const stale = await account.client.delete(`account/totp/${id}`, { code: await authenticator.code() });
        assert.equal(stale.body.code, "session/step-up-required");
        await account.client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
        await account.client.expect(204, "DELETE", `account/totp/${id}`, { code: await authenticator.code() });
        await server.mail.waitFor(account.email, ({ subject }) => /two-factor authentication is off/i.test(subject));
        const { client, answer } = await passwordStep(server, account);
        assert.equal(answer.body.status, "signed-in");
        const me = await client.expect(200, "GET", "account");
        assert.deepEqual(me.second_factor, { enabled: false, totp_count: 0, backup_codes_remaining: 0 });
        const byCode = await client.post("step-up", { method: "backup-code", code: backupCodes[0] });
        assert.ok(byCode.status >= 400 && byCode.status < 500, byCode.text);
    });

    // proves: D-01
    // ASVS: V6.4.4
    await t.test("whoever lost the phone enables a new one by way of a backup code", async () => {
        const account = await signUp(server);
        const lost = await enrollTotp(server, account.client, "lost phone");
        const { client } = await passwordStep(server, account);
        assert.equal((await codeStep(client, "backup-code", lost.backupCodes[0])).status, 200);
        const found = await enrollTotp(server, client, "new phone");
        server.advanceClock(minute);
        await client.expect(204, "DELETE", `account/totp/${lost.id}`, { code: await found.authenticator.code() });
        const { items } = await client.expect(200, "GET", "account/totp");
        assert.deepEqual(items.map(({ name }) => name), ["new phone"]);
        server.advanceClock(minute);
        const again = await passwordStep(server, account);
        assert.equal((await codeStep(again.client, "totp", await lost.authenticator.code())).status, 401, "the lost one is dead");
        assert.equal((await codeStep(again.client, "totp", await found.authenticator.code())).status, 200);
    });

    // proves: K-11
    // ASVS: V6.3.1, V6.6.3
    await t.test("codes are guessed five times a sign-in, and the owner hears of it", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        const { client } = await passwordStep(server, account);
        for (let attempt = 0; attempt < 5; attempt += 1) {
            const answer = await codeStep(client, "totp", authenticator.wrongCode());
            assert.equal(answer.body.code, "sign-in/wrong-code");
        }
        const over = await codeStep(client, "totp", await authenticator.code());
        assert.equal(over.status, 401, "also for the right code");
        assert.equal(over.body.code, "sign-in/flow-ended");
        await server.mail.waitFor(account.email, ({ subject }) => /somebody has your password/i.test(subject));
        assert.equal((await account.client.get("account")).status, 200, "the owner's session goes on");
        await signIn(server, account, { authenticator });
    });
});

// proves: M-07, M-01
// ASVS: V6.2.1
test("the last authenticator stays while the password was accepted only beside it", async (t) => {
    const server = await startKeystead(t, { preset: "devops", movableClock: true });
    const operator = await setUpOperator(server);
    const { authenticator, id } = await enrollTotp(server, operator.client);
    const short = "Quill-7-Ebony"; // 13 characters: 15 are asked for where a password stands alone.
    server.advanceClock(minute);
    await operator.client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
    await operator.client.expect(200, "POST", "account/password", { current_password: operator.password, new_password: short });
    const refused = await operator.client.delete(`account/totp/${id}`, { code: await authenticator.code() });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, "totp/password-too-weak-alone");
    await operator.client.expect(200, "POST", "account/password", { current_password: short, new_password: goodPassword });
    server.advanceClock(minute);
    await operator.client.expect(204, "DELETE", `account/totp/${id}`, { code: await authenticator.code() });
});

test("a second factor in a browser", async (t) => {
    const server = await startKeystead(t);
    const browser = await openBrowser(t);

    // proves: M-05, M-06, M-07
    await t.test("a person adds one by its QR code, makes new backup codes and removes it", async (t) => {
        const account = await signUp(server);
        const page = await openPage(t, browser, server);
        await page.goto("/sign-in");
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.goto("/account/two-factor");
        await page.getByText("No authenticator yet").waitFor();
        await checkAccessible(page);
        await page.getByRole("button", { name: "Add an authenticator" }).click();
        await page.getByLabel("Name", { exact: true }).fill("Ålesund phone");
        await page.getByRole("button", { name: "Next" }).click();
        await page.getByRole("img", { name: /QR code/ }).waitFor();
        await checkAccessible(page);
        const uri = new URL(readQr(await screenshot(page, "two-factor-qr-light")));
        const authenticator = new Authenticator(uri.searchParams.get("secret"));
        await page.getByLabel("6-digit code from the app").fill(authenticator.wrongCode());
        await page.getByRole("button", { name: "Confirm" }).click();
        await page.getByText("That code is not right", { exact: false }).waitFor();
        await page.getByLabel("6-digit code from the app").fill(await authenticator.code());
        await page.getByRole("button", { name: "Confirm" }).click();
        await page.getByRole("heading", { name: "Save your backup codes" }).waitFor();
        await checkAccessible(page);
        await screenshot(page, "two-factor-backup-codes-light");
        await page.getByRole("button", { name: "I have saved them" }).click();
        await page.getByText("Ålesund phone").waitFor();
        await page.getByText("10 codes left to use.").waitFor();

        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ colorScheme: "dark" });
        await checkFits(page);
        await checkAccessible(page);
        await screenshot(page, "two-factor-dark-320");
        await page.getByRole("button", { name: "Remove: Ålesund phone" }).click();
        await page.getByLabel("Current code from one of your authenticators").fill(await authenticator.code());
        await page.getByLabel("I understand what this does").check();
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, "two-factor-remove-dark-320");
        await page.getByRole("button", { name: "Remove it" }).click();
        await page.getByText("No authenticator yet").waitFor();
        const { answer } = await passwordStep(server, account);
        assert.equal(answer.body.status, "signed-in");
    });
});
