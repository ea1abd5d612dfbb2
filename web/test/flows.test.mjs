// Goes through the flows in a real browser under the real policy, with the keyboard.
// guards: the pages work under nonces and Trusted Types; open redirects; forms survive a step-up
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { right, startSecuring } from "../scripts/mock-server.mjs";
import {
    context,
    fill,
    go,
    heading,
    look,
    mock,
    page,
    press,
    sent,
    shots,
    token,
} from "./support/browser.mjs";

test("sign-in: what is wrong is said, what was typed stays, the keyboard is enough", async () => {
    await go("/sign-in");
    await heading("Sign in");
    await page.getByLabel("E-mail address").focus();
    await page.keyboard.type("ada@example.org");
    await page.keyboard.press("Tab");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The e-mail address or the password is not right.").waitFor();
    await look("sign-in-wrong");
    assert.equal(await page.getByLabel("E-mail address").inputValue(), "ada@example.org");
    await fill("Password", right.password);
    await page.keyboard.press("Enter");
    await heading("Overview");
    assert.equal(new URL(page.url()).pathname, "/account");
});

test("sign-in: an empty form says what is missing, at the field", async () => {
    await go("/sign-in");
    await press("Sign in");
    await page.getByText("Please fill this in.").first().waitFor();
    const field = page.getByLabel("E-mail address");
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    assert.equal(await field.getAttribute("aria-invalid"), "true");
});

test("sign-in: a code, or a backup code instead, then back to where one was", async () => {
    mock.state.secondFactor = true;
    await go("/account/sessions");
    await heading("Sign in");
    await fill("E-mail address", "ada@example.org");
    await fill("Password", right.password);
    await press("Sign in");
    await heading("Enter your code");
    await look("sign-in-code");
    await page.getByLabel("Code").fill("000000");
    await press("Continue");
    await page.getByRole("alert").getByText("That code is not right.").waitFor();
    await press("Use a backup code instead");
    await page.getByLabel("Backup code").fill(right.code);
    await press("Continue");
    await heading("Sessions");
});

test("sign-in: a return path that leads elsewhere is not followed", async () => {
    for (const path of ["//evil.example", "/\\evil.example", "https://evil.example/"]) {
        mock.reset();
        await go(`/sign-in?return=${encodeURIComponent(path)}`);
        await fill("E-mail address", "ada@example.org");
        await fill("Password", right.password);
        await press("Sign in");
        await heading("Overview");
        assert.equal(new URL(page.url()).origin, mock.url);
    }
});

test("sign-in: at the most sessions, one is chosen and ended", async () => {
    mock.state.limit = true;
    await go("/sign-in");
    await fill("E-mail address", "ada@example.org");
    await fill("Password", right.password);
    await press("Sign in");
    await heading("End a session to sign in");
    await page.getByLabel(/Safari/).check();
    await look("sign-in-limit");
    await press("End this session and sign in");
    await heading("Overview");
});

test("sign-in: a limit counts down and the request is made again by itself", async () => {
    mock.state.refuseOnce = {
        name: "POST sign-in",
        status: 429,
        code: "sign-in/too-many-attempts",
        headers: { "retry-after": "2" },
    };
    await go("/sign-in");
    await fill("E-mail address", "ada@example.org");
    await fill("Password", right.password);
    await press("Sign in");
    await page
        .getByText(/We will try again by ourselves in 0:0/)
        .last()
        .waitFor();
    await look("sign-in-waiting");
    await heading("Overview");
});

test("sign-in: offline, it says so and keeps what was typed", async () => {
    await go("/sign-in");
    await fill("E-mail address", "ada@example.org");
    await context.setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await fill("Password", right.password);
    await press("Sign in");
    await page.getByRole("alert").getByText("We could not reach the server.").waitFor();
    assert.equal(await page.getByLabel("E-mail address").inputValue(), "ada@example.org");
    await look("sign-in-offline");
    await context.setOffline(false);
});

