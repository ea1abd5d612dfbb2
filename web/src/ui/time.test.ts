// guards: relative times and countdowns never promise less than there is
import { expect, test } from "vitest";
import { relativeTime, remaining } from "./time";

const now = Date.parse("2026-06-01T12:00:00Z");

test.each([
    ["2026-06-01T11:59:40Z", "just now"],
    ["2026-06-01T11:58:00Z", "2 minutes ago"],
    ["2026-06-01T09:01:00Z", "2 hours ago"],
    ["2026-05-31T11:00:00Z", "yesterday"],
    ["2026-06-01T13:00:00Z", "in 1 hour"],
    ["2024-05-01T12:00:00Z", "2 years ago"],
    ["nonsense", "unknown"],
])("%s is %s", (at, words) => {
    expect(relativeTime(at, now)).toBe(words);
});

test.each([
    [0, "0:00"],
    [-5, "0:00"],
    [100, "0:01"],
    [59_001, "1:00"],
    [754_000, "12:34"],
    [3_600_000, "1 h 00 min"],
])("%d ms are %s", (milliseconds, words) => {
    expect(remaining(milliseconds)).toBe(words);
});
