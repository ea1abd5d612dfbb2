// Every page in a real browser under the real policy, as a desktop shows it.
// guards: the pages work under nonces and Trusted Types; accessibility; nothing is wider than the screen
import { test } from "node:test";
import { shots } from "./support/browser.mjs";
import { lookAtEveryPage } from "./support/everyPage.mjs";

test("every page is whole and accessible: desktop-dark", () =>
    lookAtEveryPage("desktop-dark", {
        viewport: { width: 1280, height: 800 },
        colorScheme: "dark",
        reducedMotion: "reduce",
    }));

test("every page is whole and accessible: desktop-light", { skip: !shots && "for pictures alone" }, () =>
    lookAtEveryPage("desktop-light", { viewport: { width: 1280, height: 800 }, colorScheme: "light" }),
);
