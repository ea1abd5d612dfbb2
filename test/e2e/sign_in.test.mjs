// Signing in and out, and proving oneself again: right and wrong, remembered and on a shared device, with
// as many sessions as are allowed, and with a password that is old.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enrollTotp, goodPassword, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { startKeystead } from "./support/server.mjs";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const wrong = "Wrong-Horse-11-Staple";

/** The Set-Cookie line of a cookie, or nothing. */
function cookieLine(answer, name) {
    return (answer.headers["set-cookie"] ?? []).find((line) => line.startsWith(`${name}=`));
}

/** What a stranger can tell from an answer, the id of the request apart. */
function seen({ status, headers, body }) {
    const { request_id: ignored, ...words } = body;
    const names = Object.keys(headers).filter((name) => !["date", "content-length"].includes(name)).sort();
    return { status, words, names };
}

async function timed(work) {
    const begin = performance.now();
    const answer = await work();
    return { answer, millis: performance.now() - begin };
}

test("sign-in through the API", async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);

    // proves: K-12, M-04
    // ASVS: V6.3.8
    await t.test("wrong, unknown and disabled are refused in the same words; right is let in", async () => {
        const known = await signUp(server);
        const disabled = await signUp(server);
        await operator.client.expect(200, "POST", `admin/accounts/${disabled.id}/disable`);
        const attempts = [
            { email: known.email, password: wrong },
            { email: newEmail("nobody"), password: goodPassword },
            { email: disabled.email, password: goodPassword },
            { email: "no address at all", password: goodPassword },
        ];
        const answers = [];
        for (const attempt of attempts) {
            answers.push(seen(await server.client().post("sign-in", attempt)));
        }
        assert.equal(answers[0].status, 401);
        assert.equal(answers[0].words.code, "sign-in/wrong-credentials");
        for (const answer of answers.slice(1)) {
            assert.deepEqual(answer, answers[0]);
        }
        const { answer } = await passwordStep(server, known);
        assert.equal(answer.status, 200);
        assert.equal(answer.body.status, "signed-in");
        assert.equal(answer.headers["cache-control"], "no-store");
    });

    // proves: S-06
    // ASVS: V7.2.4, V7.4.1, V14.3.1
    await t.test("sign-out ends the session at once, for whoever copied the cookie too", async () => {
        const account = await signUp(server);
        const thief = account.client.copy();
        assert.equal((await thief.get("account")).status, 200);
        const answer = await account.client.request("POST", "sign-out");
        assert.equal(answer.status, 204);
        assert.match(answer.headers["clear-site-data"], /"cache".*"storage"/);
        assert.ok(!account.client.cookies.has("__Host-keystead"));
        for (const path of ["account", "check"]) {
            const refused = await thief.get(path);
            assert.equal(refused.status, 401);
        }
        assert.equal((await thief.get("account")).body.code, "session/required");
        assert.equal((await server.client().request("POST", "sign-out")).status, 401, "nobody is signed in here");
    });

    // ASVS: V3.5.1, V3.5.3
    await t.test("another site's request is refused, and one without the anti-forgery token", async () => {
        const { client } = await signUp(server);
        const refusals = [
            { origin: "https://evil.example" },
            { "sec-fetch-site": "cross-site" },
            { "keystead-csrf": undefined },
            { "keystead-csrf": "A".repeat(43) },
            { origin: undefined },
        ];
        for (const headers of refusals) {
            const answer = await client.patch("account", { name: "Forged" }, { headers });
            assert.equal(answer.status, 403, JSON.stringify(headers));
            assert.equal(answer.body.code, "request/cross-site");
        }
        assert.equal((await client.expect(200, "PATCH", "account", { name: "Mine" })).name, "Mine");
        const elsewhere = await server.client().post("sign-in", { email: newEmail(), password: wrong }, { headers: { origin: "https://evil.example" } });
        assert.equal(elsewhere.status, 403);
    });

    // ASVS: V7.2.3, V7.2.2
    await t.test("each sign-in gives a new session id, and a made-up one is nobody's", async () => {
        const account = await signUp(server);
        const first = account.client.cookies.get("__Host-keystead");
        const second = (await signIn(server, account)).cookies.get("__Host-keystead");
        assert.notEqual(first, second);
        assert.match(second, /^ks_ses_[0-9A-Za-z]{40,}$/);
        const forged = server.client();
        const end = second.at(-1) === "0" ? "1" : "0";
        forged.cookies.set("__Host-keystead", second.slice(0, -1) + end);
        assert.equal((await forged.get("account")).status, 401);
    });
});

