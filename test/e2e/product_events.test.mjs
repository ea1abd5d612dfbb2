// What the product tells of its own: recorded once, whole or not at all, shown to its owner with its link, and taken
// only as its rules say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { setUpOperator, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { bearer } from "./support/tokens.mjs";
import { until } from "./support/until.mjs";

/** A service client. Answers { id, tell }: tell(events) sends them, tell.raw any body. */
function makeClient(server, rights = "events") {
    const done = runKeystead(["client", "create", "--name", `e2e ${rights} ${Math.random()}`, "--rights", rights, "--output", "json"],
        { cwd: server.folder, environment: server.environment() });
    assert.equal(done.status, 0, done.stderr);
    const { id, token } = JSON.parse(done.stdout);
    const tell = (events, options = {}) =>
        server.client().request("POST", "events", { events }, { ...options, headers: { ...bearer(token), ...options.headers } });
    return { id, token, tell };
}

const event = (server, account, more = {}) => ({
    id: "order-4711", account: account.id, type: "product.order.placed", at: new Date(Date.now() - 3_600_000).toISOString(),
    summary: "Rented 2 × A100 in Oslo", link: `${server.base}/orders/4711`, amount: { minor_units: 4999, currency: "EUR" },
    data: { order: "4711", hours: 24 }, ip: "8.8.8.8", user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ...more,
});

const told = async (account) =>
    (await account.client.expect(200, "GET", "account/activity?action=product_event.record&limit=100")).items;

test("events of the product", async (t) => {
    const server = await startKeystead(t, { settings: { product_event: { link_hosts: "shop.example" } } });
    const operator = await setUpOperator(server);
    const owner = await signUp(server);
    const other = await signUp(server);
    const product = makeClient(server);

    // proves: M-19
    // ASVS: V16.2.1, V8.2.1
    await t.test("stand on their owner's page, in the operator's search and in the export, and on nobody else's page", async () => {
        const answer = await product.tell([event(server, owner)]);
        assert.equal(answer.status, 201, answer.text);
        const [item] = answer.body.items;
        assert.equal(item.result, "recorded");
        assert.match(item.event, /^pev_/);
        const [shown] = await told(owner);
        assert.equal(shown.actor.kind, "service-client");
        assert.equal(shown.actor.id, product.id);
        assert.equal(shown.target.id, item.event);
        assert.equal(shown.place.country, "US");
        assert.equal(shown.device.browser, "Firefox");
        assert.equal(shown.details.summary, "Rented 2 × A100 in Oslo");
        assert.equal(shown.details.link, `${server.base}/orders/4711`);
        assert.equal(shown.details.minor_units, "4999");
        assert.deepEqual(JSON.parse(shown.details.data), { order: "4711", hours: 24 });
        assert.ok(Date.parse(shown.details.occurred_at) < Date.parse(shown.at), "when it happened, and when it was told");
        assert.deepEqual(await told(other), []);
        const searched = await until("it has a number", async () =>
            (await operator.client.expect(200, "GET", `admin/audit/events?action=product_event.record&target=${item.event}`)).items[0]);
        assert.equal(searched.details.summary, "Rented 2 × A100 in Oslo");
        const { activity } = await owner.client.expect(200, "GET", "account/export");
        assert.ok(activity.some(({ details }) => details.external_id === "order-4711"));
    });

    // ASVS: V2.2.1, V2.2.2, V1.2.1, V4.1.4
    await t.test("are refused with every fault at its place, and then none of them is recorded", async () => {
        const before = (await told(owner)).length;
        const faults = {
            "/events/1/type product-event/bad-type": { type: "session.revoke" },
            "/events/1/at product-event/in-the-future": { at: new Date(Date.now() + 600_000).toISOString() },
            "/events/1/at product-event/too-old": { at: "2001-01-01T00:00:00Z" },
            "/events/1/link product-event/bad-link": { link: "javascript:alert(1)" },
            "/events/1/summary product-event/hidden-character": { summary: "a\u200bb" },
            "/events/1/summary request/control-character": { summary: "a\u202eb" },
            "/events/1/summary request/too-long": { summary: "a".repeat(201) },
            "/events/1/account request/not-an-id": { account: "ada" },
            "/events/1/account product-event/no-account": { account: owner.id.slice(0, -4) + "0000" },
            "/events/1/data product-event/bad-data": { data: { a: { b: 1 } } },
            "/events/1/amount/currency product-event/bad-currency": { amount: { minor_units: 1, currency: "eur" } },
            "/events/1/ip product-event/bad-address": { ip: "1.2.3" },
            "/events/1/surprise request/unknown-member": { surprise: 1 },
        };
        for (const [expected, more] of Object.entries(faults)) {
            const answer = await product.tell([event(server, owner, { id: "good" }), event(server, owner, { id: "bad", ...more })]);
            assert.equal(answer.status, 422, `${expected}: ${answer.text}`);
            assert.ok(answer.body.errors.some(({ pointer, code }) => `${pointer} ${code}` === expected), `${expected}: ${answer.text}`);
        }
        for (const link of ["https://shop.example@evil.example/", "https://evil.example/", "http://shop.example/", "//shop.example/x"]) {
            assert.equal((await product.tell([event(server, owner, { id: "bad", link })])).status, 422, link);
        }
        assert.equal((await product.tell([])).status, 422, "none");
        assert.equal((await product.tell(Array.from({ length: 101 }, (_, n) => event(server, owner, { id: `n-${n}` })))).status, 422, "101");
        assert.equal((await product.tell([event(server, owner, { data: { a: "x".repeat(270_000) } })], { checked: false })).status, 413);
        assert.equal((await told(owner)).length, before);
        const many = Array.from({ length: 100 }, (_, n) => event(server, other, { id: `full-${n}`, data: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i])) }));
        assert.equal((await product.tell(many)).status, 201, "as many as may be, with all that they may have");
        assert.equal((await product.tell([event(server, owner, { id: "shop-1", link: "https://shop.example/orders/1" })])).status, 201);
    });

    // ASVS: V8.2.1, V8.3.1
    await t.test("are taken from a service client with that right alone", async () => {
        for (const [headers, status, code] of [
            [bearer(makeClient(server, "introspect").token), 403, "access/forbidden"],
            [bearer("ks_svc_nothing"), 401, undefined],
            [{}, 401, "client/required"],
        ]) {
            const answer = await server.client().request("POST", "events", { events: [event(server, owner, { id: "stolen" })] }, { headers });
            assert.equal(answer.status, status, answer.text);
            assert.ok(code === undefined || answer.body.code === code);
        }
        assert.equal((await owner.client.post("events", { events: [event(server, owner, { id: "own" })] })).status, 401, "not from the owner");
        assert.ok((await told(owner)).every(({ details }) => !["stolen", "own"].includes(details.external_id)));
    });

    // ASVS: V2.3.3, V15.4.1, V15.4.2
    await t.test("are one however often they are told: fifty at once leave one record, and an id says one thing", async () => {
        const racing = event(server, owner, { id: "race-1" });
        const answers = await Promise.all(Array.from({ length: 50 }, () => product.tell([racing])));
        assert.ok(answers.every(({ status }) => status === 200 || status === 201), answers.map(({ status }) => status).join());
        assert.equal(answers.filter(({ status }) => status === 201).length, 1);
        assert.equal(new Set(answers.map(({ body }) => body.items[0].event)).size, 1);
        assert.equal((await told(owner)).filter(({ details }) => details.external_id === "race-1").length, 1);
        const otherwise = await product.tell([event(server, owner, { id: "race-2" }), { ...racing, summary: "Something else" }]);
        assert.equal(otherwise.status, 409);
        assert.equal(otherwise.body.code, "product-event/id-taken");
        assert.equal(otherwise.body.errors[0].pointer, "/events/1/id");
        assert.equal((await product.tell([{ ...racing, account: other.id }])).status, 409);
        const [first, second] = [racing, event(server, owner, { id: "race-2" })];
        const again = await product.tell([first, second]);
        assert.equal(again.status, 201);
        assert.deepEqual(again.body.items.map(({ result }) => result), ["repeated", "recorded"]);
        const others = await makeClient(server).tell([first, { ...second, summary: "Of its own" }]);
        assert.equal(others.status, 201, "the ids of another client are its own");
        assert.deepEqual(others.body.items.map(({ result }) => result), ["recorded", "recorded"]);
    });
});

