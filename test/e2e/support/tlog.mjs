// A reader of C2SP transparency logs of its own: signed notes, checkpoints, tiles and Merkle trees, written
// from the specifications alone, so that it judges the server's and shares nothing with it.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import http from "node:http";

export const sha256 = (...parts) => {
    const hash = createHash("sha256");
    parts.forEach((part) => hash.update(part));
    return hash.digest();
};
export const leafHash = (entry) => sha256(Buffer.of(0), entry);
export const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** The root over leaf hashes (RFC 9162 §2.1.1). */
export function rootOf(hashes) {
    if (hashes.length === 0) {
        return sha256();
    }
    let level = hashes;
    while (level.length > 1) {
        const next = [];
        for (let i = 0; i < level.length; i += 2) {
            next.push(i + 1 < level.length ? nodeHash(level[i], level[i + 1]) : level[i]);
        }
        level = next;
    }
    return level[0];
}

/** "name+id+base64" as { name, id, key }; fails unless the id is the key's. */
export function parseKey(vkey) {
    const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey); // The key itself may hold a plus: it is Base64.
    const bytes = Buffer.from(encoded, "base64");
    assert.equal(bytes.length, 33);
    assert.equal(bytes[0], 1, "Ed25519");
    assert.equal(sha256(`${name}\n`, bytes).subarray(0, 4).toString("hex"), id);
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
    return { name, id, key: createPublicKey({ key: spki, format: "der", type: "spki" }) };
}

/** The checkpoint of a note that `vkey` signed: { origin, size, root, note }; fails on any other. */
export function openCheckpoint(note, vkey) {
    const { name, id, key } = parseKey(vkey);
    const end = note.lastIndexOf("\n\n");
    const text = note.slice(0, end + 1);
    const signed = note.slice(end + 2).split("\n").filter(Boolean).some((line) => {
        const [dash, by, encoded] = line.split(" ");
        const bytes = Buffer.from(encoded, "base64");
        return dash === "—" && by === name && bytes.subarray(0, 4).toString("hex") === id
            && verify(null, Buffer.from(text), key, bytes.subarray(4));
    });
    assert.ok(signed, `not signed by ${vkey}:\n${note}`);
    const [origin, size, root, rest] = text.split("\n");
    assert.equal(origin, name);
    assert.equal(rest, "");
    assert.equal(String(Number(size)), size);
    return { origin, size: Number(size), root: Buffer.from(root, "base64"), note };
}

/** "x001/x234/067" */
export function tileNumber(index) {
    let text = String(index % 1000).padStart(3, "0");
    for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
        text = `x${String(rest % 1000).padStart(3, "0")}/${text}`;
    }
    return text;
}

/** A log by the address that its checkpoint, tiles and keys stand under. */
export class Log {
    constructor(server) {
        this.server = server;
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    }

    fetch(path, method = "GET") {
        return new Promise((resolve, reject) => {
            const request = http.request({ host: "127.0.0.1", port: this.server.port, path: `/audit/${path}`, method,
                agent: this.agent, headers: { host: new URL(this.server.base).host } }, (answer) => {
                const parts = [];
                answer.on("data", (part) => parts.push(part));
                answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
            });
            request.on("error", reject);
            request.end();
        });
    }

    async keys() {
        const { status, bytes } = await this.fetch("keys");
        assert.equal(status, 200);
        return JSON.parse(bytes.toString()).items;
    }

    async checkpoint(vkey) {
        const { status, bytes } = await this.fetch("checkpoint");
        assert.equal(status, 200, bytes.toString());
        return openCheckpoint(bytes.toString(), vkey ?? (await this.keys())[0].vkey);
    }

    /** The hashes of one tile of a tree of `size` entries. */
    async tile(level, index, size) {
        const width = Math.min(256, Math.floor(size / 256 ** level) - index * 256);
        const { status, bytes } = await this.fetch(`tile/${level}/${tileNumber(index)}${width < 256 ? `.p/${width}` : ""}`);
        assert.equal(status, 200, `tile ${level}/${index} of ${size}`);
        assert.equal(bytes.length, width * 32);
        return Array.from({ length: width }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
    }

    /** All entries of a tree of `size`. */
    async entries(size) {
        const bundles = await Promise.all(Array.from({ length: Math.ceil(size / 256) }, async (_, index) => {
            const width = Math.min(256, size - index * 256);
            const { status, bytes } = await this.fetch(`tile/entries/${tileNumber(index)}${width < 256 ? `.p/${width}` : ""}`);
            assert.equal(status, 200, `entries ${index} of ${size}`);
            const entries = [];
            for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
                entries.push(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)));
            }
            assert.equal(entries.length, width);
            return entries;
        }));
        return bundles.flat();
    }

    /** A node of the tree out of the tiles of a tree of `size`, where it is perfect. */
    async node(level, index, size) {
        const tileLevel = Math.floor(level / 8);
        const height = level % 8;
        const first = index * 2 ** height;
        const hashes = await this.tile(tileLevel, Math.floor(first / 256), size);
        return rootOf(hashes.slice(first % 256, (first % 256) + 2 ** height));
    }

    /** An inclusion proof (RFC 9162 §2.1.3.1) from tiles alone. */
    async inclusionProof(leaf, size, begin = 0) {
        const length = size - begin;
        if (length === 1) {
            return [];
        }
        const k = 2 ** Math.floor(Math.log2(length - 1));
        const middle = begin + k;
        return leaf < middle
            ? [...(await this.inclusionProofIn(leaf, begin, middle, size)), await this.range(middle, size, size)]
            : [...(await this.inclusionProof(leaf, size, middle)), await this.range(begin, middle, size)];
    }

    async inclusionProofIn(leaf, begin, end, size) {
        if (end - begin === 1) {
            return [];
        }
        const middle = begin + (end - begin) / 2;
        return leaf < middle
            ? [...(await this.inclusionProofIn(leaf, begin, middle, size)), await this.range(middle, end, size)]
            : [...(await this.inclusionProofIn(leaf, middle, end, size)), await this.range(begin, middle, size)];
    }

    async range(begin, end, size) {
        const length = end - begin;
        const level = Math.log2(length);
        if (Number.isInteger(level)) {
            return this.node(level, begin / length, size);
        }
        const k = 2 ** Math.floor(Math.log2(length - 1));
        return nodeHash(await this.range(begin, begin + k, size), await this.range(begin + k, end, size));
    }
}

/** A proof file's lines as objects: { header, event, end }. */
export function readProof(text) {
    const [header, event, end] = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return { header, event, end };
}
