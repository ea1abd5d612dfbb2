// Raw sockets against the shipped binary: what smuggles requests is refused and the connection closed, slow
// clients are cut while others are served, and SIGTERM lets what is in hand end.

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

class Wire {
    constructor(server) {
        this.heard = "";
        this.closed = false;
        this.socket = net.connect(server.port, "127.0.0.1");
        this.socket.setEncoding("latin1");
        this.socket.on("data", (text) => { this.heard += text; });
        this.socket.on("error", () => {}); // Cut off while it still spoke: what it heard is what counts.
        this.ended = new Promise((resolve) => this.socket.on("close", () => {
            this.closed = true;
            resolve();
        }));
    }

    send(text) {
        this.socket.write(text, "latin1");
        return this;
    }

    statuses() {
        return [...this.heard.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => Number(status));
    }
}

// A request that must never be seen as one of its own: it hides in what other servers take for a body.
const hidden = "GET /v1/sign-in/methods?hidden HTTP/1.1\r\nHost: @\r\n\r\n";

const post = (fields, body = "") => `POST /v1/recovery HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\n${fields}\r\n${body}`;
const get = (fields, target = "/v1/sign-in/methods", version = "HTTP/1.1") => `GET ${target} ${version}\r\n${fields}\r\n`;
const chunk = '2\r\n{}\r\n0\r\n\r\n';

const forms = {
    "Content-Length beside Transfer-Encoding": post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", chunk),
    "chunked, gzip": post("Transfer-Encoding: chunked, gzip\r\n", chunk),
    "gzip, chunked": post("Transfer-Encoding: gzip, chunked\r\n", chunk),
    identity: post("Transfer-Encoding: identity\r\n", chunk),
    xchunked: post("Transfer-Encoding: xchunked\r\n", chunk),
    "Transfer-Encoding in capitals with a tab": post("Transfer-Encoding:\t\x0bchunked\r\n", chunk),
    "doubled Transfer-Encoding": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk),
    "Transfer-Encoding on HTTP/1.0": post("Transfer-Encoding: chunked\r\n", chunk).replace("HTTP/1.1", "HTTP/1.0"),
    "a folded line": get("Host: @\r\nX-A: a\r\n b\r\n"),
    "a folded Transfer-Encoding": post("Transfer-Encoding:\r\n chunked\r\n", chunk),
    "repeated Content-Length": post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
    "listed Content-Length": post("Content-Length: 2, 2\r\n", "{}"),
    "signed Content-Length": post("Content-Length: +2\r\n", "{}"),
    "negative Content-Length": post("Content-Length: -1\r\n", "{}"),
    "hexadecimal Content-Length": post("Content-Length: 0x2\r\n", "{}"),
    "Content-Length beyond 64 bits": post("Content-Length: 18446744073709551618\r\n", "{}"),
    "no Host": get("X-A: b\r\n"),
    "two Hosts": get("Host: @\r\nHost: @\r\n"),
    "space before the colon": post("Content-Length : 2\r\n", "{}"),
    "absolute form": get("Host: @\r\n", "http://@/v1/sign-in/methods"),
    "authority form": get("Host: @\r\n", "@"),
    "a dot segment": get("Host: @\r\n", "/v1/account/../sign-in/methods"),
    "an encoded slash": get("Host: @\r\n", "/v1%2Fsign-in/methods"),
    "a bare LF in the head": get("Host: @\nX-A: b\r\n"),
    "a bare LF after the request line": `GET /v1/sign-in/methods HTTP/1.1\nHost: @\r\n\r\n`,
    "a bare CR": get("Host: @\r\nX-A: a\rb\r\n"),
    "a NUL": get("Host: @\r\nX-A: a\0b\r\n"),
    "more than 100 fields": get("Host: @\r\n" + "X-A: b\r\n".repeat(101)),
    "more than 16 KiB": get(`Host: @\r\nX-A: ${"a".repeat(17000)}\r\n`),
    "two Authorizations": get("Host: @\r\nAuthorization: a\r\nAuthorization: b\r\n"),
    "two Content-Types": post("Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}"),
    "two Cookies": get("Host: @\r\nCookie: a=b\r\nCookie: c=d\r\n"),
    "an unknown version": get("Host: @\r\n", "/v1/sign-in/methods", "HTTP/2.0"),
    "a trailer": post("Transfer-Encoding: chunked\r\n", '2\r\n{}\r\n0\r\nX-A: b\r\n\r\n'),
    "a trailing Authorization": post("Transfer-Encoding: chunked\r\n", '2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n'),
    "a chunk size with a sign": post("Transfer-Encoding: chunked\r\n", '+2\r\n{}\r\n0\r\n\r\n'),
    "a chunk size that is no number": post("Transfer-Encoding: chunked\r\n", 'zz\r\n{}\r\n0\r\n\r\n'),
    "a chunk without its line end": post("Transfer-Encoding: chunked\r\n", '2\r\n{}xx0\r\n\r\n'),
};

