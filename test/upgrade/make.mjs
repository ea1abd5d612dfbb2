// Adds the databases of this folder that are missing: see README.md.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { until } from "../e2e/support/until.mjs";
import { makeToken } from "../e2e/support/tokens.mjs";
import { enrollTotp, goodPassword, newEmail, setUpOperator, signUp } from "../e2e/support/accounts.mjs";

const here = path.dirname(new URL(import.meta.url).pathname);
const source = path.join(here, "../../src");

function run(program, words, input) {
    const done = spawnSync(program, words, { input, encoding: "utf8", maxBuffer: 1 << 28 });
    if (done.error || done.status !== 0) {
        throw new Error(`${program} ${words.join(" ")}: ${done.error ?? done.stderr}`);
    }
    return done.stdout;
}

/** [{ number, name, sqlite, postgres, checksum }], as cmake/EmbedMigrations.cmake has them. */
export function migrations() {
    const found = [];
    const walk = (folder) => {
        for (const entry of readdirSync(folder, { withFileTypes: true })) {
            const whole = path.join(folder, entry.name);
            if (entry.isDirectory()) {
                walk(whole);
            } else if (path.basename(folder) === "migrations" && /^\d{4}_[a-z0-9_]+\.sql$/.test(entry.name)) {
                const twin = whole.replace(/\.sql$/, ".postgres.sql");
                const sqlite = readFileSync(whole, "utf8");
                const own = existsSync(twin) ? readFileSync(twin, "utf8") : "";
                found.push({
                    number: Number(entry.name.slice(0, 4)), name: entry.name.slice(5, -4), sqlite, postgres: own || sqlite,
                    checksum: createHash("sha256").update(`${sqlite}|${own}`).digest("hex"),
                });
            }
        }
    };
    walk(source);
    return found.sort((a, b) => a.number - b.number);
}

/** SQL in a database file. Python, since a shell of SQLite does not know our collation. */
function inSqlite(file, sql) {
    const program = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.create_collation('C', lambda a, b: (a > b) - (a < b))\n" +
        "s = sys.stdin.read()\nif s.startswith('SELECT'):\n    for r in c.execute(s): print('|'.join(map(str, r)))\nelse: c.executescript(s)";
    return run("python3", ["-c", program, file], sql);
}

function records(list) {
    const lines = list.map(({ number, name, checksum }) => `INSERT INTO schema_migration VALUES (${number}, '${name}', 0, '${checksum}');`);
    return `CREATE TABLE schema_migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL);\n${lines.join("\n")}`;
}

const zero = { bigint: "0", text: "''", blob: "x''", bytea: "''" };

/** The columns to fill and what with: those of the newest schema, and for what that has dropped a value of its type. */
function filling(columns, there) {
    const used = columns.filter(({ name, needed }) => there.has(name) || needed);
    return {
        names: used.map(({ name }) => name).join(", "),
        values: used.map(({ name, type }) => (there.has(name) ? name : zero[type])).join(", "),
    };
}

/** Map(table → its columns), of lines `table|column|type|needed`. */
function tablesOf(text) {
    const tables = new Map();
    for (const line of text.trim().split("\n").filter(Boolean)) {
        const [table, ...column] = line.split("|");
        tables.set(table, [...(tables.get(table) ?? []), { name: column[0], type: column[1].toLowerCase(), needed: column[2] === "1" }]);
    }
    return tables;
}

/** Statements that put into each table of `made` what `newest` has of it. */
function copies(made, newest, [to, from]) {
    return [...made].filter(([table]) => newest.has(table)).map(([table, columns]) => {
        const { names, values } = filling(columns, new Set(newest.get(table).map(({ name }) => name)));
        return `DELETE FROM ${to}${table}; INSERT INTO ${to}${table} (${names}) SELECT ${values} FROM ${from}${table};`;
    }).join("\n");
}

const sqliteTables = (file) => tablesOf(inSqlite(file, `SELECT l.name, c.name, c.type, c."notnull" FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) c
    WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%' AND l.name <> 'schema_migration' AND c.hidden = 0 ORDER BY l.name, c.cid`));

function makeSqlite(newest, list, out, folder) {
    const file = path.join(folder, "made.db");
    rmSync(file, { force: true });
    inSqlite(file, `PRAGMA synchronous=OFF;\n${records(list)}\n${list.map((one) => one.sqlite).join("\n")}`);
    inSqlite(file, `ATTACH '${newest}' AS newest;\n${copies(sqliteTables(file), sqliteTables(newest), ["main.", "newest."])}\nDETACH newest; VACUUM;`);
    writeFileSync(out, gzipSync(readFileSync(file), { level: 9 }));
}

