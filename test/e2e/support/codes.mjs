// Codes as other people's programs make and read them: oathtool for TOTP, zbarimg for QR codes.

import { spawnSync } from "node:child_process";

import { until } from "./until.mjs";

const period = 30;

function run(program, words, input) {
    const done = spawnSync(program, words, { input, encoding: "utf8" });
    if (done.error || done.status !== 0) {
        throw new Error(`${program}: ${done.error ?? done.stderr}`);
    }
    return done.stdout.trim();
}

/** The code of one 30-second step. */
export function codeAt(secret, step) {
    return run("oathtool", ["--totp", "--base32", "--now", `@${step * period}`, "-"], secret);
}

/**
 * An authenticator app that hands out each code once, as the server accepts each once: from one step
 * back to one ahead, so that three codes come without waiting.
 */
export class Authenticator {
    constructor(secret, now = () => Math.floor(Date.now() / 1000)) {
        this.secret = secret;
        this.now = now;
        this.last = 0;
    }

    /** A code that is accepted for `seconds` more at least: the step before this one is, until the next begins. */
    async code({ seconds = 5 } = {}) {
        const step = (later = 0) => Math.floor((this.now() + later) / period);
        const next = Math.max(this.last + 1, step(seconds) - 1);
        await until("the next TOTP step is accepted", () => next <= step() + 1, { seconds: 65 });
        this.last = next;
        return codeAt(this.secret, next);
    }

    /** The code handed out last, again: a replay. */
    lastCode() {
        return codeAt(this.secret, this.last);
    }

    /** Six digits that are no code of the steps around now. */
    wrongCode() {
        const step = Math.floor(this.now() / period);
        const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((offset) => codeAt(this.secret, step + offset)));
        for (let number = 0; ; number += 1) {
            const code = String(number).padStart(6, "0");
            if (!near.has(code)) {
                return code;
            }
        }
    }
}

/** The text of the QR code in a PNG image. */
export function readQr(png) {
    return run("zbarimg", ["--quiet", "--raw", "-"], png);
}
