// What the world looks for at an installation: whom to tell of a vulnerability (RFC 9116), and where a password is changed
// (W3C "A Well-Known URL for Changing Passwords").

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { openBrowser, openPage } from "./support/browser.mjs";
import { engine, runKeystead, settingsAsEnvironment, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const place = "/.well-known/security.txt";
const once = { skip: engine === "sqlite" ? false : "alike on both engines" };
const day = (distance) => new Date(Date.now() + distance * 86_400_000).toISOString().slice(0, 10);
const security_txt = {
    contact: "security@example.com, https://example.com/report",
    expires: day(200), policy: "https://example.com/disclosure", preferred_languages: "en, de",
};
const read = (server, what = place) => server.client().get(what, { checked: false });

/** What `doctor` finds of it: [state, words] each. */
function examined(server, settings) {
    const environment = { ...server.environment(), ...settingsAsEnvironment({ security_txt: settings }) };
    const done = runKeystead(["doctor", "--preset", server.preset, "--output", "json"], { cwd: server.folder, environment });
    return JSON.parse(done.stdout).filter(({ check }) => check === "security.txt").map(({ state, words }) => [state, words]);
}

/** Signs as the documentation says, with a key of the test's own. */
function clearsign(folder, text) {
    const home = path.join(folder, "gnupg");
    mkdirSync(home, { mode: 0o700, recursive: true });
    const gpg = (words, input = "") => {
        const done = spawnSync("gpg", ["--homedir", home, "--batch", "--quiet", ...words], { input, encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
        return done.stdout;
    };
    try {
        gpg(["--passphrase", "", "--quick-generate-key", "security@example.com", "ed25519", "sign"]);
        const signed = gpg(["--clearsign"], text);
        gpg(["--verify"], signed);
        return signed;
    } finally {
        spawnSync("gpgconf", ["--homedir", home, "--kill", "gpg-agent"]);
    }
}

// proves: S-10
test("whoever finds a vulnerability is told whom to write to; without settings nobody is", once, async (t) => {
    const silent = await startKeystead(t);
    const absent = await read(silent);
    assert.deepEqual([absent.status, absent.body.code], [404, "request/not-found"]);
    assert.match(examined(silent, {})[0].join(" "), /^warning There is none/);
    await silent.stop();

    silent.settings = { ...silent.settings, security_txt };
    const server = await silent.start();
    const answer = await read(server);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert.deepEqual(answer.text.split("\n"), [
        "# We acknowledge each report within 24 hours.",
        "Contact: mailto:security@example.com?subject=Vulnerability%20report",
        "Contact: https://example.com/report",
        `Expires: ${security_txt.expires}T23:59:59Z`,
        "Preferred-Languages: en, de", // Canonical would be http here, which RFC 9116 does not allow.
        "Policy: https://example.com/disclosure",
        "",
    ]);
    const head = await server.client().request("HEAD", place, undefined, { checked: false });
    assert.deepEqual([head.status, head.text, head.headers["content-type"]], [200, "", answer.headers["content-type"]]);
    assert.deepEqual((await server.client().request("POST", place, {}, { checked: false })).status, 405);

    const found = (changes) => examined(server, { ...security_txt, ...changes });
    assert.deepEqual(found({}), [["good", `It is served until ${security_txt.expires}T23:59:59.000000Z, unsigned.`]]);
    for (const [changes, words] of [
        [{ expires: day(20) }, /^warning It expires in less than 30 days/],
        [{ expires: day(-2) }, /^warning It has expired/],
        [{ expires: day(800) }, /^warning It expires in more than a year/],
        [{ policy: "" }, /^warning It names no policy/],
        [{ file: "/nonexistent" }, /^failure .*cannot be read/],
    ]) {
        assert.match(found(changes).map((one) => one.join(" ")).join("\n"), words);
    }
    for (const [changes, key] of [[{ expires: "" }, "expires"], [{ policy: "http://example.com/" }, "policy"],
        [{ contact: "a@example.com\nHiring: x" }, "contact"]]) {
        const environment = { ...server.environment(), ...settingsAsEnvironment({ security_txt: { ...security_txt, ...changes } }) };
        const refused = runKeystead(["config", "check"], { environment });
        assert.equal(refused.status, 3, refused.stdout);
        assert.ok(refused.stderr.includes(`security_txt.${key}`), refused.stderr);
    }
});

// proves: S-10
test("a signed file is served as it is, from the moment it is there; one that is none is refused at the start", once, async (t) => {
    let signed;
    const settings = { server: { base_url: "https://id.example.com", behind_tls_proxy: true, base_path: "/account" }, security_txt };
    const server = await startKeystead(t, { settings, beforeStart: (about) => {
        about.contract = {}; // It is asked for on localhost, at the root.
        const file = path.join(about.folder, "security.txt");
        const printed = runKeystead(["security-txt"], { environment: about.environment() });
        assert.equal(printed.status, 0, printed.stderr);
        assert.ok(printed.stdout.includes(`Canonical: https://id.example.com${place}\n`));
        signed = clearsign(about.folder, printed.stdout);
        writeFileSync(file, "Contact: mailto:a@example.com\n");
        about.settings.security_txt = { ...security_txt, file };
        const refused = runKeystead(["serve"], { environment: about.environment(), cwd: about.folder });
        assert.equal(refused.status, 3, refused.stderr);
        assert.match(refused.stderr, /security\.txt: The field expires is missing/);
        writeFileSync(file, signed);
    } });
    const file = server.settings.security_txt.file;
    // At the origin's root, also where all else is below a path (RFC 8615 §3).
    const client = server.client({ base: `http://127.0.0.1:${server.port}` });
    const ask = (what) => client.get(what, { checked: false, headers: { host: "id.example.com" } });
    const answer = await ask(place);
    assert.deepEqual([answer.status, answer.text], [200, signed]);
    assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert.equal((await ask("/.well-known/change-password")).headers.location, "/account/account/password");
    assert.equal((await ask("/account/.well-known/security.txt")).status, 200);
    assert.match(examined(server, server.settings.security_txt)[0].join(" "), /^good .*signed/);
    assert.match(examined(server, { ...server.settings.security_txt, subject: "Other" })[0].join(" "), /^warning The file says other things/);

    writeFileSync(`${file}.new`, "Contact: tel:+1-201-555-0123\nExpires: 2020-01-01T00:00:00Z\n");
    renameSync(`${file}.new`, file);
    assert.match((await ask(place)).text, /^Contact: tel:/);
    assert.match(examined(server, server.settings.security_txt).join("\n"), /It has expired.*\n.*names no policy.*\n.*Canonical/);
    rmSync(file);
    const lost = await ask(place);
    assert.deepEqual([lost.status, lost.body.code], [503, "security-txt/unreadable"]);
    assert.ok(!lost.text.includes(file), "a path is nobody's business outside");
    await until("the operator reads it in the log", () => server.log().includes(file));
});

// guards: the W3C's well-known URL, as password managers use it
test("a password manager finds the page on which a password is changed, and comes there through sign-in", once, async (t) => {
    const server = await startKeystead(t);
    const person = await signUp(server);
    const answer = await read(server, "/.well-known/change-password");
    assert.deepEqual([answer.status, answer.headers.location], [302, "/account/password"]);
    // §4 of the W3C's text: a manager believes the answer only where a path of nothing is answered as such.
    const nothing = await read(server, "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200");
    assert.equal(nothing.status, 404);

    const page = await openPage(t, await openBrowser(t), server);
    await page.goto("/.well-known/change-password");
    await page.getByLabel(/e-?mail/i).fill(person.email);
    await page.getByLabel(/^password/i).fill(person.password);
    await page.getByRole("button", { name: /sign in/i }).click();
    await page.locator("input[autocomplete=new-password]").first().waitFor();
    assert.equal(new URL(page.url()).pathname, "/account/password");
    assert.equal(await page.locator("input[autocomplete=current-password]").count(), 1);
});
