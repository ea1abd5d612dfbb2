// API tokens as their owner makes them, and programs that use them.

/** Makes a token in the session of `client`. Answers { id, token, … }. */
export function makeToken(client, { name = "e2e", kind = "admin", ...more } = {}) {
    return client.expect(201, "POST", "account/tokens", { name, kind, ...more });
}

/** The header field with which a program uses it. */
export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** The answer of `check` to a program with this token, from `client` or one of its own. */
export function checkToken(server, token, { permission, client = server.client(), headers = {} } = {}) {
    const query = permission === undefined ? "" : `?permission=${permission}`;
    return client.request("GET", `check${query}`, undefined, { headers: { ...bearer(token), ...headers } });
}

/** The text with another digit at `index`, counted from the end where negative. */
export function withDigit(token, index) {
    const at = index < 0 ? token.length + index : index;
    return token.slice(0, at) + (token[at] === "a" ? "b" : "a") + token.slice(at + 1);
}

/** CRC-32 (ISO-HDLC) of ASCII text. */
export function crc32(text) {
    let value = 0xffffffff;
    for (const byte of Buffer.from(text)) {
        value ^= byte;
        for (let bit = 0; bit < 8; bit += 1) {
            value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
        }
    }
    return (value ^ 0xffffffff) >>> 0;
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Six base62 digits. */
export function base62of32bits(value) {
    let text = "";
    for (let rest = value; text.length < 6; rest = Math.floor(rest / 62)) {
        text = digits[rest % 62] + text;
    }
    return text;
}

/** The token with another secret and the checksum that fits it: only the keyed tag is wrong. */
export function withRightChecksum(token) {
    const changed = withDigit(token, 40).slice(0, -6);
    return changed + base62of32bits(crc32(changed));
}
