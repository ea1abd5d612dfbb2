// Ports for servers under test, which share a machine with each other: a server of ours listens with SO_REUSEPORT, so
// two on one port would share its connections unnoticed.

import { randomInt } from "node:crypto";
import dgram from "node:dgram";
import net from "node:net";

// Below the range from which Linux gives ports to clients (ip_local_port_range).
const first = 12_000;
const last = 32_000;

/** The UDP port of the same number, held until this process ends: a claim that nobody has to clean up. */
function claim(port) {
    return new Promise((resolve) => {
        const socket = dgram.createSocket({ type: "udp4", reuseAddr: false });
        socket.once("error", () => resolve(false));
        socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
            socket.unref();
            resolve(true);
        });
    });
}

function isUnused(port) {
    return new Promise((resolve) => {
        const probe = net.createServer();
        probe.once("error", () => resolve(false));
        probe.listen({ port, exclusive: true }, () => probe.close(() => resolve(true)));
    });
}

/** A TCP port that nobody listens on, and that no other test is given while this process lives. */
export async function freePort() {
    for (let tries = 0; tries < 200; tries += 1) {
        const port = randomInt(first, last);
        if ((await claim(port)) && (await isUnused(port))) {
            return port;
        }
    }
    throw new Error("no free port was found");
}