// proves: K-12, K-11
// ASVS: V6.3.1, V6.3.8
test("every refusal leaves on a time slot, also one that hashes nothing", async (t) => {
    // The default hashing, so that a slot is long beside what a busy machine adds.
    const settings = { password: { argon2_memory_kib: 65536, argon2_passes: 3 } };
    const server = await startKeystead(t, { settings, movableClock: true });
    const known = await signUp(server);
    const emails = [newEmail("nobody"), known.email];
    const checked = [];
    const unchecked = [];
    const spent = new Map();
    for (const email of emails) {
        let wait = 0;
        while (wait < 30) { // Seconds; the wait doubles with each failure.
            const { answer, millis } = await timed(() => server.client().post("sign-in", { email, password: wrong }));
            (answer.status === 429 ? unchecked : checked).push(millis);
            if (answer.status === 429) {
                spent.set(email, answer);
                wait = Number(answer.headers["retry-after"]);
                assert.ok(wait >= 1);
                if (wait < 30) {
                    server.advanceClock(wait);
                }
            }
        }
    }
    const [one, other] = emails.map((email) => spent.get(email));
    assert.equal(one.body.code, "sign-in/too-many-attempts");
    assert.equal(other.body.code, one.body.code);
    assert.equal(other.body.detail, one.body.detail);
    const slot = Math.floor(Math.min(...unchecked) / 50) * 50; // A slot is a multiple of 50 ms.
    assert.ok(slot >= 100, `${unchecked}`);
    const late = checked.map((millis) => millis % slot).sort((a, b) => a - b);
    assert.ok(late[Math.floor(late.length / 2)] < slot / 4, `slot ${slot}; ${checked}`);

    // The right password fares no better while the budget is spent, and the owner's own browser has another.
    const stranger = await server.client().post("sign-in", { email: known.email, password: known.password });
    assert.equal(stranger.status, 429);
    await known.client.expect(204, "POST", "sign-out");
    await known.client.expect(200, "POST", "sign-in", { email: known.email, password: known.password });
});

// proves: M-11
// ASVS: V7.3.1
test("a session on a shared device ends with the browser or after 30 idle minutes", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const account = await signUp(server);
    const { client, answer } = await passwordStep(server, account, { shared_device: true });
    assert.equal(answer.status, 200);
    assert.doesNotMatch(cookieLine(answer, "__Host-keystead"), /max-age|expires/i);
    assert.equal(cookieLine(answer, "__Host-keystead-device"), undefined, "no device is marked as known");
    const own = await passwordStep(server, account);
    assert.match(cookieLine(own.answer, "__Host-keystead"), /max-age/i);
    assert.match(cookieLine(own.answer, "__Host-keystead-device"), /max-age/i);

    server.advanceClock(20 * minute);
    assert.equal((await client.get("account")).status, 200);
    server.advanceClock(20 * minute);
    assert.equal((await client.get("account")).status, 200, "use keeps it");
    server.advanceClock(31 * minute);
    assert.equal((await client.get("account")).status, 401);
    assert.equal((await own.client.get("account")).status, 200, "the own device stays signed in");
});

// proves: D-04
// ASVS: V7.3.1, V7.3.2
test("where sessions are short, a remembered one lasts, and none outlives its absolute limit", async (t) => {
    const server = await startKeystead(t, { preset: "devops", movableClock: true });
    assert.equal((await server.client().expect(200, "GET", "sign-in/methods")).remember_me, true);
    const operator = await setUpOperator(server);
    const brief = await passwordStep(server, operator);
    const remembered = await passwordStep(server, operator, { remember: true });
    assert.doesNotMatch(cookieLine(brief.answer, "__Host-keystead"), /max-age/i);
    assert.match(cookieLine(remembered.answer, "__Host-keystead"), /max-age/i);
    server.advanceClock(9 * hour);
    assert.equal((await brief.client.get("account")).status, 401);
    assert.equal((await remembered.client.get("account")).status, 200);
    for (let waited = 0; waited < 28; waited += 7) {
        server.advanceClock(7 * day);
        assert.equal((await remembered.client.get("account")).status, 200, `day ${waited + 7}`);
    }
    server.advanceClock(2 * day);
    assert.equal((await remembered.client.get("account")).status, 401, "30 days are over");
});

test("the most sessions", async (t) => {
    const server = await startKeystead(t, { settings: { session: { at_most: 2 } } });

    // proves: M-10
    // ASVS: V7.1.2
    await t.test("sign-in asks which session ends, and goes on with that choice alone", async () => {
        const account = await signUp(server);
        const second = await signIn(server, account);
        const { client, answer } = await passwordStep(server, account);
        assert.equal(answer.status, 409);
        assert.equal(answer.body.code, "session/limit-reached");
        assert.equal(answer.body.sessions.length, 2);
        assert.equal(cookieLine(answer, "__Host-keystead"), undefined);
        assert.equal((await client.get("account")).status, 401, "not signed in yet");
        const stranger = await signUp(server);
        const foreign = stranger.answer.session.id;
        assert.equal((await client.post("sign-in/end-session", { session_id: foreign })).status, 404);
        assert.equal((await stranger.client.get("account")).status, 200);

        const first = answer.body.sessions.find(({ id }) => id === account.answer.session.id);
        const done = await client.expect(200, "POST", "sign-in/end-session", { session_id: first.id });
        assert.equal(done.status, "signed-in");
        assert.equal((await account.client.get("account")).status, 401, "the chosen one has ended");
        assert.equal((await second.get("account")).status, 200);
        const { items } = await client.expect(200, "GET", "account/sessions");
        assert.equal(items.length, 2);
        const again = await client.copy().post("sign-in/end-session", { session_id: items[0].id });
        assert.equal(again.status, 401, "the half-done sign-in is over");
    });

    // proves: M-10, M-05
    await t.test("a session can be ended only once all factors are proved", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        await signIn(server, account, { authenticator });
        const { client, answer } = await passwordStep(server, account);
        assert.equal(answer.body.status, "second-factor");
        const { items } = await account.client.expect(200, "GET", "account/sessions");
        const early = await client.post("sign-in/end-session", { session_id: items[0].id });
        assert.equal(early.status, 401);
        assert.equal(early.body.code, "sign-in/factor-owed");
        const full = await client.post("sign-in/second-factor", { method: "totp", code: await authenticator.code() });
        assert.equal(full.status, 409);
        await client.expect(200, "POST", "sign-in/end-session", { session_id: full.body.sessions.at(-1).id });
        await client.expect(200, "GET", "account");
    });
});

