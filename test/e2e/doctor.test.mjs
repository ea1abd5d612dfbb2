// What `keystead doctor` says of what surrounds a server: who else is on its host, and what its role in the database may do.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Cluster } from "../crash/support/cluster.mjs";
import { signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { engine, runKeystead, settingsAsEnvironment, startKeystead } from "./support/server.mjs";

const day = (distance) => new Date(Date.now() + distance * 86_400_000).toISOString().slice(0, 10);

/** Its findings under `name`: [state, words] each. */
function examined(folder, settings, name) {
    const environment = settingsAsEnvironment({ ...settings, storage: { data_folder: path.join(folder, "data"), ...settings.storage } });
    const done = runKeystead(["doctor", "--output", "json"], { cwd: folder, environment });
    return JSON.parse(done.stdout).filter(({ check }) => check === name).map(({ state, words }) => [state, words]);
}

function temporaryFolder(t) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-doctor-"));
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

test("a host that is shared with another application is pointed out", { skip: engine !== "sqlite" && "alike on both engines" }, (t) => {
    const folder = temporaryFolder(t);
    assert.deepEqual(examined(folder, {}, "host"), [["good", "By its settings the whole host is Keystead's."]]);
    const [[state, words]] = examined(folder, { server: { base_path: "/account" } }, "host");
    assert.equal(state, "warning");
    assert.match(words, /^By its settings another application is on this host, outside of \/account: .* A host of its own/);
});

// ASVS: V3.5.4
test("cookies of another application, that it set for the parent domain, are pointed out by name", { skip: engine !== "sqlite" && "alike on both engines" }, async (t) => {
    const server = await startKeystead(t);
    const found = () => {
        const done = runKeystead(["doctor", "--preset", server.preset, "--output", "json"], { cwd: server.folder, environment: server.environment() });
        return JSON.parse(done.stdout).filter(({ check }) => check === "cookies");
    };
    const withCookies = (client, more) => {
        const own = [...client.cookies].map(([name, value]) => `${name}=${value}`);
        return client.get("account", { headers: { cookie: [...own, ...more].join("; ") } });
    };
    const account = await signUp(server);
    assert.equal((await account.client.get("account")).status, 200);
    assert.deepEqual(found(), [], "its own are no finding");

    assert.equal((await withCookies(server.client(), ["stranger=1"])).status, 401);
    assert.deepEqual(found(), [], "what strangers make up is not noted");

    assert.equal((await withCookies(account.client, ["_ga=secret-value", "bad name=1", "shop=2"])).status, 200);
    const [{ state, words }] = found();
    assert.equal(state, "warning");
    assert.match(words, /not Keystead's: _ga, shop\. Another application sets them for this host or for its parent domain\./);
    assert.doesNotMatch(words, /secret-value|bad name/);

    assert.equal((await withCookies(account.client, Array.from({ length: 100 }, (_, n) => `c${n}=1`))).status, 200);
    assert.ok(found()[0].words.match(/, /g).length < 20, "many are bounded");
});

// ASVS: V13.2.1
test("the documented role can all that is needed; rights beyond, and a password without an end, are pointed out",
    { skip: engine !== "postgres" && "it is about PostgreSQL" }, async (t) => {
        const folder = temporaryFolder(t);
        const cluster = await Cluster.create();
        atEnd(t, () => cluster.remove());
        const psql = (sql) => {
            const done = spawnSync("psql", [cluster.connection, "-qXAt", "-v", "ON_ERROR_STOP=1"], { input: sql, encoding: "utf8" });
            assert.equal(done.status, 0, done.stderr);
        };
        // As the documentation has it; the cluster's superuser has that name already.
        const page = readFileSync(path.join(import.meta.dirname, "../../docs/install.md"), "utf8");
        const [, documented] = /```sql\n(.*?)```/s.exec(page);
        psql(documented.replaceAll(/keystead/g, "own_role").replace(/VALID UNTIL '[^']+'/, `VALID UNTIL '${day(200)}'`));
        const postgres = (password = "long-and-random") => ({ storage: {
            postgres: `host=127.0.0.1 port=${cluster.port} dbname=own_role user=own_role password=${password}` } });
        const found = (settings = postgres()) => examined(folder, settings, "database role");

        const migrated = runKeystead(["migrate"], { cwd: folder, environment: settingsAsEnvironment({ storage: { ...postgres().storage, data_folder: path.join(folder, "data") } }) });
        assert.equal(migrated.status, 0, migrated.stderr);
        const [[state, words]] = found();
        assert.equal(state, "good", words);
        assert.match(words, /^own_role has no rights beyond its database, which it owns \(.*--grant-to.*\); its password ends /);
        assert.ok(words.includes(day(200)) || words.includes(day(199)), words); // midnight where the server is

        for (const [sql, expected] of [
            ["ALTER ROLE own_role VALID UNTIL 'infinity'", /password that never ends.*ALTER ROLE own_role PASSWORD '…' VALID UNTIL/],
            [`ALTER ROLE own_role VALID UNTIL '${day(20)}'`, /password ends .*: change it before/],
            [`ALTER ROLE own_role VALID UNTIL '${day(400)}'`, /valid for more than a year/],
            [`ALTER ROLE own_role VALID UNTIL '${day(200)}' CREATEDB CREATEROLE`, /does not need: CREATEDB, CREATEROLE\./],
            ["ALTER ROLE own_role NOCREATEDB NOCREATEROLE; GRANT pg_execute_server_program TO own_role", /does not need: pg_execute_server_program\./],
        ]) {
            psql(sql);
            const all = found();
            assert.equal(all.length, 1, JSON.stringify(all));
            assert.equal(all[0][0], "warning");
            assert.match(all[0][1], expected);
        }
        const root = found({ storage: { postgres: cluster.connection } });
        assert.match(root[0][1], /^keystead has rights that Keystead does not need: SUPERUSER, CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS\./);
        assert.match(root[1][1], /never ends/);

        assert.equal(found(postgres("wrong"))[0][0], "failure");
        psql(`ALTER ROLE own_role VALID UNTIL '${day(-1)}'`);
        assert.equal(found()[0][0], "failure", "its password has ended");
    });
