// A person's browser: Debian's Chromium, driven by playwright-core. A page fails its test on a report of
// the content security policy, an error in the console, or a request to anyone but the server.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { chromium } from "playwright-core";

import { atEnd } from "./cleanup.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const artifacts = path.join(import.meta.dirname, "..", ".artifacts");

/** One browser for a test or suite; it closes with it. */
export async function openBrowser(t) {
    const browser = await chromium.launch({
        executablePath: process.env.KEYSTEAD_CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
    });
    atEnd(t, () => browser.close());
    return browser;
}

/**
 * A page with cookies of its own. Whatever it complains of fails the test when it ends.
 * options go to the browser context: viewport, colorScheme, locale, timezoneId, reducedMotion, userAgent.
 */
export async function openPage(t, browser, server, options = {}) {
    const context = await browser.newContext({ baseURL: server.base, ignoreHTTPSErrors: true, locale: "en-GB", ...options });
    const page = await context.newPage();
    const complaints = [];
    const origin = new URL(server.base).origin;
    await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
            console.error(`CSP: ${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber}) ${event.sample}`);
        });
    });
    page.on("pageerror", (error) => complaints.push(`error in the page: ${error.stack ?? error}`));
    page.on("console", (message) => {
        // The browser itself notes every answer from 400 up; those that count are refused below.
        const ofNetwork = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
        if (message.type() === "error" && !ofNetwork) {
            complaints.push(`console: ${message.text()}`);
        }
    });
    page.on("request", (request) => {
        if (!request.url().startsWith(`${origin}/`) && !/^(data|blob|about):/.test(request.url())) {
            complaints.push(`a request to a third party: ${request.url()}`);
        }
    });
    page.on("response", (response) => {
        if (response.status() >= 500) {
            complaints.push(`${response.request().method()} ${response.url()} answered ${response.status()}`);
        }
    });
    atEnd(t, async () => {
        if (complaints.length > 0) {
            await screenshot(page, `complaint-${t.name ?? "page"}`).catch(() => {});
        }
        await context.close();
        assert.deepEqual(complaints, []);
    });
    page.complaints = complaints;
    return page;
}

/** Fails on a serious or critical finding of axe. */
export async function checkAccessible(page, what = page.url()) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
    );
    const grave = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
    assert.deepEqual(grave, [], `axe on ${what}`);
}

/** Fails when something sticks out sideways, as on a phone 320 pixels wide. */
export async function checkFits(page, what = page.url()) {
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${what}: ${content} px of content in a window of ${window} px`);
}

/** Kept in test/e2e/.artifacts, for people to look at. */
export async function screenshot(page, name) {
    mkdirSync(artifacts, { recursive: true });
    const file = path.join(artifacts, `${name.replaceAll(/[^\w.-]+/g, "-")}.png`);
    return page.screenshot({ path: file, fullPage: true });
}
