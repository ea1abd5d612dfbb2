// Debian's proxies in front of a small product, each with the configuration that adapters/ ships, its
// addresses replaced by those of the test.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

import { atEnd } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";
import { until } from "./until.mjs";

const adapters = new URL("../../../adapters/", import.meta.url);

/** The product: says what it was told of the caller. Answers its port. */
export async function startProduct(t) {
    const product = http.createServer((request, response) => {
        let body = "";
        request.on("data", (part) => { body += part; });
        request.on("end", () => {
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ path: request.url, method: request.method, headers: request.headers, body }));
        });
    });
    await new Promise((resolve) => product.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => {
        product.closeAllConnections();
        return new Promise((resolve) => product.close(resolve));
    });
    return product.address().port;
}

/** One request through a proxy. Answers { status, body }, body parsed where it is the product's; undefined when nobody answers. */
export function ask(port, { headers = {}, target = "/orders?page=2", method = "GET", body } = {}) {
    return new Promise((resolve) => {
        const request = http.request({ host: "127.0.0.1", port, path: target, method, headers }, (answer) => {
            let text = "";
            answer.on("data", (part) => { text += part; });
            answer.on("end", () => resolve({ status: answer.statusCode, body: answer.statusCode === 200 ? JSON.parse(text) : undefined }));
        });
        request.on("error", () => resolve(undefined));
        request.end(body);
    });
}

// How each is started: files to write into its folder, and the command.
const proxies = {
    nginx: (folder, shipped) => {
        const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
        return {
            files: {
                "keystead.conf": shipped("nginx/keystead.conf"),
                "nginx.conf": `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
                    events { worker_connections 1024; }
                    http { access_log off; ${places} include ${folder}/keystead.conf; }`,
            },
            command: ["nginx", "-e", "stderr", "-p", folder, "-c", path.join(folder, "nginx.conf")],
        };
    },
    caddy: (folder, shipped) => ({
        files: { Caddyfile: `{\n\tadmin off\n}\n${shipped("caddy/Caddyfile")}` },
        command: ["caddy", "run", "--config", path.join(folder, "Caddyfile"), "--adapter", "caddyfile"],
        environment: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }),
    haproxy: (folder, shipped) => ({
        files: { "haproxy.cfg": shipped("haproxy/haproxy.cfg"), "keystead.lua": shipped("haproxy/keystead.lua") },
        command: ["haproxy", "-db", "-f", path.join(folder, "haproxy.cfg")],
    }),
};

export const proxyNames = Object.keys(proxies);

/** Starts one in front of `product`. Answers its port. */
export async function startProxy(t, name, server, product) {
    const folder = mkdtempSync(path.join(tmpdir(), `keystead-${name}-`));
    mkdirSync(path.join(folder, "logs"));
    const port = await freePort();
    const addresses = {
        "127.0.0.1:8080": `127.0.0.1:${server.port}`, "localhost:8080": new URL(server.base).host,
        "127.0.0.1:3000": `127.0.0.1:${product}`, "127.0.0.1:8000": `127.0.0.1:${port}`,
    };
    // All at once: what was put in must not be looked at again.
    const shipped = (file) => readFileSync(new URL(file, adapters), "utf8")
        .replaceAll(/(?:127\.0\.0\.1|localhost):\d+/g, (address) => addresses[address] ?? address);
    const { files, command, environment = {} } = proxies[name](folder, shipped);
    for (const [file, text] of Object.entries(files)) {
        writeFileSync(path.join(folder, file), text);
    }
    const program = spawn(command[0], command.slice(1), { cwd: folder, env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    program.stderr.on("data", (bytes) => { errors += bytes; });
    const ended = new Promise((resolve, reject) => {
        program.on("error", reject); // It is not installed.
        program.on("exit", resolve);
    });
    atEnd(t, async () => {
        program.kill("SIGTERM");
        await ended;
        rmSync(folder, { recursive: true, force: true });
    });
    await until(`${name} listens`, async () => {
        assert.equal(program.exitCode, null, errors);
        return (await ask(port)) !== undefined;
    });
    return port;
}
