// Attempt budgets: guessing is stopped, its victim is not, and neither an answer nor its time says whether an account
// exists.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, newEmail, passwordStep, setUpOperator, signUp } from "./support/accounts.mjs";
import { engine, startKeystead } from "./support/server.mjs";

const hour = 60 * 60;
const wrongPassword = "Wrong-Guess-41-Maple";

let source = 0;

/** A client on a device that nobody knows, from an address that no budget knows yet. */
function stranger(server) {
    source += 1;
    return server.client({ localAddress: `127.9.${source >> 7}.${1 + (source & 127)}` });
}

const guess = (server, email, password = wrongPassword) => stranger(server).post("sign-in", { email, password });

/** Guesses until a budget is spent. Answers the refusal. */
async function spend(server, email) {
    for (let n = 0; n < 8; n += 1) {
        const answer = await guess(server, email);
        if (answer.status === 429) {
            return answer;
        }
        assert.equal(answer.status, 401, answer.text);
        assert.equal(answer.body.code, "sign-in/wrong-credentials");
    }
    throw new Error("eight guesses in a row were let through");
}

/** Spends it for longer than the rest of a test takes. */
async function spendForLong(server, email) {
    for (let refusal = await spend(server, email); ; refusal = await spend(server, email)) {
        const wait = Number(refusal.headers["retry-after"]);
        assert.ok(wait >= 1, "it says when to come back");
        if (wait > 200) {
            return refusal;
        }
        server.advanceClock(wait);
    }
}

/** What a stranger sees of an answer, its time and its numbers left out. */
function seen({ status, body, headers }) {
    const { request_id: id, detail, ...rest } = body;
    assert.ok(id);
    return { status, rest, detail: detail?.replace(/\d+/g, "N"), names: Object.keys(headers).sort() };
}

/** A password that is no longer there, as an account has that signs in some other way. */
function removePassword(server, email) {
    const statement = `DELETE FROM password WHERE account_id = (SELECT id FROM account WHERE email || '' = '${email}')`;
    const done = engine === "postgres"
        ? spawnSync("psql", [server.environment().KEYSTEAD__STORAGE__POSTGRES, "-qXAt", "-c", statement], { encoding: "utf8" })
        : spawnSync("sqlite3", ["-cmd", ".timeout 5000", path.join(server.folder, "data", "keystead.db"), statement], { encoding: "utf8" });
    assert.equal(done.status, 0, `${done.stderr}${done.error ?? ""}`);
}

/** Mann and Whitney's U as a z-score: how sure it is that one of two lists tends to be larger. Beyond ±4 there is no doubt. */
function difference(left, right) {
    const all = [...left.map((value) => ({ value, isLeft: true })), ...right.map((value) => ({ value }))].sort((a, b) => a.value - b.value);
    const ranks = all.reduce((sum, { isLeft }, index) => sum + (isLeft ? index + 1 : 0), 0);
    const [n, m] = [left.length, right.length];
    const mean = (n * (n + m + 1)) / 2;
    return (ranks - mean) / Math.sqrt((n * m * (n + m + 1)) / 12);
}

/** Milliseconds from the request to its answer, on a connection that is open already. */
async function timed(server, email, password, expected) {
    const client = stranger(server);
    await client.get("/health/live", { checked: false });
    const begin = performance.now();
    const answer = await client.post("sign-in", { email, password });
    const took = performance.now() - begin;
    client.close();
    assert.equal(answer.status, expected, answer.text);
    return took;
}

/**
 * Samples of each kind, taken in turns so that whatever else the machine does meets all alike. Chance alone makes
 * two kinds differ once in a while, never the same two in the same direction twice more.
 */