test("sign-up: every refusal stands at the field, then the second factor is offered and set up", async () => {
    await go("/sign-up");
    await fill("E-mail address", "ada@example.org");
    await press("Send me the link");
    await heading("Look in your inbox");
    await look("sign-up-sent");

    await go(`/sign-up/confirm${token}`);
    await heading("Choose a password");
    assert.equal(new URL(page.url()).hash, "", "the token has left the address bar");
    await fill("Password", "Ada-password");
    await press("Create my account");
    await page.getByText("It is one of the passwords that attackers try first.").waitFor();
    await page.getByText("It holds your name").waitFor();
    await look("sign-up-refused");
    await fill("Password", right.password);
    await press("Create my account");
    await heading("Protect your account with a second step");
    await look("offer");
    mock.state.stepUp = true;
    await press("Set it up now");
    await heading("Scan this with your app");
    await look("offer-scan");
    assert.ok(await page.getByAltText(/QR code/).evaluate((image) => image.naturalWidth > 0));
    await page.getByLabel("6-digit code from the app").fill(right.code);
    await press("Confirm");
    await heading("Save your backup codes");
    await look("offer-codes");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("button", { name: "I have saved them" }).isVisible(), false);
    if (shots) {
        await page.screenshot({ path: `${shots}/offer-codes-print.png` });
    }
    await page.emulateMedia({ media: "screen" });
    await press("I have saved them");
    await heading("Your account is protected");
    await press("Go to your account");
    await heading("Overview");
});

test("recovery: the second factor is asked for after the password", async () => {
    mock.state.secondFactor = true;
    await go(`/recovery/confirm${token}`);
    await fill("New password", right.password);
    await press("Set the new password");
    await heading("One more step");
    await look("recovery-code");
    await page.getByLabel("Code").fill(right.code);
    await press("Set the new password");
    await heading("Your password is changed");
});

test("not me: it asks, then says what has happened", async () => {
    await go(`/not-me${token}`);
    await press("It was not me");
    await heading("Stopped");
    await look("not-me-done");
});

test("a link that was used says so", async () => {
    await go("/email/confirm#another-token-of-a-link");
    await press("Use this address");
    await page.getByRole("alert").getByText("This link is not valid").waitFor();
});

test("a step-up asks in place, the request goes on, the form keeps what it holds", async () => {
    mock.state.signedIn = true;
    await go("/account/addresses");
    await heading("Addresses and data");
    await fill("New e-mail address", "ada.new@example.org");
    await press("Change address");
    const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
    await dialog.waitFor();
    await look("step-up");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.getByLabel("New e-mail address").inputValue(), "ada.new@example.org");
    await press("Change address");
    await dialog.getByLabel("Password", { exact: true }).fill(right.password);
    await page.keyboard.press("Enter");
    await page.getByText("We sent a link to ada.new@example.org. Your address changes").waitFor();
});

test("two-factor: add, new codes, remove with a code", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/account/two-factor");
    await press("Add an authenticator");
    await press("Next");
    await page.getByLabel("6-digit code from the app").fill(right.code);
    await look("two-factor-scan");
    await press("Confirm");
    await page.getByRole("heading", { name: "Save your backup codes" }).waitFor();
    await look("two-factor-codes");
    await press("Copy");
    await page.getByText("Copied").waitFor();
    let asked = "";
    page.once("dialog", (question) => {
        asked = question.message();
        void question.dismiss();
    });
    await page.getByRole("link", { name: "Overview" }).click();
    assert.match(asked, /not shown again/);
    await press("I have saved them");
    await page.getByText("10 codes left to use.").waitFor();
    await press("Make new codes");
    await page.getByRole("dialog").getByRole("button", { name: "Make new codes" }).click();
    await press("I have saved them");
    await press("Remove: Authenticator app");
    await look("two-factor-remove");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Current code from one of your authenticators").fill(right.code);
    await dialog.getByLabel("I understand what this does").check();
    await dialog.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("No authenticator yet").waitFor();
});

test("sessions: end one, ask one to sign in again, end the others", async () => {
    mock.state.signedIn = true;
    await go("/account/sessions");
    await page.getByRole("button", { name: /^End the session: Safari/ }).click();
    await page.getByText("The session has ended.").waitFor();
    await page.getByRole("button", { name: /^Ask to sign in again: Chrome/ }).click();
    await page.getByText("That session must sign in again").waitFor();
    await press("End all other sessions");
    await look("sessions-others");
    await page.getByRole("dialog").getByRole("button", { name: "End all other sessions" }).click();
    await page.getByText("2 sessions have ended.").waitFor();
});

