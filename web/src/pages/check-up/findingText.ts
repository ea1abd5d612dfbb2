import type { CheckUpFinding } from "../../api/types";
import { t } from "../../text/en";

/** “a”, “b” and 2 more: what a finding is about. Sessions are named by their country, each once. */
export function namesOf({ kind, subjects, count }: CheckUpFinding): string {
    if (kind === "session-unfamiliar") {
        return t.checkUp.names([...new Set(subjects.map(({ name }) => name))], 0);
    }
    const shown = subjects.slice(0, 3).map(({ name }) => `“${name}”`);
    return t.checkUp.names(shown, count - shown.length);
}

/** What is lacking, and why that matters, in a sentence or two. */
export function textOf(finding: CheckUpFinding): string {
    const { text } = t.checkUp.kinds[finding.kind];
    return typeof text === "string" ? text : text(namesOf(finding), finding.count, finding.left ?? 0);
}
