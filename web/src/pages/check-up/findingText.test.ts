import { expect, test } from "vitest";
import type { CheckUpFinding } from "../../api/types";
import { namesOf, textOf } from "./findingText";

const finding = (kind: CheckUpFinding["kind"], names: string[], count = names.length): CheckUpFinding => ({
    kind,
    severity: "important",
    area: "tokens",
    mend_url: "http://localhost/account/api-keys",
    count,
    subjects: names.map((name, index) => ({ id: `tok_${index}`, name })),
    since: null,
    left: 2,
});

// guards: names are said, but never a row of fifty
test("a finding names what it is about", () => {
    expect(namesOf(finding("token-unused", ["ci"]))).toBe("“ci”");
    expect(namesOf(finding("token-unused", ["a", "b"]))).toBe("“a” and “b”");
    expect(namesOf(finding("token-unused", ["a", "b", "c", "d"], 12))).toBe("“a”, “b”, “c” and 9 more");
});

test("a country is named once", () => {
    expect(namesOf(finding("session-unfamiliar", ["Brazil", "Brazil", "Kenya"]))).toBe("Brazil and Kenya");
});

test("codes that are left are counted", () => {
    expect(textOf(finding("backup-codes-few", []))).toContain("2");
});
