// Slow and hostile clients: thousands of connections that dribble, flood, babble or never read. Others are served as
// before, memory stays bounded, and the slow ones are cut.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const ofEachKind = 350; // of six kinds: 2,100 connections
const samples = 150;
const timeouts = { head_timeout: "4s", body_timeout: "6s", idle_timeout: "8s", access_log: "off" };

function percentile(list, share) {
    return [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];
}

/** Milliseconds of `check` and of a page, one after the other on one connection. */
async function measure(client) {
    const took = { check: [], page: [] };
    for (let n = 0; n < samples; n += 1) {
        for (const [kind, target, expected] of [["check", "/v1/check", 204], ["page", "/sign-in", 200]]) {
            const begin = performance.now();
            const { status } = await client.get(target, { checked: false });
            took[kind].push(performance.now() - begin);
            assert.equal(status, expected);
        }
    }
    return took;
}

function memoryKib(server) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))[1]);
}

// ASVS: V15.2.2, V15.1.3
test("two thousand slow and hostile connections", async (t) => {
    const server = await startKeystead(t, { settings: { server: timeouts } });
    const account = await signUp(server);
    await measure(account.client);
    const before = await measure(account.client);
    const memoryBefore = memoryKib(server);

    const crowd = spawn(process.execPath, [path.join(import.meta.dirname, "support/slow_clients.mjs"), String(server.port), new URL(server.base).host,
        String(ofEachKind)], { stdio: ["ignore", "pipe", "inherit"] });
    atEnd(t, () => crowd.kill("SIGKILL"));
    let said = "";
    crowd.stdout.on("data", (bytes) => { said += bytes; });
    const stillOpen = () => {
        const last = said.split("\n").filter((line) => line.startsWith("{")).at(-1);
        return last ? JSON.parse(last) : {};
    };
    await until("all connections are open", () => said.includes("open\n"), { seconds: 60 });
    const beside = await measure(account.client);
    const memoryBeside = memoryKib(server);
    for (const kind of ["check", "page"]) {
        const [quiet, busy] = [percentile(before[kind], 0.99), percentile(beside[kind], 0.99)];
        t.diagnostic(`p99 of ${kind}: ${quiet.toFixed(1)} ms alone, ${busy.toFixed(1)} ms beside them`);
        assert.ok(busy < 10 * quiet + 150, `${kind}: ${busy} ms beside them, ${quiet} ms alone`);
    }
    t.diagnostic(`${memoryBefore >> 10} MiB before, ${memoryBeside >> 10} MiB beside them`);
    assert.ok(memoryBeside - memoryBefore < 200 * 1024, `${memoryBeside - memoryBefore} KiB more`);

    await until("garbage was refused at once", () => stillOpen().garbage === 0, { seconds: 10 });
    await until("the slow ones are cut", () => ["silent", "head", "body", "reading"].every((kind) => stillOpen()[kind] === 0), { seconds: 90 });
    crowd.kill("SIGKILL");
    await account.client.expect(204, "GET", "check");
    await signUp(server);
    assert.ok(memoryKib(server) - memoryBefore < 200 * 1024);
});
