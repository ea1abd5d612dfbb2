// An HTTP client with a cookie jar that behaves as the UI does (Origin, anti-forgery header), and checks
// every answer against the server's own OpenAPI document.

import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";

const safe = new Set(["GET", "HEAD", "OPTIONS"]);

export class Client {
    constructor(server, { base = server.base, userAgent = "keystead-e2e/1 (program)", localAddress, headers = {} } = {}) {
        this.server = server;
        this.base = new URL(base);
        this.headers = { "user-agent": userAgent, ...headers };
        this.cookies = new Map();
        this.csrf = undefined;
        const transport = this.base.protocol === "https:" ? https : http;
        this.transport = transport;
        this.localAddress = localAddress;
        this.agent = new transport.Agent({ keepAlive: true, maxSockets: 50, localAddress, rejectUnauthorized: false });
    }

    get(path, options) { return this.request("GET", path, undefined, options); }
    post(path, body = {}, options) { return this.request("POST", path, body, options); }
    patch(path, body = {}, options) { return this.request("PATCH", path, body, options); }
    delete(path, body, options) { return this.request("DELETE", path, body, options); }

    /**
     * One request. Answers { status, headers, text, body }. `path` is under /v1 unless it begins with "/".
     * options.headers adds or, with undefined, leaves out; options.checked: false skips the OpenAPI check;
     * options.raw sends a string body as it is.
     */
    async request(method, path, body, { headers = {}, checked = true, raw } = {}) {
        const target = path.startsWith("/") ? path : `/v1/${path}`;
        const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
        const all = { ...this.headers, ...this.identity(method) };
        if (content !== undefined) {
            all["content-type"] = "application/json";
            all["content-length"] = Buffer.byteLength(content);
        }
        Object.assign(all, headers);
        for (const name of Object.keys(all)) {
            if (all[name] === undefined) {
                delete all[name];
            }
        }
        const answer = await this.exchange(method, target, all, content);
        this.remember(answer);
        if (checked && this.server.contract) {
            const faults = this.server.contract.faults(method, target.split("?")[0], answer);
            assert.deepEqual(faults, [], `${faults.join("\n")}\n${answer.text.slice(0, 500)}`);
        }
        return answer;
    }

    /** As request, and fails unless the status is one of `expected`. Answers the body. */
    async expect(expected, method, path, body, options) {
        const answer = await this.request(method, path, body, options);
        assert.ok([expected].flat().includes(answer.status), `${method} ${path}: ${answer.status}, not ${expected}\n${answer.text}`);
        return answer.body;
    }

    identity(method) {
        const all = {};
        if (this.cookies.size > 0) {
            all.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
            if (!safe.has(method)) {
                all.origin = this.base.origin;
                if (this.csrf) {
                    all["keystead-csrf"] = this.csrf;
                }
            }
        }
        return all;
    }

    exchange(method, path, headers, content) {
        return new Promise((resolve, reject) => {
            const request = this.transport.request(
                { host: "127.0.0.1", port: this.base.port, servername: this.base.hostname, path, method, agent: this.agent,
                    headers: { host: this.base.host, ...headers } },
                (incoming) => {
                    const parts = [];
                    incoming.on("data", (part) => parts.push(part));
                    incoming.on("error", reject);
                    incoming.on("end", () => {
                        const text = Buffer.concat(parts).toString("utf8");
                        const type = incoming.headers["content-type"] ?? "";
                        resolve({
                            status: incoming.statusCode,
                            headers: incoming.headers,
                            text,
                            body: /json(?!l)/.test(type) && text !== "" ? JSON.parse(text) : undefined,
                        });
                    });
                },
            );
            request.on("error", (error) => {
                // The server may end an idle connection just when it is used again (RFC 9112 §9.3.1).
                const mayRepeat = request.reusedSocket && error.code === "ECONNRESET" && safe.has(method);
                error.message += ` (${method} ${path}${request.reusedSocket ? ", on a connection that was used before" : ""})`;
                resolve(mayRepeat ? this.exchange(method, path, headers, content) : Promise.reject(error));
            });
            request.end(content);
        });
    }

    remember(answer) {
        for (const line of answer.headers["set-cookie"] ?? []) {
            const [pair, ...attributes] = line.split(/;\s*/);
            const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
            const lower = attributes.map((attribute) => attribute.toLowerCase());
            assert.ok(name.startsWith("__Host-"), `cookie ${name} has no __Host- prefix`);
            for (const demanded of ["secure", "httponly", "samesite=lax", "path=/"]) {
                assert.ok(lower.includes(demanded), `cookie ${name} lacks ${demanded}: ${line}`);
            }
            assert.ok(!lower.some((attribute) => attribute.startsWith("domain")), `cookie ${name} has a Domain`);
            if (value === "" || lower.includes("max-age=0")) {
                this.cookies.delete(name);
            } else {
                this.cookies.set(name, value);
            }
        }
        if (answer.body?.csrf_token) {
            this.csrf = answer.body.csrf_token;
        }
    }

    /** Another client with the same cookies, as a thief of them would have. */
    copy(options = {}) {
        const other = new Client(this.server, { headers: this.headers, localAddress: this.localAddress, ...options });
        other.cookies = new Map(this.cookies);
        other.csrf = this.csrf;
        return other;
    }

    close() { this.agent.destroy(); }
}
