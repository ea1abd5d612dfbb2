// Limits on the rate of requests: headers that can be obeyed, and nobody who obeys is refused twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { openBrowser, openPage } from "./support/browser.mjs";
import { startKeystead } from "./support/server.mjs";

const perMinute = {
    sensitive_per_minute: 20, write_per_minute: 30, read_per_minute: 40,
    token_read_per_minute: 25,
    address_sensitive_per_minute: 20, address_write_per_minute: 30, address_read_per_minute: 40,
};

/** Asks until it is refused, as fast as answers come; at most `most` times. Answers the refusal and how many passed. */
async function untilRefused(ask, most) {
    for (let passed = 0; passed < most; passed += 1) {
        const answer = await ask();
        if (answer.status === 429) {
            return { refusal: answer, passed };
        }
        assert.ok(answer.status < 500, answer.text);
    }
    throw new Error(`${most} requests passed`);
}

test("limits", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: { limits: perMinute } });
    const account = await signUp(server);

    // proves: S-09
    // ASVS: V2.4.1
    await t.test("each group says what is left, refuses in a few words, and says when to come again", async () => {
        const groups = [
            ["read", 40, () => account.client.get("account")],
            ["write", 30, () => account.client.patch("account", { name: "Ada" })],
            ["sensitive", 20, () => server.client({ localAddress: "127.0.0.7" }).post("recovery", { email: "nonsense" })],
        ];
        for (const [name, quota, ask] of groups) {
            const first = await ask();
            assert.equal(first.headers["ratelimit-policy"], `"${name}";q=${quota};w=60`);
            assert.match(first.headers.ratelimit, new RegExp(`^"${name}";r=\\d+;t=\\d+$`));
            const { refusal, passed } = await untilRefused(ask, 4 * quota);
            assert.ok(passed <= 2 * quota, `${name}: ${passed} passed`);
            assert.equal(refusal.body.code, "limit/too-many-requests");
            assert.ok(refusal.body.detail.length < 200);
            const wait = Number(refusal.headers["retry-after"]);
            assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 60, refusal.headers["retry-after"]);
            assert.match(refusal.headers.ratelimit, new RegExp(`^"${name}";r=0;t=\\d+$`));
        }
    });

    // proves: S-09
    await t.test("one account's requests, or one address's, do not use up another's", async () => {
        const other = await signUp(server, { client: server.client({ localAddress: "127.0.0.8" }) });
        await untilRefused(() => other.client.get("account"), 200);
        const third = server.client({ localAddress: "127.0.0.9" });
        assert.equal((await third.get("sign-in/methods")).status, 200);
        const elsewhere = other.client.copy({ localAddress: "127.0.0.10" });
        assert.equal((await elsewhere.get("account")).status, 429, "an account takes its limit along");
    });

    // proves: K-03
    await t.test("`check` is never refused for its rate", async () => {
        const fresh = await signUp(server, { client: server.client({ localAddress: "127.0.0.11" }) });
        const answers = await Promise.all(Array.from({ length: 300 }, () => fresh.client.get("check")));
        assert.ok(answers.every(({ status }) => status === 204));
        const nobody = server.client({ localAddress: "127.0.0.11" });
        const refused = await Promise.all(Array.from({ length: 300 }, () => nobody.get("check")));
        assert.ok(refused.every(({ status }) => status === 401));
    });
});

// proves: S-09
test("a client that waits as it is told is never refused twice in a row", async (t) => {
    const server = await startKeystead(t, { settings: { limits: { ...perMinute, address_read_per_minute: 120 } } });
    const client = server.client({ localAddress: "127.0.0.12" });
    let refusals = 0;
    let waits = 0;
    while (waits < 3) {
        const answer = await client.get("sign-in/methods");
        if (answer.status === 429) {
            refusals += 1;
            assert.equal(refusals, 1, "refused after having waited");
            waits += 1;
            const seconds = Number(answer.headers["retry-after"]);
            // The wait is the thing tested: what Retry-After says, to the millisecond.
            await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        } else {
            assert.equal(answer.status, 200, answer.text);
            refusals = 0;
        }
    }
});

// proves: S-09
test("a page counts down and sends what was typed by itself", async (t) => {
    const server = await startKeystead(t, { settings: { limits: perMinute } });
    const { client, email, password } = await signUp(server);
    const page = await openPage(t, await openBrowser(t), server);
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.goto("/account/addresses");
    await page.getByLabel("Name", { exact: true }).fill("Typed once");
    await untilRefused(() => client.patch("account", { name: "Ada" }), 4 * perMinute.write_per_minute);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText(/We will try again by ourselves in/).first().waitFor();
    assert.equal((await client.expect(200, "GET", "account")).name, "Ada", "nothing was done yet");
    await page.getByText("Your name is saved.").waitFor();
    assert.equal((await client.expect(200, "GET", "account")).name, "Typed once");
});
