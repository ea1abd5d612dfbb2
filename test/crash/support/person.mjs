// One person who uses an account, one request at a time, and writes down outside of the server what it answered.
//
// A `model` says what the server must show: password, name, sessions, authenticators, backup codes, and how many audit
// events of each kind. Models are values: each change makes a new one. A request that was sent and not answered leaves
// several models possible, each of them whole; after the start exactly one of these must be what the server shows.

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import { codeAt, nextStep } from "./totp.mjs";

const goneMax = 12; // of ended sessions, the newest are tried again and again
const linkLifetime = 30 * 60; // seconds

export const nobody = {
    exists: false, password: undefined, name: "", sessions: [], gone: [], authenticators: [], codes: [], hasCodes: false, remaining: 0,
    tokens: [], goneTokens: [], events: {},
};

/** Notices to the owner, by the number of their purpose in the outbox: each is a row of the change's transaction. */
const mail = {
    passwordChanged: "mail 6", factorEnabled: "mail 13", factorDisabled: "mail 14", authenticatorAdded: "mail 15", authenticatorRemoved: "mail 16",
    codesMade: "mail 17", codeUsed: "mail 18", newSignIn: "mail 19", sessionsEnded: "mail 21", tokenCreated: "mail 28", tokenRevoked: "mail 30",
};

/** The connection or the server broke: nobody knows what came of the request. */
export class Cut extends Error {}

/** Not now: nothing happened. */
class Waiting extends Error {}

let sources = 0;

/** An address that was not used before, so that no budget of a source ends the test. */
export function newSource() {
    sources += 1;
    return `127.${16 + ((sources >> 16) & 63)}.${(sources >> 8) & 255}.${1 + (sources & 127)}`;
}

/** Of letters that no address and no name here has: a piece of either in a password is refused. */
function newPassword() {
    const letters = [...randomBytes(6).toString("hex")].map((digit) => "ghijklmnopqrstuv"[Number.parseInt(digit, 16)]);
    return `Quay-${letters.join("")}-Larch-7`;
}

function withEvents(model, ...actions) {
    const events = { ...model.events };
    for (const action of actions) {
        events[action] = (events[action] ?? 0) + 1;
    }
    return { ...model, events };
}

const isOn = (model) => model.authenticators.length > 0;

/** `client` is nothing where the answer with its cookie was lost. */
const newSession = (client) => ({ client, due: false });

function ended(model, sessions) {
    const clients = sessions.map(({ client }) => client).filter(Boolean);
    return { ...model, sessions: model.sessions.filter((session) => !sessions.includes(session)), gone: [...model.gone, ...clients].slice(-goneMax) };
}

/** The session goes on under a new cookie: the old one, a copy, must be refused. */
function renewed(model, session, old, answer) {
    const next = { ...session, due: false, client: answer ? session.client : undefined };
    return withEvents({
        ...model, gone: [...model.gone, old].slice(-goneMax),
        sessions: model.sessions.map((one) => (one === session ? next : one)),
    }, "session.renew");
}

export class Person {
    constructor(world, email) {
        Object.assign(this, { world, email, model: nobody, possible: undefined, token: undefined, asked: 0, askedAt: 0 });
    }

    get random() { return this.world.random; }
    client() { return this.world.server.client({ localAddress: newSource() }); }

    /**
     * Sends the one request that changes something. `after(model, body)` is the model once it happened; body is nothing
     * where the answer was lost. `halves` are further models for what a route commits in two steps on purpose.
     */
    async change(expected, ask, after, halves = []) {
        this.possible = [this.model, ...halves, after(this.model, undefined)];
        const answer = await this.answered(ask);
        if (answer.status !== expected) {
            throw new Error(`${this.email}: ${answer.status}, not ${expected}: ${answer.text}`);
        }
        this.model = after(this.model, answer.body ?? {});
        this.possible = undefined;
        this.world.acknowledged += 1;
        return answer;
    }

