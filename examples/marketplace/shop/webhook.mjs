// Whether a request comes from Keystead (docs/webhooks.md, Standard Webhooks): its signature, its age, and that it is new.

import { createHmac, timingSafeEqual } from "node:crypto";

const window = 5 * 60_000;
const remembered = 4 * 24 * 3_600_000;

export class WebhookReceiver {
    #key;
    #now;
    #seen = new Map(); // The ids of requests, oldest first, and when they came.

    constructor(secret, now = Date.now) {
        this.#key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
        this.#now = now;
    }

    /** "new", "repeated", or "forged". `body` is what came, byte for byte. */
    check(headers, body) {
        const id = headers["webhook-id"] ?? "";
        const timestamp = headers["webhook-timestamp"] ?? "";
        const signatures = headers["webhook-signature"] ?? "";
        if (!(Math.abs(this.#now() - Number(timestamp) * 1000) <= window)) { // Also what is no number.
            return "forged";
        }
        const right = createHmac("sha256", this.#key).update(`${id}.${timestamp}.`).update(body).digest();
        // While a new secret takes over there are two signatures.
        const isRight = signatures.split(" ").some((word) => {
            const given = Buffer.from(word.replace(/^v1,/, ""), "base64");
            return word.startsWith("v1,") && given.length === right.length && timingSafeEqual(given, right);
        });
        if (!isRight) {
            return "forged";
        }
        this.#forgetOld();
        if (this.#seen.has(id)) {
            return "repeated";
        }
        this.#seen.set(id, this.#now());
        return "new";
    }

    #forgetOld() {
        for (const [id, came] of this.#seen) {
            if (this.#now() - came < remembered) {
                return;
            }
            this.#seen.delete(id);
        }
    }
}
