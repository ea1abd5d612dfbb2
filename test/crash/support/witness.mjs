// What the server shows after a start, held against what it had answered before. Every model that a person's last
// request left possible is a whole one: where none of them fits, something was lost or is half done.

import assert from "node:assert/strict";

import { checkToken } from "../../e2e/support/tokens.mjs";
import { newSource } from "./person.mjs";

const due = "session/authentication-required";

// Not counted: attempts and requests, which have a transaction of their own before the hash, and what is mailed then.
const untold = /\.(attempt|code|half|request|enroll|sweep|expire)$|^mail (1|4|5|20)$/;

const mailsKept = 23 * 60 * 60; // seconds, with an hour to spare

function events(model, counted) {
    return [...new Set([...Object.keys(model.events), ...Object.keys(counted)])].filter((action) => !untold.test(action));
}

async function seen(client) {
    const answer = await client.get("account");
    assert.ok([200, 401].includes(answer.status), `GET account: ${answer.status} ${answer.text}`);
    const state = answer.status === 200 ? "live" : answer.body.code === due ? "due" : "gone";
    const check = (await client.get("check")).status;
    assert.equal(check, state === "live" ? 204 : 401, `check agrees: ${state}`);
    return { state, account: answer.body };
}

/** Narrows `models` to those that agree with how each cookie is answered. */
async function byCookies(models, states) {
    const clients = new Set(models.flatMap(({ sessions, gone }) => [...sessions.map(({ client }) => client).filter(Boolean), ...gone]));
    await Promise.all([...clients].filter((client) => !states.has(client)).map(async (client) => states.set(client, await seen(client))));
    return models.filter((model) => model.gone.every((client) => states.get(client).state === "gone") &&
        model.sessions.every(({ client, due: isDue }) => !client || states.get(client).state === (isDue ? "due" : "live")));
}

/** The same by API tokens: those that were answered work, those whose end was answered do not. */
async function byTokens(server, models) {
    const works = new Map();
    const texts = new Set(models.flatMap(({ tokens, goneTokens }) => [...tokens.map(({ text }) => text).filter(Boolean), ...goneTokens]));
    await Promise.all([...texts].map(async (text) => {
        const { status } = await checkToken(server, text, { client: server.client({ localAddress: newSource() }) });
        assert.ok([204, 401].includes(status), `check of a token: ${status}`);
        works.set(text, status === 204);
    }));
    return models.filter(({ tokens, goneTokens }) => tokens.every(({ text }) => !text || works.get(text)) && !goneTokens.some((text) => works.get(text)));
}

/** Narrows `models` to those that agree with what a live session is shown. */
async function byAccount(models, client) {
    const { name, second_factor: factor } = (await client.expect(200, "GET", "account"));
    const { items } = await client.expect(200, "GET", "account/sessions");
    const tokens = (await client.expect(200, "GET", "account/tokens")).items.length;
    const shown = { name, factor, sessions: items.length, due: items.filter(({ must_authenticate: must }) => must).length, tokens };
    const fits = models.filter((model) => model.name === name && model.sessions.length === items.length &&
        model.sessions.filter((session) => session.due).length === shown.due &&
        model.authenticators.length === factor.totp_count && model.remaining === factor.backup_codes_remaining && model.tokens.length === tokens);
    return { fits, shown };
}

