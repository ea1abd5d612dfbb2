// Very many servers of one account, each from an address of its own, asking as keystead-sshd does: a revoked key reaches
// every one of them and each confirms it, although Keystead is killed meanwhile; none is refused by a limit. Then the
// account is frozen. That it is fast is ./bench's affair. KEYSTEAD_LONG: a thousand.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { signUp } from "./support/accounts.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { openBrowser, openPage } from "./support/browser.mjs";
import { enroll, product, registerHost, serversOf } from "./support/hosts.mjs";
import { startKeystead } from "./support/server.mjs";
import { makePublicKey } from "./support/ssh.mjs";
import { until } from "./support/until.mjs";

const count = process.env.KEYSTEAD_LONG ? 1000 : 120;
const patience = { seconds: 120 };

// The limits that servers meet are those of an installation. The product's own is raised: it registers all at once.
const settings = {
    host: { at_most: count },
    ssh_key: { at_most: 3 },
    limits: {
        token_sensitive_per_minute: 10, token_write_per_minute: 60, token_read_per_minute: 300,
        address_sensitive_per_minute: 30, address_write_per_minute: 240, address_read_per_minute: 1200,
    },
};

/** The bytes by which a list of revoked keys names one (PROTOCOL.krl, section 5). */
const digestOf = (line) => createHash("sha256").update(Buffer.from(line.split(" ")[1], "base64")).digest();

/** A server that asks every two seconds, takes over what is new and says so; what is not answered it asks again. */
class Follower {
    constructor(host) {
        this.host = host;
        this.has = undefined; // the last snapshot that was news
        this.confirmed = undefined; // digest of the content that Keystead knows to be here
        this.refusals = [];
        this.over = false;
        this.done = this.run();
    }

    async run() {
        await pause(Math.random() * 2000);
        while (!this.over) {
            try {
                await this.ask();
            } catch (error) {
                if (error.code === "ERR_ASSERTION") {
                    this.refusals.push(error.message.slice(0, 300));
                } // Otherwise Keystead is away.
            }
            await pause(this.over ? 0 : 2000);
        }
    }

    async ask() {
        const told = await this.host.snapshot(this.has?.digest);
        this.has = told.isNews ? told : this.has;
        assert.equal(told.digest, this.has.digest);
        if (this.confirmed !== told.digest) {
            const { status, text } = await this.host.report({ applied: told.digest });
            assert.equal(status, 204, text);
            this.confirmed = told.digest;
        }
    }

    opens(key) { return this.has?.keys.some((line) => line.endsWith(key.id)) ?? false; }
    refuses(key) { return this.has?.krl.includes(digestOf(key.line)) ?? false; }

    async stop() {
        this.over = true;
        await this.done;
        this.host.close();
    }
}

/** `act` for 0 … count - 1, a few at a time. */
async function forAll(act) {
    let next = 0;
    await Promise.all(Array.from({ length: 16 }, async () => {
        while (next < count) {
            const n = next;
            next += 1;
            await act(n);
        }
    }));
}

async function follow(t, server, shop, hosts) {
    const followers = [];
    await forAll(async (n) => {
        const made = await registerHost(shop, hosts, { name: `gpu-${n}`, login_users: ["root", "ubuntu"] });
        const host = await enroll(server, made, { localAddress: `127.9.${1 + (n >> 7)}.${1 + (n & 127)}` });
        followers.push(new Follower(host));
    });
    atEnd(t, () => Promise.all(followers.map((one) => one.stop())));
    return followers;
}

// proves: M-18, D-11
// ASVS: V7.4.1
test("very many servers hear of a revoked key and confirm it, over a crash", async (t) => {
    const server = await startKeystead(t, { settings });
    const owner = await signUp(server);
    const [kept, lost] = await Promise.all(["kept", "lost"].map(async (name) => {
        const line = makePublicKey();
        return { line, ...await owner.client.expect(201, "POST", "account/ssh-keys", { name, public_key: line }) };
    }));
    const shop = product(server);
    const followers = await follow(t, server, shop, await serversOf(owner));
    const servers = () => owner.client.expect(200, "GET", `account/ssh-keys/${lost.id}/servers`);
    const all = (what, holds) => until(`${what} at all servers`, () => followers.every(holds), patience);
    const page = await openPage(t, await openBrowser(t), server);

    await t.test("both keys open every one", async () => {
        await all("both keys", (one) => one.opens(kept) && one.opens(lost) && one.confirmed);
        assert.ok(followers.every(({ has }) => has.keys.length === 4));
    });

    await t.test("one is revoked, and what was confirmed outlives kill -9", async () => {
        await page.goto("/sign-in?return=/account/ssh-keys");
        await page.getByLabel("E-mail address").fill(owner.email);
        await page.getByLabel("Password", { exact: true }).fill(owner.password);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByRole("button", { name: "Revoke lost" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
        const half = await until("half of them have confirmed", async () => {
            const told = await servers();
            return told.applied >= count / 2 && told;
        }, patience);
        await server.kill();
        await server.start();
        const after = await servers();
        assert.equal(after.total, count);
        assert.ok(after.applied >= half.applied, `${after.applied} of ${half.applied}`);
        await until("the last has confirmed", async () => (await servers()).applied === count, patience);
        const told = await servers();
        assert.deepEqual([told.total, told.unconfirmed], [count, []]);
        assert.ok(followers.every((one) => one.opens(kept) && !one.opens(lost) && one.refuses(lost) && !one.refuses(kept)));
        await page.getByText(`“lost” has ended, and all ${count} servers refuse it.`).waitFor();
    });

    await t.test("the account is frozen: all are named until they have confirmed, and no key opens one", async () => {
        const frozen = await owner.client.expect(200, "POST", "account/secure");
        assert.equal(frozen.unconfirmed_servers.length, count);
        await all("no key", (one) => !one.opens(kept) && one.refuses(kept) && one.refuses(lost));
        await until("none is unconfirmed", async () => (await owner.client.expect(200, "GET", "account/secure")).unconfirmed_servers.length === 0, patience);
    });

    assert.deepEqual([...new Set(followers.flatMap(({ refusals }) => refusals))], [], "refused");
});