test("a list that is refused for its rate counts down and comes by itself", async () => {
    mock.state.signedIn = true;
    mock.state.refuseOnce = {
        name: "GET account/sessions",
        status: 429,
        code: "limit/too-many-requests",
        headers: { "retry-after": "2" },
    };
    await go("/account/sessions");
    await page
        .getByText(/We will try again by ourselves in 0:0/)
        .last()
        .waitFor();
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
    await look("sessions-waiting");
    await page.getByRole("button", { name: /^End the session: Safari/ }).waitFor();
});

test("webhooks: added, the secret saved, tested, sent again, suspended by a restore, rotated, deleted", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/account/webhooks");
    await page.getByText("The server was restored from a back-up").waitFor();
    const suspended = page.getByRole("listitem").filter({ hasText: "restored.example.org" });
    await suspended.getByRole("button", { name: "Enable" }).click();
    await suspended.getByText("Enabled", { exact: true }).waitFor();
    await fill("Address", "http://new.example.org/in");
    await press("Add endpoint");
    await page.getByText("https").first().waitFor();
    await fill("Address", "https://new.example.org/in");
    await page.getByRole("radio", { name: /^Only some/ }).check();
    await page.getByText("Sessions 0 of 2").click();
    await page.getByRole("checkbox", { name: /^session.created/ }).check();
    await page.getByText("Sessions 1 of 2").waitFor();
    await look("webhooks-events");
    await page
        .getByRole("group", { name: "Sessions" })
        .getByRole("checkbox", { name: /^All of these/ })
        .check();
    await page.getByText("Account 0 of 1").click();
    await page.getByRole("checkbox", { name: /^account.renamed/ }).check();
    await press("Add endpoint");
    await page.getByRole("heading", { name: "Save the secret" }).waitFor();
    await look("webhooks-secret");
    await press("I have saved it");
    const row = page.getByRole("listitem").filter({ hasText: "new.example.org" });
    assert.deepEqual(mock.state.webhooks.at(-1).events, ["session.*", "account.renamed"]);
    await row.getByRole("button", { name: "Send a test" }).click();
    await row.getByText("This is what is sent").waitFor();
    await row.getByRole("button", { name: "Send again: webhook.test" }).first().click();
    await row.getByText("sent again").first().waitFor();
    await look("webhooks-deliveries");
    await row.getByRole("button", { name: "New secret…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
    await press("I have saved it");
    await row.getByText("The old secret still counts until").waitFor();
    await row.getByRole("button", { name: "Delete…" }).click();
    await look("webhooks-delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete it" }).click();
    await row.waitFor({ state: "detached" });
});

test("api keys: made in steps by keyboard, stepped up in place, shown once, left when saved", async () => {
    mock.state.signedIn = true;
    await go("/account/api-keys");
    await page.getByRole("link", { name: "New API key" }).click();
    await heading("New API key");
    await press("Next");
    assert.ok(await page.getByText("Please fill this in.").isVisible());
    await fill("Name", "Night job");
    await page.getByRole("radio", { name: /^Custom/ }).focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Permissions", level: 2 }).waitFor();
    assert.ok(await page.getByRole("button", { name: "Next", exact: true }).isDisabled());
    await page.getByRole("checkbox", { name: "View logs" }).press("Space");
    await look("api-keys-permissions");
    await press("Next");
    await page.getByRole("radio", { name: "in 30 days" }).check();
    await fill("Only from these addresses (optional)", "192.0.2.1, nonsense!");
    await press("Make the API key");
    await fill("Password", right.password);
    await page.keyboard.press("Enter");
    await page.getByText("One of these is no IP address and no range.").waitFor();
    await fill("Only from these addresses (optional)", "192.0.2.1 2001:db8::/32");
    await press("Make the API key");
    await page.getByRole("heading", { name: "Save your API key" }).waitFor();
    const secret = await page.getByLabel("Your API key").textContent();
    assert.match(secret, /^ks_pat_/);
    await look("api-keys-once");
    const [file] = await Promise.all([page.waitForEvent("download"), press("Download")]);
    assert.equal(file.suggestedFilename(), "api-key.txt");
    page.once("dialog", (dialog) => void dialog.dismiss());
    await page.getByRole("link", { name: "Sessions" }).click();
    assert.equal(await page.getByLabel("Your API key").textContent(), secret, "leaving asks first");
    await press("I have saved it");
    await heading("API keys");
    await page.getByText("Night job").waitFor();
    assert.ok(!(await page.content()).includes(secret), "it is gone from the page");
    assert.deepEqual(mock.state.keys[0].addresses, ["192.0.2.1", "2001:db8::/32"]);
});

