// What answers servers as Keystead would not: with another's signature, with yesterday's statement, or not at all. Keeps to
// the form that features/host/snapshot.h describes.

import { spawnSync } from "node:child_process";
import { X509Certificate, createHash, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";

import { atEnd } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";

const number = (value, bytes) => {
    const out = Buffer.alloc(bytes);
    out.writeUIntBE(value, Math.max(0, bytes - 6), Math.min(6, bytes));
    return out;
};

/** A list of revoked keys by fingerprint (OpenSSH PROTOCOL.krl). */
export function makeKrl(lines) {
    const digests = lines.map((line) => createHash("sha256").update(Buffer.from(line.split(" ")[1], "base64")).digest()).sort(Buffer.compare);
    const section = Buffer.concat(digests.flatMap((digest) => [number(32, 4), digest]));
    return Buffer.concat([Buffer.from("SSHKRL\n\0"), number(1, 4), Buffer.alloc(32),
        ...(digests.length > 0 ? [Buffer.from([5]), number(section.length, 4), section] : [])]);
}

export class Signer {
    constructor() {
        const { publicKey, privateKey } = generateKeyPairSync("ed25519");
        this.privateKey = privateKey;
        this.answerKey = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
    }

    /** That a token is over, as /v1/hosts/ended answers. */
    end({ host, token, issued = Math.floor(Date.now() / 1000) }) {
        const text = `keystead-end/v1\nhost ${host}\ntoken ${createHash("sha256").update(token).digest("hex")}\nissued ${issued}\n`;
        return `${text}sign ${sign(null, Buffer.from(text), this.privateKey).toString("base64")}\n\n`;
    }

    /** `keys`: [{ user, line }]. */
    snapshot({ host, issued = Math.floor(Date.now() / 1000), keys = [], revoked = [], endSessions = "no" }) {
        const content = `krl ${makeKrl(revoked).toString("base64")}\n` +
            keys.map(({ user, line }) => `key ${user} ${line.split(" ").slice(0, 2).join(" ")} ssh_0000000000000000000001\n`).sort().join("");
        const statement = `keystead-statement/v1\nhost ${host}\nissued ${issued}\nexpires ${issued + 900}\n` +
            `content ${createHash("sha256").update(content).digest("hex")}\nend-sessions ${endSessions}\n`;
        const signature = sign(null, Buffer.from(statement), this.privateKey).toString("base64");
        return `${statement}sign ${signature}\n\n${content}`;
    }
}

/** A certificate that nobody vouches for: { key, cert, pin }. */
export function makeCertificate(folder, name) {
    const [key, cert] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.crt`)];
    const done = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], { encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(`openssl: ${done.stderr}`);
    }
    const spki = new X509Certificate(readFileSync(cert)).publicKey.export({ format: "der", type: "spki" });
    return { key: readFileSync(key), cert: readFileSync(cert), pin: `sha256//${createHash("sha256").update(spki).digest("base64")}` };
}

const hostId = "hst_0000000000000000000001";

export class ForgedKeystead {
    /** `tls`: of makeCertificate; without it clear text. */
    constructor({ tls } = {}) {
        this.tls = tls;
        this.signer = new Signer();
        this.host = hostId;
        this.enrolledToken = "ks_host_test";
        this.enrolment = { token: "ks_enr_test", answer_key: this.signer.answerKey, pins: [] };
        this.asked = 0;
        this.askedForEnd = 0;
        this.refuses = false; // the token, as Keystead would whose rental is over
        this.endAnswer = () => [404, ""];
        this.reports = [];
        this.refusesLogins = false; // as beyond their rate
        this.say({});
    }

    /** From now on it says this. */
    say(content) {
        this.answer = () => this.signer.snapshot({ host: this.host, ...content });
    }

    async start(t) {
        this.port = await freePort();
        this.base = `${this.tls ? "https" : "http"}://127.0.0.1:${this.port}`;
        const take = (request, response) => this.take(request, response);
        this.server = this.tls ? https.createServer(this.tls, take) : http.createServer(take);
        await new Promise((resolve) => { this.server.listen(this.port, "127.0.0.1", resolve); });
        atEnd(t, () => this.stop());
        return this;
    }

    stop() {
        this.server.closeAllConnections();
        return new Promise((resolve) => { this.server.close(resolve); });
    }

    take(request, response) {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => {
            const reply = (status, type, text) => {
                response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
                response.end(text);
            };
            this.asked += 1;
            if (request.url === "/v1/hosts/enroll") {
                reply(201, "application/json", JSON.stringify({ host: this.host, token: this.enrolledToken, answer_key: this.signer.answerKey }));
            } else if (request.url === "/v1/hosts/ended") {
                this.askedForEnd += 1;
                this.tokenOfEnd = JSON.parse(Buffer.concat(parts).toString()).token;
                const [status, text] = this.endAnswer();
                reply(status, "text/plain; charset=utf-8", text);
            } else if (this.refuses) {
                reply(401, "application/problem+json", JSON.stringify({ status: 401, code: "host/required" }));
            } else if (request.url === "/v1/hosts/self/reports") {
                const report = JSON.parse(Buffer.concat(parts).toString());
                if (this.refusesLogins && report.logins?.length > 0) {
                    response.writeHead(429, { "retry-after": "1", "content-length": "0" }).end();
                    return;
                }
                this.reports.push(report);
                response.writeHead(204).end();
            } else {
                const text = this.answer();
                reply(200, "text/plain; charset=utf-8", text);
            }
        });
    }
}
