// A small product behind Keystead: everybody sees the shop window, who is signed in sees their orders.
//
// With KEYSTEAD_URL it asks Keystead itself, by the middleware. With BEHIND_PROXY=1 it stands behind a proxy
// that has asked already (adapters/nginx/keystead.conf), and reads the header fields that the proxy sets;
// then it listens on loopback alone, where nothing but that proxy reaches it.

import { keystead } from "@keystead/client/express";
import express from "express";

const { KEYSTEAD_URL, KEYSTEAD_HOST, BEHIND_PROXY, PORT = "3000" } = process.env;
const product = express();
product.disable("x-powered-by");

const fromProxy = (request, response, next) => {
    const account = request.get("keystead-account");
    if (account) {
        request.keystead = { account, email: request.get("keystead-email") };
    }
    next();
};
const whoever = BEHIND_PROXY ? fromProxy : keystead({ baseUrl: KEYSTEAD_URL, host: KEYSTEAD_HOST, optional: true });
const signedIn = BEHIND_PROXY
    ? [fromProxy, (request, response, next) => (request.keystead ? next() : response.sendStatus(401))]
    : keystead({ baseUrl: KEYSTEAD_URL, host: KEYSTEAD_HOST });

product.get("/", whoever, (request, response) => {
    response.json({ greeting: `Hello, ${request.keystead?.email ?? "stranger"}` });
});
product.get("/orders", signedIn, (request, response) => {
    response.json({ account: request.keystead.account, orders: [] });
});

const listener = product.listen(Number(PORT), "127.0.0.1", (error) => {
    if (error) {
        throw error;
    }
    console.log(`listening on http://127.0.0.1:${listener.address().port}`);
});
process.on("SIGTERM", () => listener.close());