    /** An answer that says something. A broken connection or a database that is away says nothing. */
    async answered(ask) {
        let answer;
        try {
            answer = await ask();
        } catch (error) {
            throw error.code ? new Cut(error.message) : error;
        }
        if (answer.status === 503 && this.world.databaseMayBeAway) {
            throw new Cut(answer.text);
        }
        const code = answer.body?.code;
        // An older mail came first, and a newer link replaced its own; or the mail lay with a server that was killed for too long.
        const isStale = code === "link/invalid" && (this.asked > 1 || this.world.server.now() >= this.askedAt + linkLifetime);
        if (isStale || code === "sign-in/too-many-attempts") { // Sign-ins that a kill broke off count as failed ones.
            this.possible = undefined;
            this.asked -= isStale ? 1 : 0;
            throw new Waiting();
        }
        return answer;
    }

    async expect(expected, ask) {
        const answer = await this.answered(ask);
        if (answer.status !== expected) {
            throw new Error(`${this.email}: ${answer.status}, not ${expected}: ${answer.text}`);
        }
        return answer;
    }

    /** A code of an authenticator that was never sent before, or nothing. It is spent by being sent. */
    takeCode() {
        for (const authenticator of this.model.authenticators) {
            const step = nextStep(authenticator.last, this.world.server.now());
            if (step !== undefined) {
                authenticator.last = step; // Not a part of the model: it says what was sent.
                return codeAt(authenticator.secret, step);
            }
        }
        return undefined;
    }

    /** Which of the things that this person does can be done now, with how often. */
    choices() {
        const { model } = this;
        if (!model.exists) {
            return this.token ? { confirmSignUp: 1 } : { signUp: 1 };
        }
        const usable = model.sessions.filter(({ client, due }) => client && !due);
        if (usable.length === 0) {
            return { signIn: 1 };
        }
        const many = model.sessions.length > 1;
        return {
            signIn: model.sessions.length < 5 ? 5 : 0, signOut: many ? 3 : 0.3, revoke: many ? 4 : 0, revokeOthers: many ? 1 : 0, revokeAll: 0.4,
            requireAuthentication: many ? 1 : 0, changePassword: 2, stepUp: 1, rename: 2,
            enroll: model.authenticators.length < 2 ? 2 : 0, removeAuthenticator: isOn(model) ? 0.7 : 0, makeCodes: isOn(model) ? 1 : 0,
            recover: isOn(model) ? 0 : 0.6, makeToken: model.tokens.length < 3 ? 1 : 0, revokeToken: model.tokens.some(({ id }) => id) ? 1 : 0,
        };
    }

    async actOnce() {
        try {
            await this[this.random.weighted(this.choices())]();
        } catch (error) {
            if (!(error instanceof Waiting)) {
                throw error;
            }
            await pause(50);
        }
    }

    anySession() {
        return this.random.pick(this.model.sessions.filter(({ client, due }) => client && !due));
    }

    asksForLink() {
        this.asked += 1;
        this.askedAt = this.world.server.now();
    }

    async signUp() {
        if (!this.world.asked.has(this.email)) {
            this.asksForLink();
            await this.expect(202, () => this.client().post("sign-up", { email: this.email }));
            this.world.asked.add(this.email);
        }
        this.token = await this.world.linkFor(this.email, "/sign-up/confirm");
    }

    async confirmSignUp() {
        const [client, password, token] = [this.client(), newPassword(), this.token];
        this.token = undefined; // Where the answer is lost, the link is spent or is asked for again.
        await this.change(201, () => client.post("sign-up/confirm", { token, password }), (model, body) => withEvents(
            { ...model, exists: true, password, sessions: [newSession(body && client)] }, "account.create", "password.set", "session.create"));
        this.asked = 0;
    }

