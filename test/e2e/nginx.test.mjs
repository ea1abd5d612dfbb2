// Debian's nginx with auth_request in front of a small product: who is signed in reaches it with their identity,
// nobody else does, and a revoked session is out at its next request.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { signIn, signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { freePort, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const identity = ["keystead-account", "keystead-email", "keystead-session", "keystead-team", "keystead-roles"];

/** The product: says what it was told of the caller. Answers its port. */
async function startProduct(t) {
    const product = http.createServer((request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ path: request.url, headers: request.headers }));
    });
    await new Promise((resolve) => product.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => {
        product.closeAllConnections();
        return new Promise((resolve) => product.close(resolve));
    });
    return product.address().port;
}

/** nginx as docs and README tell operators to set it up. Answers its port. */
async function startNginx(t, server, product) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-nginx-"));
    mkdirSync(path.join(folder, "logs"));
    const port = await freePort();
    const file = path.join(folder, "nginx.conf");
    const told = identity.map((name) => `
            auth_request_set $${name.replaceAll("-", "_")} $upstream_http_${name.replaceAll("-", "_")};
            proxy_set_header ${name} $${name.replaceAll("-", "_")};`).join("");
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    writeFileSync(file, `
daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events { worker_connections 64; }
http {
    access_log off; ${paths}
    upstream keystead { server 127.0.0.1:${server.port}; keepalive 8; }
    server {
        listen 127.0.0.1:${port};
        location = /keystead-check {
            internal;
            proxy_pass http://keystead/v1/check;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host ${new URL(server.base).host};
            proxy_set_header Content-Length "";
            proxy_pass_request_body off;
        }
        location / {
            auth_request /keystead-check;${told}
            proxy_pass http://127.0.0.1:${product};
        }
    }
}
`);
    const program = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", file], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    program.stderr.on("data", (bytes) => { errors += bytes; });
    const ended = new Promise((resolve) => program.on("exit", resolve));
    atEnd(t, async () => {
        program.kill("SIGTERM");
        await ended;
        rmSync(folder, { recursive: true, force: true });
    });
    await until("nginx listens", async () => {
        assert.equal(program.exitCode, null, errors);
        return (await ask(port)) !== undefined;
    });
    return port;
}

function ask(port, headers = {}, target = "/orders?page=2") {
    return new Promise((resolve) => {
        http.get({ host: "127.0.0.1", port, path: target, headers }, (answer) => {
            let text = "";
            answer.on("data", (part) => { text += part; });
            answer.on("end", () => resolve({ status: answer.statusCode, body: answer.statusCode === 200 ? JSON.parse(text) : undefined }));
        }).on("error", () => resolve(undefined));
    });
}

const cookieOf = (client) => [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");

test("nginx asks before the product is reached", async (t) => {
    assert.equal(spawnSync("nginx", ["-v"]).status, 0, "Debian's nginx is there");
    const server = await startKeystead(t);
    const account = await signUp(server);
    const port = await startNginx(t, server, await startProduct(t));
    const cookie = cookieOf(account.client);

    // proves: K-03
    // ASVS: V8.2.1
    await t.test("who is signed in arrives with their identity", async () => {
        const { status, body } = await ask(port, { cookie });
        assert.equal(status, 200);
        assert.equal(body.path, "/orders?page=2");
        assert.equal(body.headers["keystead-account"], account.id);
        assert.equal(body.headers["keystead-email"], account.email);
        assert.match(body.headers["keystead-session"], /^ses_/);
        assert.equal((await ask(port, { cookie, authorization: "Basic dTpw" })).status, 200, "the product's own Authorization");
    });

    // proves: K-03
    // ASVS: V4.1.3
    await t.test("what the caller claims to be is not passed on", async () => {
        const claims = Object.fromEntries(identity.map((name) => [name, "forged"]));
        const { status, body } = await ask(port, { cookie, ...claims });
        assert.equal(status, 200);
        assert.ok(!JSON.stringify(body.headers).includes("forged"), JSON.stringify(body.headers));
        assert.equal((await ask(port, claims)).status, 401);
    });

    await t.test("nobody and the half signed in do not reach the product", async () => {
        assert.equal((await ask(port)).status, 401);
        assert.equal((await ask(port, { cookie: cookie.replace(/ks_ses_.{5}/, "ks_ses_00000") })).status, 401);
        assert.equal((await ask(port, { cookie }, "/keystead-check")).status, 404, "the check itself is internal");
    });

    // proves: S-06, K-03
    // ASVS: V7.4.1
    await t.test("a revoked session is out at its next request", async () => {
        const other = await signIn(server, account);
        const stolen = cookieOf(other);
        const id = (await other.expect(200, "GET", "account")).session.id;
        assert.equal((await ask(port, { cookie: stolen })).status, 200);
        await account.client.expect(204, "DELETE", `account/sessions/${id}`);
        assert.equal((await ask(port, { cookie: stolen })).status, 401);
        assert.equal((await ask(port, { cookie })).status, 200, "the others go on");
        await account.client.expect(204, "POST", "sign-out");
        assert.equal((await ask(port, { cookie })).status, 401);
    });
});