test("api keys: a limit counts down and the key is made by itself", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    mock.state.keyLimits = 1;
    await go("/account/api-keys/new");
    await fill("Name", "Night job");
    await press("Next");
    await press("Make the API key");
    await page.getByText("We will try again by ourselves").first().waitFor();
    await look("api-keys-limit");
    await page.getByRole("heading", { name: "Save your API key" }).waitFor();
    await press("I have saved it");
});

test("api keys: rotate, end the old secret, confirm, revoke", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/account/api-keys");
    await press("Rotate Build server");
    await press("Rotate");
    await page.getByText("The secret before still works. End it first").waitFor();
    await press("Cancel");
    await press("End it now: the old secret of Build server");
    await page.getByText("The old secret has ended.").waitFor();
    await press("Rotate Build server");
    await page.getByRole("radio", { name: "1 more hour" }).check();
    await look("api-keys-rotate");
    await press("Rotate");
    await page.getByRole("heading", { name: "Save your API key" }).waitFor();
    await press("I have saved it");
    await page.getByText("The old secret still works.").waitFor();
    await press("Let it work again");
    await page.getByText("The API key works again.").waitFor();
    await press("Revoke Last year");
    await press("Revoke");
    await page.getByText("The API key was revoked.").waitFor();
    assert.equal(await page.getByText("Last year").count(), 0);
});

test("ssh keys: pasted, a private one not sent, stepped up in place, by keyboard", async () => {
    mock.state.signedIn = true;
    await go("/account/ssh-keys");
    await page.getByRole("link", { name: "Add an SSH key" }).click();
    await heading("Add an SSH key");
    await fill(
        "Public key",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----",
    );
    await fill("Name", "Phone");
    await press("Add the SSH key");
    await page.getByText("This is a private key. It was not sent.").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
    await look("ssh-keys-private");
    assert.deepEqual(mock.state.sentKeys, []);
    await fill("Public key", "hello");
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await fill("Password", right.password);
    await page.keyboard.press("Enter");
    await page.getByText("This is not a public key.").waitFor();
    await fill("Name", "");
    await page.locator("input[type=file]").setInputFiles({
        name: "id_ed25519.pub",
        mimeType: "text/plain",
        buffer: Buffer.from("ssh-ed25519 AAAAC3Nz ada@phone\n"),
    });
    await page.waitForFunction(() => document.querySelector("input[type=text]").value === "ada@phone");
    await press("Add the SSH key");
    await heading("SSH keys");
    await page.getByText("ada@phone").waitFor();
});

