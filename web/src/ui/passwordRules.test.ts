// guards: M-01, the rules shown while typing are those of the settings
import { expect, test } from "vitest";
import type { PasswordRules } from "../api/types";
import { passwordRuleStates } from "./passwordRules";

const rules: PasswordRules = {
    length_min: 8,
    length_min_with_second_factor: 6,
    length_max: 256,
    classes: ["upper", "lower", "digit", "special"],
};

function missing(password: string, secondFactor?: "with-second-factor"): string[] {
    return passwordRuleStates(password, rules, secondFactor)
        .filter((rule) => !rule.met)
        .map((rule) => rule.id);
}

test("every rule that is not met is named at once", () => {
    expect(missing("")).toEqual(["length", "upper", "lower", "digit", "special"]);
});

test("a password that meets all leaves nothing", () => {
    expect(missing("Grüner Baum 7!")).toEqual([]);
});

test("letters of other scripts are letters", () => {
    expect(missing("ПАРОЛЬпароль9#")).toEqual([]);
});

test("length counts code points, not UTF-16 units", () => {
    expect(missing("Aa1!😀😀")).toEqual(["length"]);
    expect(missing("Aa1!😀😀", "with-second-factor")).toEqual([]);
});