test("framing", async (t) => {
    const server = await startKeystead(t);
    const host = new URL(server.base).host;

    // ASVS: V4.2.1
    await t.test("good requests are answered one after the other, also when they come together", async () => {
        const wire = new Wire(server).send((get("Host: @\r\n") + post("Transfer-Encoding: chunked\r\n", '2\r\n{}\r\n0\r\n\r\n') +
            post("Content-Length: 2\r\nConnection: close\r\n", "{}")).replaceAll("@", host));
        await wire.ended;
        assert.deepEqual(wire.statuses(), [200, 422, 422], wire.heard);
    });

    for (const [name, bytes] of Object.entries(forms)) {
        // ASVS: V4.2.1
        await t.test(`${name} is refused and closes`, async () => {
            const wire = new Wire(server).send((bytes + hidden).replaceAll("@", host));
            await wire.ended;
            const statuses = wire.statuses();
            assert.equal(statuses.length, 1, `one answer, then the end: ${statuses}\n${wire.heard.slice(0, 600)}`);
            assert.ok([400, 413, 431].includes(statuses[0]), wire.heard.slice(0, 600));
            assert.match(wire.heard, /^connection: close\r$/im);
        });
    }
});

test("slow clients are cut while others are served", async (t) => {
    const server = await startKeystead(t, { settings: { server: {
        head_timeout: "1s", body_timeout: "1s", idle_timeout: "2s", connections_per_source_max: 40,
    } } });
    const host = new URL(server.base).host;
    const other = server.client({ localAddress: "127.0.0.9" });
    const slow = [
        ...Array.from({ length: 12 }, () => new Wire(server).send("GET /v1/sign-in/methods HT")),
        ...Array.from({ length: 12 }, () => new Wire(server).send(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: `)),
        ...Array.from({ length: 12 }, () => new Wire(server).send(post("Content-Length: 50\r\n", "{").replaceAll("@", host))),
    ];
    // A byte now and then does not buy time.
    const drip = setInterval(() => slow.filter(({ closed }) => !closed).forEach((wire) => wire.send("a")), 200);
    t.after(() => clearInterval(drip));
    let served = 0;
    await until("all slow clients are cut", async () => {
        assert.equal((await other.get("sign-in/methods")).status, 200);
        served += 1;
        return slow.every(({ closed }) => closed);
    });
    assert.ok(served > 3, `${served} answers while slow clients were there`);
    assert.ok(slow.every((wire) => wire.statuses().every((status) => status === 408)), "cut, never served");

    // One source has a share of the connections, not all.
    const greedy = Array.from({ length: 60 }, () => new Wire(server));
    t.after(() => greedy.forEach(({ socket }) => socket.destroy()));
    await until("those beyond the most are cut", () => greedy.filter(({ closed }) => closed).length >= 20);
    assert.equal((await other.get("sign-in/methods")).status, 200);
});

test("SIGTERM lets what is in hand end", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const host = new URL(server.base).host;
    const body = JSON.stringify({ email: account.email, password: account.password });
    const wire = new Wire(server).send(`POST /v1/sign-in HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    await until("the server has read the head", () => wire.heard.includes("100 Continue"));
    assert.equal((await account.client.get("account")).status, 200);
    server.process.kill("SIGTERM");
    await until("it takes no new connections", async () => (await server.health("live")) !== 200);
    wire.send(body);
    await wire.ended;
    assert.deepEqual(wire.statuses(), [200], wire.heard.slice(0, 600));
    assert.deepEqual(await server.ended, { code: 0, signal: null });
});
