// The whole audit log, for those who run the server: search, tail, one event, export, retention, and
// who may not.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { goodPassword, newEmail, passwordStep, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const events = "admin/audit/events";

function cli(server, words) {
    const done = runKeystead([...words, "--preset", server.preset, "--output", "json"], {
        environment: server.environment(), cwd: server.folder,
    });
    return { ...done, answer: done.status === 0 && done.stdout.startsWith("{") ? JSON.parse(done.stdout.split("\n")[0]) : undefined };
}

function queryOf(filter) {
    return new URLSearchParams(filter).toString();
}

/** All events of a filter, newest first, by pages of `limit`. */
async function search(client, filter = {}, limit = 50) {
    const found = [];
    let cursor;
    do {
        const page = await client.expect(200, "GET", `${events}?${queryOf({ ...filter, limit, ...(cursor ? { cursor } : {}) })}`);
        found.push(...page.items);
        cursor = page.next_cursor;
    } while (cursor);
    return found;
}

/** Waits until everything that was committed has its number: within a second on PostgreSQL. */
function numbered(client, filter) {
    return until("the event in the log", async () => {
        const found = await search(client, filter);
        return found.length > 0 ? found : undefined;
    });
}

test("the log is searched by who runs the server", async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);
    const account = await signUp(server, { name: "Ada Lovelace" });
    const wrong = await passwordStep(server, { email: account.email, password: "Wrong-Pass-99-Word" });
    assert.equal(wrong.answer.status, 401);
    await signIn(server, account);
    await numbered(operator.client, { account: account.id, action: "session.create" });

    // proves: D-24
    // ASVS: V8.2.1
    await t.test("and by nobody else", async () => {
        const [{ id }] = await search(operator.client, { account: account.id });
        for (const path of [events, `${events}/${id}`, "admin/audit/export"]) {
            assert.equal((await server.client().get(path)).status, 401, path);
            assert.equal((await account.client.get(path)).status, 403, path);
        }
    });

    // proves: D-22, D-24
    await t.test("by actor, action, target, address, outcome, time and text, and by all of them at once", async () => {
        const all = await search(operator.client);
        assert.deepEqual(all.map(({ leaf_index }) => leaf_index), all.map((_, i) => all.length - 1 - i));
        const created = all.find((event) => event.action === "session.create" && event.actor.id === account.id);
        assert.ok(created, "a sign-in is in the log");
        assert.equal(created.actor.name, account.email);
        const tests = {
            actor: ["actor", account.id, (event) => event.actor.id === account.id],
            address: ["actor", account.email, (event) => event.actor.id === account.id],
            account: ["account", account.id, (event) => event.account?.id === account.id],
            action: ["action", "session.create", (event) => event.action === "session.create"],
            target: ["target", created.target?.id ?? "ses_none", (event) => event.target?.id === (created.target?.id ?? "ses_none")],
            ip: ["ip", "127.0.0.1", (event) => event.ip === "127.0.0.1"],
            outcome: ["outcome", "refused", (event) => event.outcome === "refused"],
            from: ["from", created.at, (event) => event.at >= created.at],
            before: ["before", created.at, (event) => event.at < created.at],
            text: ["text", "SESSION create", (event) => /session/.test(event.action) && /create/.test(event.action)],
        };
        // The search itself is recorded once: the last word on what there is comes from one more look, when that has its number.
        await until("every event has its number", () => JSON.parse(cli(server, ["audit", "verify"]).stdout).waiting_for_a_number === 0);
        const now = await search(operator.client);
        for (const [name, [parameter, value, fits]] of Object.entries(tests)) {
            const found = await search(operator.client, { [parameter]: value });
            const expected = now.filter((event) => fits(event)).map(({ id }) => id);
            assert.deepEqual(found.map(({ id }) => id), expected, name);
            if (name !== "target") {
                assert.ok(expected.length > 0, name);
            }
        }
        const names = ["actor", "action", "ip", "outcome", "from"];
        for (const a of names) {
            for (const b of names.filter((name) => name > a)) {
                const [[pa, va, fa], [pb, vb, fb]] = [tests[a], tests[b]];
                const found = await search(operator.client, { [pa]: va, [pb]: vb }, 3);
                assert.deepEqual(found.map(({ id }) => id), now.filter((event) => fa(event) && fb(event)).map(({ id }) => id), `${a} and ${b}`);
            }
        }
        assert.deepEqual(await search(operator.client, { text: "Ada" }), [], "personal values are not searched as text");
    });

    await t.test("a bad filter or cursor is refused, with the reason", async () => {
        for (const [filter, code] of [
            [{ actor: "nobody-we-know" }, "audit-search/bad-filter"],
            [{ actor: newEmail("unknown") }, "audit-search/bad-filter"],
            [{ account: "ses_1" }, "audit-search/bad-filter"],
            [{ ip: "300.1.1.1" }, "audit-search/bad-filter"],
            [{ text: "- -" }, "audit-search/bad-filter"],
            [{ cursor: "made-up" }, "request/invalid-cursor"],
            [{ after: "made-up" }, "request/invalid-cursor"],
            [{ outcome: "maybe" }, undefined],
            [{ from: "yesterday" }, undefined],
            [{ limit: "101" }, undefined],
            [{ colour: "red" }, undefined],
        ]) {
            const answer = await operator.client.get(`${events}?${queryOf(filter)}`);
            assert.equal(answer.status, 422, JSON.stringify(filter));
            if (code) {
                assert.equal(answer.body.code, code, JSON.stringify(filter));
            }
        }
        const page = await operator.client.expect(200, "GET", `${events}?limit=1`);
        const crossed = await operator.client.get(`${events}?${queryOf({ after: page.next_cursor })}`);
        assert.equal(crossed.status, 422, "a cursor of another list");
        const both = await operator.client.get(`${events}?${queryOf({ after: page.tail_cursor, cursor: page.next_cursor })}`);
        assert.equal(both.status, 422);
        for (const id of ["evt_0000000000000000000001", "x"]) {
            assert.equal((await operator.client.get(`${events}/${id}`)).body.code, "audit/event-not-found");
        }
    });

    await t.test("reading is recorded once, and does not show up in the reader's own tail", async () => {
        const { tail_cursor: after } = await operator.client.expect(200, "GET", `${events}?limit=1`);
        const views = await numbered(operator.client, { action: "audit.view" });
        assert.equal(views.length, 1);
        assert.equal(views[0].actor.id, operator.id);
        const tail = await operator.client.expect(200, "GET", `${events}?${queryOf({ after })}`);
        assert.deepEqual(tail.items.filter(({ action }) => action === "audit.view"), []);
        const one = await operator.client.expect(200, "GET", `${events}/${views[0].id}`);
        assert.deepEqual(one, views[0]);
    });

    // proves: D-24
    await t.test("pages and tail lose nothing while writing goes on", async () => {
        const before = await search(operator.client, { ip: "127.0.0.1" });
        const first = await operator.client.expect(200, "GET", `${events}?${queryOf({ ip: "127.0.0.1", limit: 2 })}`);
        let writing = true;
        const writer = (async () => {
            for (let i = 0; writing && i < 200; i += 1) {
                await server.client().post("sign-in", { email: newEmail("nobody"), password: goodPassword });
            }
        })();
        const seen = [...first.items];
        for (let cursor = first.next_cursor; cursor;) {
            const page = await operator.client.expect(200, "GET", `${events}?${queryOf({ ip: "127.0.0.1", limit: 2, cursor })}`);
            seen.push(...page.items);
            cursor = page.next_cursor;
        }
        const known = new Set(seen.map(({ id }) => id));
        assert.equal(known.size, seen.length, "nothing twice");
        assert.ok(before.every(({ id }) => known.has(id)), "nothing left out");

        const arrived = [];
        let after = first.tail_cursor;
        await until("what is written in the tail", async () => {
            const page = await operator.client.expect(200, "GET", `${events}?${queryOf({ after, limit: 3 })}`);
            arrived.push(...page.items);
            after = page.tail_cursor;
            return arrived.length >= 12;
        });
        writing = false;
        await writer;
        const start = arrived[0].leaf_index;
        assert.deepEqual(arrived.map(({ leaf_index }) => leaf_index), arrived.map((_, i) => start + i), "in order, without a gap");
    });
});

