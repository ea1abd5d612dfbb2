// What a test started ends in the reverse order: the page before the browser, both before the server.

const stacks = new WeakMap();

/** Runs `work` after the test or suite `t`. The first failure is told when all of it has run. */
export function atEnd(t, work) {
    if (!stacks.has(t)) {
        const stack = [];
        stacks.set(t, stack);
        t.after(async () => {
            let failure;
            for (const step of stack.reverse()) {
                try {
                    await step();
                } catch (error) {
                    failure ??= error;
                }
            }
            if (failure) {
                throw failure;
            }
        });
    }
    stacks.get(t).push(work);
}
