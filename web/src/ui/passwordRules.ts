/**
 * The part of the password rules that can be told while typing. Only the server decides: it also knows common, leaked
 * and personal passwords.
 */
import type { PasswordClass, PasswordRules } from "../api/types";
import { t } from "../text/en";

export interface RuleState {
    id: PasswordClass | "length";
    text: string;
    met: boolean;
}

/** Classes as Unicode has them, so that a letter is a letter in every script. */
const patterns: Record<PasswordClass, RegExp> = {
    upper: /\p{Lu}/u,
    lower: /\p{Ll}/u,
    digit: /\p{Nd}/u,
    special: /[^\p{L}\p{N}]/u,
    letter: /\p{L}/u,
};

export function passwordRuleStates(
    password: string,
    rules: PasswordRules,
    secondFactor: "with-second-factor" | "alone" = "alone",
): RuleState[] {
    const lengthMin =
        secondFactor === "with-second-factor" ? rules.length_min_with_second_factor : rules.length_min;
    // Code points after NFC: what the server counts.
    const length = [...password.normalize("NFC")].length;
    return [
        { id: "length", text: t.passwordRules.length(lengthMin), met: length >= lengthMin },
        ...rules.classes
            .filter((name) => name in patterns)
            .map((name) => ({ id: name, text: t.passwordRules[name], met: patterns[name].test(password) })),
    ];
}
