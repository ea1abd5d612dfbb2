// kill -9 at random moments under load. What was acknowledged is written down here, outside of the server; after each
// start all of it must be there, nothing half-done, and the audit log must verify. On PostgreSQL the database's server is
// killed, too, alone or together with ours.
//
// KEYSTEAD_CRASH_CYCLES says how often (50; 1,000 with KEYSTEAD_LONG), KEYSTEAD_CRASH_SEED repeats the choices of a run.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { newEmail } from "../e2e/support/accounts.mjs";
import { atEnd } from "../e2e/support/cleanup.mjs";
import { insideAllowed, startReceiver } from "../e2e/support/receiver.mjs";
import { engine, runKeystead, startKeystead } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { Cluster } from "./support/cluster.mjs";
import { Cut, Person } from "./support/person.mjs";
import { Post } from "./support/post.mjs";
import { Random } from "./support/random.mjs";
import { halfDone, recorded, webhooks } from "./support/tables.mjs";
import { settle, settleByEvents } from "./support/witness.mjs";

const cycles = Number(process.env.KEYSTEAD_CRASH_CYCLES ?? (process.env.KEYSTEAD_LONG ? 1000 : 50));
const seed = Number(process.env.KEYSTEAD_CRASH_SEED ?? randomInt(2 ** 31));
const people = 12;
const secondsBetween = 61; // two new TOTP steps a cycle
// The one process that is everybody may be held up for longer than a client may be.
const patience = { head_timeout: "2m", body_timeout: "2m", request_timeout: "5m" };
const settings = {
    password: { hash_queue_max: 1000 }, server: { access_log: "off", ...patience }, mail: { per_hour_max: 60 },
    // Each of a thousand cycles moves the clock: nothing that is compared may be forgotten.
    webhook: { retention: "90d" }, session: { idle_timeout: "none" }, ...insideAllowed,
    // Attempts that a kill broke off count as refused; a sign-in after them would be told of in other words.
    notice: { failures_told: 100 },
};

class World {
    constructor(server, random, cluster) {
        Object.assign(this, { server, random, cluster, post: new Post(server.mail), acknowledged: 0, cuts: 0, used: 0, asked: new Set(), spent: [],
            databaseMayBeAway: false, stopping: false });
        this.active = Array.from({ length: people }, () => this.newPerson());
        this.retired = [];
    }

    newPerson() { return new Person(this, newEmail("crash")); }
    get everybody() { return [...this.retired, ...this.active]; }

    /** The token of a mailed link. Gives up when the server is gone: the mail comes later. */
    async linkFor(address, page) {
        for (;;) {
            const token = this.post.take(address, page);
            if (token !== undefined) {
                this.asked.delete(address);
                return token;
            }
            if (this.stopping) {
                throw new Cut("the server is gone");
            }
            await pause(10);
        }
    }

    async carry() {
        while (!this.stopping) {
            await this.post.collect();
            await pause(15);
        }
    }

    /** Everybody has an account before the first kill. */
    async settleIn() {
        const carrying = this.carry();
        try {
            await Promise.all(this.active.map(async (person) => {
                await person.signUp();
                await person.confirmSignUp();
            }));
        } finally {
            this.stopping = true; // Whoever still waits for a mail would wait for ever.
        }
        await carrying;
    }

    async live(person) {
        try {
            while (!this.stopping) {
                await person.actOnce();
            }
        } catch (error) {
            if (!(error instanceof Cut) || (!this.stopping && !this.databaseMayBeAway)) {
                throw error;
            }
            this.cuts += 1;
        }
    }

    /** Load until about `changes` were acknowledged, and a moment longer; then what `kill` does. */
    async loadUntilKilled(changes, kill) {
        this.stopping = false;
        const all = Promise.all([this.carry(), ...this.active.map((person) => this.live(person))]);
        let failed = false;
        all.catch(() => { failed = true; }); // Told below.
        const enough = this.acknowledged + changes;
        try {
            await until("people change things", async () => this.acknowledged >= enough || failed, { seconds: 60 });
            await pause(this.random.between(0, 30));
        } finally {
            this.stopping = true;
        }
        await kill();
        await all;
    }

    async settleAll(persons) {
        await Promise.all(persons.map((person) => settle(person, { askPassword: this.random.chance(0.15) })));
        const half = halfDone(this.server);
        assert.deepEqual(half, [], "nothing half-done");
        const counted = recorded(this.server);
        for (const person of persons) {
            settleByEvents(person, counted.get(person.email) ?? {});
        }
    }

