// Servers as a product registers them, and the requests that a server makes.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";

import { runKeystead } from "./server.mjs";
import { bearer } from "./tokens.mjs";

/** A program of the product: a client whose requests carry a service client's token. */
export function product(server, name = "shop") {
    const done = runKeystead(["client", "create", "--name", name, "--rights", "hosts", "--output", "json"],
        { cwd: server.folder, environment: server.environment() });
    assert.equal(done.status, 0, done.stderr);
    return server.client({ headers: bearer(/ks_svc_[0-9A-Za-z]+/.exec(done.stdout)[0]) });
}

/** The path of a person's servers, as the product knows it. */
export const serversOf = async (person) => `teams/${(await person.client.expect(200, "GET", "account")).personal_team}/hosts`;

export const registerHost = (client, path, more = {}) =>
    client.expect(201, "POST", path, { name: "gpu-1", login_users: ["root"], ...more });

/** Uses the enrolment token of `made` up, from `localAddress` where that is given. Answers the server. */
export async function enroll(server, made, { localAddress } = {}) {
    const client = server.client({ localAddress });
    const enrolled = await client.expect(201, "POST", "hosts/enroll", { agent_version: "e2e", host_name: "node-1" },
        { headers: bearer(made.enrolment.token) });
    client.close();
    assert.equal(enrolled.host, made.id);
    return new Host(server, enrolled, { localAddress });
}

/** A server that was enrolled, without the program that it would run. */
export class Host {
    constructor(server, { host, token, answer_key }, { localAddress } = {}) {
        this.id = host;
        this.token = token;
        this.client = server.client({ headers: bearer(token), localAddress });
        this.key = createPublicKey({ format: "der", type: "spki",
            key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(answer_key, "base64")]) }); // RFC 8410 §4
    }

    close() { this.client.close(); }

    get(target) { return this.client.request("GET", `hosts/self/${target}`); }
    /** What Keystead says of its token's end. */
    askForEnd() { return this.client.request("POST", "hosts/ended", { token: this.token }); }
    report(body) { return this.client.request("POST", "hosts/self/reports", body); }

    /** What it has to have: { digest, krl, keys: ["root ssh-ed25519 AAAA… ssh_…"], … }; its signature is checked. */
    async snapshot(have) {
        const answer = await this.get(`snapshot${have ? `?have=${have}` : ""}`);
        assert.equal(answer.status, 200, answer.text);
        const [head, content] = [answer.text.slice(0, answer.text.indexOf("\n\n") + 1), answer.text.slice(answer.text.indexOf("\n\n") + 2)];
        const signed = head.slice(0, head.indexOf("sign "));
        const words = Object.fromEntries(head.trimEnd().split("\n").slice(1).map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
        assert.ok(verify(null, Buffer.from(signed), this.key, Buffer.from(words.sign, "base64")), head);
        assert.equal(words.host, this.id);
        if (content !== "") {
            assert.equal(createHash("sha256").update(content).digest("hex"), words.content);
        }
        const lines = content.trimEnd().split("\n");
        return {
            digest: words.content, issued: Number(words.issued), expires: Number(words.expires), endsSessions: words["end-sessions"],
            isNews: content !== "", krl: Buffer.from(lines[0].slice(4), "base64"),
            keys: lines.filter((line) => line.startsWith("key ")).map((line) => line.slice(4)),
        };
    }

    /** Checks that Keystead has signed that the token is over. */
    async checkEnd() {
        const answer = await this.askForEnd();
        assert.equal(answer.status, 200, answer.text);
        const signed = answer.text.slice(0, answer.text.indexOf("sign "));
        const signature = answer.text.slice(signed.length + 5).trimEnd();
        assert.ok(verify(null, Buffer.from(signed), this.key, Buffer.from(signature, "base64")), answer.text);
        const token = createHash("sha256").update(this.token).digest("hex");
        assert.ok(signed.startsWith(`keystead-end/v1\nhost ${this.id}\ntoken ${token}\nissued `), signed);
    }

    /** Takes over what it has to have, and says so. */
    async apply() {
        const now = await this.snapshot();
        assert.equal((await this.report({ applied: now.digest })).status, 204);
        return now;
    }
}
