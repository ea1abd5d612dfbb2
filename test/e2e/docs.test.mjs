// guards: what the documentation tells people to type works as it stands. Each page's `sh` blocks run in order, as one
// script, beside a real server. A block that cannot has a comment before it: <!-- by hand: why -->.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { enrollTotp, setUpOperator, signUp } from "./support/accounts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";

const docs = path.join(import.meta.dirname, "../../docs");
const fence = /^(?<why><!-- by hand: [^\n]+ -->\n)?```(?<language>\w+)\n(?<text>.*?)^```$/gms;

/** The page's blocks: { language, text, byHand }. */
function blocksOf(page) {
    const found = readFileSync(path.join(docs, page), "utf8").matchAll(fence);
    return [...found].map(({ groups }) => ({ ...groups, byHand: groups.why !== undefined }));
}

// What it prints goes to a file, so that a placeholder such as whk_… can be what was printed last.
const prologue = `
exec >"$OUT" 2>&1
printed() { grep -oE "$1[0-9A-Za-z]+" "$OUT" | tail -1; }
curl() { command curl --silent --show-error --fail-with-body "$@"; }
set -x
`;

/** The page's script as it is run here: at the server's own address, in folders of the test. */
function scriptOf(page, { server, folder, session, token, account }) {
    const places = [
        [/https:\/\/id\.example\.(org|com)|http:\/\/localhost:8080/g, server.base],
        [/127\.0\.0\.1:9464/g, `127.0.0.1:${server.metricsPort}`],
        [/(?<= |=)\/(etc|var|tmp)\//g, `${folder}/$1/`],
        [/ks_ses_…/g, session],
        [/ks_pat_…/g, token],
        [/\bacc_…/g, account],
        [/\b(whk_|hst_|ks_svc_|ks_enr_|ks_host_)…/g, '$(printed $1)'],
    ];
    const blocks = blocksOf(page).filter(({ language, byHand }) => language === "sh" && !byHand);
    return places.reduce((text, [from, to]) => text.replace(from, to), blocks.map(({ text }) => text).join("\n"));
}

function run(script, folder, environment) {
    return new Promise((resolve, reject) => {
        const shell = spawn("bash", ["-euo", "pipefail", "-c", prologue + script], { cwd: folder, env: environment, stdio: "ignore" });
        shell.on("error", reject);
        shell.on("exit", (code, signal) => { resolve(code ?? signal); });
    });
}

const pages = readdirSync(docs).filter((name) => name.endsWith(".md") && blocksOf(name).some(({ language }) => language === "sh"));

test("the index names every page, and no page leads nowhere", { skip: engine !== "sqlite" && "alike on both engines" }, () => {
    const index = readFileSync(path.join(docs, "README.md"), "utf8");
    const named = readdirSync(docs).filter((name) => name.endsWith(".md") && name !== "README.md");
    assert.deepEqual(named.filter((name) => !index.includes(`(${name})`)), []);
    const root = path.dirname(docs);
    const lost = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ...readdirSync(docs).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)]
        .flatMap((page) => [...readFileSync(path.join(root, page), "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
            .filter(([, to]) => !existsSync(path.join(root, path.dirname(page), to))).map(([, to]) => `${page}: ${to}`));
    assert.deepEqual(lost, []);
});

test("every shell block of the documentation is run, or says why not", async (t) => {
    assert.ok(pages.length > 5);
    const all = pages.flatMap((page) => [...readFileSync(path.join(docs, page), "utf8").matchAll(/^```sh$/gm)]);
    assert.equal(all.length, pages.flatMap(blocksOf).filter(({ language }) => language === "sh").length, "a fence that is not understood");

    if (engine !== "sqlite") {
        return; // The words are the same on both engines; what they do is tested on both elsewhere.
    }
    const server = await startKeystead(t, { settings: { api_token: { at_most: 10 } } });
    await setUpOperator(server, { email: "boss@example.org" });
    const ada = await signUp(server, { email: "ada@example.org" });
    await enrollTotp(server, ada.client);
    const { folder } = server;
    for (const name of ["bin", "etc/keystead", "var/lib/keystead", "var/backups/keystead", "tmp"]) {
        mkdirSync(path.join(folder, name), { recursive: true });
    }
    writeFileSync(path.join(folder, "bin/keystead"), `#!/bin/sh\nexec "${process.env.KEYSTEAD_BINARY}" "$@"\n`, { mode: 0o755 });
    writeFileSync(path.join(folder, "data/breached.txt"), "correct horse\nbattery staple\n");
    const [toml] = blocksOf("install.md").filter(({ language }) => language === "toml");
    writeFileSync(path.join(folder, "etc/keystead/keystead.toml"), toml.text);

    const makeToken = async () => (await ada.client.expect(201, "POST", "account/tokens", { name: "docs", kind: "admin" })).token;
    const client = runKeystead(["client", "create", "--name", "docs", "--rights", "introspect"], { cwd: folder, environment: server.environment() });
    const world = { server, folder, session: ada.client.cookies.get("__Host-keystead"), token: await makeToken(), account: ada.id };
    const environment = {
        ...server.environment(),
        PATH: `${path.join(folder, "bin")}:${process.env.PATH}`,
        KEYSTEAD_TOKEN: await makeToken(), KEYSTEAD_CLIENT: /ks_svc_\w+/.exec(client.stdout)[0], TOKEN: await makeToken(),
    };

    for (const page of pages) { // In order of the alphabet: operators.md makes the operator whom recovery.md names.
        await t.test(page, async () => {
            const out = path.join(folder, `${page}.out`);
            // What the page's own file says is not overridden by how this server was started.
            const own = page === "install.md" ? { PATH: environment.PATH } : environment;
            const status = await run(scriptOf(page, world), path.join(folder, "data"), { ...own, OUT: out });
            assert.equal(status, 0, readFileSync(out, "utf8"));
        });
    }
});
