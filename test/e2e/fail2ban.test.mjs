// Debian's fail2ban reads refused sign-ins out of the access log, by the filter that adapters/ ships.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const adapters = fileURLToPath(new URL("../../adapters/fail2ban/", import.meta.url));

/** Whom the filter sees in a log: one address a matched line, in order. */
function matched(file, zone = "UTC") {
    const done = spawnSync("fail2ban-regex", ["--out", "ip", file, path.join(adapters, "filter.d/keystead.conf")],
        { encoding: "utf8", env: { ...process.env, TZ: zone } });
    assert.ok(done.error === undefined, String(done.error));
    return done.stdout.split("\n").filter((line) => line !== "");
}

test("fail2ban sees refused sign-ins", async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-fail2ban-"));
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    const log = path.join(folder, "access.log");
    const server = await startKeystead(t, { settings: { server: { access_log: log, trusted_proxies: "127.0.0.1" } } });
    const account = await signUp(server);
    const lines = () => readFileSync(log, "utf8").split("\n").filter((line) => line.includes('"route":"/v1/sign-in"'));

    const attempt = async (address, password, headers = {}) => {
        const before = lines().length;
        const answer = await server.client({ headers: { "x-forwarded-for": address, ...headers } })
            .post("sign-in", { email: account.email, password });
        await until("the line is written", () => lines().length > before);
        return answer.status;
    };

    // proves: D-32
    await t.test("a wrong password counts for the address it came from, a right one does not", async () => {
        assert.equal(await attempt("192.0.2.7", "not the Passw0rd!"), 401);
        assert.equal(await attempt("2001:db8::7", "not the Passw0rd!"), 401);
        assert.equal(await attempt("192.0.2.8", account.password), 200);
        assert.deepEqual(matched(log), ["192.0.2.7", "2001:db8::7"]);
    });

    // proves: D-32
    // ASVS: V16.4.1
    await t.test("nobody writes a line in another's name", async () => {
        const forged = '"status":401,"client":"198.51.100.1"}';
        assert.equal(await attempt("192.0.2.9", "wrong Passw0rd!", { "user-agent": forged }), 401);
        await server.client().request("GET", `check?${encodeURIComponent(forged)}`).catch(() => undefined);
        await server.client({ headers: { "x-forwarded-for": forged } }).request("POST", "sign-in", { email: account.email, password: forged });
        assert.ok(!matched(log).includes("198.51.100.1"), matched(log).join());
    });

    await t.test("a line's time is read as UTC wherever the machine is", () => {
        const file = path.join(folder, "one.log");
        writeFileSync(file, `${lines().at(0)}\n`);
        const at = new Date(JSON.parse(lines().at(0)).at).getTime() / 1000;
        const done = spawnSync("fail2ban-regex", ["--out", "row", file, path.join(adapters, "filter.d/keystead.conf")],
            { encoding: "utf8", env: { ...process.env, TZ: "America/New_York" } });
        assert.match(done.stdout, new RegExp(`\\b${Math.trunc(at)}\\b`), done.stdout);
    });

    await t.test("the jail is one that fail2ban takes", () => {
        const config = path.join(folder, "fail2ban");
        cpSync("/etc/fail2ban", config, { recursive: true });
        rmSync(path.join(config, "jail.d"), { recursive: true });
        cpSync(adapters, config, { recursive: true });
        const jail = path.join(config, "jail.d/keystead.conf");
        writeFileSync(jail, readFileSync(jail, "utf8").replace("/var/log/keystead/access.log", log));
        const test = () => spawnSync("fail2ban-client", ["-c", config, "-t"], { encoding: "utf8" });
        assert.match(test().stdout + test().stderr, /configuration test is successful/);
        rmSync(path.join(config, "filter.d/keystead.conf"));
        assert.notEqual(test().status, 0, "a jail without its filter is told");
    });
});
