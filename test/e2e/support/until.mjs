// Waiting for something to become so, by asking again: the one place where tests wait.

import { setTimeout as pause } from "node:timers/promises";

/** What `ask` answers once that is truthy. Throws after `seconds`, saying what it waited for. */
export async function until(what, ask, { seconds = 15 } = {}) {
    const end = performance.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (answer) {
            return answer;
        }
        if (performance.now() > end) {
            throw new Error(`waited ${seconds} s in vain: ${what}`);
        }
        await pause(20);
    }
}