    /** A code whose use was acknowledged before the kill is tried again after it. */
    async useAgain() {
        for (const { person, method, code } of this.spent.splice(0).slice(-2)) {
            if (person.model.authenticators.length > 0) {
                const client = person.client();
                const first = await client.post("sign-in", { email: person.email, password: person.model.password });
                if (first.status === 200) {
                    const answer = await client.post("sign-in/second-factor", { method, code });
                    assert.equal(answer.status, 401, `a used ${method} code: ${answer.text}`);
                    this.used += 1;
                } else {
                    assert.equal(first.status, 429, first.text); // For a while, after sign-ins that broke off.
                }
            }
        }
    }

    verifyLog() {
        const done = runKeystead(["audit", "verify", "--preset", this.server.preset, "--output", "json"], { cwd: this.server.folder, environment: this.server.environment() });
        assert.equal(done.status, 0, `the audit log verifies: ${done.stdout}${done.stderr}`);
    }

    /** Some leave, others come: so that sign-ups go on, and no list grows without an end. */
    replaceSome() {
        const leaving = this.random.below(people);
        const [person] = this.active.splice(leaving, 1, this.newPerson());
        if (person.model.exists) {
            this.retired.push(person);
        }
    }
}

/** The server ends without a word; where it stands on PostgreSQL, that may instead, or both. */
async function killSome(world) {
    const which = world.cluster ? world.random.weighted({ server: 6, both: 3, database: 1 }) : "server";
    if (which !== "server") {
        world.databaseMayBeAway = true;
        await world.cluster.kill();
    }
    if (which !== "database") {
        await world.server.kill();
    }
    return which;
}

async function startAgain(world, which) {
    const { server, random, cluster } = world;
    if (which !== "server") {
        await cluster.start();
    }
    if (which === "database") {
        await pause(1_100); // Readiness is found out once a second: what is said before may be of the time before.
        await until("the server has its database again, by itself", async () => (await server.health("ready")) === 200, { seconds: 30 });
    } else if (random.chance(0.1)) { // Killed while it starts, too.
        const started = server.start().catch(() => {});
        await pause(random.between(5, 150));
        await server.kill();
        await started;
        await server.start();
    } else {
        await server.start();
    }
    world.databaseMayBeAway = false;
}

// proves: S-06, K-01
// ASVS: V2.3.3, V7.4.1
test("kill -9 under load loses nothing that was answered, and leaves nothing half-done", async (t) => {
    console.log(`${cycles} cycles on ${engine}, KEYSTEAD_CRASH_SEED=${seed}`);
    let cluster;
    if (engine === "postgres") {
        cluster = await Cluster.create();
        atEnd(t, () => cluster.remove());
        process.env.KEYSTEAD_TEST_POSTGRES = cluster.connection;
    }
    const server = await startKeystead(t, { movableClock: true, settings });
    const receiver = await startReceiver(t);
    const hook = runKeystead(["webhook", "create", "--url", receiver.url, "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
    assert.equal(hook.status, 0, hook.stderr);
    const world = new World(server, new Random(seed), cluster);
    atEnd(t, () => t.diagnostic(`${world.acknowledged} changes acknowledged, ${world.cuts} requests cut off, ${world.used} codes used again in vain, ${world.post.arrived} mails, ${Math.round(server.clockOffset / 3600)} h by its clock`));
    atEnd(t, async () => {
        const { exitCode, signalCode } = server.process;
        if (!server.isOver && (exitCode !== null || signalCode !== null)) {
            t.diagnostic(`the server ended by itself (${exitCode ?? signalCode}): ${server.errors.slice(-3000)}`);
        } else if (!server.isOver) {
            const metrics = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
            t.diagnostic(metrics.match(/^keystead_http_connections_(cut|refused)_total .*$/gm).join(", "));
        }
    });
    await world.settleIn();
    for (let cycle = 0; cycle < cycles; cycle += 1) {
        let which;
        await world.loadUntilKilled(world.random.below(15), async () => { which = await killSome(world); });
        await startAgain(world, which);
        const some = [0, 1].map(() => world.random.pick(world.everybody));
        await world.settleAll([...new Set([...world.active, ...some])]);
        await world.useAgain();
        world.verifyLog();
        world.replaceSome();
        server.advanceClock(secondsBetween);
    }
    // Whoever was told that a mail is on its way gets it: a claim of the one that was killed ends after 15 minutes.
    server.advanceClock(16 * 60);
    await until("every mail that was promised", async () => {
        await world.post.collect();
        return [...world.asked].every((address) => world.post.byAddress.has(address));
    }, { seconds: 60 });
    for (const everybody = world.everybody; everybody.length > 0;) {
        await world.settleAll(everybody.splice(0, people)); // Not all at once: each opens dozens of connections.
    }
    world.verifyLog();
    // Each event was sent at least once, and nothing that did not happen.
    await until("every delivery", () => webhooks(server).waiting === 0, { seconds: 60 });
    const arrived = new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]));
    assert.equal(arrived.size, webhooks(server).messages);
    t.diagnostic(`${receiver.requests.length} deliveries of ${arrived.size} messages`);
});