    async signIn() {
        const client = this.client();
        const first = () => client.post("sign-in", { email: this.email, password: this.model.password });
        const after = (model, body, ...events) => withEvents({ ...model, sessions: [...model.sessions, newSession(body && client)] }, "session.create", mail.newSignIn, ...events);
        if (!isOn(this.model)) {
            await this.change(200, first, (model, body) => after(model, body));
            return;
        }
        const code = this.random.chance(0.6) ? this.takeCode() : undefined;
        if (code === undefined && this.model.codes.length === 0) {
            throw new Waiting(); // The next step's code comes with the next cycle.
        }
        await this.expect(200, first);
        if (code !== undefined) {
            await this.change(200, () => client.post("sign-in/second-factor", { method: "totp", code }),
                (model, body) => after(model, body, "totp.verify"));
            this.world.spent.push({ person: this, method: "totp", code });
        } else {
            const backup = this.model.codes[0];
            await this.change(200, () => client.post("sign-in/second-factor", { method: "backup-code", code: backup }), (model, body) => ({
                ...after(model, body, "backup_code.use", mail.codeUsed), codes: model.codes.slice(1), remaining: model.remaining - 1,
            }));
            this.world.spent.push({ person: this, method: "backup-code", code: backup });
        }
    }

    async signOut() {
        const session = this.anySession(); // By a copy, since the answer clears the cookies of whom it reaches.
        await this.change(204, () => session.client.copy().request("POST", "sign-out"), (model) => withEvents(ended(model, [session]), "session.revoke"));
    }

    async listed(client) {
        return (await this.expect(200, () => client.get("account/sessions"))).body.items;
    }

    /** Another session than `mine`, with its id. */
    async other(mine) {
        const theirs = this.model.sessions.find((session) => session !== mine && session.client && !session.due);
        if (!theirs) {
            return {};
        }
        const id = (await this.listed(theirs.client)).find(({ current }) => current).id;
        return { theirs, id };
    }

    async revoke() {
        const mine = this.anySession();
        const { theirs, id } = await this.other(mine);
        if (theirs) {
            await this.change(204, () => mine.client.request("DELETE", `account/sessions/${id}`), (model) => withEvents(ended(model, [theirs]), "session.revoke"));
        }
    }

    async requireAuthentication() {
        const mine = this.anySession();
        const { theirs, id } = await this.other(mine);
        if (theirs) {
            await this.change(204, () => mine.client.request("POST", `account/sessions/${id}/require-authentication`), (model) => withEvents({
                ...model, sessions: model.sessions.map((one) => (one === theirs ? { ...one, due: true } : one)),
            }, "session.require-authentication"));
        }
    }

    async revokeOthers() {
        const mine = this.anySession();
        await this.change(200, () => mine.client.request("POST", "account/sessions/revoke-others"), (model) => {
            const others = model.sessions.filter((one) => one !== mine);
            return withEvents(ended(model, others), "session.revoke-others", ...(others.length > 0 ? [mail.sessionsEnded] : []));
        });
    }

    async revokeAll() {
        const mine = await this.freshSession();
        if (mine) {
            await this.change(204, () => mine.client.copy().request("POST", "account/sessions/revoke-all"),
                (model) => withEvents(ended(model, model.sessions), "session.revoke-all", mail.sessionsEnded));
        }
    }

    /** Proves the owner again in a session, which gets a new cookie. Answers that session, or nothing without a code. */
    async stepUp(mine = this.anySession()) {
        const code = isOn(this.model) ? this.takeCode() : undefined;
        if (isOn(this.model) && code === undefined) {
            return undefined;
        }
        const proof = code === undefined ? { method: "password", password: this.model.password } : { method: "totp", code };
        const old = mine.client.copy();
        const at = this.model.sessions.indexOf(mine);
        await this.change(200, () => mine.client.post("step-up", proof),
            (model, body) => withEvents(renewed(model, mine, old, body), ...(code === undefined ? [] : ["totp.verify"])));
        return this.model.sessions[at];
    }

    /** A session in which grave things may be done now. */
    async freshSession() {
        const mine = this.anySession();
        const { body } = await this.expect(200, () => mine.client.get("step-up"));
        const until = body.fresh_until ? new Date(body.fresh_until).getTime() / 1000 : 0;
        return until > this.world.server.now() + 60 ? mine : this.stepUp(mine);
    }

    async rename() {
        const mine = this.anySession();
        const name = `Name ${randomBytes(4).toString("hex")}`;
        await this.change(200, () => mine.client.patch("account", { name }), (model) => withEvents({ ...model, name }, "account.rename"));
    }

