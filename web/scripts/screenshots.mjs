// Makes the pictures of docs/screenshots anew from the built pages and made-up answers; those of the marketplace are taken by
// its test (test/e2e/marketplace_demo.test.mjs).
//   tools/web && (cd web && npm run screenshots)
import path from "node:path";
import { chromium } from "playwright-core";
import { startMockServer } from "./mock-server.mjs";

const folder = path.join(import.meta.dirname, "../../docs/screenshots");
const mock = await startMockServer();
const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});

/** One picture: `prepare` leads the page to what it shows. */
async function picture(name, address, prepare = () => {}, options = {}) {
    mock.reset();
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    mock.state.webhooks.length = 2;
    const viewport = { width: 1100, height: 720 };
    const page = await browser.newPage({ viewport, reducedMotion: "reduce", ...options });
    await page.goto(mock.url + address);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await prepare(page);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    await page.close();
}

await picture("overview", "/account");
await picture("sessions-phone-dark", "/account/sessions", undefined, {
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
});
await picture("api-keys", "/account/api-keys");
await picture("api-keys-new", "/account/api-keys/new", async (page) => {
    await page.getByLabel("Name", { exact: true }).fill("Build server");
});
await picture("api-keys-usage", "/account/api-keys/tok_1");
await picture("webhooks", "/account/webhooks");
await picture("webhooks-test", "/account/webhooks", async (page) => {
    await page.getByRole("button", { name: "Send a test" }).first().click();
    await page.getByText("This is what is sent").waitFor();
    await page
        .getByRole("button", { name: /^Send again/ })
        .first()
        .waitFor();
});
await browser.close();
await mock.stop();
