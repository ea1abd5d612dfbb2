// guards: a refused request is tried again when the server said so, and not before
import { expect, test } from "vitest";
import { Problem, problemOf, retryAtOf } from "./problem";

const now = Date.parse("2026-01-01T00:00:00Z");

test("Retry-After in seconds counts from now", () => {
    expect(retryAtOf(new Headers({ "retry-after": "30" }), now)).toBe(now + 30_000);
});

test("Retry-After as a date is never before now", () => {
    const headers = new Headers({ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" });
    expect(retryAtOf(headers, now)).toBe(now);
});

test("without Retry-After, the longest reset of an exhausted policy counts", () => {
    const headers = new Headers({ ratelimit: '"write";r=3;t=90, "sensitive";r=0;t=20, "source";r=0;t=40' });
    expect(retryAtOf(headers, now)).toBe(now + 40_000);
});

test("nonsense says nothing", () => {
    expect(retryAtOf(new Headers({ "retry-after": "soon" }), now)).toBeNull();
    expect(retryAtOf(new Headers(), now)).toBeNull();
});

test("an answer that is not a problem is told by its status", async () => {
    const problem = await problemOf(new Response("<html>", { status: 502 }), now);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem.code).toBe("http/502");
});

test("field errors are found by their pointer, in order", async () => {
    const body = {
        code: "password/refused",
        errors: [
            { pointer: "/password", code: "password/too-short" },
            { pointer: "/name", code: "text/too-long" },
            { pointer: "/password", code: "password/common" },
        ],
    };
    const headers = { "content-type": "application/problem+json" };
    const problem = await problemOf(new Response(JSON.stringify(body), { status: 422, headers }), now);
    expect(problem.errorsAt("/password").map((error) => error.code)).toEqual([
        "password/too-short",
        "password/common",
    ]);
});