// proves: D-25
test("the log is exported, verifies, and says so in itself", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const operator = await setUpOperator(server);
    const account = await signUp(server, { name: "=cmd|' /C calc'!A0" });
    await numbered(operator.client, { account: account.id, action: "session.create" });

    await t.test("as JSON Lines, whole", async () => {
        const answer = await operator.client.get("admin/audit/export");
        assert.equal(answer.status, 200);
        assert.match(answer.headers["content-disposition"], /^attachment; filename="audit.jsonl"$/);
        const lines = answer.text.trimEnd().split("\n").map((line) => JSON.parse(line));
        assert.equal(lines[0].form, "whole");
        assert.equal(lines.at(-1).end, true);
        assert.equal(lines.at(-1).lines, lines[0].size);
        assert.ok(answer.text.includes("127.0.0.1"));
        verifies(server, answer.text);
        const record = (await numbered(operator.client, { action: "audit.export" }))[0];
        assert.equal(record.actor.id, operator.id);
        assert.equal(record.details.personal_values, "included");
    });

    await t.test("without personal values, which still verifies", async () => {
        const answer = await operator.client.get("admin/audit/export?pseudonymous=true");
        assert.ok(!answer.text.includes("127.0.0.1"));
        assert.ok(!answer.text.includes("salt"));
        verifies(server, answer.text);
    });

    await t.test("a selection, each event with its proof", async () => {
        const answer = await operator.client.get(`admin/audit/export?${queryOf({ account: account.id })}`);
        const lines = answer.text.trimEnd().split("\n").map((line) => JSON.parse(line));
        assert.equal(lines[0].form, "selection");
        assert.ok(lines.length > 3);
        assert.ok(lines.slice(1, -1).every((line) => line.account === account.id && line.proof));
        verifies(server, answer.text);
    });

    await t.test("as CSV, in which nothing is a formula", async () => {
        const answer = await operator.client.get("admin/audit/export?format=csv");
        assert.match(answer.headers["content-type"], /^text\/csv/);
        const lines = answer.text.trimEnd().split("\r\n");
        assert.match(lines[0], /^"entry","event","at","action"/);
        assert.ok(lines.length > 4);
        assert.doesNotMatch(answer.text, /(^|,)"\s*[=+@-]/m);
    });

    await t.test("after a step-up", async () => {
        server.advanceClock(6 * 60);
        const stale = await operator.client.get("admin/audit/export");
        assert.equal(stale.status, 401);
        assert.equal(stale.body.code, "session/step-up-required");
        await operator.client.expect(200, "POST", "step-up", { method: "password", password: goodPassword });
        assert.equal((await operator.client.get("admin/audit/export")).status, 200);
    });

    await t.test("on the command line", () => {
        const whole = cli(server, ["audit", "export"]);
        assert.equal(whole.status, 0, whole.stderr);
        verifies(server, whole.stdout);
        const some = cli(server, ["audit", "export", "--format", "csv", "--action", "session.create"]);
        assert.equal(some.status, 0, some.stderr);
        assert.ok(some.stdout.split("\r\n").slice(1).filter(Boolean).every((line) => line.includes('"session.create"')));
        for (const words of [["--format", "xml"], ["--outcome", "maybe"], ["--from", "yesterday"], ["--actor", newEmail("nobody")]]) {
            assert.equal(cli(server, ["audit", "export", ...words]).status, 5, words.join(" "));
        }
    });
});

