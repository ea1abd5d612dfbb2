// The demo product, examples/marketplace, started by its one command and used as a person does it: with a browser and ssh.
// KEYSTEAD_PICTURES=1 takes the pictures of docs/marketplace.md anew on the way.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Keystead } from "../../examples/marketplace/shop/keystead.mjs";
import { cost, hoursOf, offers, Rentals } from "../../examples/marketplace/shop/rentals.mjs";
import { WebhookReceiver } from "../../examples/marketplace/shop/webhook.mjs";
import { goodPassword } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { freePort } from "./support/ports.mjs";
import { agentBinary, cannotRun, makeKeyPair, runProgram } from "./support/rented_server.mjs";
import { engine } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const root = path.join(import.meta.dirname, "../..");
const desktop = { width: 1100, height: 720 };
const phone = { width: 390, height: 844 };
const onePass = engine === "postgres" && "the demo has a database of its own";

/** Starts the demo. Answers { base, folder }. When the test ends it is asked to end, and has to leave nothing. */
async function startDemo(t) {
    const port = await freePort();
    const program = spawn(process.execPath, [path.join(root, "examples/marketplace/run.mjs"), "--port", String(port)], {
        env: { PATH: process.env.PATH, KEYSTEAD_BINARY: process.env.KEYSTEAD_BINARY, KEYSTEAD_SSHD_BINARY: agentBinary },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    program.stdout.on("data", (bytes) => { said += bytes; });
    program.stderr.on("data", (bytes) => { said += bytes; });
    const over = new Promise((resolve) => { program.on("close", resolve); });
    const folder = () => /All of it is in (\S+);/.exec(said)?.[1];
    atEnd(t, async () => {
        program.kill("SIGINT");
        assert.equal(await over, 0, said);
        assert.equal(existsSync(folder()), false, "the folder is gone");
        assert.deepEqual(programsOf(folder()), [], "and all that ran in it");
    });
    await until("the marketplace is open", () => {
        assert.equal(program.exitCode, null, said);
        return folder() !== undefined;
    }, { seconds: 30 });
    return { base: `http://localhost:${port}`, folder: folder() };
}

/** Asks for a path as it stands here, which fetch() would tidy up. Answers { status, headers, text }. */
async function askFor(base, target, headers = {}) {
    const { hostname, port } = new URL(base);
    const [answer] = await once(http.get({ hostname, port, path: target, headers, agent: false }), "response");
    let text = "";
    for await (const part of answer.setEncoding("utf8")) {
        text += part;
    }
    return { status: answer.statusCode, headers: answer.headers, text };
}

/** The command lines of the programs that have that folder among their words. */
function programsOf(folder) {
    const lines = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((id) => {
        try {
            return readFileSync(`/proc/${id}/cmdline`, "utf8");
        } catch {
            return ""; // It has just ended.
        }
    });
    return lines.filter((line) => line.includes(folder));
}

/** Looks at a page, wide and narrow; as a picture for the documentation where that is asked for, with `at` in view. */
async function look(page, name, { on = desktop, colorScheme = "light", at } = {}) {
    await checkAccessible(page, name);
    await page.setViewportSize({ width: 320, height: 640 });
    await checkFits(page, name);
    await page.setViewportSize(on);
    await page.emulateMedia({ colorScheme });
    if (process.env.KEYSTEAD_PICTURES) {
        await page.evaluate(() => globalThis.scrollTo(0, 0));
        await at?.scrollIntoViewIfNeeded();
        writeFileSync(path.join(root, "docs/screenshots", `marketplace-${name}.webp`), await asWebp(page, await page.screenshot()));
    } else {
        await screenshot(page, `marketplace-${name}`);
    }
    await page.setViewportSize(desktop);
    await page.emulateMedia({ colorScheme: "light" });
}

/** The browser can write what playwright does not. */
async function asWebp(page, png) {
    const blank = await page.context().browser().newPage();
    const url = await blank.evaluate(async (base64) => {
        const image = new globalThis.Image();
        image.src = `data:image/png;base64,${base64}`;
        await image.decode();
        const canvas = Object.assign(globalThis.document.createElement("canvas"), { width: image.width, height: image.height });
        canvas.getContext("2d").drawImage(image, 0, 0);
        return canvas.toDataURL("image/webp", 0.8);
    }, png.toString("base64"));
    await blank.close();
    return Buffer.from(url.split(",")[1], "base64");
}

const sshOptions = (pair) => ["-v", "-F", "none", "-i", pair.file, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
    "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];

test("the demo marketplace: sign up, rent, log in, revoke, be refused, end", { skip: cannotRun || onePass }, async (t) => {
    const demo = await startDemo(t);
    const keys = mkdtempSync(path.join(tmpdir(), "keystead-demo-keys-"));
    atEnd(t, () => rmSync(keys, { recursive: true }));
    const laptop = makeKeyPair(keys, "laptop");
    const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"; // as pictures show it
    const page = await openPage(t, await openBrowser(t), demo, { viewport: desktop, userAgent });
    const heading = (name) => page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
    const press = (name) => page.getByRole("button", { name, exact: true }).click();
    const follow = (name) => page.getByRole("link", { name, exact: true }).first().click();
    let rental;

    await t.test("a stranger sees the window, and is led to sign in for the rest, whatever they claim to be", async () => {
        await page.goto("/");
        await heading("Rent a GPU by the hour");
        await look(page, "window");
        for (const target of ["/rentals", "/rentals/0123456789ab"]) {
            const answer = await fetch(demo.base + target, { redirect: "manual", headers: { "keystead-account": "acc_forged", "keystead-email": "a@b.c" } });
            assert.deepEqual([answer.status, answer.headers.get("location")], [303, `${demo.base}/id/sign-in?return=${target}`]);
        }
        const claimed = await fetch(`${demo.base}/`, { headers: { "keystead-account": "acc_forged", "keystead-email": "a@b.c" } });
        assert.doesNotMatch(await claimed.text(), /Signed in as/);
        // To nginx the style sheet, to the shop its window.
        const sheet = await askFor(demo.base, "//shop.css", { "keystead-account": "acc_forged", "keystead-email": "a@b.c" });
        assert.equal(sheet.status, 200);
        assert.doesNotMatch(sheet.text, /Signed in as/);
    });

    await t.test("the way back from signing in is the path that was asked for, and writes nothing else into the answer", async () => {
        const long = `/${"%C3%A9".repeat(1000)}`;
        for (const [target, back] of [
            ["/x%0d%0aSet-Cookie:%20ks=evil;%20Path=/id", "/"],
            ["/x%0D%0A%0D%0A<script>", "/"],
            ["/caf%C3%A9/a%20b?size=1&return=//evil.example", "/caf%C3%A9/a%20b"],
            [long, long],
            ["/a&return=//evil.example", "/"],
            ["/a%26b%23c", "/"],
            ["/a%2523", "/"],
            ["/a%2fb%3Fc", "/"],
            ["/a+b", "/"],
            ["//evil.example", "//evil.example"], // The sign-in page goes to paths of its own host alone.
        ]) {
            const { status, headers } = await askFor(demo.base, target);
            assert.deepEqual([status, headers.location, headers["set-cookie"]], [303, `${demo.base}/id/sign-in?return=${back}`, undefined], target);
        }
    });

    await t.test("they sign up, and find back to the shop", async () => {
        await follow("Sign up");
        await heading("Create your account");
        await page.getByLabel("E-mail address").fill("ada@example.test");
        await look(page, "sign-up", { on: phone, colorScheme: "dark" });
        await press("Send me the link");
        await heading("Look in your inbox");
        await until("the mail", async () => {
            await page.goto("/id/dev/mail");
            return page.getByRole("link", { name: /Confirm your e-mail address/ }).count();
        });
        await page.getByRole("link", { name: /Confirm your e-mail address/ }).click();
        await page.goto(/http\S+\/sign-up\/confirm#[\w-]+/.exec(await page.locator("body").innerText())[0]);
        await page.getByLabel("Password", { exact: true }).fill(goodPassword);
        await press("Create my account");
        await press("Not now");
        await heading("Overview");
        await follow("Back to Fjord GPU");
        await page.getByText("Signed in as ada@example.test.").waitFor();
    });

    await t.test("they add an SSH key", async () => {
        await follow("Account & security");
        await follow("SSH keys");
        await follow("Add an SSH key");
        await page.getByLabel("Public key", { exact: true }).fill(laptop.line);
        await page.getByLabel("Name", { exact: true }).fill("laptop");
        await look(page, "add-key");
        await press("Add the SSH key");
        await page.getByRole("button", { name: "Revoke laptop" }).waitFor();
    });

    const ssh = (command) => runProgram("ssh", [...sshOptions(laptop), ...rental.words, command]);

    await t.test("they rent a server, and log in with that key as its page says", async () => {
        await page.goto("/");
        await press("Rent 2 × A100");
        await page.getByText("Running", { exact: true }).waitFor();
        const [, ...words] = (await page.locator("pre").innerText()).trim().split(" ");
        rental = { words, name: await page.getByRole("heading", { level: 1 }).innerText(), address: new URL(page.url()).pathname };
        const fingerprint = await page.locator("section code").last().innerText();
        const session = await ssh("hostname");
        assert.equal(session.stdout, `${rental.name}\n`, session.stderr);
        assert.ok(session.stderr.includes(`Server host key: ssh-ed25519 ${fingerprint}`), "the host key is the one that the shop shows");
        await until("the shop's page names the login", async () => {
            await page.reload();
            return page.getByText("gpu, with “laptop”, from 127.0.0.1").count();
        });
        await look(page, "rental");
    });

    await t.test("what they bought stands in the account's activity, and leads to the shop", async () => {
        await page.goto("/id/account/activity");
        await page.getByText(`Rented 2 × A100 in Bergen (${rental.name})`).waitFor();
        await page.getByText("€2.89").waitFor();
        const link = page.getByRole("link", { name: `Open at ${new URL(demo.base).host}` });
        await look(page, "activity", { on: phone, colorScheme: "dark", at: link });
        assert.equal(await link.getAttribute("href"), demo.base + rental.address);
    });

    // proves: M-18, K-08
    await t.test("they revoke the key: the open session ends, the key is refused, and the shop shows it", async () => {
        const open = spawn("ssh", [...sshOptions(laptop), ...rental.words, "echo welcome; cat"], { stdio: ["pipe", "pipe", "ignore"] });
        const over = new Promise((resolve) => { open.on("exit", resolve); });
        await new Promise((resolve) => { open.stdout.once("data", resolve); });
        await page.goto("/id/account/ssh-keys");
        await page.getByRole("button", { name: "Revoke laptop" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
        await page.getByText("“laptop” has ended, and the server that it opened refuses it.").waitFor();
        await look(page, "revoked");
        assert.notEqual(await over, 0);
        const refused = await ssh("hostname");
        assert.equal(refused.stdout, "");
        assert.match(refused.stderr, /Permission denied \(publickey\)/);
        await until("the webhook has come", async () => {
            await page.goto(rental.address);
            return page.getByText("An SSH key of yours was revoked").count();
        });
    });

    await t.test("they end the rental: the server is gone from the shop, the account and the machine", async () => {
        const folder = path.join(demo.folder, "machines", path.basename(rental.address));
        assert.notDeepEqual(programsOf(folder), []);
        const forged = await page.request.post(`${rental.address}/end`, { headers: { origin: "https://elsewhere.example" } });
        assert.equal(forged.status(), 403, "another site's form");
        await press("End the rental");
        await page.getByText("You ended the rental.").waitFor();
        await look(page, "ended", { on: phone });
        assert.deepEqual(programsOf(folder), []);
        assert.match((await ssh("hostname")).stderr, /Connection refused/);
        await page.goto("/id/account/servers");
        await page.getByRole("heading", { name: "No servers yet" }).waitFor();
        await page.goto("/id/account/activity");
        await page.getByText(`Ended ${rental.name} after 1 h`).waitFor();
    });

    await t.test("a server that its owner removes at Keystead is no longer charged by the shop", async () => {
        await page.goto("/");
        await press("Rent 1 × RTX 4090");
        await page.getByText("Running", { exact: true }).waitFor();
        const [address, name] = [page.url(), await page.getByRole("heading", { level: 1 }).innerText()];
        await page.goto("/id/account/servers");
        await page.getByRole("link", { name: `Details of ${name}` }).click();
        await press("End the rental…");
        await page.getByRole("dialog").getByRole("button", { name: "End the rental" }).click();
        await page.getByText("The rental has ended.").waitFor();
        await until("the shop heard of it", async () => {
            await page.goto(address);
            return page.getByText("You removed the server from your account.").count();
        });
        await page.getByText("Ended", { exact: true }).waitFor();
    });

    await t.test("while their account is frozen the shop lets nobody in as them, and sends its owner to secure it", async () => {
        const shop = () => page.request.get("/rentals", { maxRedirects: 0 });
        const step = (name) => page.getByRole("heading", { name, exact: true }).waitFor();
        assert.equal((await shop()).status(), 200);
        await page.goto("/id/account/secure");
        await press("Freeze my account now");
        await step("Choose a new password");
        assert.equal((await shop()).status(), 303);
        await page.goto("/rentals"); // Whoever is on the way needs no second sign-in.
        await step("Choose a new password");
        await page.getByLabel("Current password", { exact: true }).fill(goodPassword);
        await page.getByLabel("New password", { exact: true }).fill("Quartz-Heron-58-Willow");
        await page.getByLabel("New password again", { exact: true }).fill("Quartz-Heron-58-Willow");
        await press("Change password");
        await step("Set up an authenticator app anew");
        await press("Sign out for now");
        await heading("Sign in");
        await page.goto("/rentals");
        await heading("Sign in");
        await page.getByLabel("E-mail address").fill("ada@example.test");
        await page.getByLabel("Password", { exact: true }).fill("Quartz-Heron-58-Willow");
        await press("Sign in");
        await step("Set up an authenticator app anew");
        assert.equal((await shop()).status(), 303);
    });
});

test("the shop believes Keystead's webhooks alone, each once", { skip: onePass }, () => {
    const key = randomBytes(24);
    let now = 1_800_000_000_000;
    const receiver = new WebhookReceiver(`whsec_${key.toString("base64")}`, () => now);
    const signed = (id, body, { at = now / 1000, by = key } = {}) => {
        const signature = createHmac("sha256", by).update(`${id}.${at}.${body}`).digest("base64");
        return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${randomBytes(32).toString("base64")} v1,${signature}` };
    };
    const body = '{"type":"account.frozen"}';
    assert.equal(receiver.check(signed("msg_1", body), Buffer.from(body)), "new");
    assert.equal(receiver.check(signed("msg_1", body), Buffer.from(body)), "repeated");
    assert.equal(receiver.check(signed("msg_2", body), Buffer.from(body.replace("frozen", "secured"))), "forged", "another body");
    assert.equal(receiver.check(signed("msg_2", body, { by: randomBytes(24) }), Buffer.from(body)), "forged", "another key");
    assert.equal(receiver.check({ ...signed("msg_2", body), "webhook-id": "msg_3" }, Buffer.from(body)), "forged", "another id");
    assert.equal(receiver.check(signed("msg_2", body, { at: now / 1000 - 301 }), Buffer.from(body)), "forged", "too old");
    assert.equal(receiver.check(signed("msg_2", body, { at: "soon" }), Buffer.from(body)), "forged");
    assert.equal(receiver.check({}, Buffer.from(body)), "forged");
    now += 5 * 24 * 3_600_000;
    assert.equal(receiver.check(signed("msg_1", body), Buffer.from(body)), "new", "after the days in which it could have come again");
});

test("the shop tells its events however long Keystead is away, and gives up those alone that it refuses", { skip: onePass }, async (t) => {
    const asked = [];
    const recorded = [];
    // What a proxy says while Keystead is away, and Keystead while it is busy, restarts, and knows the token no longer.
    const away = [...Array(15).fill(502), 429, 503, 500, 401];
    const refuse = (status, code, ...pointers) => [status, { code, errors: pointers.map((pointer) => ({ pointer })) }];
    const judge = (events) => {
        const ids = events.map(({ id }) => id);
        if (ids.includes("e3")) {
            return refuse(422, "product-event/invalid", ...["e3", "e7"].flatMap((id) => [`/events/${ids.indexOf(id)}/link`, `/events/${ids.indexOf(id)}/at`]));
        }
        if (ids.includes("e120")) {
            return refuse(409, "product-event/id-taken", `/events/${ids.indexOf("e120")}/id`);
        }
        recorded.push(...ids);
        return [201, { items: [] }];
    };
    const stub = http.createServer(async (request, response) => {
        let text = "";
        for await (const part of request.setEncoding("utf8")) {
            text += part;
        }
        const [status, body] = away.length > 0 ? [away.shift(), undefined] : judge(JSON.parse(text).events);
        asked.push(status);
        response.writeHead(status, { "content-type": "application/json" }).end(body ? JSON.stringify(body) : "<html>Bad Gateway</html>");
    });
    atEnd(t, () => new Promise((resolve) => { stub.close(resolve); stub.closeAllConnections(); }));
    await once(stub.listen(0, "127.0.0.1"), "listening");
    t.mock.method(console, "error", () => {});
    const waits = [];
    const keystead = new Keystead({ url: `http://127.0.0.1:${stub.address().port}`, token: "x", wait: async (time) => { waits.push(time); } });

    const ids = Array.from({ length: 150 }, (_, number) => `e${number}`);
    ids.forEach((id) => keystead.tell({ id }));
    const wanted = ids.filter((id) => !["e3", "e7", "e120"].includes(id));
    await until("the last is told", () => recorded.includes("e149"));
    assert.deepEqual(recorded, wanted, "all others, in their order, each once");
    assert.equal(asked.filter((status) => status < 500).length, 6, "429, 401, 422, 201, 409, 201");
    assert.equal(waits.length, 19, "never without a pause while it is away");
});

test("while an account is frozen the shop charges it nothing", { skip: onePass }, async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
    const hours = (count) => t.mock.timers.tick(count * 3_600_000);
    const told = [];
    const keystead = { url: "", registerHost: async () => ({ id: "hst_1" }), removeHost: async () => {}, tell: (event) => told.push(event) };
    const machine = { fingerprint: "SHA256:x", over: new Promise(() => {}), stop: async () => {} };
    const rentals = new Rentals({ keystead, startMachine: async () => machine, folder: "", origin: "https://shop.example" });
    const ada = { account: "acc_ada" };
    const rental = rentals.begin(ada, offers[0]);
    await rental.settled;
    const hear = (type, account = "acc_ada") => rentals.hear({ type, data: { account_id: account, target: null } });

    hours(1.5);
    hear("account.frozen", "acc_other");
    assert.equal(rental.pausedAt, undefined, "another's");
    hear("account.frozen");
    hours(10);
    assert.equal(hoursOf(rental), 2);
    hear("account.frozen"); // told twice
    hear("account.secured");
    hours(1);
    assert.equal(hoursOf(rental), 3);
    hear("account.deleted");
    await until("it has ended", () => told.length === 2);
    assert.equal(rental.state, "ended");
    hours(5);
    assert.equal(cost(rental), 3 * offers[0].centsAnHour);
    assert.deepEqual(told.map(({ id, type, amount }) => [id, type, amount.minor_units]), [
        [`rental/${rental.id}/started`, "shop.rental.started", 39], [`rental/${rental.id}/ended`, "shop.rental.ended", 117]]);

    const open = [1, 2, 3].map(() => rentals.begin(ada, offers[0]));
    assert.ok(open.every(Boolean));
    assert.equal(rentals.begin(ada, offers[0]), undefined, "as many as it may have");
    assert.equal(rentals.find("acc_other", open[0].id), undefined, "another's rental is none");
});
