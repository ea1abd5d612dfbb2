/**
 * What can be told of an SSH key without asking the server.
 */
import type { SshKey } from "../../api/types";

const typeNames: Record<string, string> = {
    "ssh-ed25519": "Ed25519",
    "ecdsa-sha2-nistp256": "ECDSA",
    "ecdsa-sha2-nistp384": "ECDSA",
    "ecdsa-sha2-nistp521": "ECDSA",
    "ssh-rsa": "RSA",
    "sk-ssh-ed25519@openssh.com": "Ed25519 security key",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA security key",
};

/** "RSA, 3072 bits"; the length only where a type has several. */
export function typeText({ type, bits }: Pick<SshKey, "type" | "bits">): string {
    const name = typeNames[type] ?? type;
    return name === "RSA" || name === "ECDSA" ? `${name}, ${bits} bits` : name;
}

/** Whether it must not leave this machine. The server knows more forms; this is the last moment before sending. */
export const looksPrivate = (pasted: string): boolean =>
    /PRIVATE KEY|PuTTY-User-Key-File|Private-Lines:|b3BlbnNzaC1rZXktdjE/.test(pasted);

/** "ada@laptop" of "ssh-ed25519 AAAA… ada@laptop"; empty when there is none. */
export const commentOf = (line: string): string =>
    /^\S+\s+AAAA\S+\s+(\S.*)$/.exec(line.trim())?.[1]?.slice(0, 100) ?? "";

/** A file name that needs no quoting in a shell. */
export function fileName(name: string): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "_")
        .replace(/^_+|_+$/g, "")
        .slice(0, 40);
    return plain === "" ? "id_ed25519" : `id_ed25519_${plain}`;
}
