// A receiver of webhooks: remembers what it was sent and answers as told.

import http from "node:http";

import { atEnd } from "./cleanup.mjs";

/**
 * Listens on a free port of 127.0.0.1 until `t` ends. `answer(request, response, body)` answers;
 * unless given, 204. `requests` are { headers, body, at }.
 */
export async function startReceiver(t, answer = (_request, response) => response.writeHead(204).end(), { port = 0 } = {}) {
    const requests = [];
    const server = http.createServer((request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            const body = Buffer.concat(parts).toString("utf8");
            requests.push({ headers: request.headers, body, url: request.url, at: performance.now() });
            receiver.answer(request, response, body);
        });
    });
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    const receiver = {
        answer,
        requests,
        port: server.address().port,
        url: `http://127.0.0.1:${server.address().port}/hook?key=1`,
        /** Types of what was received. */
        types: () => requests.map(({ body }) => JSON.parse(body).type),
        close: () =>
            new Promise((resolve) => {
                server.closeAllConnections();
                server.close(resolve);
            }),
    };
    atEnd(t, () => receiver.close());
    return receiver;
}

/** Settings under which receivers on this machine may be called. */
export const insideAllowed = {
    outgoing: { allowed_addresses: "127.0.0.1", clear_text_hosts: "127.0.0.1", allowed_for_accounts: true },
};
