// Public SSH keys without a program: Ed25519 in OpenSSH's form (RFC 8709 §4).

import { generateKeyPairSync } from "node:crypto";

const string = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);

/** The line of a key that nobody keeps the private part of. */
export function makePublicKey() {
    const { publicKey } = generateKeyPairSync("ed25519");
    const bytes = publicKey.export({ format: "der", type: "spki" }).subarray(-32); // RFC 8410 §4
    return `ssh-ed25519 ${Buffer.concat([string(Buffer.from("ssh-ed25519")), string(bytes)]).toString("base64")}`;
}
