/**
 * Checks a proof that was downloaded: one event, its place in the log, and the log's signature, with nothing but the
 * file and WebCrypto. The form is written down in docs/audit.md. Files of many events are for the command line.
 */
import type { DecodedEvent } from "./canonicalEvent";
import { base64, decodeEvent } from "./canonicalEvent";

/** What can be wrong; the page has the words. */
export type Fault =
    "form" | "key" | "signature" | "header" | "event" | "fields" | "values" | "proof" | "unsupported";

export interface ShownFact {
    name: string;
    /** Null: withheld or erased; its commitment stands. */
    value: string | null;
}

export interface ProofReport {
    faults: Fault[];
    vkey: string;
    origin: string;
    size: number;
    leafIndex: number;
    event: DecodedEvent | null;
    facts: ShownFact[];
}

type Bytes = Uint8Array<ArrayBuffer>;
type JsonObject = Record<string, unknown>;

const encoder = new TextEncoder();

function bytesOf(text: unknown): Bytes | null {
    try {
        return typeof text === "string" ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : null;
    } catch {
        return null;
    }
}

function joined(...parts: Uint8Array[]): Bytes {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => {
        all.set(part, at);
        return at + part.length;
    }, 0);
    return all;
}

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

function isObject(value: unknown): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readLines(text: string): [JsonObject, JsonObject] | null {
    const lines = text.split("\n");
    if (lines.length !== 4 || lines[3] !== "" || lines[2] !== '{"end":true,"lines":1}') {
        return null;
    }
    try {
        const [header, event] = lines.slice(0, 2).map((line): unknown => JSON.parse(line));
        const known =
            isObject(header) && header["keystead_audit_export"] === 1 && header["form"] === "selection";
        return known && isObject(event) ? [header, event] : null;
    } catch {
        return null;
    }
}

interface VerifierKey {
    name: string;
    id: string;
    bytes: Bytes;
}

/** "name+id+base64" (C2SP signed-note), Ed25519 alone. */
async function parseKey(vkey: string): Promise<VerifierKey | null> {
    const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
    const bytes = bytesOf(encoded);
    if (name === undefined || id === undefined || bytes?.length !== 33 || bytes[0] !== 1) {
        return null;
    }
    const digest = await sha256(encoder.encode(`${name}\n`), bytes);
    const hex = Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex === id ? { name, id, bytes: bytes.subarray(1) } : null;
}

/** The lines of a note that the key signed; null for any other. */
async function openNote(note: string, key: VerifierKey): Promise<string[] | null> {
    const end = note.lastIndexOf("\n\n");
    if (end < 0) {
        return null;
    }
    const text = note.slice(0, end + 1);
    const verifier = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
    for (const line of note.slice(end + 2).split("\n")) {
        const [dash, name, encoded] = line.split(" ");
        const bytes = bytesOf(encoded);
        const id = Array.from(bytes?.subarray(0, 4) ?? [], (byte) => byte.toString(16).padStart(2, "0")).join(
            "",
        );
        if (dash === "—" && name === key.name && id === key.id && bytes) {
            if (await crypto.subtle.verify("Ed25519", verifier, bytes.subarray(4), encoder.encode(text))) {
                return text.split("\n");
            }
        }
    }
    return null;
}

/** The root that a proof leads to (RFC 9162 §2.1.3.2), or null when it is none for that place. */
async function rootFrom(leaf: Bytes, index: number, size: number, proof: Bytes[]): Promise<Bytes | null> {
    if (index >= size) {
        return null;
    }
    const node = (left: Bytes, right: Bytes) => sha256(Uint8Array.of(1), left, right);
    let fn = index;
    let sn = size - 1;
    let root = leaf;
    for (const hash of proof) {
        if (sn === 0) {
            return null;
        }
        if (fn % 2 === 1 || fn === sn) {
            root = await node(hash, root);
            while (fn % 2 === 0 && fn !== 0) {
                fn /= 2;
                sn = Math.floor(sn / 2);
            }
        } else {
            root = await node(root, hash);
        }
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
    }
    return sn === 0 ? root : null;
}

