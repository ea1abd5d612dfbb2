/**
 * Times as people say them, in the reader's own zone.
 */
import { t } from "../text/en";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["year", 365 * 86_400],
    ["month", 30 * 86_400],
    ["week", 7 * 86_400],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
];

export function relativeTime(at: string, now: number): string {
    const seconds = (Date.parse(at) - now) / 1000;
    if (Number.isNaN(seconds)) {
        return t.time.unknown;
    }
    for (const [unit, size] of units) {
        if (Math.abs(seconds) >= size) {
            return relative.format(Math.trunc(seconds / size), unit);
        }
    }
    return t.time.now;
}

export function exactTime(at: string): string {
    const date = new Date(at);
    return Number.isNaN(date.getTime())
        ? t.time.unknown
        : date.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
}

export function dayAndTime(at: string): string {
    const date = new Date(at);
    return Number.isNaN(date.getTime())
        ? t.time.unknown
        : date.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
}

/** "0:07", "12:30", "1 h 05 min": what is left of a wait, rounded up. */
export function remaining(milliseconds: number): string {
    const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
    const pad = (value: number) => String(value).padStart(2, "0");
    if (seconds >= 3_600) {
        return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor((seconds % 3_600) / 60))} min`;
    }
    return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}
