// guards: what is typed as addresses, which lifetimes are offered, and that a chart's bars fill it and no more
import { expect, test } from "vitest";
import type { KeyOptions } from "../../api/types";
import { addressList, bars, lifetimes, permissionText } from "./keyText";

const options: KeyOptions = {
    at_most: 3,
    permissions: [{ name: "view-logs", words: "View logs" }],
    full_access: null,
    kinds: [],
    lifetime_days: 45,
    lifetime_days_max: 90,
    rotation_overlap_seconds: 86400,
};

test("addresses may stand between commas, spaces and lines", () => {
    expect(addressList(" 192.0.2.1, 198.51.100.0/24\n2001:db8::/32 ")).toEqual([
        "192.0.2.1",
        "198.51.100.0/24",
        "2001:db8::/32",
    ]);
    expect(addressList("  ")).toEqual([]);
});

test("lifetimes stay within the most, with the default among them", () => {
    expect(lifetimes(options)).toEqual([7, 30, 45, 90]);
    expect(lifetimes({ ...options, lifetime_days_max: null }).at(-1)).toBeNull();
});

test("permissions are named by the catalogue", () => {
    expect(permissionText({ permissions: ["view-logs", "gone"] }, options)).toBe("View logs, gone");
});

test("the highest day fills the chart, an empty chart has no bars", () => {
    const day = (check: number, refused = 0) => ({
        date: "2026-01-01",
        api: 0,
        check,
        introspection: 0,
        refused,
    });
    const chart = bars([day(1), day(3, 1), day(0)], 100);
    expect(chart.most).toBe(4);
    expect(chart.bars.filter(({ x }) => x === 1).map(({ height }) => height)).toEqual([75, 25]);
    expect(Math.min(...chart.bars.map(({ y }) => y))).toBe(0);
    expect(bars([day(0)], 100)).toEqual({ bars: [], most: 0 });
});