function count(value: unknown): number {
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : -1;
}

/** Holds the facts of the line against those of the event, and its values against the commitments. */
async function checkFacts(event: DecodedEvent, said: unknown, faults: Set<Fault>): Promise<ShownFact[]> {
    const lines = Array.isArray(said) ? (said as unknown[]) : [];
    if (lines.length !== event.facts.length) {
        faults.add("fields");
    }
    const shown: ShownFact[] = [];
    for (const [position, fact] of event.facts.entries()) {
        const line = lines[position];
        if (!isObject(line) || line["name"] !== fact.name) {
            faults.add("fields");
            continue;
        }
        if ("text" in fact) {
            shown.push({ name: fact.name, value: fact.text });
            if (line["text"] !== fact.text) {
                faults.add("fields");
            }
            continue;
        }
        if (line["commitment"] !== fact.commitment) {
            faults.add("fields");
        }
        const salt = bytesOf(line["salt"]);
        const value =
            typeof line["value"] === "string" ? encoder.encode(line["value"]) : bytesOf(line["value_base64"]);
        if (salt && value) {
            shown.push({ name: fact.name, value: new TextDecoder().decode(value) });
            if (base64(await sha256(salt, value)) !== fact.commitment) {
                faults.add("values");
            }
        } else {
            shown.push({ name: fact.name, value: null });
        }
    }
    return shown;
}

function fieldsAgree(event: DecodedEvent, line: JsonObject): boolean {
    return (Object.keys(event) as (keyof DecodedEvent)[]).every(
        (name) => name === "facts" || event[name] === line[name],
    );
}

async function checkHeader(header: JsonObject, vkey: string, faults: Set<Fault>): Promise<void> {
    const key = await parseKey(vkey);
    if (!key || header["vkey"] !== vkey) {
        faults.add("key");
    }
    const note = typeof header["checkpoint"] === "string" ? header["checkpoint"] : "";
    const lines = key && (await openNote(note, key));
    if (!lines || lines[0] !== key.name) {
        faults.add("signature");
    } else if (
        lines[0] !== header["origin"] ||
        lines[1] !== String(header["size"]) ||
        lines[2] !== header["root"]
    ) {
        faults.add("header");
    }
}

/** `expectedKey`: a verifier key had from elsewhere; nothing: the file's own, which proves only that it fits together. */
export async function checkProof(text: string, expectedKey?: string): Promise<ProofReport> {
    const report: ProofReport = {
        faults: [],
        vkey: "",
        origin: "",
        size: 0,
        leafIndex: 0,
        event: null,
        facts: [],
    };
    const lines = readLines(text);
    if (!lines) {
        return { ...report, faults: ["form"] };
    }
    const [header, line] = lines;
    const faults = new Set<Fault>();
    report.vkey = String(header["vkey"]);
    report.origin = String(header["origin"]);
    report.size = count(header["size"]);
    report.leafIndex = count(line["leaf_index"]);
    try {
        await checkHeader(header, expectedKey ?? report.vkey, faults);
    } catch {
        faults.add("unsupported"); // Older browsers know no Ed25519.
    }
    const nonce = bytesOf(line["nonce"]);
    const canonical = bytesOf(line["canonical"]);
    const proof = Array.isArray(line["proof"]) ? (line["proof"] as unknown[]).map(bytesOf) : [null];
    report.event = canonical && decodeEvent(canonical);
    if (!nonce || !canonical || !report.event) {
        return { ...report, faults: [...faults, "event"] };
    }
    if (!fieldsAgree(report.event, line)) {
        faults.add("fields");
    }
    report.facts = await checkFacts(report.event, line["facts"], faults);
    const leaf = await sha256(Uint8Array.of(0), await sha256(nonce, canonical));
    const path = proof.filter((hash) => hash !== null);
    const root = report.leafIndex < 0 ? null : await rootFrom(leaf, report.leafIndex, report.size, path);
    if (path.length !== proof.length || !root || base64(root) !== header["root"]) {
        faults.add("proof");
    }
    return { ...report, faults: [...faults] };
}
