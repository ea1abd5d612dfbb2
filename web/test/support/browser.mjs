// A browser before the mock server, new for each test, which fails on what the policy reports and on requests elsewhere.
// SHOTS=<folder> keeps a picture of each page that is looked at.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, beforeEach } from "node:test";
import { chromium } from "playwright-core";
import { right, startMockServer } from "../../scripts/mock-server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const shots = process.env["SHOTS"];
const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

export let mock;
export let page;
let browser;
export let context;
let faults;
export let sent;

before(async () => {
    mock = await startMockServer();
    browser = await chromium.launch({
        executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
        args: flags,
    });
    if (shots) {
        mkdirSync(shots, { recursive: true });
    }
});

after(async () => {
    await browser?.close();
    await mock?.stop();
});

export async function open(options) {
    await context?.close();
    context = await browser.newContext({ ...options, permissions: ["clipboard-write"] });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    faults = [];
    sent = [];
    page.on("console", (message) => {
        // A refusal (401, 409, 422, 429) is an answer like any other.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
            faults.push(message.text());
        }
    });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
        sent.push(`${request.url()} ${request.postData() ?? ""}`);
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${mock.url}/`)) {
            faults.push(`request elsewhere: ${request.url()}`);
        }
    });
}

beforeEach(async () => {
    mock.reset();
    await open({ viewport: { width: 1280, height: 900 } });
});

afterEach(() => {
    assert.deepEqual(faults, []);
});

export const token = `#${right.token}`;

export const go = (path) => page.goto(mock.url + path);
export const press = (name) => page.getByRole("button", { name, exact: true }).click();
export const heading = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();
export const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);

export async function look(name) {
    await page.evaluate(() =>
        Promise.allSettled(
            document
                .getAnimations()
                .filter((animation) => animation.effect.getComputedTiming().activeDuration < 2_000)
                .map((animation) => animation.finished),
        ),
    );
    if (shots) {
        await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`);
    const session = await context.newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: axe });
    const { result } = await session.send("Runtime.evaluate", {
        expression: "axe.run().then((found) => JSON.stringify(found.violations))",
        awaitPromise: true,
        returnByValue: true,
    });
    const found = JSON.parse(result.value)
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(found, [], name);
}
