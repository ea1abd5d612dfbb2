// guards: what the product told is shown as text, and leads to no place that a page may not lead to
import { expect, test } from "vitest";
import { amountText, productEvent, safeLink } from "./productEvent";

const origin = "http://localhost:8080";

test("only https and our own origin are linked", () => {
    expect(safeLink("https://shop.example/orders/1", origin)).toBe("https://shop.example/orders/1");
    expect(safeLink("http://localhost:8080/orders", origin)).toBe("http://localhost:8080/orders");
    for (const link of [
        "javascript:alert(1)",
        "http://shop.example/",
        "https://user:pass@shop.example/",
        "data:text/html,x",
        "/orders",
        "",
        undefined,
    ]) {
        expect(safeLink(link, origin)).toBeUndefined();
    }
});

test("amounts are shown in their currency", () => {
    expect(amountText("4999", "EUR")).toBe("€49.99");
    expect(amountText("-500", "JPY")).toBe("-¥500");
    expect(amountText("x", "EUR")).toBeUndefined();
    expect(amountText(undefined, "EUR")).toBeUndefined();
});

test("an event of the product is read out of its details", () => {
    const details = {
        summary: "Two machines",
        type: "product.order.placed",
        occurred_at: "2026-11-22T10:00:00Z",
        link: "https://shop.example/1",
        minor_units: "4999",
        currency: "EUR",
        data: '{"hours":24}',
    };
    expect(productEvent({ action: "product_event.record", details }, origin)).toEqual({
        summary: "Two machines",
        type: "product.order.placed",
        at: "2026-11-22T10:00:00Z",
        link: "https://shop.example/1",
        facts: [
            ["", "€49.99"],
            ["hours", "24"],
        ],
    });
    expect(productEvent({ action: "session.create", details }, origin)).toBeUndefined();
    expect(productEvent({ action: "product_event.record", details: {} }, origin)).toBeUndefined();
});