/** The file as anybody checks it: with the binary, without the server. */
function verifies(server, text) {
    const file = path.join(server.folder, "export.jsonl");
    writeFileSync(file, text);
    const done = runKeystead(["audit", "verify-file", file], { cwd: server.folder, environment: server.environment() });
    assert.equal(done.status, 0, done.stdout + done.stderr);
}

// proves: D-23
test("events are kept as long as the settings say, and no clock takes them away at once", async (t) => {
    const server = await startKeystead(t, { movableClock: true, settings: { audit: { retention: "30d" } } });
    const operator = await setUpOperator(server);
    const first = (await numbered(operator.client, { action: "set-up.finish" }))[0];
    const retention = () => {
        const { status, answer, stderr } = cli(server, ["audit", "retention"]);
        assert.equal(status, 0, stderr);
        return answer;
    };
    assert.equal(retention().removed, 0);

    server.advanceClock(400 * 86400);
    const jumped = retention();
    assert.equal(jumped.removed, 0);
    assert.equal(jumped.waits, true);
    await server.stop();
    await server.start();
    assert.equal(retention().removed, 0, "nor does a restart");
    server.advanceClock(-400 * 86400);
    await until("the server's time is back too", () => !retention().waits);

    for (let days = 0; days < 30; days += 1) {
        server.advanceClock(23 * 3600);
        assert.equal(retention().removed, 0, `after ${days} days`);
    }
    server.advanceClock(20 * 3600);
    assert.equal(retention().removed, 0);
    server.advanceClock(20 * 3600);
    await server.stop();
    await server.start();
    retention();
    const again = await signIn(server, operator);
    assert.equal((await again.get(`${events}/${first.id}`)).body.code, "audit/event-not-found");
    await numbered(again, { action: "audit.retention" });
    const verified = cli(server, ["audit", "verify"]);
    assert.equal(verified.status, 0, verified.stderr);
});

