/**
 * Devices and places in words.
 */
import type { Device, Place } from "../api/types";
import { t } from "../text/en";
import type { IconName } from "./Icon";

export function deviceName(device: Device | string | null): string {
    if (device === null || typeof device === "string") {
        return device ?? t.device.unknown;
    }
    const browser = [device.browser, device.browser_version?.split(".")[0]].filter(Boolean).join(" ");
    if (browser && device.system) {
        return t.device.on(browser, device.system);
    }
    return browser || device.system || t.device[device.kind];
}

export function deviceIcon(device: Device): IconName {
    return device.kind;
}

export function placeName(place: Place | string | null): string {
    if (place === null || typeof place === "string") {
        return place ?? t.place.unknown;
    }
    if (place.kind === "local") {
        return t.place.local;
    }
    const country = place.country_name ?? place.country;
    if (place.kind === "unknown" || country === null) {
        return t.place.unknown;
    }
    return t.place.byAddress(place.city ? `${place.city}, ${country}` : country);
}
