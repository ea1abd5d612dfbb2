// What OWASP ASVS asks of every answer: header fields, cookies, methods, and what is not there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { enrollTotp, newEmail, passwordStep, setUpOperator, signUp } from "./support/accounts.mjs";
import { startKeystead } from "./support/server.mjs";

test("every answer", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const page = await server.client().get("/", { checked: false });
    const asset = /\/assets\/[\w./-]+\.js/.exec(page.text)[0];
    const asked = [
        ["GET", "account", undefined], ["GET", "nothing-here", undefined], ["GET", "/", undefined], ["GET", asset, undefined],
        ["POST", "sign-in", { email: "a", password: "b" }], ["POST", "sign-in", { unknown: 1 }], ["PUT", "account", {}],
        ["GET", "check", undefined], ["GET", "/health/live", undefined], ["GET", "/v1/openapi.json", undefined],
    ];
    const answers = [];
    for (const client of [account.client, server.client()]) {
        for (const [method, path, body] of asked) {
            answers.push({ what: `${method} ${path}`, ...(await client.request(method, path, body, { checked: false })) });
        }
    }

    // ASVS: V4.1.1, V3.4.4, V3.4.5
    await t.test("says its media type and forbids guessing it, and sends no referrer on", () => {
        for (const { what, headers, text } of answers) {
            assert.equal(headers["x-content-type-options"], "nosniff", what);
            assert.equal(headers["referrer-policy"], "no-referrer", what);
            const type = headers["content-type"];
            assert.ok(text === "" || type, what);
            if (type?.startsWith("text/")) {
                assert.match(type, /charset=utf-8/i, what);
            }
        }
    });

    // ASVS: V3.4.6, V3.2.1
    await t.test("may be framed by nobody, and is no document unless it is a page", () => {
        for (const { what, headers } of answers) {
            const policy = headers["content-security-policy"];
            assert.match(policy, /frame-ancestors 'none'/, what);
            assert.match(policy, /default-src 'none'/, what);
            // A script may be a worker's, which has the policy of its file; opened as a document it is plain text.
            assert.ok(/^text\/(html|javascript)/.test(headers["content-type"]) || /sandbox/.test(policy), what);
        }
    });

    // ASVS: V14.2.2, V14.3.2
    await t.test("is stored by nobody but for files named by their content", () => {
        for (const { what, headers } of answers) {
            const isFile = what.includes("/assets/");
            assert.match(headers["cache-control"], isFile ? /immutable/ : /^no-store$/, what);
        }
    });

    // ASVS: V3.4.2
    await t.test("is for no other origin to read", async () => {
        for (const origin of ["https://evil.example", "null"]) {
            for (const path of ["account", "sign-in/methods"]) {
                const { headers } = await account.client.get(path, { headers: { origin }, checked: false });
                assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("access-control-")), []);
            }
        }
    });

    // ASVS: V3.4.3
    await t.test("a page runs scripts with its own nonce alone", async () => {
        const policies = [page, await server.client().get("/", { checked: false })].map(({ headers }) => headers["content-security-policy"]);
        const nonces = policies.map((policy) => /script-src 'nonce-([\w+/=]{20,})' 'strict-dynamic'/.exec(policy)[1]);
        assert.notEqual(nonces[0], nonces[1]);
        for (const policy of policies) {
            assert.match(policy, /object-src 'none'/);
            assert.match(policy, /base-uri 'none'/);
            assert.ok(!/unsafe-(inline|eval)/.test(policy));
        }
        assert.ok(page.text.includes(nonces[0]));
    });

    // ASVS: V3.3.1, V3.3.2, V3.3.3, V3.3.4
    await t.test("sets cookies that scripts, other sites and clear text do not get", async () => {
        await enrollTotp(server, account.client);
        const { answer, client } = await passwordStep(server, account);
        const lines = answer.headers["set-cookie"];
        assert.ok(lines.length >= 1);
        for (const line of lines) {
            assert.match(line, /^__Host-keystead[\w-]*=[^;]+; .*/);
            for (const attribute of ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]) {
                assert.ok(line.split("; ").includes(attribute), `${attribute}: ${line}`);
            }
            assert.ok(!/domain=/i.test(line));
        }
        for (const value of [...client.cookies.values(), ...account.client.cookies.values()]) {
            for (const { text, what } of [...answers, { text: answer.text, what: "sign-in" }]) {
                assert.ok(!text.includes(value), `${what} shows a cookie to scripts`);
            }
        }
    });

    // ASVS: V13.4.1, V13.4.2, V13.4.3, V13.4.5
    await t.test("nothing is there that is not meant to be", async () => {
        const api = ["/v1/.git/config", "/v1/debug", "/v1/metrics", "/v1/pprof"];
        for (const path of [...api, "/.git/config", "/.svn/entries", "/.env", "/keystead.toml", "/debug/pprof", "/metrics", "/assets/", "/assets"]) {
            const { status, text } = await server.client().get(path, { checked: false });
            assert.ok(status === 404 || (status === 200 && text === ""), `${path}: ${status}`);
        }
    });

    // ASVS: V13.4.4
    await t.test("TRACE is not answered", async () => {
        const { status, text } = await server.client().request("TRACE", "/v1/account", undefined, {
            checked: false, headers: { "x-canary": "canary-4711" },
        });
        assert.ok(status === 405 || status === 501, String(status));
        assert.ok(!text.includes("canary-4711"));
    });

    // ASVS: V14.2.1
    await t.test("takes no credential from a URL", async () => {
        const cookie = account.client.cookies.get("__Host-keystead");
        for (const name of ["access_token", "token", "session"]) {
            const { status } = await server.client().get(`account?${name}=${cookie}`, { checked: false });
            assert.ok(status === 401 || status === 422, String(status));
        }
        const mail = (await server.mail.to(account.email))[0];
        assert.match(mail.text, /\/sign-up\/confirm#\S+/, "a link's secret stands behind the #, which is not sent");
        assert.ok(!/\?\S*ks_lnk_/.test(mail.text));
    });
});

