// The pages about servers: added, connected, a key revoked and confirmed, the rental ended. What servers are told is
// proved elsewhere; here a server is what the API hears of one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { checkAccessible, checkFits, openBrowser, openPage, screenshot } from "./support/browser.mjs";
import { enroll } from "./support/hosts.mjs";
import { startKeystead } from "./support/server.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { bearer } from "./support/tokens.mjs";

const addKey = (client, name) => client.expect(201, "POST", "account/ssh-keys", { name, public_key: makePublicKey() });

async function look(page, name) {
    await checkAccessible(page, name);
    await checkFits(page, name);
    await screenshot(page, name);
}

// proves: M-18, D-11
// ASVS: V7.5.1
test("a person adds a server, sees which key was used, that a revoked one is refused, and ends the rental", async (t) => {
    const server = await startKeystead(t, { movableClock: true });
    const browser = await openBrowser(t);
    const owner = await signUp(server);
    const laptop = await addKey(owner.client, "laptop");
    await addKey(owner.client, "phone");
    const page = await openPage(t, browser, server, { viewport: { width: 390, height: 844 } });
    const heading = (name) => page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
    const press = (name) => page.getByRole("button", { name, exact: true }).click();
    let rented;

    await t.test("it is added, and what connects it is shown once", async () => {
        await page.goto("/sign-in?return=/account/servers");
        await page.getByLabel("E-mail address").fill(owner.email);
        await page.getByLabel("Password", { exact: true }).fill(owner.password);
        await press("Sign in");
        await page.getByRole("heading", { name: "No servers yet" }).waitFor();
        await page.getByRole("link", { name: "Add a server" }).click();
        await heading("Add a server");
        await page.getByLabel("Name", { exact: true }).fill("gpu-1");
        await page.getByLabel("Login users").fill("-root");
        await press("Add the server");
        await page.getByText("Write names of users").first().waitFor();
        await page.getByLabel("Login users").fill("root, ada");
        await press("Add the server");
        await page.getByRole("heading", { name: "Connect “gpu-1”" }).waitFor();
        const command = await page.getByRole("group", { name: "It runs already" }).last().innerText();
        const token = /ks_enr_\w+/.exec(command)[0];
        await page.getByRole("radio", { name: /^It will be made/ }).check();
        await page.getByText("#cloud-config").waitFor();
        await look(page, "servers-connect");
        await press("I have saved it");
        await heading("gpu-1");
        await page.getByText("Not connected yet").waitFor();
        assert.equal(await page.getByText(token).count(), 0);

        const { items: [{ id }] } = await owner.client.expect(200, "GET", `teams/${owner.answer.account.id}/hosts`);
        rented = await enroll(server, { id, enrolment: { token } });
        await page.getByText("Connected", { exact: true }).first().waitFor(); // by itself
        assert.equal((await rented.snapshot()).keys.length, 4, "two keys for two login users");
        await look(page, "servers-connected");
        const again = await server.client().request("POST", "hosts/enroll", { agent_version: "0.0.0" }, { headers: bearer(token) });
        assert.equal(again.status, 401);
    });

    await t.test("a login is shown with its key, on the server's page and the key's", async () => {
        const began_at = new Date(server.now() * 1000).toISOString();
        const login = { id: "login-1", login_user: "root", fingerprint: laptop.fingerprint, address: "203.0.113.7", began_at };
        assert.equal((await rented.report({ logins: [login] })).status, 204);
        await page.reload();
        await page.getByText("root, with “laptop”").waitFor();
        await page.goto("/account/ssh-keys");
        await page.getByText("Last used").waitFor();
        await page.getByRole("link", { name: "Usage of laptop" }).click();
        await heading("Usage of “laptop”");
        await page.getByText("root on gpu-1").waitFor();
        await page.getByText("203.0.113.7").waitFor();
        await look(page, "ssh-key-usage");
        await page.getByRole("link", { name: "All SSH keys" }).click();
        await heading("SSH keys");
    });

    await t.test("a revoked key is ending until the server has confirmed that it refuses it", async () => {
        await page.getByRole("button", { name: "Revoke laptop" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
        await page.getByText("“laptop” is ending… 0 of 1 server refuse it by now.").waitFor();
        await page.getByText("root on gpu-1, from 203.0.113.7, began").waitFor();
        await look(page, "ssh-key-ending");
        assert.ok((await rented.snapshot()).keys.every((line) => !line.includes(laptop.id)));
        assert.equal(await page.getByText("has ended, and the server").count(), 0, "told is not confirmed");
        await rented.apply();
        await page.getByText("“laptop” has ended, and the server that it opened refuses it.").waitFor();
    });

    await t.test("the rental is ended after a step-up in place, and the server is refused", async () => {
        await page.goto("/account/servers");
        await look(page, "servers");
        await page.getByRole("link", { name: "Details of gpu-1" }).click();
        await heading("gpu-1");
        server.advanceClock(301);
        await press("End the rental…");
        await page.getByRole("dialog").getByRole("button", { name: "End the rental" }).click();
        await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
        assert.equal((await rented.get("krl")).status, 200);
        await page.getByLabel("Password", { exact: true }).fill(owner.password);
        await press("Confirm");
        await page.getByText("The rental has ended.").waitFor();
        assert.equal((await rented.get("krl")).status, 401);
        await page.getByRole("link", { name: "All servers" }).click();
        await page.getByRole("heading", { name: "No servers yet" }).waitFor();
    });
});
