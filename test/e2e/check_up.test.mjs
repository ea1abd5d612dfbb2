// The security check-up: what an account lacks, worst first, and that each finding goes when its page has mended it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, goodPassword, signIn, signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { enroll, registerHost, serversOf } from "./support/hosts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { bearer, checkToken, makeToken } from "./support/tokens.mjs";

const day = 86_400;
const checkUp = (client) => client.expect(200, "GET", "account/check-up");
const kinds = async (client) => (await checkUp(client)).findings.map(({ kind }) => kind);

/** A folder that goes with the test. */
function folder(t) {
    const made = mkdtempSync(path.join(tmpdir(), "keystead-check-up-"));
    atEnd(t, () => rmSync(made, { recursive: true }));
    return made;
}

function publicKey(place, name) {
    const file = path.join(place, name);
    const done = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file], { encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return readFileSync(`${file}.pub`, "utf8");
}

/** Confirms a second address for notices. */
async function addAddress(server, client, email) {
    await client.expect(202, "POST", "account/notification-addresses", { email });
    const token = await server.mail.token(email, "/notification-address/confirm");
    await server.client().expect(204, "POST", "account/notification-addresses/confirm", { token });
}

// proves: M-20
test("the check-up says what an account lacks, worst first, until it is mended", async (t) => {
    const place = folder(t);
    const server = await startKeystead(t, { movableClock: true, settings: { server: { trusted_proxies: "127.0.0.1/32" } } });
    const from = (address) => ({ headers: { "x-forwarded-for": address } });
    const owner = await signUp(server, { client: server.client(from("91.121.0.1")) });
    const stepUp = (client, factor) => client.expect(200, "POST", "step-up", factor);
    let authenticator;
    let backupCodes;

    await t.test("a new account lacks a second factor and a second address; each finding names the page that mends it", async () => {
        const { findings, in_order } = await checkUp(owner.client);
        assert.deepEqual(findings.map(({ kind, severity }) => [kind, severity]), [["second-factor-missing", "urgent"], ["address-single", "advice"]]);
        assert.deepEqual(in_order, ["password", "sessions", "tokens", "ssh-keys"]);
        for (const { mend_url } of findings) {
            assert.ok(mend_url.startsWith(`${server.base}/account/`), mend_url);
            const page = await fetch(mend_url);
            assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
        }
        ({ authenticator, backupCodes } = await enrollTotp(server, owner.client));
        assert.deepEqual(await kinds(owner.client), ["address-single"]);
        await addAddress(server, owner.client, `second-${owner.email}`);
        const well = await checkUp(owner.client);
        assert.deepEqual(well.findings, [], "all is well");
        assert.equal(well.in_order.length, 7);
    });

    await t.test("backup codes that run out, and new ones", async () => {
        for (const code of backupCodes.slice(0, 7)) {
            assert.deepEqual(await kinds(owner.client), []);
            await stepUp(owner.client, { method: "backup-code", code });
        }
        const [{ kind, left, area }] = (await checkUp(owner.client)).findings;
        assert.deepEqual([kind, left, area], ["backup-codes-few", 3, "backup-codes"]);
        await owner.client.expect(201, "POST", "account/backup-codes");
        assert.deepEqual(await kinds(owner.client), []);
    });

    await t.test("a session in a country that is new to the account, until it has ended", async () => {
        server.advanceClock(30);
        const abroad = await signIn(server, owner, { authenticator, client: server.client(from("8.8.8.8")) });
        const [finding] = (await checkUp(owner.client)).findings;
        assert.deepEqual([finding.kind, finding.count, finding.subjects[0].name], ["session-unfamiliar", 1, "United States"]);
        assert.deepEqual(await kinds(abroad), [], "where its owner sits is no finding");
        await owner.client.expect(204, "DELETE", `account/sessions/${finding.subjects[0].id}`);
        assert.deepEqual(await kinds(owner.client), []);
    });

    await t.test("a password that today's rules would refuse, found when it is typed, until another is chosen", async () => {
        const list = path.join(place, "list");
        writeFileSync(list, `${goodPassword}\n`);
        const filter = path.join(place, "filter");
        const built = runKeystead(["breach-filter", "build", "--in", list, "--out", filter]);
        assert.equal(built.status, 0, built.stderr);
        await server.stop();
        server.settings.password = { breach_filter: filter, length_min: 40 };
        await server.start();
        assert.deepEqual(await kinds(owner.client), [], "nobody has typed it since");
        server.advanceClock(61);
        const again = await signIn(server, owner, { authenticator, client: server.client(from("91.121.0.1")) });
        const { findings } = await checkUp(again);
        assert.deepEqual(findings.map(({ kind, severity }) => [kind, severity]), [["password-breached", "urgent"], ["password-weak", "important"]]);
        owner.client = again;
        const changed = `${goodPassword} and forty characters that nobody has seen`;
        await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: changed });
        owner.password = changed;
        assert.deepEqual(await kinds(owner.client), []);
    });

    await t.test("tokens that nobody uses, or that may do more than they were used for", async () => {
        await stepUp(owner.client, { method: "totp", code: await authenticator.code() });
        const made = await makeToken(owner.client, { name: "ci", kind: "admin", expires_in_days: 300 });
        await owner.client.expect(201, "POST", "account/ssh-keys", { name: "laptop", public_key: publicKey(place, "laptop") });
        assert.deepEqual(await kinds(owner.client), []);
        server.advanceClock(31 * day);
        owner.client = await signIn(server, owner, { authenticator, client: server.client(from("91.121.0.1")) });
        const [unused] = (await checkUp(owner.client)).findings;
        assert.deepEqual([unused.kind, unused.subjects], ["token-unused", [{ id: made.id, name: "ci" }]]);
        assert.equal((await checkToken(server, made.token)).status, 204);
        await server.stop(); // What memory knows of its use is written.
        await server.start();
        assert.deepEqual(await kinds(owner.client), ["token-wide"], "it may read the account, and never did");
        await owner.client.expect(204, "DELETE", `account/tokens/${made.id}`);
        assert.deepEqual(await kinds(owner.client), []);
    });

    await t.test("what has grown old is advice, told last", async () => {
        server.advanceClock(366 * day);
        owner.client = await signIn(server, owner, { authenticator, client: server.client(from("91.121.0.1")) });
        const { findings } = await checkUp(owner.client);
        assert.deepEqual(findings.map(({ kind, severity }) => [kind, severity]), [["ssh-key-old", "advice"], ["password-old", "advice"]]);
        assert.ok(Date.parse(findings[1].since) / 1000 < server.now() - 366 * day);
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${findings[0].subjects[0].id}`);
        assert.deepEqual(await kinds(owner.client), ["password-old"]);
        await owner.client.expect(200, "POST", "account/password", { current_password: owner.password, new_password: `${owner.password}, too` });
        assert.deepEqual(await kinds(owner.client), []);
    });
});

// proves: M-20
test("an SSH key is called unused when no server has seen it for 90 days, and there was one to see it", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const owner = await signUp(server);
    const key = await owner.client.expect(201, "POST", "account/ssh-keys", { name: "laptop", public_key: makePublicKey() });
    const ofKeys = async () => (await checkUp(await signIn(server, owner))).findings.filter(({ area }) => area === "ssh-keys");
    server.advanceClock(91 * day);
    assert.deepEqual(await ofKeys(), [], "where no server reports, nothing is known");
    const client = await signIn(server, owner);
    const rented = await enroll(server, await registerHost(client, await serversOf({ client })));
    server.advanceClock(89 * day);
    assert.deepEqual(await ofKeys(), []);
    server.advanceClock(day + 1);
    const [finding] = await ofKeys();
    assert.deepEqual([finding.kind, finding.severity, finding.subjects], ["ssh-key-unused", "important", [{ id: key.id, name: "laptop" }]]);
    const login = { id: "login-1", login_user: "root", fingerprint: key.fingerprint, address: "203.0.113.7", began_at: new Date(server.now() * 1000).toISOString() };
    assert.equal((await rented.report({ logins: [login] })).status, 204);
    assert.deepEqual(await ofKeys(), []);
});

// proves: M-20
// ASVS: V8.2.2, V8.2.1
test("it is told to the account's sessions alone", async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const other = await signUp(server);
    const ask = (token) => server.client().request("GET", "account/check-up", undefined, { headers: token ? bearer(token) : {} });
    assert.equal((await ask()).status, 401);
    const blind = await makeToken(owner.client, { name: "blind", kind: "deploy" });
    const refused = await ask(blind.token);
    assert.deepEqual([refused.status, refused.body.code], [403, "token/not-allowed"]);
    const reader = await makeToken(owner.client, { name: "reader", kind: "custom", permissions: ["read-account"] });
    const read = await ask(reader.token);
    assert.equal(read.status, 403, "whoever finds a token must not learn that guessing is worth it");

    // What one account mends, no other's check-up hears of.
    await enrollTotp(server, other.client);
    assert.deepEqual(await kinds(other.client), ["address-single"]);
    assert.deepEqual(await kinds(owner.client), ["second-factor-missing", "address-single"]);
    assert.equal((await owner.client.request("POST", "account/check-up", {})).status, 405, "it is only read");
});

// proves: M-20
test("a person goes from the worst finding to what mends it, until all is well", { skip: engine === "postgres" }, async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);
    const browser = await openBrowser(t);
    const page = await openPage(t, browser, server, { viewport: { width: 320, height: 700 }, colorScheme: "dark" });
    await page.goto("/sign-in");
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await page.getByRole("link", { name: "See the whole check-up" }).click();
    await page.getByRole("heading", { name: "Security check-up", level: 1 }).waitFor();
    const titles = () => page.getByRole("list", { name: "To do" }).getByRole("listitem").allInnerTexts();
    await page.getByRole("list", { name: "To do" }).waitFor();
    const told = await titles();
    assert.match(told[0], /Turn on two-factor sign-in/);
    assert.match(told[1], /second address/);
    await checkAccessible(page);
    await checkFits(page);
    await screenshot(page, "check-up-dark-320");
    await page.getByRole("link", { name: "Set up" }).click();
    await page.getByRole("heading", { name: "Two-factor sign-in", level: 1 }).waitFor();

    await enrollTotp(server, owner.client); // Ends the browser's session: it was made without it.
    await addAddress(server, owner.client, `second-${owner.email}`);
    const cookies = [...owner.client.cookies].map(([name, value]) => ({ name, value, domain: "localhost", path: "/", secure: true }));
    await page.context().addCookies(cookies);
    await page.goto("/account/check-up");
    await page.getByText("All is well").waitFor();
    assert.equal(await page.getByRole("list", { name: "To do" }).count(), 0);
    await checkAccessible(page);
    await screenshot(page, "check-up-well-dark-320");
});