test("what a request may hold", async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server, { name: `<b>&"' {{7*7}} \${7*7} <%=7*7%> %n%s%x{}` });

    // ASVS: V1.3.7, V1.3.10
    await t.test("text is kept and shown as it is", async () => {
        const shown = await account.client.expect(200, "GET", "account");
        assert.equal(shown.name, `<b>&"' {{7*7}} \${7*7} <%=7*7%> %n%s%x{}`);
    });

    // ASVS: V1.2.3
    await t.test("what would end a string or a script is escaped in JSON, and JSON is never a page", async () => {
        const name = `</script><script>x "\\ \u2028\u2029`;
        const { status, headers, text } = await account.client.patch("account", { name });
        if (status === 200) {
            assert.equal(JSON.parse(text).name, name);
            assert.ok(!text.includes('script>x "'), "the quotation mark is escaped");
        } else {
            assert.equal(status, 422, text); // U+2028 and U+2029 may be refused as controls, never passed on raw.
        }
        assert.match(headers["content-type"], /json/);
        assert.match(headers["content-security-policy"], /sandbox/);
    });

    // ASVS: V1.3.3
    await t.test("control characters and long names are refused", async () => {
        for (const name of ["a\u001b[31mb", "a\u0000b", "a\nb", "x".repeat(1025)]) {
            await account.client.expect([400, 422], "PATCH", "account", { name });
        }
        await account.client.expect(200, "PATCH", "account", { name: "\u00c5sa \u{1f98a}" });
    });

    // ASVS: V1.2.2
    await t.test("an address to be called is https and nothing else", async () => {
        for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.test/", "https://user:word@example.test/", "//example.test"]) {
            await account.client.expect(422, "POST", "account/webhooks", { url });
        }
        const { endpoint } = await account.client.expect(201, "POST", "account/webhooks", { url: "https://example.test/a%20b?c=d" });
        assert.equal(endpoint.url, "https://example.test/a%20b?c=d");
        const [mail] = await server.mail.to(account.email);
        assert.ok([...mail.text.matchAll(/https?:\/\/\S+/g)].every(([url]) => url.startsWith(`${server.base}/`) && !/[^!-~]/.test(url)));
    });

    // ASVS: V1.5.2, V1.5.3
    await t.test("JSON is read one way: nothing after it, nothing too deep, no comment, no number that is none", async () => {
        const good = `{"email":"a@b.example","password":"x"}`;
        assert.equal((await server.client().post("sign-in", undefined, { raw: good })).status, 401);
        for (const raw of [`${good}x`, `${good}{}`, `${good.slice(0, -1)},}`, `// c\n${good}`, "[".repeat(100000), `{"email":${"[".repeat(20)}${"]".repeat(20)}}`,
            `{"email":"a@b.example","password":NaN}`, `{"email":"\\ud800","password":"x"}`, "{'email':1}", "", "\ufeff" + good]) {
            const { status } = await server.client().post("sign-in", undefined, { raw, checked: false });
            assert.ok([400, 413, 422].includes(status), `${raw.slice(0, 40)}: ${status}`);
        }
    });

    // ASVS: V15.3.6
    await t.test("a member that every object has by birth is no member here", async () => {
        for (const raw of [`{"name":"Ada","__proto__":{"operator":true}}`, `{"name":"Ada","constructor":{"prototype":{}}}`]) {
            assert.equal((await account.client.request("PATCH", "account", undefined, { raw })).status, 422, raw);
        }
    });

    // ASVS: V2.2.3, V2.1.2
    await t.test("what does not go together is refused, and the member is named", async () => {
        const options = await account.client.expect(200, "GET", "account/token-options");
        for (const [member, body] of [
            ["addresses", { kind: "read-only", addresses: ["10.0.0.0/33"] }],
            ["addresses", { kind: "read-only", addresses: ["2001:db8::/129"] }],
            ["addresses", { kind: "read-only", addresses: ["fe80::1/ffff"] }],
            ["permissions", { kind: "read-only", permissions: [options.permissions[0].name] }],
            ["expires_in_days", { kind: "read-only", expires_in_days: 0 }],
        ]) {
            const { errors, code } = await account.client.expect(422, "POST", "account/tokens", { name: "odd", ...body });
            assert.ok(errors?.some(({ pointer }) => pointer.startsWith(`/${member}`)), `${JSON.stringify(body)}: ${code} ${JSON.stringify(errors)}`);
        }
        await account.client.expect(422, "POST", "account/tokens", { name: "odd", kind: "custom" });
        await account.client.expect(201, "POST", "account/tokens", { name: "even", kind: "read-only", addresses: ["10.0.0.0/32", "2001:db8::/128"] });
    });

    // ASVS: V5.2.1
    await t.test("a body that is larger than the route takes is refused before it is read", async () => {
        const large = `{"email":"${"x".repeat(1 << 20)}","password":"x"}`;
        const declared = await server.client().post("sign-in", undefined, { raw: `{"email":"a`, checked: false, headers: { "content-length": "1048576" } }).catch((error) => error);
        assert.ok(declared.status === 413 || declared instanceof Error, String(declared.status));
        const { status, headers } = await server.client().post("sign-in", undefined, { raw: large, checked: false }).catch(() => ({ status: 413, headers: { connection: "close" } }));
        assert.equal(status, 413);
        assert.equal(headers.connection, "close");
    });

    // ASVS: V5.3.1, V5.3.2
    await t.test("no path leads to a file but to those that are built in", async () => {
        for (const path of ["/keystead.db", "/data/keystead.db", "/root.key", "/assets/../root.key", "/assets/..%2froot.key", "/assets/%2e%2e/%2e%2e/etc/passwd",
            "/audit/tile/../../../etc/passwd", "/audit/tile/0/..%2f..%2fetc%2fpasswd", "/v1/account/activity/..%2f..%2fetc%2fpasswd/proof", "/assets/x%00.js"]) {
            const { status, text } = await account.client.get(path, { checked: false });
            assert.ok(status >= 400 && status < 500 || (status === 200 && text.includes("<!doctype html")), `${path}: ${status}`);
            assert.ok(!/root:|SQLite format/.test(text), path);
        }
    });

    // ASVS: V5.4.1, V5.4.2
    await t.test("a file that is downloaded has the name that the server gives it", async () => {
        const plain = await account.client.get("account/export");
        assert.equal(plain.status, 200);
        assert.match(plain.headers["content-disposition"], /^attachment; filename="[\w.-]+"$/);
        const asked = await account.client.get(`account/export?filename=${encodeURIComponent('x"\r\nX-Evil: y.html')}`, { checked: false });
        assert.ok([400, 422].includes(asked.status) || asked.headers["content-disposition"] === plain.headers["content-disposition"], asked.text);
        assert.equal(asked.headers["x-evil"], undefined);
    });

    // ASVS: V2.2.1, V15.3.5, V2.2.2, V1.4.2
    await t.test("a value of another kind than declared is refused, and none is bent into shape", async () => {
        const email = newEmail();
        for (const body of [
            { email: 1, password: "x" }, { email: [email], password: "x" }, { email, password: { $ne: 1 } }, { email, password: true },
            { email, password: null }, { email, password: "x", remember: "yes" }, { email }, [], "x", 1, null,
        ]) {
            const { status, body: problem } = await server.client().post("sign-in", body);
            assert.ok(status === 422 || status === 400, `${JSON.stringify(body)}: ${status}`);
            assert.match(problem.code, /^request\//);
        }
        for (const limit of ["-1", "0", "101", "10abc", "4294967297", "9223372036854775808", "1e9"]) {
            const { status } = await account.client.get(`account/activity?limit=${limit}`);
            assert.equal(status, 422, limit);
        }
    });

    // ASVS: V15.3.3
    await t.test("a member that a person may not set is refused by its name", async () => {
        for (const member of ["is_operator", "id", "state", "email", "epoch"]) {
            const refusal = await account.client.expect(422, "PATCH", "account", { name: "Ada", [member]: "x" });
            assert.ok(refusal.errors.some(({ pointer }) => pointer === `/${member}`), JSON.stringify(refusal));
        }
        assert.notEqual((await account.client.expect(200, "GET", "account")).name, "Ada");
    });

    // ASVS: V8.1.2, V8.2.3
    await t.test("each member of an account is read and set by whom the documentation says", async () => {
        const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
        const rows = [...page.matchAll(/^\| `(\w+)` \| (yes|no) \| ([^|]+) \| (yes|no) \| ([^|]+) \|$/gm)]
            .map(([, member, reads, sets, operatorReads]) => ({ member, reads, sets, operatorReads }));
        assert.ok(rows.length >= 10);
        const operator = await setUpOperator(server);
        const own = await account.client.expect(200, "GET", "account");
        const { items } = await operator.client.expect(200, "GET", `admin/accounts?query=${account.email}`);
        const named = new Set([...rows.map(({ member }) => member), "session", "csrf_token"]);
        assert.deepEqual([...Object.keys(own), ...Object.keys(items[0])].filter((member) => !named.has(member)), []);
        for (const { member, reads, sets, operatorReads } of rows) {
            assert.equal(member in own, reads === "yes", `the owner reads ${member}`);
            assert.equal(member in items[0], operatorReads === "yes", `an operator reads ${member}`);
            const set = await account.client.request("PATCH", "account", { name: "Ada", [member]: "Ada" });
            assert.equal(set.status === 200, sets.includes("PATCH"), `the owner sets ${member}: ${set.text}`);
            const elsewhere = await operator.client.request("PATCH", `admin/accounts/${account.id}`, { [member]: "Ada" }, { checked: false });
            assert.ok(elsewhere.status === 404 || elsewhere.status === 405, `an operator sets ${member}`);
        }
        await account.client.expect(200, "PATCH", "account", { name: own.name });
    });

    // ASVS: V15.3.7
    await t.test("nothing may be said twice", async () => {
        const twice = await account.client.get("account/activity?limit=1&limit=2");
        assert.equal(twice.status, 422);
        const { status } = await server.client().post("sign-in", undefined, { raw: `{"email":"a@b.example","email":"c@d.example","password":"x"}` });
        assert.ok(status === 400 || status === 422, String(status));
    });

    // ASVS: V1.2.4
    await t.test("what would be SQL elsewhere is text", async () => {
        for (const text of [`' OR '1'='1`, `"; DROP TABLE account; --`, "%", "_", "\\", "'", `a'||'b`]) {
            const { status } = await server.client().post("sign-in", { email: text, password: text });
            assert.equal(status, 401, text);
            assert.ok((await account.client.get(`account/sessions/${encodeURIComponent(text)}`, { checked: false })).status < 500);
            await account.client.expect([200, 204, 422], "PATCH", "account", { name: text });
        }
        await account.client.expect(200, "GET", "account");
    });

    // ASVS: V1.1.1
    await t.test("what is encoded twice is decoded once", async () => {
        for (const path of ["account/sessions/%252e%252e", "account/sessions/%2e%2e", "account%2fsessions", "account/%2e%2e/account"]) {
            const { status } = await account.client.get(path, { checked: false });
            assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
        }
    });

    // ASVS: V2.3.1
    await t.test("no step of a flow comes before the one it needs", async () => {
        const nobody = server.client();
        assert.equal((await nobody.post("sign-in/second-factor", { method: "totp", code: "123456" })).status, 401);
        assert.equal((await nobody.post("sign-in/end-session", { session_id: account.answer.session.id })).status, 401);
        assert.equal((await nobody.post("recovery/confirm", { token: "ks_lnk_made-up", password: "Larch-Quay-73-Ember" })).status, 422);
        assert.equal((await nobody.post("sign-up/confirm", { token: "ks_lnk_made-up", password: "Larch-Quay-73-Ember" })).status, 422);
        const unknown = await account.client.post("account/totp/otp_0000000000000000000000/confirm", { code: "123456" });
        assert.ok(unknown.status === 404 || unknown.status === 409, String(unknown.status));
    });

    // ASVS: V6.4.2
    await t.test("there is no hint and no secret question", async () => {
        const { text } = await server.client().get("/v1/openapi.json", { checked: false });
        assert.ok(!/"(hint|password_hint|security_question|secret_question|secret_answer)"/i.test(text));
    });
});

