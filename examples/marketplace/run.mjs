// node examples/marketplace/run.mjs [--port N]       (./run marketplace --demo builds first)
//
// Starts the demo: Keystead with the preset "marketplace", the shop, and nginx in front of both, on loopback, in one
// temporary folder. Ctrl-C ends all of it and removes the folder. KEYSTEAD_BINARY and KEYSTEAD_SSHD_BINARY name other builds.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { cannotStart } from "./machines/machine.mjs";

const here = import.meta.dirname;
const build = path.join(here, "../../build/release/src");
const keysteadBinary = process.env.KEYSTEAD_BINARY ?? path.join(build, "app/keystead");
const agentBinary = process.env.KEYSTEAD_SSHD_BINARY ?? path.join(path.dirname(keysteadBinary), "../agent/keystead-sshd");
const { values: { port } } = parseArgs({ options: { port: { type: "string", default: "8080" } } });

const folder = mkdtempSync(path.join(tmpdir(), "keystead-marketplace-"));
const programs = []; // in the order of their start
let stopping;

/** Starts a program; `isReady` is shown what it has said so far. Should it end before we do, so do we. */
async function start(name, [program, ...words], { environment = {}, isReady }) {
    if (stopping) {
        throw new Error("it was stopped");
    }
    // A process group of its own, so that Ctrl-C reaches us alone; and it does not outlive us, whatever ends us.
    const child = spawn("setpriv", ["--pdeathsig", "TERM", program, ...words],
        { cwd: folder, env: { PATH: process.env.PATH, TZ: "UTC", ...environment }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let said = "";
    const over = new Promise((resolve) => { child.on("close", resolve); });
    programs.push({ name, child, over });
    return new Promise((resolve, reject) => {
        const listen = (bytes) => {
            said = (said + bytes).slice(-20_000);
            if (isReady(said)) {
                resolve(said);
            }
        };
        child.stdout.on("data", listen);
        child.stderr.on("data", listen);
        child.on("error", reject);
        void over.then(() => {
            reject(new Error(`${name} ended:\n${said}`));
            void stop(`${name} ended by itself:\n${said}`);
        });
    });
}

/** Ends what was started, the last first, and removes the folder. */
function stop(fault) {
    stopping ??= (async () => {
        if (fault) {
            console.error(`marketplace: ${fault}`);
            process.exitCode = 1;
        }
        for (const { child, over } of programs.reverse()) {
            child.kill("SIGTERM");
            await over;
        }
        rmSync(folder, { recursive: true, force: true });
    })();
    return stopping;
}

function keystead(words, environment) {
    const done = spawnSync(keysteadBinary, [...words, "--output", "json"],
        { cwd: folder, env: { PATH: process.env.PATH, ...environment }, encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(`keystead ${words.join(" ")}: ${done.stderr}`);
    }
    return JSON.parse(done.stdout);
}

function freePort() {
    return new Promise((resolve, reject) => {
        const probe = net.createServer();
        probe.once("error", reject);
        probe.listen(0, "127.0.0.1", () => {
            const free = probe.address().port;
            probe.close(() => resolve(String(free)));
        });
    });
}

function isAnswered() {
    return new Promise((resolve) => {
        const socket = net.connect(Number(port), "127.0.0.1");
        socket.once("connect", () => { socket.destroy(); resolve(true); });
        socket.once("error", () => resolve(false));
    });
}

async function startKeystead(origin, keysteadPort) {
    const environment = {
        KEYSTEAD__SERVER__PORT: keysteadPort,
        KEYSTEAD__SERVER__BASE_URL: origin,
        KEYSTEAD__STORAGE__DATA_FOLDER: path.join(folder, "keystead"),
    };
    mkdirSync(environment.KEYSTEAD__STORAGE__DATA_FOLDER, { mode: 0o700 });
    const settings = ["--preset", "marketplace", "--config", path.join(here, "keystead.toml")];
    const said = await start("keystead", [keysteadBinary, "serve", ...settings], { environment, isReady: (text) => text.includes("mail is kept in") });
    const command = (...words) => keystead([...words, ...settings], environment);
    return { command, setUp: /http\S+\/set-up#\S+/.exec(said)[0] };
}

async function startShop(origin, shopPort, keysteadCommand) {
    const client = keysteadCommand("client", "create", "--name", "Fjord GPU", "--rights", "hosts,events");
    const webhook = keysteadCommand("webhook", "create", "--url", `http://127.0.0.1:${shopPort}/keystead-events`,
        "--events", "ssh_key.revoked,host.removed,account.frozen,account.secured,account.disabled,account.enabled,account.deleted");
    const machines = path.join(folder, "machines");
    mkdirSync(machines);
    await start("the shop", [process.execPath, path.join(here, "shop/server.mjs")], {
        environment: {
            PORT: shopPort, SHOP_ORIGIN: origin, KEYSTEAD_URL: `${origin}/id`, KEYSTEAD_TOKEN: client.token,
            KEYSTEAD_WEBHOOK_SECRET: webhook.secret, KEYSTEAD_SSHD_BINARY: agentBinary, MACHINES_FOLDER: machines,
        },
        isReady: (text) => text.includes("listening"),
    });
}

async function startNginx(keysteadPort, shopPort) {
    const addresses = { 8080: port, 8081: keysteadPort, 3000: shopPort };
    for (const name of ["nginx.conf", "shop-identity.conf"]) {
        const text = readFileSync(path.join(here, name), "utf8")
            .replaceAll(/\b(127\.0\.0\.1|localhost):(8080|8081|3000)\b/g, (_, host, known) => `${host}:${addresses[known]}`);
        writeFileSync(path.join(folder, name), text);
    }
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    writeFileSync(path.join(folder, "main.conf"), `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr notice;
        events { worker_connections 256; }
        http { access_log off; ${places} include ${folder}/nginx.conf; }\n`);
    await start("nginx", ["nginx", "-e", "stderr", "-p", folder, "-c", path.join(folder, "main.conf")],
        { isReady: (text) => text.includes("OS: Linux") });
}

async function main() {
    const missing = cannotStart(agentBinary);
    if (missing) {
        throw new Error(missing);
    }
    if (await isAnswered()) {
        throw new Error(`somebody listens on port ${port} already: --port says another.`);
    }
    const origin = `http://localhost:${port}`;
    const [keysteadPort, shopPort] = [await freePort(), await freePort()];
    const { command, setUp } = await startKeystead(origin, keysteadPort);
    // nginx before the shop: the shop asks Keystead by the address that browsers use.
    await startNginx(keysteadPort, shopPort);
    await startShop(origin, shopPort, command);
    console.log(`
  The marketplace is open: ${origin}

    1. ${origin}/id/sign-up          sign up; the mail is on ${origin}/id/dev/mail
    2. ${origin}/id/account/ssh-keys/new   add a public SSH key
    3. ${origin}/                    rent a server, and log in as its page says
    4. ${origin}/id/account/ssh-keys       revoke the key: the server refuses it

  The operator's account (once): ${setUp}
  All of it is in ${folder}; Ctrl-C ends it and removes that.
`);
}

process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
main().catch((error) => stop(error.message));