function psql(to, sql) {
    return run("psql", [to, "-qXAt", "-v", "ON_ERROR_STOP=1"], sql);
}

function makePostgres(to, list, out) {
    psql(to, `ALTER SCHEMA public RENAME TO newest; CREATE SCHEMA public; SET search_path = public;\n${records(list)}\n${list.map((one) => one.postgres).join("\n")}`);
    const tables = (schema) => tablesOf(psql(to, `SELECT table_name, column_name, data_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END FROM information_schema.columns
        WHERE table_schema = '${schema}' AND table_name <> 'schema_migration' AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position`));
    psql(to, copies(tables("public"), tables("newest"), ["public.", "newest."]));
    const dump = run("pg_dump", ["-d", to, "--schema=public", "--no-owner", "--no-privileges", "--inserts"]);
    writeFileSync(out, gzipSync(dump.replace(/^CREATE SCHEMA public;$/m, ""), { level: 9 })); // It is there already.
    psql(to, "DROP SCHEMA public CASCADE; ALTER SCHEMA newest RENAME TO public");
}

/** The same people on either engine, made through the program. */
async function fill(server) {
    const facts = { password: goodPassword, operator: "operator@upgrade.test", person: "person@upgrade.test" };
    await setUpOperator(server, { email: facts.operator });
    const person = await signUp(server, { email: facts.person });
    const { authenticator, backupCodes } = await enrollTotp(server, person.client);
    await makeToken(person.client);
    await person.client.expect(201, "POST", "account/webhooks", { url: "https://hooks.example.com/in" });
    await server.client().expect(202, "POST", "recovery", { email: facts.person });
    await server.client().expect(202, "POST", "sign-up", { email: newEmail("half") });
    const done = spawnSync(process.env.KEYSTEAD_BINARY, ["client", "create", "--name", "shop", "--rights", "introspect", "--preset", server.preset],
        { cwd: server.folder, env: server.environment(), encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(done.stderr);
    }
    await until("the log is numbered", () => {
        const verified = spawnSync(process.env.KEYSTEAD_BINARY, ["audit", "verify", "--output", "json", "--preset", server.preset],
            { cwd: server.folder, env: server.environment(), encoding: "utf8" });
        return verified.status === 0 && JSON.parse(verified.stdout).waiting_for_a_number === 0;
    });
    return { ...facts, secret: authenticator.secret, backupCodes };
}

async function make(engine, list) {
    process.env.KEYSTEAD_TEST_ENGINE = engine;
    const { startKeystead } = await import(`../e2e/support/server.mjs?${engine}`);
    const target = path.join(here, engine);
    mkdirSync(target, { recursive: true });
    const name = (number) => path.join(target, `${String(number).padStart(4, "0")}.${engine === "sqlite" ? "db" : "sql"}.gz`);
    const missing = list.filter(({ number }) => !existsSync(name(number)));
    if (missing.length === 0) {
        return;
    }
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-upgrade-"));
    const ends = [];
    const key = path.join(here, "root.key");
    const ours = path.join(folder, "root.key");
    if (existsSync(key)) { // git knows no mode 0600.
        writeFileSync(ours, readFileSync(key), { mode: 0o600 });
    }
    const settings = { storage: { root_key_file: ours } };
    const server = await startKeystead({ after: (end) => ends.push(end) }, { settings });
    try {
        const facts = await fill(server);
        await server.stop();
        if (!existsSync(key)) {
            copyFileSync(settings.storage.root_key_file, key);
        }
        const factsFile = path.join(here, "facts.json");
        const all = existsSync(factsFile) ? JSON.parse(readFileSync(factsFile, "utf8")) : {};
        for (const { number } of missing) {
            const upTo = list.filter((one) => one.number <= number);
            if (engine === "sqlite") {
                makeSqlite(path.join(server.folder, "data", "keystead.db"), upTo, name(number), folder);
            } else {
                makePostgres(server.environment().KEYSTEAD__STORAGE__POSTGRES, upTo, name(number));
            }
            all[`${engine}/${number}`] = facts;
            console.log(name(number));
        }
        writeFileSync(factsFile, `${JSON.stringify(all, null, 1)}\n`);
    } finally {
        for (const end of ends.reverse()) {
            await end();
        }
        rmSync(folder, { recursive: true, force: true });
    }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
    const list = migrations();
    await make("sqlite", list);
    if (process.env.KEYSTEAD_TEST_POSTGRES) {
        await make("postgres", list);
    }
}
