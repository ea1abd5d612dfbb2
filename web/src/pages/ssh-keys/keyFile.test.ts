// guards: the form of the file; that OpenSSH opens it is shown in pages.test.mjs
import { expect, test } from "vitest";
import { makePair } from "./keyFile";
import { commentOf, fileName, looksPrivate, typeText } from "./keyText";

test("two pairs have nothing in common but their form", async () => {
    const [one, two] = [await makePair("passphrase", "x"), await makePair("passphrase", "x")];
    expect(one.publicLine).not.toBe(two.publicLine);
    expect(one.publicLine).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\S{43} x$/);
    const lines = one.privateFile.split("\n");
    expect(lines[0]).toBe("-----BEGIN OPENSSH PRIVATE KEY-----");
    expect(atob(lines[1] ?? "")).toContain("openssh-key-v1\0\0\0\0\naes256-ctr\0\0\0\u0006bcrypt");
    // Past the header, which names cipher and rounds: the salts differ.
    expect(lines[2]).not.toBe(two.privateFile.split("\n")[2]);
    expect(looksPrivate(one.privateFile)).toBe(true);
    expect(looksPrivate(one.publicLine)).toBe(false);
});

test("words about keys", () => {
    expect(typeText({ type: "ssh-rsa", bits: 4096 })).toBe("RSA, 4096 bits");
    expect(typeText({ type: "ssh-ed25519", bits: 256 })).toBe("Ed25519");
    expect(fileName("Ada's laptop (work)")).toBe("id_ed25519_ada_s_laptop_work");
    expect(fileName("…")).toBe("id_ed25519");
    expect(commentOf("ssh-ed25519 AAAAC3 ")).toBe("");
    expect(commentOf("ssh-ed25519 AAAAC3 my laptop\n")).toBe("my laptop");
});
