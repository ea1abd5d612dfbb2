// guards: the sign-in page cannot be made to send people to another site (CWE-601)
import { expect, test } from "vitest";
import { safeReturnPath } from "./returnPath";

const origin = "https://id.example.org";

test.each(["/account", "/account/sessions?x=1#y", "/product/page"])("%s is kept", (path) => {
    expect(safeReturnPath(path, origin)).toBe(path);
});

test.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "javascript:alert(1)",
    "account",
    "",
    `/${"a".repeat(3000)}`,
    undefined,
    7,
    ["//evil.example"],
])("%j is refused", (value) => {
    expect(safeReturnPath(value, origin)).toBeNull();
});

test("a path cannot climb to another origin by dots", () => {
    expect(safeReturnPath("/..//evil.example", origin)).toBeNull();
    expect(safeReturnPath("/account/../..", origin)).toBe("/");
});
