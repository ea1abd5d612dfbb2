/**
 * Numbers and lists about API keys, as words and as shapes.
 */
import type { ApiKey, KeyDay, KeyOptions } from "../../api/types";

const numbers = new Intl.NumberFormat("en");

export const numberText = (value: number): string => numbers.format(value);

/** "View projects, View logs": the catalogue's words, the bare name where it has none. */
export function permissionText(key: Pick<ApiKey, "permissions">, options: KeyOptions | undefined): string {
    return key.permissions
        .map((name) => options?.permissions.find((one) => one.name === name)?.words ?? name)
        .join(", ");
}

/** What was typed between commas, spaces or line ends. */
export function addressList(typed: string): string[] {
    return typed.split(/[\s,;]+/).filter((part) => part !== "");
}

/** The lifetimes that are offered: usual ones within the most, and the default. */
export function lifetimes(options: KeyOptions): (number | null)[] {
    const most = options.lifetime_days_max;
    const days = [...new Set([7, 30, 90, 180, 365, options.lifetime_days])]
        .filter((day) => most === null || day <= most)
        .sort((left, right) => left - right);
    return most === null ? [...days, null] : days;
}

export const kindsOfUse = ["check", "introspection", "api", "refused"] as const;
export type KindOfUse = (typeof kindsOfUse)[number];

export interface Bar {
    kind: KindOfUse;
    x: number;
    y: number;
    height: number;
}

/** The bars of a chart of so many units of height: a column a day, its kinds on top of each other. */
export function bars(days: KeyDay[], height: number): { bars: Bar[]; most: number } {
    const most = Math.max(0, ...days.map((day) => kindsOfUse.reduce((sum, kind) => sum + day[kind], 0)));
    const shapes: Bar[] = [];
    days.forEach((day, x) => {
        let top = height;
        for (const kind of kindsOfUse) {
            if (day[kind] > 0) {
                const tall = (day[kind] / most) * height;
                top -= tall;
                shapes.push({ kind, x, y: top, height: tall });
            }
        }
    });
    return { bars: shapes, most };
}
