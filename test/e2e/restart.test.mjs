// What refuses to start: a second node, a newer schema, a wrong root key, a setting
// that does not exist, clear text beyond loopback. And the TLS listener.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { makeCertificate } from "./support/certificate.mjs";
import { freePort } from "./support/ports.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";

/** `keystead serve` that is expected to refuse. */
function refused(server, environment = {}, words = []) {
    const done = runKeystead(["serve", "--preset", server.preset, ...words], {
        cwd: server.folder,
        environment: { ...server.environment(), ...environment },
    });
    assert.equal(done.error, undefined, "it refuses at once");
    assert.notEqual(done.status, 0, done.stderr);
    return done.stderr + done.stdout;
}

test("a database that is not this node's to use is refused", async (t) => {
    const server = await startKeystead(t);
    const owner = await signUp(server);

    await t.test("a second node on the same database is refused, and the first goes on", async () => {
        const said = refused(server, { KEYSTEAD__SERVER__PORT: String(await freePort()), KEYSTEAD__SERVER__METRICS_PORT: "0" });
        assert.match(said, /another|lock|in use/i);
        assert.equal((await owner.client.get("account")).status, 200);
    });

    await t.test("a root key that is not the database's is refused", async () => {
        await server.stop();
        const file = path.join(server.folder, "data", "root.key");
        assert.ok(existsSync(file));
        const wrong = path.join(server.folder, "wrong.key");
        const kept = readFileSync(file);
        const text = kept.toString("utf8");
        const other = /^[0-9a-f\s]+$/i.test(text) ? `${randomBytes(32).toString("hex")}\n` : kept.length === 32 ? randomBytes(32)
            : text.replace(/[0-9A-Za-z+/_-]{40,}=*/, (old) => randomBytes(64).toString("base64url").slice(0, old.length));
        writeFileSync(wrong, other, { mode: 0o600 });
        assert.match(refused(server, { KEYSTEAD__STORAGE__ROOT_KEY_FILE: wrong }), /root key/i);
        assert.match(refused(server, { KEYSTEAD__STORAGE__ROOT_KEY_FILE: path.join(server.folder, "none.key") }), /root/i);
        await server.start();
        assert.equal((await owner.client.get("account")).status, 200);
    });

    await t.test("a schema from a newer version is refused", async () => {
        await server.stop();
        const statement = "INSERT INTO schema_migration SELECT 9999, 'from_the_future', applied_at, checksum FROM schema_migration LIMIT 1";
        let done;
        if (engine === "postgres") {
            const to = server.environment().KEYSTEAD__STORAGE__POSTGRES;
            done = spawnSync("psql", [to, "-qXAt", "-c", statement], { encoding: "utf8" });
        } else {
            done = spawnSync("sqlite3", [path.join(server.folder, "data", "keystead.db"), statement], { encoding: "utf8" });
        }
        assert.equal(done.status, 0, String(done.stderr ?? done.error));
        assert.match(refused(server), /newer|schema/i);
    });
});

test("settings that cannot be meant are refused", async (t) => {
    const server = await startKeystead(t);
    await server.stop();

    await t.test("a key that does not exist, with what may have been meant", () => {
        assert.match(refused(server, { KEYSTEAD__SERVER__BASE_ULR: "http://localhost" }), /base_url/);
        writeFileSync(path.join(server.folder, "odd.toml"), "[session]\nat_mots = 3\n");
        assert.match(refused(server, {}, ["--config", "odd.toml"]), /at_most/);
    });

    // ASVS: V11.4.2
    await t.test("password hashing below the floor", () => {
        assert.match(refused(server, { KEYSTEAD__PASSWORD__ARGON2_MEMORY_KIB: "8192" }), /argon2_memory_kib/);
    });

    // proves: S-08
    // ASVS: V12.2.1
    await t.test("clear text beyond loopback, or an http address for people elsewhere", () => {
        assert.match(refused(server, { KEYSTEAD__SERVER__LISTEN_ADDRESS: "0.0.0.0" }), /tls/i);
        assert.match(refused(server, { KEYSTEAD__SERVER__BASE_URL: "http://accounts.example" }), /https/i);
    });
});

// proves: S-08
// ASVS: V12.1.1, V12.2.1, V3.4.1, V4.1.2, V12.2.2
test("the TLS listener", async (t) => {
    const port = await freePort();
    const plain = await startKeystead(t);
    const folder = plain.folder;
    const { cert: certificate, key } = makeCertificate(folder, "DNS:localhost");
    await plain.stop();
    const environment = { ...plain.environment(), KEYSTEAD__SERVER__PORT: String(port), KEYSTEAD__SERVER__BASE_URL: `https://localhost:${port}`,
        KEYSTEAD__SERVER__TLS_CERTIFICATE: certificate, KEYSTEAD__SERVER__TLS_KEY: key };
    plain.environment = () => environment;
    plain.health = (kind) => new Promise((resolve) => {
        https.get({ host: "127.0.0.1", port, path: `/health/${kind}`, servername: "localhost", headers: { host: `localhost:${port}` },
            ca: readFileSync(certificate) }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on("error", () => resolve(undefined));
    });
    await plain.start();
    const client = plain.client({ base: `https://localhost:${port}` });
    const answer = await client.get("sign-in/methods");
    assert.equal(answer.status, 200);
    assert.match(answer.headers["strict-transport-security"], /max-age=\d{8}/);

    // ASVS V12.2.2: who vouches for it is told before people find out.
    const told = (authorities) => {
        const done = runKeystead(["doctor", "--preset", plain.preset, "--output", "json"],
            { cwd: folder, environment: { ...environment, SSL_CERT_FILE: authorities, SSL_CERT_DIR: folder } });
        return JSON.parse(done.stdout).find(({ check }) => check === "certificate trust");
    };
    assert.equal(told("/dev/null").state, "warning");
    assert.equal(told(certificate).state, "good");

    // A request in clear text is not led on to TLS: whoever sent a credential so is to notice.
    const clear = await new Promise((resolve) => {
        http.get({ host: "127.0.0.1", port, path: "/v1/account", headers: { host: `localhost:${port}`, authorization: "Bearer ks_pat_canary" } },
            (incoming) => { incoming.resume(); resolve(incoming); }).on("error", resolve);
    });
    assert.ok(clear instanceof Error || (clear.statusCode >= 400 && !clear.headers.location), String(clear.statusCode));

    const talk = (...words) => spawnSync("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-CAfile", certificate, ...words],
        { input: "", encoding: "utf8", timeout: 10_000 });
    assert.match(talk("-tls1_3").stdout, /Verification: OK/);
    assert.match(talk("-tls1_2").stdout, /Cipher\s*(is|:)\s*ECDHE-\S*(GCM|POLY1305)/);
    assert.doesNotMatch(talk("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").stdout, /Cipher is (?!\(NONE\))/);
    assert.doesNotMatch(talk("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0").stdout, /Cipher is (?!\(NONE\))/);
});
