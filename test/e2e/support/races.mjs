// Many connections that ask at the same moment. KEYSTEAD_RACE_ROUNDS says how often.

import assert from "node:assert/strict";

export const connections = 50;
export const rounds = Number(process.env.KEYSTEAD_RACE_ROUNDS ?? (process.env.KEYSTEAD_LONG ? 200 : 5));
export const strangerBudget = 61 * 60; // Seconds after which every budget that counts within an hour is whole.

// No hash is refused for a full queue, and no request for its age: that would be an answer to load, not to the race.
export const settings = { password: { hash_queue_max: 10000 }, server: { request_timeout: "10m", idle_timeout: "10m" } };

let source = 0;

/** A client from an address of its own, so that the budget of sources does not decide the race. */
export function stranger(server, from) {
    source += 1;
    const localAddress = `127.${1 + (source >> 16)}.${(source >> 8) & 255}.${1 + (source % 250)}`;
    return from ? from.copy({ localAddress }) : server.client({ localAddress });
}

/** Starts all at once: connections are open before the first request of the race is written. */
export async function race(clients, ask) {
    await Promise.all(clients.map((client) => client.get("/health/live", { checked: false })));
    const answers = await Promise.all(clients.map((client, index) => ask(client, index)));
    clients.forEach((client) => client.close());
    return answers;
}

/** Which answer has the status `won`; the others are refusals of the request. */
export function exactlyOne(answers, won) {
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.every((status) => status < 500), `an error of the server: ${statuses}`);
    const winners = answers.filter(({ status }) => status === won);
    assert.equal(winners.length, 1, `${winners.length} of ${answers.length} won: ${statuses}`);
    for (const { status, text } of answers) {
        assert.ok([won, 401, 409, 422, 429].includes(status), `${status} ${text}`);
    }
    return answers.findIndex(({ status }) => status === won);
}

/** Clients from addresses of their own, with the cookies of `from` where that is given. */
export const crowd = (server, from) => Array.from({ length: connections }, () => stranger(server, from));
