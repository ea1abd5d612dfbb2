/**
 * What the product told of itself, out of an event's details. All of it is the product's text: shown as text, and a
 * link only where it is one that a page may lead to.
 */
import type { ActivityEvent } from "../../api/types";

export interface ProductEvent {
    summary: string;
    type: string;
    /** When it happened, which may be long before it was told. */
    at: string | undefined;
    link: string | undefined;
    facts: [string, string][];
}

export const productEventAction = "product_event.record";

/** The server took no other links; a page that is sent one all the same makes none of it. */
export function safeLink(link: string | undefined, origin: string): string | undefined {
    if (!link || !URL.canParse(link)) {
        return undefined;
    }
    const url = new URL(link);
    const allowed = url.protocol === "https:" || url.origin === origin;
    return allowed && url.username === "" && url.password === "" ? url.href : undefined;
}

/** "€49.99"; of a currency that nobody knows, number and name. */
export function amountText(minorUnits: string | undefined, currency: string | undefined): string | undefined {
    if (minorUnits === undefined || currency === undefined || !/^-?[0-9]{1,16}$/.test(minorUnits)) {
        return undefined;
    }
    try {
        const format = new Intl.NumberFormat("en", { style: "currency", currency });
        const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
        return format.format(Number(minorUnits) / 10 ** digits);
    } catch {
        return `${minorUnits} ${currency}`;
    }
}

function dataFacts(data: string | undefined): [string, string][] {
    try {
        const parsed: unknown = JSON.parse(data ?? "{}");
        return typeof parsed === "object" && parsed !== null
            ? Object.entries(parsed).map(([name, value]) => [name, String(value)])
            : [];
    } catch {
        return [];
    }
}

/** Nothing for events of another kind, and for those whose words were erased. */
export function productEvent(
    event: Pick<ActivityEvent, "action" | "details">,
    origin = globalThis.location.origin,
): ProductEvent | undefined {
    const details = event.details as Record<string, string | undefined>;
    if (event.action !== productEventAction || !details.summary) {
        return undefined;
    }
    return {
        summary: details.summary,
        type: details.type ?? "",
        at: details.occurred_at,
        link: safeLink(details.link, origin),
        facts: [
            ["", amountText(details.minor_units, details.currency) ?? ""] as [string, string],
            ...dataFacts(details.data),
        ].filter(([, value]) => value !== ""),
    };
}
