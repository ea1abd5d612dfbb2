// guards: a server that may still let a removed key in is never called closed
import { expect, test } from "vitest";
import { foundBy, opensWith, standingOf, userNames } from "./hostText";

const now = Date.parse("2026-06-01T12:00:00Z");

test.each([
    ["waiting", null, "waiting"],
    ["enrolled", "2026-06-01T12:14:00Z", "working"],
    ["silent", "2026-06-01T12:00:01Z", "silent"],
    ["silent", "2026-06-01T12:00:00Z", "closed"],
    ["silent", null, "closed"],
    ["suspended", "2026-06-01T12:14:00Z", "suspended"],
] as const)("%s, with a cache until %s, is %s", (state, cache_ends_at, standing) => {
    expect(standingOf({ state, cache_ends_at }, now)).toBe(standing);
});

test("login users are words", () => {
    expect(userNames(" root, ada  root\nbob;")).toEqual(["root", "ada", "bob"]);
    expect(userNames(" , ")).toEqual([]);
});

test("all keys open a server that names none", () => {
    expect(opensWith({ ssh_keys: null }, "ssh_1")).toBe(true);
    expect(opensWith({ ssh_keys: ["ssh_1"] }, "ssh_1")).toBe(true);
    expect(opensWith({ ssh_keys: [] }, "ssh_1")).toBe(false);
});

test("servers are found by name and login user", () => {
    const hosts = [
        { name: "GPU one", login_users: ["root"] },
        { name: "two", login_users: ["ada"] },
    ] as Parameters<typeof foundBy>[0];
    expect(foundBy(hosts, " gpu ").map(({ name }) => name)).toEqual(["GPU one"]);
    expect(foundBy(hosts, "ADA").map(({ name }) => name)).toEqual(["two"]);
    expect(foundBy(hosts, "")).toHaveLength(2);
});
