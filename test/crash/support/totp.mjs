// Codes made inside this process: a crash test asks for hundreds while other requests are under way. That the
// server agrees with other people's programs is shown by the end-to-end tests, with oathtool.

import { createHmac } from "node:crypto";

const period = 30;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(text) {
    let bits = "";
    for (const letter of text) {
        bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
    }
    return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** RFC 6238 on RFC 4226: six digits by HMAC-SHA-1. */
export function codeAt(secret, step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", base32(secret)).update(counter).digest();
    const at = digest.at(-1) & 15;
    return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/**
 * The next step whose code was never sent, this one or the next; nothing if both were. (The one before is accepted, too,
 * but on a busy machine no longer when the request arrives.) A step counts as
 * spent as soon as it was sent, whatever came of it.
 */
export function nextStep(lastSent, now) {
    const step = Math.floor(now / period);
    const next = Math.max(lastSent + 1, step);
    return next <= step + 1 ? next : undefined;
}