test("the log in a browser", async (t) => {
    const server = await startKeystead(t);
    const operator = await setUpOperator(server);
    const account = await signUp(server);
    await numbered(operator.client, { account: account.id, action: "session.create" });
    const browser = await openBrowser(t);

    // proves: D-24
    await t.test("is searched, followed and taken away, by keyboard and on a phone", async (t) => {
        const page = await openPage(t, browser, server);
        await page.goto("/sign-in");
        await page.getByLabel("E-mail address").fill(operator.email);
        await page.getByLabel("Password", { exact: true }).fill(goodPassword);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.goto("/admin?view=audit");
        await page.getByRole("list", { name: "Events" }).getByText("session.create").first().waitFor();
        await checkAccessible(page);
        await screenshot(page, "audit-log-light");

        await page.getByLabel("Who (address or id)").fill(account.email);
        await page.getByLabel("Action").selectOption("session.create");
        await page.keyboard.press("Tab");
        await page.getByRole("button", { name: "Search the log" }).press("Enter");
        await until("the list to be narrowed", async () => (await page.getByRole("list", { name: "Events" }).getByRole("listitem").count()) === 1);
        await page.getByRole("button", { name: /^Details of session.create/ }).click();
        await page.getByRole("dialog").getByText(account.id).first().waitFor();
        await checkAccessible(page);
        const [proof] = await Promise.all([
            page.waitForEvent("download"),
            page.getByRole("button", { name: "Download with proof" }).click(),
        ]);
        assert.match(proof.suggestedFilename(), /^evt_.*\.jsonl$/);
        await page.keyboard.press("Escape");

        await page.getByLabel("Follow new events").check();
        await signIn(server, account);
        await until("the new event", async () => (await page.getByRole("list", { name: "Events" }).getByRole("listitem").count()) === 2);

        const [file] = await Promise.all([
            page.waitForEvent("download"),
            page.getByRole("button", { name: "Export as CSV" }).click(),
        ]);
        assert.equal(file.suggestedFilename(), "audit.csv");
        await page.getByLabel("Who (address or id)").fill("nobody we know");
        await page.getByRole("button", { name: "Search the log" }).click();
        await page.getByText("No account is called so").first().waitFor();

        await page.getByText("Clear the search").click();
        await page.getByRole("list", { name: "Events" }).getByText("session.create").first().waitFor();
        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ colorScheme: "dark" });
        await checkFits(page);
        await checkAccessible(page);
        await screenshot(page, "audit-log-dark-320");
    });
});
