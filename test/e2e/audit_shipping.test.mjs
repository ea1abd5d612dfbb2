// Every event leaves the machine, by TLS that is verified, in parcels that can be checked by themselves; a receiver that is
// away loses nothing, also when the server is killed meanwhile, and operators are told.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { setUpOperator, signUp } from "./support/accounts.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { freePort } from "./support/ports.mjs";
import { runKeystead, settingsAsEnvironment, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

function temporaryFolder(t) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-shipping-"));
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** Takes what comes while `state.takes`; `parcels` is what was taken, `refused` how often it was not. */
async function startArchive(t, { key, cert }) {
    const state = { takes: true, parcels: [], refused: 0, authorizations: new Set() };
    const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            state.authorizations.add(request.headers.authorization);
            if (state.takes) {
                state.parcels.push(Buffer.concat(parts).toString());
            } else {
                state.refused += 1;
            }
            response.writeHead(state.takes ? 204 : 503).end();
        });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
    state.url = `https://127.0.0.1:${server.address().port}/keystead`;
    state.events = () => state.parcels.flatMap((parcel) => parcel.trimEnd().split("\n").slice(1, -1).map((line) => JSON.parse(line)));
    return state;
}

const has = (archive, action, account) => archive.events().some((event) => event.action === action && event.account === account.id);

async function gauge(server, name) {
    const text = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)[1]);
}

// ASVS: V16.4.3
test("every event is sent to another machine, and waits while that is away", async (t) => {
    const folder = temporaryFolder(t);
    const certificate = makeCertificate(folder, "IP:127.0.0.1");
    const archive = await startArchive(t, certificate);
    const tokenFile = path.join(folder, "token");
    writeFileSync(tokenFile, "open-sesame-4711\n", { mode: 0o600 });
    const server = await startKeystead(t, {
        settings: {
            audit: { ship_url: archive.url, ship_token_file: tokenFile, ship_alert_after: "1s" },
            outgoing: { allowed_addresses: "127.0.0.1", ca_file: certificate.cert },
        },
        movableClock: true,
    });
    const operator = await setUpOperator(server);
    const account = await signUp(server);
    await until("what was recorded has arrived", () => has(archive, "account.create", account));
    assert.deepEqual([...archive.authorizations], ["Bearer open-sesame-4711"]);

    await t.test("each parcel can be checked by itself, and one that was changed is found out", () => {
        const verify = (text) => {
            const file = path.join(folder, "parcel.jsonl");
            writeFileSync(file, text);
            return runKeystead(["audit", "verify-file", file, "--output", "json"]).status;
        };
        for (const parcel of archive.parcels) {
            assert.equal(verify(parcel), 0);
        }
        const told = archive.parcels.find((parcel) => parcel.includes('"action":"account.create"'));
        assert.notEqual(verify(told.replace('"action":"account.create"', '"action":"account.rename"')), 0);
    });

    await t.test("nobody's address or name is in it", () => {
        const all = archive.parcels.join("\n");
        for (const personal of [account.email, operator.email, "127.0.0.1\""]) {
            assert.ok(!all.includes(personal), personal);
        }
    });

    await t.test("a receiver that is away stops nothing and loses nothing, also over a kill", async () => {
        archive.takes = false;
        const late = await signUp(server);
        await until("it was refused", () => archive.refused > 0);
        assert.ok(await gauge(server, "keystead_audit_ship_waiting_events") > 0);
        server.advanceClock(10);
        await server.mail.waitFor(operator.email, ({ subject }) => /audit log no longer leaves/.test(subject));
        await until("the outage is a number", async () => (await gauge(server, "keystead_audit_ship_failing_seconds")) > 0);
        assert.match(server.log(), /audit\/ship-not-taken/);
        await server.kill();
        archive.takes = true;
        server.advanceClock(600);
        await server.start();
        await until("what waited has arrived", () => has(archive, "account.create", late));
        await until("the end of the outage is on record", () => archive.events().some(({ action }) => action === "audit.ship-resume"));
        const places = [...new Set(archive.events().map((event) => event.leaf_index))].sort((a, b) => a - b);
        assert.deepEqual(places, places.map((_, index) => index), "without a gap");
        await until("nothing waits", async () => (await gauge(server, "keystead_audit_ship_waiting_events")) === 0);
        assert.equal(await gauge(server, "keystead_audit_ship_failing_seconds"), 0);
    });
});

test("nothing is sent to whom no certificate speaks for, nor in the clear", async (t) => {
    const folder = temporaryFolder(t);
    const archive = await startArchive(t, makeCertificate(folder, "IP:127.0.0.1"));
    const other = makeCertificate(folder, "IP:127.0.0.1", "other");
    const server = await startKeystead(t, {
        settings: { audit: { ship_url: archive.url }, outgoing: { allowed_addresses: "127.0.0.1", ca_file: other.cert } },
    });
    await until("it was tried", () => /audit\/ship-not-taken/.test(server.log()));
    assert.deepEqual([archive.parcels.length, archive.refused], [0, 0]);
    for (const [url, code] of [["http://archive.example/", /outgoing\/not-https/], ["https://10.0.0.1/", /outgoing\/inside-address/]]) {
        const places = { server: { port: await freePort(), metrics_port: await freePort() }, storage: { data_folder: path.join(folder, "data") } };
        const refused = runKeystead(["serve", "--preset", "marketplace"], { environment: settingsAsEnvironment({ ...places, audit: { ship_url: url } }) });
        assert.notEqual(refused.status, 0);
        assert.match(refused.stderr, code);
    }
});
