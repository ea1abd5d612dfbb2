// A shop that rents out servers, behind nginx and Keystead. nginx has asked Keystead who it is (../nginx.conf) and says so in
// header fields, which count because nothing but nginx reaches this listener. It takes no password, no key and no cookie.

import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";

import { startMachine } from "../machines/machine.mjs";
import { Keystead } from "./keystead.mjs";
import { rentalList, rentalPage, sentence, shopWindow } from "./pages.mjs";
import { offers, Rentals } from "./rentals.mjs";
import { WebhookReceiver } from "./webhook.mjs";

const {
    PORT,
    SHOP_ORIGIN, // as browsers see it
    KEYSTEAD_URL, // its base URL and path
    KEYSTEAD_TOKEN, // the service client's
    KEYSTEAD_WEBHOOK_SECRET,
    KEYSTEAD_SSHD_BINARY,
    MACHINES_FOLDER,
} = process.env;

const bodyAtMost = 64 * 1024;
const css = readFileSync(path.join(import.meta.dirname, "shop.css"));
const keystead = new Keystead({ url: KEYSTEAD_URL, token: KEYSTEAD_TOKEN });
const webhook = new WebhookReceiver(KEYSTEAD_WEBHOOK_SECRET);
const rentals = new Rentals({
    keystead, folder: MACHINES_FOLDER, origin: SHOP_ORIGIN,
    startMachine: (options) => startMachine({ ...options, agent: KEYSTEAD_SSHD_BINARY }),
});

const headers = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
};

const asPage = (status, body) => ({ status, body, type: "text/html; charset=utf-8" });
const seeOther = (location) => ({ status: 303, location });

/** Who asks, as nginx says; undefined: a stranger. Keep to `account`, which never changes; an address can. */
function personOf(request) {
    const account = request.headers["keystead-account"];
    return account && {
        account, email: decodeURIComponent(request.headers["keystead-email"] ?? ""), // docs/check.md: %XX beyond ASCII
        // As an event takes it, whatever was sent: nobody hides what they do by a name that would be refused.
        ip: request.headers["x-forwarded-for"], userAgent: request.headers["user-agent"]?.replaceAll(/[^ -~]/g, "?").slice(0, 256),
    };
}

async function bodyOf(request) {
    const parts = [];
    let size = 0;
    for await (const part of request) {
        size += part.length;
        if (size > bodyAtMost) {
            return undefined;
        }
        parts.push(part);
    }
    return Buffer.concat(parts);
}

async function onWebhook(request) {
    const body = await bodyOf(request);
    const found = body ? webhook.check(request.headers, body) : "forged";
    if (found === "new") {
        rentals.hear(JSON.parse(body.toString("utf8")));
    }
    return { status: found === "forged" ? 400 : 204 };
}

async function showRental(view, rental) {
    const logins = rental.state === "running"
        ? await keystead.listLogins(rental.account, rental.host).catch(() => undefined)
        : [];
    return asPage(200, rentalPage(view, rental, logins));
}

async function rent(view, request) {
    const form = new URLSearchParams((await bodyOf(request))?.toString("utf8"));
    const offer = offers.find(({ id }) => id === form.get("offer"));
    if (!offer) {
        return asPage(422, sentence(view, "Not rented", "There is no such offer."));
    }
    const rental = rentals.begin(view.person, offer);
    if (!rental) {
        return asPage(409, sentence(view, "Not rented", "You rent as many servers as you may. End one first."));
    }
    await rental.settled; // It takes a second. Where it takes minutes, answer now: the page shows where it stands.
    return seeOther(`/rentals/${rental.id}`);
}

/** What a signed-in person asks for. */
async function route(request, view) {
    const { pathname } = new URL(request.url, SHOP_ORIGIN);
    if (pathname === "/rentals") {
        return request.method === "POST" ? rent(view, request) : asPage(200, rentalList(view, rentals.of(view.person.account)));
    }
    const [, id, end] = /^\/rentals\/([0-9a-f]{12})(\/end)?$/.exec(pathname) ?? [];
    const rental = id && rentals.find(view.person.account, id);
    if (rental && end && request.method === "POST") {
        await rentals.end(rental, "You ended the rental.", view.person);
        return seeOther(`/rentals/${id}`);
    }
    if (rental && !end && request.method === "GET") {
        return showRental(view, rental);
    }
    return asPage(404, sentence(view, "Not found", "There is nothing at this address."));
}

async function answer(request) {
    if (request.method === "GET" && request.url === "/shop.css") {
        return { status: 200, body: css, type: "text/css" };
    }
    if (request.method === "POST" && request.url === "/keystead-events") {
        return onWebhook(request);
    }
    const person = personOf(request);
    const view = { person, security: KEYSTEAD_URL };
    if (request.method === "GET" && new URL(request.url, SHOP_ORIGIN).pathname === "/") {
        return asPage(200, shopWindow(view));
    }
    if (!person) {
        return { status: 401 }; // nginx does not let it come to that.
    }
    // Other sites can make a browser send forms, and it may send the cookie with them.
    if (request.method !== "GET" && request.headers.origin !== SHOP_ORIGIN) {
        return asPage(403, sentence(view, "Refused", "This was not sent by a page of the shop."));
    }
    return route(request, view);
}

const listener = http.createServer(async (request, response) => {
    let found;
    try {
        found = await answer(request);
    } catch (error) {
        console.error(error);
        found = { status: 500 };
    }
    const { status, body = "", type, location } = found;
    response.writeHead(status, { ...headers, ...(type && { "content-type": type }), ...(location && { location }) });
    response.end(body);
});
listener.listen(Number(PORT), "127.0.0.1", () => console.log("listening"));

async function stop() {
    listener.close();
    listener.closeAllConnections();
    await rentals.stop();
    process.exit(0);
}
process.once("SIGTERM", stop);