test("what is logged", async (t) => {
    const canary = "Canary-Quay-73-Ember";
    const server = await startKeystead(t);
    const account = await signUp(server, { password: canary });
    const { authenticator, backupCodes } = await enrollTotp(server, account.client);
    const strange = server.client({ userAgent: `x"} \u00e9{"at":"forged"` });
    await strange.post("sign-in", { email: account.email, password: `${canary}-wrong` });
    const half = await passwordStep(server, account);
    await half.client.expect(200, "POST", "sign-in/second-factor", { method: "backup-code", code: backupCodes[0] });
    const cookies = [...account.client.cookies.values(), ...half.client.cookies.values()];
    await half.client.expect(204, "POST", "sign-out");
    await server.stop();
    const log = server.log();
    const lines = log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));

    // ASVS: V16.2.2, V16.2.4
    await t.test("is JSON, line by line, with times in UTC", () => {
        const access = lines.filter(({ route }) => route);
        assert.ok(access.some(({ route, status }) => route === "/v1/sign-in" && status === 401));
        for (const line of lines) {
            assert.match(line.at ?? line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
        }
        for (const line of access) {
            assert.match(line.request_id, /^req_\w+$/);
        }
    });

    // ASVS: V16.4.1
    await t.test("holds nothing that a client forged", () => {
        assert.ok(!lines.some(({ at }) => at === "forged"));
        assert.ok(!log.includes("forged"));
    });

    // ASVS: V16.2.5
    await t.test("holds no password, code, token or cookie", () => {
        for (const secret of [canary, authenticator.secret ?? canary, ...backupCodes, ...cookies]) {
            assert.ok(!log.includes(secret), "a secret is in the log");
        }
    });
});
