// On PostgreSQL the server can sign in as a role that owns nothing: it cannot change the schema, nor what stands in the
// audit log. Everything else works as with the owner's role.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, setUpOperator, signIn, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { engine, runKeystead, settingsAsEnvironment, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const suffix = randomBytes(6).toString("hex");
const owner = `owner_${suffix}`, role = `server_${suffix}`;

function psql(connection, sql) {
    return spawnSync("psql", [connection, "-qXAt", "-v", "ON_ERROR_STOP=1"], { input: sql, encoding: "utf8" });
}

function psqlAsRoot(database, sql) {
    const done = psql(process.env.KEYSTEAD_TEST_POSTGRES.replace(/dbname=\S+/, `dbname=${database}`), sql);
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trim();
}

const skip = engine !== "postgres" && "SQLite has no roles";

test("SQLite has no roles to grant to", { skip: engine !== "sqlite" && "PostgreSQL has" }, () => {
    const refused = runKeystead(["migrate", "--no-backup", "--grant-to", "someone"], {
        environment: { ...process.env, KEYSTEAD__STORAGE__DATA_FOLDER: `/tmp/keystead-e2e-${suffix}` } });
    spawnSync("rm", ["-rf", `/tmp/keystead-e2e-${suffix}`]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /SQLite has no roles/);
});