test("the oldest session ends where the operator says so", async (t) => {
    const server = await startKeystead(t, { settings: { session: { at_most: 2, when_full: "end-oldest" } } });
    const account = await signUp(server);
    const second = await signIn(server, account);
    const third = await signIn(server, account);
    assert.equal((await account.client.get("account")).status, 401);
    for (const client of [second, third]) {
        assert.equal((await client.get("account")).status, 200);
    }
});

test("step-up", async (t) => {
    const server = await startKeystead(t, { movableClock: true });

    // ASVS: V7.5.1, V7.5.3, V7.2.4
    await t.test("a grave change asks for the password again after 5 minutes", async () => {
        const account = await signUp(server);
        assert.ok((await account.client.expect(200, "GET", "step-up")).fresh_until);
        server.advanceClock(6 * minute);
        const state = await account.client.expect(200, "GET", "step-up");
        assert.equal(state.method, "password");
        assert.equal(state.fresh_until, null);
        const asked = await account.client.post("account/totp", { name: "phone" });
        assert.equal(asked.status, 401);
        assert.equal(asked.body.code, "session/step-up-required");
        assert.match(asked.headers["www-authenticate"], /insufficient_user_authentication.*max_age="?300/);

        const refused = await account.client.post("step-up", { method: "password", password: wrong });
        assert.equal(refused.status, 401);
        assert.equal(refused.body.code, "step-up/wrong-credentials");
        const old = account.client.copy();
        await account.client.expect(200, "POST", "step-up", { method: "password", password: account.password });
        assert.notEqual(account.client.cookies.get("__Host-keystead"), old.cookies.get("__Host-keystead"));
        assert.equal((await old.get("account")).status, 401, "the old id is dead");
        await account.client.expect(201, "POST", "account/totp", { name: "phone" });
    });

    // ASVS: V7.5.3
    await t.test("an account with a second factor proves that one, not the password", async () => {
        const account = await signUp(server);
        const { authenticator, backupCodes } = await enrollTotp(server, account.client);
        server.advanceClock(6 * minute);
        assert.equal((await account.client.expect(200, "GET", "step-up")).method, "totp");
        const password = await account.client.post("step-up", { method: "password", password: account.password });
        assert.ok(password.status >= 400 && password.status < 500, password.text);
        const wrongCode = await account.client.post("step-up", { method: "totp", code: authenticator.wrongCode() });
        assert.equal(wrongCode.status, 401);
        assert.equal((await account.client.get("account/export")).status, 401);
        await account.client.expect(200, "POST", "step-up", { method: "totp", code: await authenticator.code() });
        await account.client.expect(200, "GET", "account/export");
        server.advanceClock(6 * minute);
        await account.client.expect(200, "POST", "step-up", { method: "backup-code", code: backupCodes[0] });
        const spent = await account.client.post("step-up", { method: "backup-code", code: backupCodes[0] });
        assert.equal(spent.status, 401, "a backup code is spent here too");
    });
});

test("sign-in in a browser", async (t) => {
    const server = await startKeystead(t, { settings: { session: { at_most: 2 } } });
    const browser = await openBrowser(t);

    // proves: M-10
    await t.test("wrong, then right, with a choice of which session ends, on a narrow window", async (t) => {
        const account = await signUp(server);
        await signIn(server, account);
        const page = await openPage(t, browser, server, { viewport: { width: 320, height: 640 }, colorScheme: "dark" });
        await page.goto("/account");
        await page.waitForURL(/\/sign-in/);
        await page.getByLabel("E-mail address").fill(account.email);
        await page.getByLabel("Password", { exact: true }).fill(wrong);
        await page.keyboard.press("Enter");
        await page.getByText("The e-mail address or the password is not right.").waitFor();
        assert.equal(await page.getByLabel("E-mail address").inputValue(), account.email, "what was typed is kept");
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, "sign-in-refused-dark-320");
        await page.getByLabel("Password", { exact: true }).fill(account.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "End a session to sign in" }).waitFor();
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, "sign-in-choose-session-dark-320");
        await page.getByRole("radio").last().check();
        await page.getByRole("button", { name: "End this session and sign in" }).click();
        await page.waitForURL(/\/account/);
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await checkFits(page);
        await screenshot(page, "overview-dark-320");
    });
});
