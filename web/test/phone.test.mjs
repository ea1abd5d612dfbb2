// Every page in a real browser under the real policy, as a phone shows it.
// guards: the pages work under nonces and Trusted Types; accessibility; nothing is wider than the screen
import { test } from "node:test";
import { shots } from "./support/browser.mjs";
import { lookAtEveryPage } from "./support/everyPage.mjs";

test("every page is whole and accessible: phone-light", () =>
    lookAtEveryPage("phone-light", { viewport: { width: 320, height: 640 }, colorScheme: "light" }));

test("every page is whole and accessible: phone-dark", { skip: !shots && "for pictures alone" }, () =>
    lookAtEveryPage("phone-dark", { viewport: { width: 390, height: 800 }, colorScheme: "dark" }),
);
