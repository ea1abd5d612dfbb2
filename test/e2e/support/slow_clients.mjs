// A process of its own that holds slow, greedy and hostile connections open, so that whoever measures beside it is not
// slowed down by making them. Arguments: port, Host, how many of each kind. Says "open" once all are, then a line of JSON
// a second: how many of each kind are still open.

import { randomBytes } from "node:crypto";
import net from "node:net";

const [port, host, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const get = (path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const open = {};
let sources = 0;

/** `begin(socket)` when it is connected; answers what to do every second. */
function hold(kind, reads, begin) {
    open[kind] = 0;
    return Array.from({ length: count }, () => new Promise((resolve) => {
        sources += 1;
        const socket = net.connect({ port, host: "127.0.0.1", localAddress: `127.30.${1 + (sources >> 7)}.1` });
        let timer;
        socket.on("error", () => {}); // To be cut off is what these are for.
        socket.on("close", () => {
            clearInterval(timer);
            open[kind] -= 1;
        });
        socket.on("connect", () => {
            open[kind] += 1;
            if (reads) {
                socket.resume();
            } else {
                socket.pause();
            }
            const again = begin(socket);
            timer = setInterval(() => again?.(), 1000);
            resolve();
        });
    }));
}

const everything = [
    ...hold("silent", true, () => undefined),
    ...hold("head", true, (socket) => {
        socket.write(`GET /v1/check HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
        return () => socket.write("x");
    }),
    ...hold("body", true, (socket) => {
        socket.write(`POST /v1/sign-in HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{`);
        return () => socket.write(" ");
    }),
    // Large answers, asked for many times over and never read.
    ...hold("reading", false, (socket) => {
        socket.write(get("/v1/openapi.json").repeat(100));
        return () => socket.write(get("/v1/openapi.json"));
    }),
    // Checks without an end in one go; answers are read as fast as they come.
    ...hold("flood", true, (socket) => {
        socket.write(get("/v1/check").repeat(200));
        return () => socket.write(get("/v1/check").repeat(10));
    }),
    ...hold("garbage", true, (socket) => { socket.write(randomBytes(20_000)); }),
];
await Promise.all(everything);
console.log("open");
setInterval(() => console.log(JSON.stringify(open)), 1000);
