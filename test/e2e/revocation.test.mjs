// Revocation under load: once "revoked" has been answered, no check that begins afterwards is accepted; and until it was
// asked for, none is refused.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import net from "node:net";
import { test } from "node:test";

import { goodPassword, signIn, signUp } from "./support/accounts.mjs";
import { engine, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const checks = Number(process.env.KEYSTEAD_CHECKS ?? (engine === "postgres" && !process.env.KEYSTEAD_LONG ? 20_000 : 100_000));
const endedMin = 60;
const cookie = "__Host-keystead";
const settings = { session: { cache_entries_max: 1000 }, server: { request_timeout: "10m", access_log: "off", connections_per_source_max: 5000 },
    password: { hash_queue_max: 10000 } };

/** A keep-alive connection that asks `check`, one after the other, as fast as answers come. */
class Checker {
    constructor(server) {
        this.host = new URL(server.base).host;
        this.socket = net.connect({ port: server.port, host: "127.0.0.1", noDelay: true });
        this.text = "";
        this.socket.setEncoding("latin1");
        this.socket.on("data", (part) => {
            this.text += part;
            const end = this.text.indexOf("\r\n\r\n");
            if (end >= 0) {
                const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.text.slice(0, end))?.[1] ?? 0);
                if (this.text.length >= end + 4 + length) {
                    const status = Number(this.text.slice(9, 12));
                    this.text = this.text.slice(end + 4 + length);
                    this.answered(status);
                }
            }
        });
        this.socket.on("close", () => this.failed?.(new Error("the server closed a connection")));
    }

    status(token) {
        return new Promise((resolve, reject) => {
            [this.answered, this.failed] = [resolve, reject];
            this.socket.write(`GET /v1/check HTTP/1.1\r\nHost: ${this.host}\r\nCookie: ${cookie}=${token}\r\n\r\n`);
        });
    }
}

/** A session as the product's proxy sees it: its token, and when its end was asked for and answered. */
const watched = (client) => ({ client, token: client.cookies.get(cookie), asked: Infinity, ended: Infinity });