test("ssh keys: made here, downloaded, and only the public part is sent", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/account/ssh-keys/new?replaces=ssh_3");
    await heading("Rotate an SSH key");
    await page.getByRole("radio", { name: /^Make one here/ }).check();
    await fill("Passphrase", "short");
    await fill("Passphrase once more", "short");
    await press("Rotate");
    await page.getByText("A passphrase has at least 8 characters.").waitFor();
    await fill("Passphrase", "correct horse");
    await fill("Passphrase once more", "correct house");
    await press("Rotate");
    await page.getByText("The two are not the same.").waitFor();
    await fill("Passphrase once more", "correct horse");
    await look("ssh-keys-make");
    await press("Rotate");
    await page.getByRole("heading", { name: "Save your private key" }).waitFor();
    await look("ssh-keys-once");
    const [file] = await Promise.all([page.waitForEvent("download"), press("Download the private key")]);
    assert.equal(file.suggestedFilename(), "id_ed25519_laptop");
    const saved = await file.path();
    chmodSync(saved, 0o600);
    const opened = spawnSync("ssh-keygen", ["-y", "-P", "correct horse", "-f", saved], { encoding: "utf8" });
    assert.equal(opened.stdout.trim(), mock.state.sentKeys.join(), opened.stderr);
    assert.notEqual(spawnSync("ssh-keygen", ["-y", "-P", "correct house", "-f", saved]).status, 0);
    assert.match(mock.state.sentKeys.join(), /^ssh-ed25519 AAAA\S+ Laptop$/);
    const secrets = [...readFileSync(saved, "utf8").split("\n").slice(3, -2), "correct horse", "PRIVATE KEY"];
    assert.deepEqual(
        secrets.filter((secret) => sent.some((request) => request.includes(secret))),
        [],
    );
    page.once("dialog", (dialog) => void dialog.dismiss());
    await page.getByRole("link", { name: "Sessions" }).click();
    await press("I have saved it");
    await heading("SSH keys");
    await page.getByText("Being replaced").waitFor();
    await look("ssh-keys-rotating");
    await press("End it now: Laptop");
    await page.getByText("The old key has ended.").waitFor();
});

test("ssh keys: renamed, confirmed, revoked with a reason, ended everywhere", async () => {
    mock.state.signedIn = true;
    await go("/account/ssh-keys");
    await page.getByRole("link", { name: "Usage of Laptop" }).click();
    await heading("Usage of “Laptop”");
    await press("Rename");
    await fill("Name", "Travel laptop");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await heading("Usage of “Travel laptop”");
    await page.getByRole("link", { name: "All SSH keys" }).click();
    await press("Let it be valid again");
    await page.getByText("The SSH key is valid again.").waitFor();
    await press("Revoke Travel laptop");
    await page.getByRole("radio", { name: /^Someone else may have it/ }).check();
    await look("ssh-keys-revoke");
    await press("Revoke");
    await page.getByText("The SSH key was revoked, and cannot be added again.").waitFor();
    assert.equal(await page.getByText("Travel laptop", { exact: true }).count(), 0);
    await press("End a key everywhere");
    await fill("Signature", "nonsense");
    await press("End it everywhere");
    await page.getByText("This is no signature of that message.").waitFor();
    await look("ssh-keys-proof");
    await fill("Signature", "-----BEGIN SSH SIGNATURE-----");
    await press("End it everywhere");
    await page.getByText("is refused everywhere from now on").waitFor();
});

test("servers: added by keyboard, stepped up in place, connected, changed, enrolled anew, ended", async () => {
    mock.state.signedIn = true;
    await go("/account/servers");
    await page.getByRole("link", { name: "Add a server" }).click();
    await heading("Add a server");
    await fill("Name", "gpu-9");
    await fill("Login users", "-bad");
    await page.getByRole("radio", { name: /^Only some/ }).check();
    await press("Add the server");
    await page.getByText("Choose at least one: the server would let nobody in.").waitFor();
    await page.getByRole("checkbox", { name: /^Laptop/ }).check();
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
    await fill("Password", right.password);
    await page.getByLabel("Password", { exact: true }).press("Enter");
    await page.getByText("Write names of users").waitFor();
    await fill("Login users", "root, ada");
    await page.getByLabel("Login users", { exact: true }).press("Enter");
    await page.getByRole("heading", { name: "Connect “gpu-9”" }).waitFor();
    await look("servers-once");
    assert.deepEqual(mock.state.hosts[0].login_users, ["root", "ada"]);
    assert.deepEqual(mock.state.hosts[0].ssh_keys, ["ssh_3"]);
    await page.getByRole("radio", { name: /^It will be made/ }).check();
    await page.getByText("#cloud-config").waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), press("Download")]);
    assert.equal(file.suggestedFilename(), "cloud-init.yaml");
    page.once("dialog", (dialog) => void dialog.dismiss());
    await page.getByRole("link", { name: "Sessions" }).click();
    await press("I have saved it");
    await heading("gpu-9");
    await page.getByText("It has not been set up. This page notices when it is.").waitFor();
    Object.assign(mock.state.hosts[0], { state: "enrolled", last_seen_at: new Date().toISOString() });
    await page.getByText("Connected", { exact: true }).first().waitFor();
    await press("Change…");
    await page.getByRole("radio", { name: /^All my SSH keys/ }).check();
    await fill("Name", "gpu-nine");
    await press("Save");
    await heading("gpu-nine");
    assert.equal(mock.state.hosts[0].ssh_keys, null);
    await press("Make a new command…");
    await press("Make a new command");
    await page.getByRole("heading", { name: "Connect “gpu-nine”" }).waitFor();
    await press("I have saved it");
    await press("End the rental…");
    await look("servers-end");
    await page.getByRole("dialog").getByRole("button", { name: "End the rental" }).click();
    await page.getByText("The rental has ended.").waitFor();
    await page.getByRole("link", { name: "All servers" }).click();
    await page.getByRole("link", { name: "Details of gpu-1" }).waitFor();
    assert.equal(await page.getByText("gpu-nine").count(), 0);
});

