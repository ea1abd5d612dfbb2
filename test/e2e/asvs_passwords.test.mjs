// What OWASP ASVS asks of passwords, with the preset that asks for length alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { newEmail, passwordStep, signUp } from "./support/accounts.mjs";
import { checkAccessible, openBrowser, openPage } from "./support/browser.mjs";
import { startKeystead } from "./support/server.mjs";

const settings = { account: { sign_up: "open" } };
const letters = "gribwolfantquaymossteal";

test("passwords of the preset devops", async (t) => {
    const server = await startKeystead(t, { preset: "devops", movableClock: true, settings });

    async function refusal(password, email = newEmail()) {
        const client = server.client();
        await client.expect(202, "POST", "sign-up", { email });
        const token = await server.mail.token(email, "/sign-up/confirm");
        return client.expect(422, "POST", "sign-up/confirm", { token, password });
    }

    // ASVS: V6.2.5
    await t.test("any characters will do", async () => {
        const { password_rules: rules } = await server.client().expect(200, "GET", "sign-in/methods");
        assert.deepEqual(rules.classes, []);
        for (const password of [letters, "quay moss teal grib wolf ant", "83019274659301", "🦊🪨🌊🍋🎻🧭🪁🦔🍄🛶🧲🪐🐙🥝🎈"].map((text) => text.padEnd(15, "7"))) {
            const account = await signUp(server, { password });
            assert.equal((await passwordStep(server, account)).answer.status, 200, password);
        }
    });

    // ASVS: V6.2.8, V6.2.9
    await t.test("all of it counts, as it was typed, up to 256 characters", async () => {
        for (const length of [64, 128, 256]) {
            const password = ` ${letters}Q`.repeat(20).slice(0, length - 1) + " ";
            const account = await signUp(server, { password });
            assert.equal((await passwordStep(server, account)).answer.status, 200);
            for (const other of [password.slice(0, -1), `${password.slice(0, -1)}x`, password.trimStart(), password.toLowerCase()]) {
                assert.equal((await passwordStep(server, { ...account, password: other })).answer.status, 401);
            }
            server.advanceClock(2 * 3600); // The budget of wrong passwords is not what this is about.
        }
        assert.equal((await refusal(letters.repeat(20).slice(0, 257))).code, "password/refused");
        const tooLong = await server.client().post("sign-in", { email: newEmail(), password: "x".repeat(4097) });
        assert.equal(tooLong.status, 422);
    });

    // ASVS: V6.2.11
    await t.test("the product's name and the person's address make no password", async () => {
        const email = newEmail("gribwolfantquay");
        for (const password of [email, email.split("@")[0]]) {
            const { errors } = await refusal(password, email);
            assert.ok(errors.some(({ code }) => /personal|context/.test(code)), JSON.stringify(errors));
        }
    });

    // ASVS: V6.2.10
    await t.test("a password stays good until there is a reason", async () => {
        const account = await signUp(server, { password: letters });
        server.advanceClock(400 * 24 * 3600);
        assert.equal((await passwordStep(server, account)).answer.status, 200);
    });
});

test("pages that ask for a password, and pages behind it", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    await account.client.expect(201, "POST", "account/tokens", { name: "<img src=x onerror=alert(1)>", kind: "read-only" });
    const browser = await openBrowser(t);
    const page = await openPage(t, browser, server);

    // ASVS: V6.2.6, V6.2.7
    await t.test("the field is masked, can be shown, and takes what a manager pastes", async () => {
        await page.goto("/sign-in");
        await page.getByLabel("E-mail address").fill(account.email);
        const field = page.getByLabel("Password", { exact: true });
        assert.equal(await field.getAttribute("type"), "password");
        assert.equal(await field.getAttribute("autocomplete"), "current-password");
        await field.evaluate((element, text) => {
            element.focus();
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const goesOn = element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true }));
            if (!goesOn) {
                throw new Error("pasting is refused");
            }
            document.execCommand("insertText", false, text);
        }, account.password);
        assert.equal(await field.inputValue(), account.password);
        await checkAccessible(page);
    });

    // ASVS: V3.7.2
    await t.test("signing in leads to a page of this site alone", async () => {
        await page.goto(`/sign-in?return=${encodeURIComponent("//evil.example/x")}`);
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        assert.equal(new URL(page.url()).origin, new URL(server.base).origin);
    });

    // ASVS: V3.2.2
    await t.test("text is shown as text", async () => {
        await page.goto("/account/api-keys");
        await page.getByText("<img src=x onerror=alert(1)>", { exact: false }).first().waitFor();
        assert.equal(await page.locator("img[src='x']").count(), 0);
    });

    // ASVS: V7.4.4, V14.2.3
    await t.test("every page has the way out in sight, and asks nobody else for anything", async () => {
        for (const path of ["/account", "/account/password", "/account/two-factor", "/account/sessions", "/account/activity", "/account/addresses"]) {
            await page.goto(path);
            await page.getByRole("button", { name: "Sign out" }).or(page.getByRole("link", { name: "Sign out" })).first().waitFor();
        }
        assert.deepEqual(page.complaints, []);
    });

    // ASVS: V14.3.3
    await t.test("the browser's storage holds nothing about the person", async () => {
        const kept = await page.evaluate(async () => JSON.stringify({
            local: { ...localStorage }, session: { ...sessionStorage },
            databases: (await indexedDB.databases()).map(({ name }) => name), caches: await caches.keys(), cookies: document.cookie,
        }));
        for (const secret of [account.email, account.password, account.id, "ks_ses_"]) {
            assert.ok(!kept.includes(secret), kept);
        }
    });
});
