/**
 * What can be told of a server without asking again.
 */
import type { Host } from "../../api/types";

/**
 * waiting: never set up. working: it asks, and gets answers. silent: it no longer asks, but what it last got still
 * lets keys in. closed: that has ended, too, so no key opens it. suspended: its owner has to look at it first.
 */
export type Standing = "waiting" | "working" | "silent" | "closed" | "suspended";

export function standingOf(
    { state, cache_ends_at }: Pick<Host, "state" | "cache_ends_at">,
    now: number,
): Standing {
    if (state === "waiting" || state === "suspended") {
        return state;
    }
    if (state === "enrolled") {
        return "working";
    }
    return cache_ends_at && Date.parse(cache_ends_at) > now ? "silent" : "closed";
}

/** "root, ada" or "root ada": one word each, none twice. */
export const userNames = (typed: string): string[] => [...new Set(typed.split(/[\s,;]+/).filter(Boolean))];

/** Whether this key opens it: all of the owner's do where none are named. */
export const opensWith = ({ ssh_keys }: Pick<Host, "ssh_keys">, key: string): boolean =>
    ssh_keys?.includes(key) ?? true;

/** Searched by name and login users, where it can grow long. */
export function foundBy(hosts: Host[], words: string): Host[] {
    const wanted = words.trim().toLowerCase();
    return hosts.filter(({ name, login_users }) =>
        [name, ...login_users].some((text) => text.toLowerCase().includes(wanted)),
    );
}