// proves: M-19
test("the owner sees on the page what the product told, and where it leads", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t, { settings: { product_event: { link_hosts: "shop.example" } } });
    const owner = await signUp(server);
    const product = makeClient(server);
    await product.tell([
        event(server, owner, { link: "https://shop.example/orders/4711" }),
        event(server, owner, { id: "2", type: "product.payment.made", summary: `Paid <b>now</b> ${"long".repeat(30)}`, link: undefined }),
    ]);
    const browser = await openBrowser(t);
    for (const [name, options] of [["phone-dark", { viewport: { width: 390, height: 800 }, colorScheme: "dark" }], ["desktop", {}]]) {
        const page = await openPage(t, browser, server, options);
        await page.context().addCookies([...owner.client.cookies].map(([cookie, value]) => ({ name: cookie, value, domain: "localhost", path: "/", secure: true })));
        await page.goto("/account/activity");
        await page.getByText("Rented 2 × A100 in Oslo").waitFor();
        await page.getByText("Paid <b>now</b>").waitFor();
        assert.equal(await page.getByText("told by the service").count(), 2);
        await page.getByText("€49.99").first().waitFor();
        const link = page.getByRole("link", { name: "Open at shop.example" });
        assert.equal(await link.getAttribute("href"), "https://shop.example/orders/4711");
        assert.match(await link.getAttribute("rel"), /noopener/);
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, `product-events-${name}`);
        await page.goto("/account/addresses");
        await page.getByRole("heading", { name: "What we tell you by e-mail" }).waitFor();
        await page.getByLabel("Old SSH keys").uncheck();
        await page.getByRole("button", { name: "Save notices" }).click();
        await page.getByText("Your choice is saved").waitFor();
        await checkAccessible(page);
        await checkFits(page);
        await screenshot(page, `notices-${name}`);
        await page.getByLabel("Old SSH keys").check();
        await page.getByRole("button", { name: "Save notices" }).click();
        await until("it is switched on again", async () =>
            (await owner.client.expect(200, "GET", "account/notices")).items.find(({ kind }) => kind === "key_reminder").sent);
    }
});
