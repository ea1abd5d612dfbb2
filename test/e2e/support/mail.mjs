// Mail as its reader gets it: from the files of a server without SMTP, or from an SMTP server of ours.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

import { makeCertificate } from "./certificate.mjs";
import { atEnd } from "./cleanup.mjs";
import { until } from "./until.mjs";

async function parse(raw) {
    const parsed = await PostalMime.parse(raw);
    return {
        raw: raw.toString("utf8"),
        to: (parsed.to ?? []).map(({ address }) => address),
        from: parsed.from?.address,
        subject: parsed.subject ?? "",
        text: parsed.text ?? "",
        html: parsed.html ?? "",
        headers: new Map(parsed.headers.map(({ key, value }) => [key.toLowerCase(), value])),
    };
}

class Mailbox {
    /** All mails to an address, in the order of their arrival. */
    async to(address) {
        return (await this.all()).filter((mail) => mail.to.includes(address.toLowerCase()) || mail.to.includes(address));
    }

    /** The newest mail to `to` for which `fits` holds, once it has arrived. */
    waitFor(to, fits = () => true, options) {
        return until(`mail to ${to}`, async () => (await this.to(to)).filter(fits).at(-1), options);
    }

    /** The token of the newest link to `page` (say "/sign-up/confirm") that was sent to `to`. */
    async token(to, page, options) {
        const mail = await this.waitFor(to, ({ text }) => text.includes(`${page}#`), options);
        return tokenIn(mail, page);
    }
}

export function tokenIn(mail, page) {
    const link = new RegExp(`https?://\\S+${page.replaceAll("/", "\\/")}#(\\S+)`).exec(mail.text);
    if (!link) {
        throw new Error(`no link to ${page} in:\n${mail.text}`);
    }
    return decodeURIComponent(link[1]);
}

/** data/mail/*.eml, where the server writes while no SMTP server is configured. */
export class MailFolder extends Mailbox {
    constructor(folder) {
        super();
        this.folder = folder;
        this.read = new Map();
    }

    async all() {
        if (!existsSync(this.folder)) {
            return [];
        }
        for (const name of readdirSync(this.folder).filter((name) => name.endsWith(".eml")).sort()) {
            if (!this.read.has(name)) {
                this.read.set(name, await parse(readFileSync(path.join(this.folder, name))));
            }
        }
        return [...this.read.keys()].sort().map((name) => this.read.get(name));
    }
}

/**
 * A real SMTP server on loopback. options.tls: "starttls", "implicit" or nothing; then `certificate` is the
 * file that the sender must trust. options.onMail may throw to refuse, or await to be slow.
 */
export class MailServer extends Mailbox {
    static async start(t, { tls, port = 0, onMail = () => {}, user, password } = {}) {
        const box = new MailServer();
        box.mails = [];
        box.sessions = 0;
        const options = { authOptional: !user, disabledCommands: user ? [] : ["AUTH"], logger: false };
        if (tls) {
            const folder = mkdtempSync(path.join(tmpdir(), "keystead-smtp-"));
            atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
            const { key, cert } = makeCertificate(folder, "DNS:localhost,IP:127.0.0.1");
            box.certificate = cert;
            Object.assign(options, { key: readFileSync(key), cert: readFileSync(cert), secure: tls === "implicit" });
        } else {
            options.disabledCommands.push("STARTTLS");
        }
        box.server = new SMTPServer({
            ...options,
            onConnect(session, done) {
                box.sessions += 1;
                done();
            },
            onAuth({ username, password: given }, session, done) {
                done(username === user && given === password ? null : new Error("wrong credentials"), { user: username });
            },
            onData(stream, session, done) {
                const parts = [];
                stream.on("data", (part) => parts.push(part));
                stream.on("end", async () => {
                    try {
                        await onMail(session);
                        box.mails.push({ ...(await parse(Buffer.concat(parts))), secure: session.secure });
                        done();
                    } catch (error) {
                        done(error);
                    }
                });
            },
        });
        box.faults = 0;
        box.server.on("error", () => { box.faults += 1; }); // A client that breaks off is part of the tests.
        await new Promise((resolve) => box.server.listen(port, "127.0.0.1", resolve));
        box.port = box.server.server.address().port;
        box.url = `${tls === "implicit" ? "smtps" : "smtp"}://localhost:${box.port}`;
        atEnd(t, () => new Promise((resolve) => box.server.close(resolve)));
        return box;
    }

    async all() { return this.mails; }
}
