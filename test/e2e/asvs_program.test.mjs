// What OWASP ASVS asks of the program itself: what its source calls, what its binary is made with, which cryptography
// it names, what its documentation says. Alike on both engines, so they run on one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { engine, runKeystead, startKeystead } from "./support/server.mjs";

const root = path.join(import.meta.dirname, "../..");
const once = { skip: engine === "sqlite" ? false : "alike on both engines" };
const read = (name) => readFileSync(path.join(root, name), "utf8");

/** What ships of the C++: no tests, no fuzz targets; without comments and the text of strings. */
const sources = readdirSync(path.join(root, "src"), { recursive: true })
    .filter((name) => /\.(cpp|h)$/.test(name) && !/_(test|fuzz)\.cpp$/.test(name))
    .map((name) => ({ name, text: read(`src/${name}`).replace(/\/\/[^\n]*|\/\*[^]*?\*\//g, "").replace(/"(?:\\.|[^"\\\n])*"/g, '""') }));

/** The files in which something stands that must not; `sample` is a text in which it is found. */
function calling(pattern, sample) {
    assert.match(sample, pattern, "a search that finds nothing proves nothing");
    return sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
}

test("the source", once, async (t) => {
    assert.ok(sources.length > 200);

    // ASVS: V1.2.5
    await t.test("starts one other program, for one verb of the command line, without a shell", () => {
        assert.deepEqual(calling(/(?<![\w.>])(?:std::|::)?(?:system|popen|exec[lv]p?e?|posix_spawnp?|v?fork)\s*\(/, "std::system(command)"), ["app/ssh_keygen.cpp"]);
        assert.deepEqual(calling(/(?<![\w.>])(?:std::|::)?(?:system|popen|exec[lv]p?e?|posix_spawnp|v?fork)\s*\(/, "popen(command)"), []);
        assert.deepEqual(calling(/(?<!Result<void> )run_ssh_keygen\(/, "return run_ssh_keygen(order)"), ["app/ssh_key_verb.cpp"]);
    });

    // ASVS: V1.2.9
    await t.test("makes no regular expression of what came from outside", () => {
        assert.deepEqual(calling(/std::basic_regex|std::w?regex|\bregcomp\b/, "const std::regex form(text)"), []);
        // The one place with expressions takes them from a table that is built in (RE2: linear time).
        assert.deepEqual(calling(/\bre2::|\bRE2\b/, "RE2(text)").filter((name) => !name.startsWith("features/client_device/user_agent_rules")), []);
    });

    // ASVS: V1.4.1
    await t.test("calls nothing that copies without knowing how much room there is", () => {
        assert.deepEqual(calling(/(?<![\w.>:])(?:std::)?(?:strn?cpy|strn?cat|v?sprintf|gets|alloca|[mc]alloc|realloc)\s*\(/, "strcpy(to, from)"), []);
    });

    // ASVS: V6.5.3, V11.5.1
    await t.test("has randomness from the system's generator alone", () => {
        assert.deepEqual(calling(/\b(?:random_device|mt19937(?:_64)?|default_random_engine|d?rand48|srandom)\b|(?<![\w.>])(?:std::)?s?rand\s*\(/, "std::mt19937 engine"), []);
        assert.deepEqual(calling(/\b(?:randombytes_\w+|RAND_bytes|getrandom|getentropy)\s*\(/, "randombytes_buf(out, n)"), ["agent/surroundings.cpp", "crypto/system_random.cpp"]);
    });

    // ASVS: V11.2.1
    await t.test("leaves cryptography to libsodium and OpenSSL, in one folder", () => {
        const users = calling(/#include <(?:openssl\/|sodium)/, "#include <sodium.h>");
        // keystead-sshd is a program of its own, which has OpenSSL alone: for TLS, and for the signature of what it is told.
        const agent = ["agent/connection.cpp", "agent/statement.cpp"];
        assert.deepEqual(users.filter((name) => !/^(crypto\/|http\/tls|app\/)/.test(name) && !agent.includes(name)), []);
        const implementing = calling(/\b0x(?:67452301|6a09e667|61707865|736f6d65)/i, "state = 0x6a09e667"); // SHA, ChaCha, SipHash begin so.
        assert.deepEqual(implementing, []);
    });

    // ASVS: V11.3.1, V11.3.2
    await t.test("names no weak cipher, mode or padding", () => {
        assert.deepEqual(calling(/\bEVP_(?:[a-z0-9]+_)*(?:ecb|cbc|des|rc4|bf|md5)\w*\s*\(|RSA_PKCS1_PADDING/, "EVP_aes_128_ecb()"), []);
    });

    // ASVS: V15.2.3
    await t.test("that ships includes nothing made for tests", () => {
        assert.deepEqual(calling(/#include "test\/|gtest\/gtest/, '#include "test/support/fake_clock.h"'.replace(/"[^"]*"/, '"test/')), []);
    });
});

test("the binary", once, async (t) => {
    const binary = process.env.KEYSTEAD_BINARY;
    const readelf = (...words) => spawnSync("readelf", ["-W", ...words, binary], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout;

    // ASVS: V1.4.1
    await t.test("guards its stack, its calls and its pages", () => {
        assert.match(readelf("-h"), /Type:\s+DYN/, "position-independent");
        assert.match(readelf("-d"), /BIND_NOW|FLAGS_1.*NOW/);
        assert.match(readelf("-l"), /GNU_STACK.* RW /);
        assert.doesNotMatch(readelf("-l"), /LOAD.* RWE /);
        const symbols = readelf("--dyn-syms");
        assert.match(symbols, /__stack_chk_fail/);
        assert.match(symbols, /__memcpy_chk/, "_FORTIFY_SOURCE");
    });

    // ASVS: V15.1.2
    await t.test("is made of what tools/sbom lists: each library that it names, each package of the pages", () => {
        const done = spawnSync(path.join(root, "tools/sbom"), [binary], { encoding: "utf8", maxBuffer: 1 << 26 });
        assert.equal(done.status, 0, done.stderr);
        const { bomFormat, components } = JSON.parse(done.stdout);
        assert.equal(bomFormat, "CycloneDX");
        assert.ok(components.every(({ name, version }) => name && version));
        const files = new Set(components.flatMap(({ properties = [] }) => properties.filter(({ name }) => name === "file").map(({ value }) => value)));
        const needed = [...readelf("-d").matchAll(/\(NEEDED\).*\[(?!ld-linux)([^\]]+)\]/g)].map(([, name]) => name);
        assert.ok(needed.length > 10);
        assert.deepEqual(needed.filter((name) => !files.has(name)), []);
        const names = new Set(components.map(({ name }) => name));
        const { dependencies } = JSON.parse(read("web/package.json"));
        assert.deepEqual(Object.keys(dependencies).filter((name) => !names.has(name)), []);
        assert.notEqual(spawnSync(path.join(root, "tools/sbom"), ["/no/such/binary"]).status, 0);
    });

    // ASVS: V15.2.3
    await t.test("holds no test and no test double", () => {
        const bytes = readFileSync(binary).toString("latin1");
        assert.ok(bytes.includes("/v1/sign-in"), "it is read");
        assert.doesNotMatch(bytes, /gtest|FakeClock|SeededRandom|FailingDatabase|KEYSTEAD_WITHOUT_/);
    });
});

test("cryptography", once, async (t) => {
    const rows = [...read("docs/crypto-inventory.md").matchAll(/^\| (?:\d+|-) \| ([\w-]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
        .map(([, use, algorithm]) => ({ use, algorithms: algorithm.split(/;|,/).map((name) => name.replace(/\(.*?\)|v1\.3/g, "").trim()) }));
    assert.ok(rows.length > 15);

    // ASVS: V11.2.3, V11.3.2, V11.4.3, V11.6.1
    await t.test("every use is of at least 128 bits, by name; signatures and trees stand on SHA-256 or Ed25519", () => {
        const approved = new Set(["XChaCha20-Poly1305", "HMAC-SHA-256", "HKDF-SHA-256", "Argon2id", "SHA-256", "Ed25519", "ECDSA on NIST curves", "RSA PKCS #1 v1.5 with SHA-2", "TLS 1.3", "TLS 1.2 with AEAD"]);
        // Not for integrity: a filter of made-up tokens before the digest is looked up; what authenticator apps and lists demand.
        const tolerated = { "token-tag": "SipHash-2-4", "totp-code": "HMAC-SHA-1", "breach-list": "SHA-1" };
        for (const { use, algorithms } of rows) {
            for (const algorithm of algorithms) {
                assert.ok(approved.has(algorithm) || tolerated[use] === algorithm, `${use}: ${algorithm}`);
            }
        }
        for (const use of ["checkpoint-signing", "audit-tree", "backup-tag"]) {
            assert.ok(rows.find((row) => row.use === use).algorithms.some((name) => /SHA-256|Ed25519/.test(name)), use);
        }
    });

    // ASVS: V11.1.1
    await t.test("the server names each key, its purpose and where the root came from, as the page does", async (t) => {
        const server = await startKeystead(t);
        const { stdout, status } = runKeystead(["keys", "status", "--preset", server.preset], { cwd: server.folder, environment: server.environment() });
        assert.equal(status, 0);
        const named = rows.filter(({ use }) => stdout.includes(use)).length;
        assert.ok(named >= 12, stdout);
        assert.match(stdout, /root_key_from: file/);
    });
});

test("the documentation", once, async (t) => {
    const server = await startKeystead(t);
    const account = await signUp(server);
    const { document } = server.contract;

    // ASVS: V2.1.1
    await t.test("says of every member of a request what it may be", () => {
        const unbounded = [];
        const visit = (schema, where) => {
            const to = schema.$ref ? document.components.schemas[schema.$ref.split("/").at(-1)] : schema;
            const types = [to.type].flat();
            if (types.includes("string") && !to.enum && to.maxLength === undefined && !to.pattern && !to.format) {
                unbounded.push(where);
            }
            if (types.includes("integer") && (to.minimum === undefined || to.maximum === undefined)) {
                unbounded.push(where);
            }
            if (types.includes("array") && to.maxItems === undefined) {
                unbounded.push(where);
            }
            Object.entries(to.properties ?? {}).forEach(([name, of]) => { visit(of, `${where}/${name}`); });
            if (to.items) {
                visit(to.items, `${where}/*`);
            }
            if (types.includes("object") && to.additionalProperties !== false) {
                unbounded.push(where);
            }
        };
        visit({ type: "object", properties: { free: { type: "string" } }, additionalProperties: false }, "sample");
        assert.deepEqual(unbounded.splice(0), ["sample/free"]);
        for (const { method, path: route, requestBody, parameters = [] } of server.contract.operations()) {
            const body = requestBody?.content?.["application/json"]?.schema;
            if (body) {
                visit(body, `${method} ${route}`);
            }
            parameters.filter((one) => one.in === "query").forEach((one) => { visit(one.schema, `${method} ${route}?${one.name}`); });
        }
        assert.deepEqual(unbounded, []);
    });

    // ASVS: V15.3.1
    await t.test("says of every answer each member, and none is a secret that is kept", () => {
        const kept = /hash|digest|salt|sealed|password$|^epoch$|^secret_key/;
        assert.match("token_digest", kept);
        for (const [name, schema] of Object.entries(document.components.schemas)) {
            if (schema.type === "object" && name !== "Problem" && !name.endsWith("Request")) {
                assert.equal(schema.additionalProperties, false, name);
                const found = Object.keys(schema.properties).filter((member) => kept.test(member));
                assert.deepEqual(found.filter((member) => !(member === "has_password")), [], name);
            }
        }
    });

    // ASVS: V2.1.3
    await t.test("names each limit of one person's and of all, by settings that exist", async () => {
        const known = new Set(JSON.parse(runKeystead(["config", "show", "--output", "json"], { environment: { PATH: process.env.PATH } }).stdout).map(({ key }) => key));
        const named = [...read("docs/limits.md").matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, key]) => key);
        assert.ok(named.length >= 20);
        assert.deepEqual(named.filter((key) => !known.has(key)), []);
        assert.ok(!known.has("session.made_up"));
        for (const key of ["session.at_most", "api_token.at_most", "webhook.endpoints_per_account", "server.connections_max", "password.hash_queue_max"]) {
            assert.ok(named.includes(key), key);
        }
    });

    // ASVS: V16.1.1
    await t.test("lists every log and every event", () => {
        const page = read("docs/events.md");
        const listed = new Set([...page.split("## Events")[1].matchAll(/`([a-z_-]+\.[a-z-]+)`/g)].map(([, name]) => name));
        assert.ok(listed.size > 80);
        const code = sources.map(({ name }) => read(`src/${name}`)).join("\n");
        const recorded = [...code.matchAll(/\.action = "([^"]+)"|\.audit = \{([^}]*)\}/g)]
            .flatMap(([, action, actions]) => action ?? [...actions.matchAll(/"([^"]+)"/g)].map(([, name]) => name));
        assert.ok(recorded.length > 100);
        assert.deepEqual([...new Set(recorded)].filter((name) => !listed.has(name)), []);
        assert.deepEqual([...listed].filter((name) => !code.includes(`"${name}"`)), []);
    });

    // ASVS: V15.1.1
    await t.test("says how soon a fault of a library is mended, by how grave it is", () => {
        const text = read("SECURITY.md");
        for (const [grave, days] of [["critical", 2], ["high", 7], ["medium", 30]]) {
            assert.match(text, new RegExp(`within ${days} days[^.]*${grave}|${days} days where it is ${grave}`));
        }
    });

    // ASVS: V7.1.1
    await t.test("says how long sessions live in each preset, as each preset has it", () => {
        const page = read("docs/sessions.md");
        for (const preset of ["marketplace", "saas", "devops"]) {
            const { stdout } = runKeystead(["config", "show", "--preset", preset, "--output", "json"], { environment: { PATH: process.env.PATH } });
            const value = (name) => JSON.parse(stdout).find(({ key }) => key === name).value.replaceAll('"', "");
            const row = new RegExp(`^\\| \`${preset}\` \\| ${value("session.idle_timeout")} \\| ${value("session.absolute_lifetime")} \\|`, "m");
            assert.match(page, row);
        }
        assert.match(page, /SP 800-63B-4/);
    });

    // ASVS: V6.1.2
    await t.test("lists the words that make no password, and each of them is refused", async () => {
        assert.match(read("docs/passwords.md"), /the person's address or name, the product's name/);
        const { product_name: product } = await server.client().expect(200, "GET", "sign-in/methods");
        for (const word of [product, account.email.split("@")[0]]) {
            const refusal = await account.client.expect(422, "POST", "account/password", {
                current_password: account.password, new_password: `${word[0].toUpperCase()}${word.slice(1)}-1`, end_other_sessions: false,
            });
            assert.ok(refusal.errors.some(({ code }) => /personal|context/.test(code)), `${word}: ${JSON.stringify(refusal.errors)}`);
        }
    });

    // ASVS: V14.1.1, V14.1.2
    await t.test("puts every table into a class, and gives every class its rules", () => {
        const page = read("docs/data.md");
        const [head, tail] = page.split("## Tables");
        const classes = [...head.matchAll(/^\| ([a-z ]+) \| (?:[^|]+\|){6}$/gm)].map(([, name]) => name).filter((name) => name !== "class");
        assert.equal(classes.length, 5);
        const listed = [];
        for (const [, names, kind] of tail.matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)) {
            assert.ok(classes.includes(kind), kind);
            listed.push(...[...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
        }
        const done = spawnSync("sqlite3", ["-readonly", path.join(server.folder, "data/keystead.db"),
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"], { encoding: "utf8" });
        assert.equal(done.status, 0, done.stderr);
        assert.deepEqual(listed.sort(), done.stdout.trim().split("\n"));
    });
});

test("the pages' scripts", once, async (t) => {
    const folder = path.join(root, "web/dist/assets");
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => ({ name, text: readFileSync(path.join(folder, name), "utf8") }));
    assert.ok(scripts.length > 10);
    const holding = (pattern) => scripts.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
    assert.ok(holding(/addEventListener\(/).length > 0, "they are read");

    // ASVS: V1.3.2
    await t.test("make no code of text", () => {
        assert.deepEqual(holding(/\beval\(|new Function\(|set(?:Timeout|Interval)\(\s*["'`]/), []);
    });

    // ASVS: V3.5.5
    await t.test("listen to no message of another window", () => {
        assert.deepEqual(holding(/(?:window|self|globalThis|document)\.(?:onmessage\b|addEventListener\(\s*["'`]message["'`])/), []);
    });

    // ASVS: V3.7.1
    await t.test("use no plug-in", () => {
        assert.deepEqual(holding(/<(?:object|embed|applet)\b|application\/x-(?:shockwave|java|silverlight)/), []);
    });
});