// ASVS: V13.2.2
test("a server whose role owns nothing", { skip }, async (t) => {
    const as = (name, database) => process.env.KEYSTEAD_TEST_POSTGRES
        .replace(/dbname=\S+/, `dbname=${database}`).replace(/user=\S+/, `user=${name}`).replace(/password=\S+/, "password=long-and-random");
    const migrate = (server, words = [], name = owner) => runKeystead(["migrate", "--no-backup", ...words], {
        cwd: server.folder,
        environment: { ...server.environment(), ...settingsAsEnvironment({ storage: { postgres: as(name, server.database) } }) },
    });
    const server = await startKeystead(t, {
        movableClock: true,
        settings: { storage: {}, audit: { retention: "30d" } },
        beforeStart: (made) => {
            psqlAsRoot("postgres", `CREATE ROLE ${owner} LOGIN PASSWORD 'long-and-random'; CREATE ROLE ${role} LOGIN PASSWORD 'long-and-random';
                ALTER DATABASE ${made.database} OWNER TO ${owner}; REVOKE ALL ON DATABASE ${made.database} FROM PUBLIC;`);
            psqlAsRoot(made.database, `ALTER SCHEMA public OWNER TO ${owner}; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
            made.settings.storage.postgres = as(role, made.database);
            const unprepared = migrate(made, [], role);
            assert.notEqual(unprepared.status, 0, "it may not make the schema");
            assert.match(migrate(made, ["--grant-to", "nobody_at_all"]).stderr, /no role of this name/);
            assert.match(migrate(made, ["--grant-to", owner]).stderr, /owns the tables/);
            const done = migrate(made, ["--grant-to", role]);
            assert.equal(done.status, 0, done.stderr);
        },
    });
    atEnd(t, () => psqlAsRoot("postgres", `DROP DATABASE IF EXISTS ${server.database} WITH (FORCE); DROP ROLE ${role}; DROP ROLE ${owner}`));
    const { database } = server;
    const operator = await setUpOperator(server);

    await t.test("does its work", async () => {
        const account = await signUp(server);
        await enrollTotp(server, account.client);
        await account.client.expect(201, "POST", "account/tokens", { name: "work", kind: "read-only" });
        await account.client.expect(202, "DELETE", "account", {});
    });

    await t.test("runs as nobody special, by the documented unit", () => {
        const unit = readFileSync(path.join(import.meta.dirname, "../../docs/install.md"), "utf8");
        for (const line of ["User=keystead", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"]) {
            assert.ok(unit.includes(`\n${line}\n`), line);
        }
    });

    await t.test("is refused the schema, and to change what was logged", () => {
        for (const sql of [
            "DROP TABLE audit_event", "ALTER TABLE audit_event ADD COLUMN more TEXT", "TRUNCATE audit_event", "CREATE TABLE mine (id INT)",
            "CREATE TEMPORARY TABLE audit_event (id INT)",
            "UPDATE audit_event SET canonical = ''", "UPDATE audit_event SET at = 0", "DELETE FROM audit_event",
            "UPDATE audit_value SET contents = ''", "DELETE FROM audit_tile", "DELETE FROM audit_tree",
            "UPDATE audit_origin SET origin = ''", "DELETE FROM audit_origin", "DELETE FROM audit_kept", "DELETE FROM schema_migration",
            "INSERT INTO audit_event (id, at, actor_kind, action, outcome, target_kind, target_id, nonce, canonical, leaf_index) VALUES ('', 0, 0, '', 0, '', '', '', '', 0)",
            "UPDATE audit_event SET leaf_index = 1000 WHERE leaf_index = 0", "CREATE TEMPORARY TABLE k (first_leaf BIGINT)",
            "SELECT audit_keep()",
            "DROP TRIGGER audit_kept_changed ON audit_kept", `ALTER ROLE ${role} SUPERUSER`, "COPY account TO PROGRAM 'cat'",
            `SET ROLE ${owner}`,
        ]) {
            const done = psql(as(role, database), sql);
            assert.notEqual(done.status, 0, sql);
            assert.match(done.stderr, /permission denied|must be owner|must be superuser|must have|keeps its number/i, sql);
        }
        // A table on which its trigger may stand: the function that runs with the owner's rights is for nobody else.
        psqlAsRoot(database, `GRANT TEMPORARY ON DATABASE ${database} TO ${role}`);
        const borrowed = psql(as(role, database), "CREATE TEMPORARY TABLE k (first_leaf BIGINT); CREATE TRIGGER t AFTER INSERT ON k FOR EACH ROW EXECUTE FUNCTION public.audit_keep()");
        assert.match(borrowed.stderr, /permission denied for function (public\.)?audit_keep/);
        psqlAsRoot(database, `REVOKE TEMPORARY ON DATABASE ${database} FROM ${role}`);
    });

    await t.test("lets retention remove old events, and the log is whole", async () => {
        const run = (words) => {
            const done = runKeystead([...words, "--preset", server.preset, "--output", "json"], { environment: server.environment(), cwd: server.folder });
            assert.equal(done.status, 0, done.stderr);
            return JSON.parse(done.stdout.split("\n")[0]);
        };
        const count = () => Number(psqlAsRoot(database, "SELECT count(*) FROM audit_event WHERE action = 'set-up.finish'"));
        assert.equal(count(), 1);
        for (let days = 0; days < 33; days += 1) {
            server.advanceClock(23 * 3600);
            run(["audit", "retention"]);
        }
        await until("the first events are gone", () => run(["audit", "retention"]) && count() === 0);
        await server.stop();
        await server.start(); // Each start does what has become due.
        await until("the account that asked for it is erased", () => psqlAsRoot(database, "SELECT count(*) FROM account") === "1");
        await signIn(server, operator);
        run(["audit", "verify"]);
        const file = path.join(server.folder, "all.backup");
        run(["backup", file]);
        psqlAsRoot("postgres", `CREATE DATABASE ${database}_two TEMPLATE template0 ENCODING 'UTF8'`);
        t.after(() => psqlAsRoot("postgres", `DROP DATABASE ${database}_two WITH (FORCE)`));
        const refused = runKeystead(["restore", file], { cwd: server.folder,
            environment: { ...server.environment(), ...settingsAsEnvironment({ storage: { postgres: as(role, `${database}_two`) } }) } });
        assert.notEqual(refused.status, 0);
        assert.match(refused.stderr, /as the role that owns the tables/);
        assert.match(psql(as(role, database), "UPDATE audit_kept SET first_leaf = 0").stderr, /does not come back/);
    });

    await t.test("is told when the schema is to be brought forward by the owner, who gives what was given again", async () => {
        await server.stop();
        const doctor = () => JSON.parse(runKeystead(["doctor", "--output", "json"], { environment: server.environment(), cwd: server.folder }).stdout)
            .find(({ check }) => check === "database role");
        assert.doesNotMatch(doctor().words, /which it owns/);
        psqlAsRoot(database, "DELETE FROM schema_migration WHERE number = (SELECT max(number) FROM schema_migration)");
        const behind = runKeystead(["serve", "--preset", server.preset], { environment: server.environment(), cwd: server.folder });
        assert.notEqual(behind.status, 0);
        assert.match(behind.stderr, /run `keystead migrate` or `restore` as the role that owns the tables/);
        psqlAsRoot(database, "DROP TABLE host_restore; DROP INDEX host_removal_pending; DROP INDEX host_removal_by_time"); // what the newest migration made
        const reader = `reader_${suffix}`;
        psqlAsRoot(database, `CREATE ROLE ${reader}; SET ROLE ${owner}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`);
        const forward = migrate(server);
        assert.equal(psqlAsRoot(database, `SELECT has_table_privilege('${reader}', 'account', 'UPDATE'), has_table_privilege('${role}', 'account', 'UPDATE')`), "f|t");
        psqlAsRoot(database, `DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
        assert.equal(forward.status, 0, forward.stderr);
        await server.start();
        await signIn(server, operator);
    });
});