// proves: S-06, K-03
// ASVS: V7.4.1, V7.4.2
test(`${checks} checks beside sign-outs and revocations`, async (t) => {
    const server = await startKeystead(t, { settings });
    const live = new Set();
    const over = [];
    let begun = 0;
    const counts = { accepted: 0, refused: 0 };
    // As many checks as that, and as long as it takes that enough was ended beside them: a sign-in is slow, a check is not.
    const goesOn = () => begun < checks || over.length < endedMin;

    async function keepChecking() {
        const checker = new Checker(server);
        while (goesOn()) {
            begun += 1;
            // Half of them ask for what has just ended, or is about to.
            const recent = over.length > 0 && begun % 2 === 0 ? over[over.length - 1 - (begun % Math.min(over.length, 8))] : undefined;
            const session = recent ?? [...live][begun % live.size] ?? over.at(-1);
            const began = performance.now();
            const status = await checker.status(session.token);
            const answered = performance.now();
            if (status === 204) {
                assert.ok(began <= session.ended, `accepted ${began - session.ended} ms after it was ended by ${session.how}`);
                counts.accepted += 1;
            } else {
                assert.equal(status, 401);
                assert.ok(answered >= session.asked, `refused before its end was asked for`);
                counts.refused += 1;
            }
        }
        checker.failed = undefined;
        checker.socket.destroy();
    }

    async function end(how, sessions, ask) {
        const asked = performance.now();
        sessions.forEach((session) => Object.assign(session, { how, asked }));
        over.push(...sessions);
        await ask();
        const ended = performance.now();
        for (const session of sessions) {
            session.ended = ended;
            live.delete(session);
        }
    }

    /** One account's sessions come and go, in every way that there is to end them. */
    async function liveAndDie(account) {
        let mine = watched(account.client);
        live.add(mine);
        const others = async (count) => {
            const made = [];
            for (let n = 0; n < count; n += 1) {
                made.push(watched(await signIn(server, account)));
                live.add(made.at(-1));
            }
            return made;
        };
        while (goesOn()) {
            const [first, second, third, ...rest] = await others(5);
            await end("sign-out", [first], () => first.client.copy().expect(204, "POST", "sign-out"));
            const { items } = await second.client.expect(200, "GET", "account/sessions");
            const id = items.find(({ current }) => current).id;
            await end("a revocation", [second], () => account.client.expect(204, "DELETE", `account/sessions/${id}`));
            const due = (await third.client.expect(200, "GET", "account/sessions")).items.find(({ current }) => current).id;
            await end("force re-authentication", [third], () => account.client.expect(204, "POST", `account/sessions/${due}/require-authentication`));
            await end("the end of all others", [third, ...rest], () => account.client.expect(200, "POST", "account/sessions/revoke-others"));
            const [another] = await others(1);
            await end("the end of all", [mine, another], () => account.client.copy().expect(204, "POST", "account/sessions/revoke-all"));
            account.client = await signIn(server, account);
            mine = watched(account.client);
            live.add(mine);
            const [last] = await others(1);
            const words = { current_password: account.password, new_password: goodPassword.replace("73", String(100 + (begun % 900))) };
            await end("a new password", [mine, last], () => account.client.expect(200, "POST", "account/password", words));
            account.password = words.new_password;
            mine = watched(account.client);
            live.add(mine);
        }
    }

    const accounts = await Promise.all(Array.from({ length: 4 }, () => signUp(server)));
    const living = accounts.map(liveAndDie);
    await Promise.all([...living, ...Array.from({ length: 48 }, keepChecking)]);
    t.diagnostic(`${counts.accepted} accepted, ${counts.refused} refused, ${over.length} sessions ended`);
    assert.ok(over.length >= endedMin && counts.accepted > checks / 10 && counts.refused > checks / 10);
});

// The row is read before the revocation and would be kept in memory after it. PostgreSQL lets us hold the reader
// between the two: it has the session, and waits for a lock on the accounts.
// proves: S-06
// ASVS: V7.4.1, V15.4.2
test("a session that is read while it is revoked is not kept in memory", { skip: engine === "postgres" ? false : "nothing holds a reader there" }, async (t) => {
    const server = await startKeystead(t, { settings });
    const account = await signUp(server);
    const connection = server.environment().KEYSTEAD__STORAGE__POSTGRES;
    const ask = (statement) => {
        const done = spawnSync("psql", [connection, "-qXAt", "-c", statement], { encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
        return done.stdout.trim();
    };
    for (let round = 0; round < 5; round += 1) {
        const doomed = await signIn(server, account);
        const id = (await doomed.expect(200, "GET", "account")).session.id;
        await server.stop(); // Memory is empty again.
        await server.start();
        [doomed, account.client].forEach((client) => client.close());
        assert.equal((await account.client.get("check")).status, 204); // The owner's own session is in memory.

        const holder = spawn("psql", [connection, "-qXAt"], { stdio: ["pipe", "pipe", "inherit"] });
        const closed = new Promise((resolve) => { holder.on("close", resolve); });
        holder.stdin.write("BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n");
        await new Promise((resolve) => { holder.stdout.once("data", resolve); });
        const reading = doomed.get("check");
        await until("the reader waits", () => ask("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT l.granted AND c.relname = 'account'") !== "0");
        const revoked = account.client.expect(204, "DELETE", `account/sessions/${id}`);
        const early = await Promise.race([revoked.then(() => "revoked"), reading.then(() => "read")]);
        holder.stdin.end("COMMIT;\n");
        await closed;
        await revoked;
        assert.equal(early, "revoked", "the revocation does not wait for readers");
        await reading; // It began before: either answer is right.
        for (let n = 0; n < 3; n += 1) {
            assert.equal((await doomed.get("check")).status, 401, "it began after");
        }
    }
});
