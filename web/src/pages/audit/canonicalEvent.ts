/**
 * Reads the bytes that an audit event is committed to by (canonical_event.h on the server writes them down) into what
 * the lines of an export say of it, so that the two can be compared.
 */

export type Fact = { name: string; text: string } | { name: string; commitment: string };

/** An event as the lines of an export have it, facts without salts and values. */
export interface DecodedEvent {
    id: string | null;
    at: string;
    actor_kind: string;
    actor: string | null;
    session: string | null;
    request: string | null;
    account: string | null;
    outcome: string;
    action: string;
    target_kind: string;
    target: string;
    facts: Fact[];
}

const actorKinds = ["nobody", "account", "service-client", "operator", "system"];
const outcomes = ["", "ok", "refused", "failed"];
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function base64(bytes: Uint8Array): string {
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** "acc_" and 22 digits of base 62, or null for 16 zeros: no such thing. */
function idText(prefix: string, bytes: Uint8Array): string | null {
    let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
    if (rest === 0n) {
        return null;
    }
    let text = "";
    for (let i = 0; i < 22; i += 1, rest /= 62n) {
        text = (digits[Number(rest % 62n)] ?? "") + text;
    }
    return prefix + text;
}

function timeText(micros: bigint): string {
    const date = new Date(Number(micros / 1000n));
    return date.toISOString().replace("Z", String(micros % 1000n).padStart(3, "0") + "Z");
}

class Reader {
    private at = 0;
    constructor(private readonly all: Uint8Array) {}

    bytes(count: number): Uint8Array {
        if (this.at + count > this.all.length) {
            throw new RangeError("too short");
        }
        this.at += count;
        return this.all.subarray(this.at - count, this.at);
    }
    number(count: number): bigint {
        return this.bytes(count).reduce((number, byte) => number * 256n + BigInt(byte), 0n);
    }
    text(): string {
        return new TextDecoder().decode(this.bytes(Number(this.number(2))));
    }
    word(words: string[]): string {
        const word = words[Number(this.number(1))];
        if (!word) {
            throw new RangeError("not a word of ours");
        }
        return word;
    }
    end(): void {
        if (this.at !== this.all.length) {
            throw new RangeError("too long");
        }
    }
}

function readFact(reader: Reader): Fact {
    const name = reader.text();
    const kind = reader.number(1);
    if (kind > 1n) {
        throw new RangeError("neither text nor commitment");
    }
    return kind === 0n ? { name, text: reader.text() } : { name, commitment: base64(reader.bytes(32)) };
}

/** Null for bytes that are no event. */
export function decodeEvent(bytes: Uint8Array): DecodedEvent | null {
    try {
        const reader = new Reader(bytes);
        if (reader.number(1) !== 1n) {
            return null;
        }
        const id = idText("evt_", reader.bytes(16));
        const at = timeText(reader.number(8));
        const actorKind = reader.word(actorKinds);
        const event = {
            id,
            at,
            actor_kind: actorKind,
            actor: idText(actorKind === "service-client" ? "cli_" : "acc_", reader.bytes(16)),
            session: idText("ses_", reader.bytes(16)),
            request: idText("req_", reader.bytes(16)),
            account: idText("acc_", reader.bytes(16)),
            outcome: reader.word(outcomes),
            action: reader.text(),
            target_kind: reader.text(),
            target: reader.text(),
        };
        const facts = Array.from({ length: Number(reader.number(1)) }, () => readFact(reader));
        reader.end();
        return { ...event, facts };
    } catch {
        return null;
    }
}
