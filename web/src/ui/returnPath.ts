/**
 * Where to go after a sign-in. Only a path of this origin counts: anything else would make the sign-in page a way to
 * send people elsewhere (CWE-601).
 */
export function safeReturnPath(value: unknown, origin: string): string | null {
    if (typeof value !== "string" || value.length > 2048) {
        return null;
    }
    // Browsers read "\" as "/" and skip control characters, so "/\evil" and "/\t/evil" are addresses of other hosts.
    // eslint-disable-next-line no-control-regex -- these are what is to be found
    if (!/^\/(?![/\\])/.test(value) || /[\u0000-\u001f\u007f\\]/.test(value)) {
        return null;
    }
    try {
        const url = new URL(value, origin);
        // "/..//evil" is of this origin, but its path, taken by itself, is not.
        const path = url.pathname + url.search + url.hash;
        return url.origin === origin && !path.startsWith("//") ? path : null;
    } catch {
        return null;
    }
}
