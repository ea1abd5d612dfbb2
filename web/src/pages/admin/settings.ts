/**
 * The settings in effect as rows. The server may list them ({items: [{key, value, source}]}) or nest them by section.
 */
export interface SettingRow {
    key: string;
    value: string;
    source: string | null;
}

function words(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function settingRows(answer: Record<string, unknown>): SettingRow[] {
    const items: unknown = answer["items"];
    if (Array.isArray(items)) {
        return items.filter(isRecord).map((item) => ({
            key: words(item["key"]),
            value: words(item["value"]),
            source: typeof item["source"] === "string" ? item["source"] : null,
        }));
    }
    const flatten = (value: Record<string, unknown>, prefix: string): SettingRow[] =>
        Object.entries(value).flatMap(([name, member]) =>
            isRecord(member)
                ? flatten(member, `${prefix}${name}.`)
                : [{ key: `${prefix}${name}`, value: words(member), source: null }],
        );
    return flatten(answer, "");
}