async function expectAlike(sampleOf, kinds, rounds) {
    let suspects;
    for (let attempt = 0; attempt < 3; attempt += 1) {
        const times = Object.fromEntries(kinds.map((kind) => [kind, []]));
        for (let round = 0; round < rounds; round += 1) {
            for (const kind of kinds) {
                times[kind].push(await sampleOf(kind));
            }
        }
        const found = new Set();
        for (const [index, left] of kinds.entries()) {
            for (const right of kinds.slice(index + 1)) {
                const z = difference(times[left], times[right]);
                if (Math.abs(z) > 2.6) {
                    found.add(`${left} is ${z > 0 ? "slower" : "faster"} than ${right}`);
                }
            }
        }
        suspects = suspects ? new Set([...found].filter((one) => suspects.has(one))) : found;
        if (suspects.size === 0) {
            return times;
        }
    }
    throw new assert.AssertionError({ message: [...suspects].join("; ") });
}

test("budgets", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const operator = await setUpOperator(server);

    // proves: K-11, K-12
    // ASVS: V6.1.1, V6.3.1, V6.3.8
    await t.test("a spent budget answers alike for known and unknown, right and wrong, over a restart; the owner is let in", async () => {
        const account = await signUp(server);
        const nobody = newEmail();
        const unknown = await spendForLong(server, nobody);
        const known = await spendForLong(server, account.email);
        assert.deepEqual(seen(known), seen(unknown));
        const right = await guess(server, account.email, account.password);
        assert.equal(right.status, 429, right.text);
        assert.deepEqual(seen(right), seen(unknown), "the right password is told nothing");
        await server.stop();
        await server.start();
        assert.equal((await guess(server, account.email, account.password)).status, 429, "a restart gives nothing back");

        // The owner is not locked out: neither on the device that signed in before, nor from recovery.
        const device = stranger(server);
        device.cookies = new Map([...account.client.cookies].filter(([name]) => name.endsWith("-device")));
        assert.equal(device.cookies.size, 1);
        await device.expect(200, "POST", "sign-in", { email: account.email, password: account.password });
        await spendForLong(server, account.email); // The success on the known device has cleared the strangers' budget.
        await stranger(server).expect(202, "POST", "recovery", { email: account.email });
        const token = await server.mail.token(account.email, "/recovery/confirm", { seconds: 60 });
        await stranger(server).expect(204, "POST", "recovery/confirm", { token, password: "Other-Quay-91-Birch" });
        await device.expect(200, "POST", "sign-in", { email: account.email, password: "Other-Quay-91-Birch" });
    });

    // proves: K-11
    // ASVS: V6.3.1
    await t.test("waiting as told opens again, and a success clears the budget", async () => {
        const account = await signUp(server);
        const refusal = await spendForLong(server, account.email);
        server.advanceClock(Number(refusal.headers["retry-after"]) - 100);
        assert.equal((await guess(server, account.email, account.password)).status, 429, "not before");
        server.advanceClock(100);
        assert.equal((await guess(server, account.email, account.password)).status, 200);
        assert.equal((await guess(server, account.email)).status, 401);
    });

    // proves: K-11
    // ASVS: V6.1.1
    await t.test("a device cookie that is made up, or another account's, makes nobody known", async () => {
        const account = await signUp(server);
        const other = await signUp(server);
        await spendForLong(server, account.email);
        const thief = stranger(server);
        const cookie = "__Host-keystead-device";
        for (const value of [other.client.cookies.get(cookie), "ks_dev_0351o5wAmPDPcUTukGACyL5enMqhkarfuQyFPI6WNpyO8wyc43zJlqs5UlOMLbzeXFKbxq2ptTbd0gQoUz", "x"]) {
            assert.ok(value);
            thief.cookies.set(cookie, value);
            assert.equal((await thief.post("sign-in", { email: account.email, password: account.password })).status, 429);
        }
    });

    // proves: K-11
    // ASVS: V6.3.1, V6.6.3
    await t.test("five codes a flow, twenty an hour: new flows give no new budget", async () => {
        const account = await signUp(server);
        const { authenticator } = await enrollTotp(server, account.client);
        const codes = [];
        for (let flow = 0; flow < 5; flow += 1) {
            server.advanceClock(60); // The wait for the password, which only a whole sign-in clears.
            const { client, answer } = await passwordStep(server, account, {}, stranger(server));
            assert.equal(answer.status, 200, answer.text);
            for (let n = 0; n < 6; n += 1) {
                codes.push((await client.post("sign-in/second-factor", { method: "totp", code: authenticator.wrongCode() })).body.code);
            }
        }
        const count = (code) => codes.filter((one) => one === code).length;
        assert.deepEqual(codes.slice(0, 6), [...Array(5).fill("sign-in/wrong-code"), "sign-in/flow-ended"]);
        assert.equal(count("sign-in/wrong-code"), 20, codes.join(" "));
        server.advanceClock(60);
        const { client } = await passwordStep(server, account, {}, stranger(server));
        const right = await client.post("sign-in/second-factor", { method: "totp", code: await authenticator.code() });
        assert.equal(right.status, 429, `also for the right code: ${right.text}`);
        assert.ok(Number(right.headers["retry-after"]) > 60);
        await server.mail.waitFor(account.email, ({ subject }) => /somebody has your password/i.test(subject), { seconds: 60 });
        server.advanceClock(hour);
        const again = await passwordStep(server, account, {}, stranger(server));
        await again.client.expect(200, "POST", "sign-in/second-factor", { method: "totp", code: await authenticator.code() });
    });

    // proves: K-12
    // ASVS: V6.3.8
    await t.test("known, unknown, disabled and passwordless accounts are told the same, in the same time", async () => {
        const known = await signUp(server);
        const disabled = await signUp(server);
        const passwordless = await signUp(server);
        removePassword(server, passwordless.email);
        server.advanceClock(2 * hour);
        await operator.client.expect(200, "POST", "step-up", { method: "password", password: operator.password });
        await operator.client.expect(200, "POST", `admin/accounts/${disabled.id}/disable`);
        const unknown = newEmail();
        const kinds = { known: known.email, disabled: disabled.email, passwordless: passwordless.email, unknown };
        const answers = [];
        for (const email of [...Object.values(kinds), newEmail()]) {
            answers.push(seen(await guess(server, email)));
        }
        for (const { email, password } of [disabled, passwordless]) {
            answers.push(seen(await guess(server, email, password))); // The right one says nothing either.
        }
        for (const answer of answers) {
            assert.equal(answer.status, 401);
            assert.deepEqual(answer, answers[0]);
        }
        await expectAlike((kind) => {
            server.advanceClock(hour); // Whatever the failures before, the next attempt is allowed.
            return timed(server, kinds[kind], wrongPassword, 401);
        }, Object.keys(kinds), 8);

        // A spent budget hashes nothing, and yet its answer waits for its slot, which is 50 ms at least. (What is hashed on
        // a busy machine leaves on a later one.)
        await spendForLong(server, known.email);
        await spendForLong(server, unknown);
        const spent = {
            "known, right": [known.email, known.password], "known, wrong": [known.email, wrongPassword], "unknown, spent": [unknown, wrongPassword],
        };
        const spentTimes = await expectAlike((kind) => timed(server, ...spent[kind], 429), Object.keys(spent), 6);
        const soonest = Math.min(...Object.values(spentTimes).flat());
        assert.ok(soonest > 45, `${soonest} ms`);
    });

    // proves: M-04, K-12
    // ASVS: V6.3.8, V6.4.3
    await t.test("recovery and sign-up answer alike for known and unknown addresses, in the same time", async () => {
        const account = await signUp(server);
        for (const route of ["recovery", "sign-up"]) {
            const ask = async (email) => {
                const client = stranger(server);
                await client.get("/health/live", { checked: false });
                const begin = performance.now();
                const answer = await client.post(route, { email });
                client.close();
                assert.equal(answer.status, 202, answer.text);
                return { took: performance.now() - begin, answer };
            };
            const [known, unknown] = [(await ask(account.email)).answer, (await ask(newEmail())).answer];
            assert.equal(known.text, unknown.text);
            assert.deepEqual(Object.keys(known.headers).sort(), Object.keys(unknown.headers).sort());
            const emails = { known: () => account.email, unknown: newEmail };
            await expectAlike(async (kind) => {
                server.advanceClock(hour);
                return (await ask(emails[kind]())).took;
            }, Object.keys(emails), 8);
        }
        assert.equal((await account.client.get("account")).status, 200, "asking changes nothing");
    });
});