    async changePassword() {
        const mine = await this.freshSession();
        if (!mine) {
            return;
        }
        const [password, old, endOthers] = [newPassword(), mine.client.copy(), this.random.chance(0.7)];
        const words = { current_password: this.model.password, new_password: password, end_other_sessions: endOthers };
        await this.change(200, () => mine.client.post("account/password", words), (model, body) => {
            const others = endOthers ? model.sessions.filter((one) => one !== mine) : [];
            return withEvents(renewed({ ...ended(model, others), password }, mine, old, body), "password.change", mail.passwordChanged,
                ...(endOthers ? ["session.revoke-others"] : []));
        });
    }

    async enroll() {
        const mine = await this.freshSession();
        if (!mine) {
            return;
        }
        const made = (await this.expect(201, () => mine.client.post("account/totp", { name: "phone" }))).body;
        const first = !isOn(this.model);
        const authenticator = { id: made.id, secret: made.secret, last: 0 };
        const step = nextStep(0, this.world.server.now());
        authenticator.last = step;
        const old = mine.client.copy();
        const confirmed = (model, body) => {
            const others = model.sessions.filter((one) => one !== mine);
            const next = renewed({ ...ended(model, others), authenticators: [...model.authenticators, authenticator] }, mine, old, body);
            return withEvents(next, "totp.confirm", "session.revoke-others", first ? mail.factorEnabled : mail.authenticatorAdded);
        };
        // Backup codes are hashed, which no transaction waits for: they follow the factor in one of their own.
        const withCodes = (model, body) => (first
            ? withEvents({ ...confirmed(model, body), codes: body?.backup_codes ?? [], hasCodes: true, remaining: 10 }, "backup_code.make", mail.codesMade)
            : confirmed(model, body));
        await this.change(200, () => mine.client.post(`account/totp/${made.id}/confirm`, { code: codeAt(made.secret, step) }), withCodes,
            first ? [confirmed(this.model, undefined)] : []);
    }

    async removeAuthenticator() {
        const mine = await this.freshSession();
        const code = mine && this.takeCode();
        if (code === undefined) {
            return;
        }
        const gone = this.random.pick(this.model.authenticators);
        await this.change(204, () => mine.client.delete(`account/totp/${gone.id}`, { code }), (model) => {
            const left = { ...model, authenticators: model.authenticators.filter((one) => one !== gone) };
            return isOn(left)
                ? withEvents(left, "totp.remove", mail.authenticatorRemoved)
                : withEvents({ ...left, codes: [], hasCodes: false, remaining: 0 }, "totp.remove", mail.factorDisabled,
                    ...(model.hasCodes ? ["backup_code.remove-all"] : []));
        });
    }

    async makeCodes() {
        const mine = await this.freshSession();
        if (mine) {
            await this.change(201, () => mine.client.request("POST", "account/backup-codes"), (model, body) => withEvents(
                { ...model, codes: body?.codes ?? [], hasCodes: true, remaining: 10 }, "backup_code.make", mail.codesMade));
        }
    }

    async makeToken() {
        const mine = await this.freshSession();
        if (mine) {
            await this.change(201, () => mine.client.post("account/tokens", { name: "ci", kind: "admin" }), (model, body) => withEvents(
                { ...model, tokens: [...model.tokens, { id: body?.id, text: body?.token }] }, "token.create", mail.tokenCreated));
        }
    }

    async revokeToken() {
        const mine = this.anySession();
        const token = this.random.pick(this.model.tokens.filter(({ id }) => id)); // Not one whose answer was lost.
        await this.change(204, () => mine.client.request("DELETE", `account/tokens/${token.id}`), (model) => withEvents({
            ...model, tokens: model.tokens.filter((one) => one !== token), goneTokens: [...model.goneTokens, token.text].slice(-goneMax),
        }, "token.revoke", mail.tokenRevoked));
    }

    async recover() {
        this.asksForLink();
        await this.expect(202, () => this.client().post("recovery", { email: this.email }));
        const token = await this.world.linkFor(this.email, "/recovery/confirm");
        const password = newPassword();
        await this.change(204, () => this.client().post("recovery/confirm", { token, password }),
            (model) => withEvents({ ...ended(model, model.sessions), password }, "password.set", "session.revoke-all", mail.passwordChanged));
        this.asked = 0;
    }
}
