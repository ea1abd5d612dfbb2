// Breached passwords, found by a filter that an operator built from a list: nothing outside is asked.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { goodPassword, signUp } from "./support/accounts.mjs";
import { runKeystead, startKeystead } from "./support/server.mjs";

const leaked = "Harbor-Violet-62-Kite"; // strong by every other rule

function folder(t) {
    const made = mkdtempSync(path.join(tmpdir(), "keystead-breach-"));
    t.after(() => rmSync(made, { recursive: true }));
    return made;
}

// proves: K-10, M-02
// ASVS: V6.2.12
test("a password in the operator's list is refused, in either form of list", async (t) => {
    const place = folder(t);
    const sha1 = createHash("sha1").update(leaked).digest("hex").toUpperCase();
    for (const [name, line] of [["plain", leaked], ["sha1", `${sha1}:42`]]) {
        const list = path.join(place, name);
        const filter = path.join(place, `${name}.filter`);
        writeFileSync(list, `${line}\n`);
        const built = runKeystead(["breach-filter", "build", "--in", list, "--out", filter]);
        assert.equal(built.status, 0, built.stderr);
        const server = await startKeystead(t, { settings: { password: { breach_filter: filter } } });
        const account = await signUp(server);
        const change = (password) =>
            account.client.post("account/password", { current_password: goodPassword, new_password: password });
        const refused = await change(leaked);
        assert.equal(refused.status, 422);
        assert.deepEqual(refused.body.errors.map(({ code }) => code), ["password/breached"]);
        assert.equal((await change(`${leaked}-2`)).status, 200);
    }
});

test("a damaged filter is refused at start, and a list with nothing in it makes none", (t) => {
    const place = folder(t);
    writeFileSync(path.join(place, "empty"), "");
    const built = runKeystead(["breach-filter", "build", "--in", path.join(place, "empty"), "--out", path.join(place, "out")]);
    assert.notEqual(built.status, 0);
    writeFileSync(path.join(place, "damaged"), "no filter at all");
    const environment = {
        KEYSTEAD__PASSWORD__BREACH_FILTER: path.join(place, "damaged"),
        KEYSTEAD__STORAGE__DATA_FOLDER: path.join(place, "data"),
        KEYSTEAD__SERVER__METRICS_PORT: "0",
    };
    const served = runKeystead(["serve"], { environment });
    assert.notEqual(served.status, 0);
    assert.match(served.stderr, /breach-filter\/(damaged|unreadable)/);
});