test("servers: many are searched, none are explained", async () => {
    mock.state.signedIn = true;
    mock.state.hosts = Array.from({ length: 12 }, (_, number) => ({
        ...mock.state.hosts[0],
        id: `hst_${number}`,
        name: `gpu-${number}`,
    }));
    await go("/account/servers");
    await fill("Search by name or login user", "gpu-1");
    await page.getByRole("link", { name: "Details of gpu-11" }).waitFor();
    assert.equal(await page.getByRole("link", { name: /^Details of/ }).count(), 3);
    mock.state.hosts = [];
    await page.reload();
    await page.getByRole("heading", { name: "No servers yet" }).waitFor();
});

test("ssh keys: a revoked one is ending until every server has confirmed it", async () => {
    mock.state.signedIn = true;
    await go("/account/ssh-keys");
    await page.getByRole("button", { name: "Revoke Laptop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("“Laptop” is ending… 41 of 42 servers refuse it by now.").waitFor();
    await page.getByText("root on gpu-1, from 203.0.113.7, began").waitFor();
    await look("ssh-keys-ending");
    mock.state.removals.ssh_3 = {
        total: 42,
        applied: 42,
        last_applied_at: new Date().toISOString(),
        unconfirmed: [],
        open_sessions: [],
    };
    await page.getByText("“Laptop” has ended, and all 42 servers refuse it.").waitFor();
});

test("a session that must prove itself is asked by the whole page", async () => {
    mock.state.signedIn = true;
    mock.state.mustAuthenticate = true;
    await go("/account/password");
    await heading("Please sign in again");
    await look("must-authenticate");
    await fill("Password", right.password);
    await press("Confirm");
    await heading("Password");
});

test("activity: more is shown by the cursor, and an unknown action is readable", async () => {
    mock.state.signedIn = true;
    await go("/account/activity");
    await page.getByText("Unheard of: thing done").first().waitFor();
    const rows = page.getByRole("list", { name: "Activity" }).getByRole("listitem");
    assert.equal(await rows.count(), 12);
    await press("Show more");
    await page.waitForFunction(() => document.querySelectorAll("main li").length === 24);
});

test("deletion: asked with the address typed, and taken back", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/account/delete");
    await fill("Type ada@example.org to confirm", "someone@example.org");
    await press("Delete my account");
    await page.getByText("This is not your e-mail address.").waitFor();
    await fill("Type ada@example.org to confirm", "ada@example.org");
    await press("Delete my account");
    await page.getByText("Until then you can keep it.").waitFor();
    await look("delete-scheduled");
    await page.getByRole("main").getByRole("button", { name: "Keep my account" }).first().click();
    await page.getByText("Type ada@example.org to confirm").waitFor();
});

test("operator: disable and enable an account, search, invite", async () => {
    mock.state.signedIn = true;
    mock.state.stepUp = true;
    await go("/admin");
    await press("Disable person1@example.org");
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("The account is disabled.").waitFor();
    await press("Enable person1@example.org");
    await page.getByText("The account is enabled.").waitFor();
    await fill("Search by e-mail or name", "nobody");
    await press("Search");
    await page.getByText("No account matches.").waitFor();
    await page.getByRole("link", { name: "Invitations" }).click();
    await fill("E-mail address", "new@example.org");
    await press("Send invitation");
    await page.getByText("We sent an invitation to new@example.org.").waitFor();
});

test("moving between pages moves the focus to the heading", async () => {
    mock.state.signedIn = true;
    await go("/account");
    await heading("Overview");
    await page.getByRole("link", { name: "Sessions", exact: true }).click();
    await heading("Sessions");
    await page.waitForFunction(() => document.activeElement?.textContent === "Sessions");
    assert.equal(await page.title(), "Sessions · Example Cloud");
});

/** Proves it in the dialog that a request waits for. */
async function proveInPlace() {
    const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
    await dialog.getByLabel("Password", { exact: true }).fill(right.password);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
}

test("securing an account: a secret, the addresses and the end are asked to be proved, in place", async () => {
    startSecuring(mock.state, "tokens");
    await go("/account/secure");
    await heading("Your API keys");
    await press("Replace: Build server");
    await page.getByRole("dialog").waitFor();
    await look("secure-step-up");
    await page.keyboard.press("Escape");
    await heading("Your API keys");
    await press("Replace: Build server");
    await proveInPlace();
    await page.getByText("ks_pat_0a1b2c3d4e5f6g7h8i9j").waitFor();

    // The page is loaded again before anybody saw what was on it.
    mock.state.securing = "ssh-keys";
    await go("/account/secure");
    await page.getByText("Something went wrong, and you did not see a secret?").click();
    await look("secure-lost");
    await press("Make new backup codes");
    await page.getByRole("heading", { name: "Save your backup codes" }).waitFor();
    await press("I have saved them");
    await heading("Your SSH keys");

    mock.state.stepUp = false;
    mock.state.securing = "addresses";
    await go("/account/secure");
    await press("All of these are mine");
    await proveInPlace();
    await heading("What happened before");

    mock.state.stepUp = false;
    mock.state.mustAuthenticate = true; // The whole page asks, where nothing is to be seen before.
    mock.state.securing = "finish";
    await go("/account/secure");
    await page.getByLabel("Password", { exact: true }).fill(right.password);
    await page.keyboard.press("Enter");
    await heading("All done");
    mock.state.stepUp = false;
    await press("Open my account again");
    await proveInPlace();
    await heading("Overview");
});

test("securing an account: what was changed is looked at to the last line, the rest at once", async () => {
    startSecuring(mock.state, "activity");
    await go("/account/secure");
    await heading("What happened before");
    const grave = page.getByRole("region", { name: "What was changed" });
    const usual = page.getByRole("region", { name: "Sign-ins and the rest" });
    await grave.getByText("10 older lines are not shown yet.").waitFor();
    await usual.getByText("25 older lines are not shown yet.").waitFor();
    await look("secure-activity");
    const later = usual.getByRole("list", { name: "Told since, happened before" });
    await later.getByText("A transfer of 20 EUR").waitFor();
    await later.getByRole("button", { name: "Not me" }).click();
    await later.getByText("Not you", { exact: true }).waitFor();
    const rest = usual.getByRole("list", { name: "Sign-ins and the rest" });
    await rest.getByRole("button", { name: "Not me" }).first().click();
    await rest.getByText("Not you", { exact: true }).waitFor();
    await usual.getByRole("button", { name: "All 44 were me" }).click();
    await rest.getByText("Not you", { exact: true }).waitFor();
    await usual.getByRole("button", { name: /were me|all me/ }).waitFor({ state: "detached" });
    await grave.getByRole("button", { name: "All of these were me" }).click();
    await grave.getByText("10 older lines are not shown yet.").waitFor();
    await grave.getByRole("button", { name: "Show more" }).click();
    await grave.getByRole("button", { name: "The other 10 lines: all me" }).click();
    await heading("All done");
});
