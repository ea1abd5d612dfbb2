// guards: the OpenAPI document that the server serves is one that other people's tools accept.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { artifacts } from "./support/browser.mjs";
import { startKeystead } from "./support/server.mjs";

test("the linter has no finding", async (t) => {
    const server = await startKeystead(t);
    mkdirSync(artifacts, { recursive: true });
    const file = path.join(artifacts, "openapi.json");
    writeFileSync(file, JSON.stringify(server.contract.document, undefined, 2));
    const linter = path.join(import.meta.dirname, "node_modules/.bin/redocly");
    const done = spawnSync(linter, ["lint", "--config", path.join(import.meta.dirname, "redocly.yaml"), "--format=json", file], {
        encoding: "utf8",
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    });
    assert.equal(done.error, undefined);
    const { problems } = JSON.parse(done.stdout);
    assert.deepEqual(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`), []);
    assert.equal(done.status, 0);
});

test("every operation says who may call it and what it answers", async (t) => {
    const server = await startKeystead(t);
    for (const { method, path: route, security, responses, operationId } of server.contract.operations()) {
        assert.ok(security, `${method} ${route} says nothing of access`);
        assert.ok(Object.keys(responses).length > 0, `${method} ${route} says nothing of answers`);
        assert.ok(operationId, `${method} ${route} has no operationId`);
    }
});

test("docs/openapi.json is what this build serves", async (t) => {
    const server = await startKeystead(t);
    const kept = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
    assert.deepEqual(kept, server.contract.document, "keystead openapi | python3 -m json.tool --indent 1 --no-ensure-ascii >docs/openapi.json");
});