/** Signs in with the password of one of `models`; the session becomes a part of each that has this password. */
async function byPassword(person, models) {
    for (const password of new Set(models.map((model) => model.password))) {
        const client = person.world.server.client({ localAddress: newSource() });
        const ask = () => (password === undefined ? { status: 401 } : client.post("sign-in", { email: person.email, password }));
        const { server } = person.world;
        let asked = server.now();
        let answer = await ask();
        for (let waits = 0; answer.status === 429 && waits < 10; waits += 1) { // Sign-ins broke off at the kills.
            // Others wait at the same time: only what they have not waited is left.
            server.advanceClock(Math.max(0, asked + Number(answer.headers["retry-after"]) - server.now()));
            asked = server.now();
            answer = await ask();
        }
        assert.ok([200, 401].includes(answer.status), `sign-in: ${answer.status} ${answer.headers?.["retry-after"]} ${answer.text}`);
        if (answer.status === 200) {
            const fits = models.filter((model) => model.password === password);
            if (answer.body.status !== "signed-in") {
                return { fits };
            }
            const add = (model) => ({
                ...model, sessions: [...model.sessions, { client, due: false }],
                events: { ...model.events, "session.create": (model.events["session.create"] ?? 0) + 1, "mail 19": (model.events["mail 19"] ?? 0) + 1 },
            });
            return { fits: fits.map(add), client };
        }
    }
    return { fits: models.filter((model) => !model.exists) };
}

function fail(person, what, states, shown) {
    const told = [...states.values()].map(({ state }) => state);
    const words = (model) => ({ ...model, sessions: model.sessions.map(({ client, due: isDue }) => [client ? states.get(client)?.state : "lost", isDue]),
        gone: model.gone.map((client) => states.get(client)?.state) });
    throw new assert.AssertionError({
        message: `${person.email}: ${what}\nshown: ${JSON.stringify(shown)} ${told}\npossible: ${
            JSON.stringify((person.possible ?? [person.model]).map(words), null, 1)}`,
    });
}

/** Narrows what is possible for a person to what the server shows; what its audit log says comes later. */
export async function settle(person, { askPassword }) {
    const states = new Map();
    let models = person.possible ?? [person.model];
    models = await byCookies(models, states);
    if (models.length === 0) {
        fail(person, "no possible state has these sessions", states);
    }
    const bySessions = models;
    models = await byTokens(person.world.server, models);
    if (models.length === 0) {
        fail({ ...person, possible: bySessions }, "no possible state has these API tokens", states);
    }
    const isOpen = models.length > 1 || askPassword;
    const live = models[0].sessions.map(({ client }) => client).find((client) => states.get(client)?.state === "live");
    let shown;
    if (live) {
        const before = models;
        ({ fits: models, shown } = await byAccount(models, live));
        if (models.length === 0) {
            fail({ ...person, possible: before }, "no possible state is what the account's page shows", states, shown);
        }
    }
    if ((isOpen && models.length > 1) || !live || askPassword) {
        const before = models;
        let client;
        ({ fits: models, client } = await byPassword(person, models));
        if (models.length === 0) {
            fail({ ...person, possible: before }, "no possible state has the password", states, shown);
        }
        if (client && models[0].exists) {
            ({ fits: models, shown } = await byAccount(models, client));
            if (models.length === 0) {
                fail({ ...person, possible: before }, "no possible state is shown to a new session", states, shown);
            }
        }
    }
    person.possible = models;
}

/** Narrows by the audit log and the outbox, to one. `counted`: { action: count } of the person's account. */
export function settleByEvents(person, counted) {
    const models = person.possible ?? [person.model];
    // The outbox forgets a mail a day after it was sent: later there may be fewer.
    const mayBeFewer = person.world.server.clockOffset > mailsKept;
    const fit = (action, due, stored) => due === stored || (mayBeFewer && action.startsWith("mail ") && stored < due);
    const differing = (model) => events(model, counted).filter((action) => !fit(action, model.events[action] ?? 0, counted[action] ?? 0));
    const fits = models.filter((model) => differing(model).length === 0);
    if (fits.length === 0) {
        const told = models.map((model) => differing(model).map((action) => `${action}: ${counted[action] ?? 0} stored, ${model.events[action] ?? 0} due`));
        throw new assert.AssertionError({ message: `${person.email}: changes and their audit records or mails differ: ${JSON.stringify(told)}` });
    }
    person.model = fits[0];
    person.possible = undefined;
}
