/**
 * An Ed25519 key pair in OpenSSH's own forms: the line of the .pub file, and the private key under a passphrase
 * (OpenSSH PROTOCOL.key: bcrypt_pbkdf, AES-256-CTR). Works wherever there is WebCrypto; what is secret is wiped when
 * it is no longer needed, as far as a script can.
 */
import { pbkdf } from "bcrypt-pbkdf";

/** ssh-keygen's own number (-a) has been 24 since OpenSSH 9.5, and 16 before. */
export const rounds = 24;

const keyBytes = 32;
const ivBytes = 16;
const blockBytes = 16;

const text = (words: string) => new TextEncoder().encode(words);

function number(value: number): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

/** RFC 4251 §5: the length first. */
const string = (bytes: Uint8Array) => joined(number(bytes.length), bytes);

function base64(bytes: Uint8Array): string {
    let binary = "";
    for (const byte of bytes) {
        binary += String.fromCharCode(byte);
    }
    return btoa(binary);
}

const wipe = (...secrets: Uint8Array[]) => {
    for (const secret of secrets) {
        secret.fill(0);
    }
};

export interface Passphrase {
    words: string;
    salt: Uint8Array;
    rounds: number;
}

export interface KeyPair {
    seed: Uint8Array;
    publicKey: Uint8Array;
    comment: string;
}

const publicBlob = (publicKey: Uint8Array) => joined(string(text("ssh-ed25519")), string(publicKey));

export const publicLine = ({ publicKey, comment }: Omit<KeyPair, "seed">): string =>
    `ssh-ed25519 ${base64(publicBlob(publicKey))} ${comment}`;

/** The private part as it is before it is encrypted: twice a number by which a wrong passphrase is told. */
function privateSection({ seed, publicKey, comment }: KeyPair, check: Uint8Array): Uint8Array<ArrayBuffer> {
    const secret = joined(seed, publicKey);
    const section = joined(
        check,
        check,
        string(text("ssh-ed25519")),
        string(publicKey),
        string(secret),
        string(text(comment)),
    );
    const missing = (blockBytes - (section.length % blockBytes)) % blockBytes;
    const padded = joined(
        section,
        Uint8Array.from({ length: missing }, (_, at) => at + 1),
    );
    wipe(secret, section);
    return padded;
}

/** The file "id_ed25519". */
export async function privateKeyFile(
    pair: KeyPair,
    passphrase: Passphrase,
    check: Uint8Array,
): Promise<string> {
    const words = text(passphrase.words);
    const derived = new Uint8Array(keyBytes + ivBytes);
    const { salt } = passphrase;
    if (pbkdf(words, words.length, salt, salt.length, derived, derived.length, passphrase.rounds) !== 0) {
        throw new Error("bcrypt_pbkdf refused its input");
    }
    const key = await crypto.subtle.importKey("raw", derived.slice(0, keyBytes), "AES-CTR", false, [
        "encrypt",
    ]);
    const section = privateSection(pair, check);
    const encrypted = new Uint8Array(
        await crypto.subtle.encrypt(
            { name: "AES-CTR", counter: derived.slice(keyBytes), length: 128 },
            key,
            section,
        ),
    );
    wipe(words, derived, section);
    const file = joined(
        text("openssh-key-v1\0"),
        string(text("aes256-ctr")),
        string(text("bcrypt")),
        string(joined(string(salt), number(passphrase.rounds))),
        number(1),
        string(publicBlob(pair.publicKey)),
        string(encrypted),
    );
    const lines = base64(file).match(/.{1,70}/g) ?? [];
    return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
        "\n",
    );
}

export interface MadePair {
    publicLine: string;
    privateFile: string;
}

/** A new pair, made here. Throws where the browser knows no Ed25519. */
export async function makePair(words: string, comment: string): Promise<MadePair> {
    const made = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", made.publicKey));
    // RFC 8410 §7: the seed is what ends the PKCS #8 form.
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", made.privateKey));
    const seed = pkcs8.slice(-32);
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const pair = { seed, publicKey, comment };
    const privateFile = await privateKeyFile(
        pair,
        { words, salt, rounds },
        crypto.getRandomValues(new Uint8Array(4)),
    );
    wipe(pkcs8, seed);
    return { publicLine: publicLine(pair), privateFile };
}
