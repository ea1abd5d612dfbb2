// Rented servers with the real sshd and keystead-sshd: keys follow the account, what is revoked is refused, and what does
// not come from Keystead, or comes too late, lets nobody in.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { signUp } from "./support/accounts.mjs";
import { ForgedKeystead, Signer, makeCertificate } from "./support/forged_keystead.mjs";
import { cannotRun, makeKeyPair, publicFolder, rentServer } from "./support/rented_server.mjs";
import { engine, startKeystead } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const seconds = () => performance.now() / 1000;
const add = (owner, pair, name) => owner.client.expect(201, "POST", "account/ssh-keys", { name, public_key: pair.line });
const usage = async (owner, key) => (await owner.client.expect(200, "GET", `account/ssh-keys/${key.id}/usage`)).items;
const serversOf = (owner, key) => owner.client.expect(200, "GET", `account/ssh-keys/${key.id}/servers`);

/** Waits until the server no longer lets that key in, and says how many seconds that took since `since`. */
async function refusedAfter(rented, pair, since) {
    await until("the key is refused", async () => !(await rented.letsIn(pair)));
    return seconds() - since;
}

test("rented servers follow the account's SSH keys", { skip: cannotRun }, async (t) => {
    const server = await startKeystead(t, { preset: "marketplace" });
    const owner = await signUp(server);
    const { personal_team: team } = await owner.client.expect(200, "GET", "account");
    const register = (name) => owner.client.expect(201, "POST", `teams/${team}/hosts`, { name, login_users: ["gpu"] });
    const rented = await rentServer(t);
    const second = await rentServer(t);
    const key = (name) => makeKeyPair(rented.folder, name);

    const host = await register("gpu-1");

    await t.test("an enrolment token enrolls one server, once", async () => {
        const enrolled = await rented.enroll({ base: server.base, enrolment: host.enrolment });
        assert.equal(enrolled.status, 0, enrolled.stderr);
        assert.match(enrolled.stdout, /RevokedKeys \/var\/lib\/keystead-sshd\/public\/revoked-keys/);
        const replayed = await second.enroll({ base: server.base, enrolment: host.enrolment });
        assert.equal(replayed.status, 1);
        assert.match(replayed.stderr, /does not take the token/);
        assert.notEqual((await second.run(["test", "-e", `${publicFolder}/host`])).status, 0, "and leaves nothing that looks enrolled");
        const other = await register("gpu-2");
        const otherKey = await second.enroll({ base: server.base, enrolment: other.enrolment, answerKey: new Signer().answerKey });
        assert.equal(otherKey.status, 1, "an answer key that is not Keystead's");
        await rented.startAgent();
        await rented.startSshd();
    });

    const first = key("first");
    let firstKey;
    // proves: M-18
    await t.test("a key that is added logs in at once; offering it is no use of it", async () => {
        assert.equal(await rented.letsIn(first), false);
        firstKey = await add(owner, first, "first");
        const offered = path.join(rented.folder, "offered"); // The public half alone: sshd says yes, and nothing can sign.
        copyFileSync(`${first.file}.pub`, `${offered}.pub`);
        assert.equal(await rented.letsIn({ file: `${offered}.pub` }), false);
        assert.match(rented.sshdLog, /Accepted key ED25519/);
        assert.equal(await rented.letsIn(first), true);
        const [use, ...more] = await until("the login is told", async () => {
            const items = await usage(owner, firstKey);
            return items.length > 0 && items;
        });
        assert.deepEqual([use.host.id, use.login_user, use.address, more.length], [host.id, "gpu", "127.0.0.1", 0]);
    });

    // proves: M-18
    await t.test("a login is told by the key that it had, whatever its user has PAM say", async () => {
        const other = key("other");
        const otherKey = await add(owner, other, "other");
        rented.writePamEnvironment([`SSH_AUTH_INFO_0 DEFAULT="publickey ${other.line.split(" ").slice(0, 2).join(" ")}"`,
            "PAM_USER DEFAULT=gpu", "PAM_TYPE DEFAULT=open_session", "PAM_RHOST DEFAULT=192.0.2.66", "SAID_BY_USER DEFAULT=yes"]);
        const before = (await usage(owner, firstKey)).length;
        const session = await rented.openSession(first, rented.users[0], "echo $SAID_BY_USER; cat");
        assert.equal(session.said, "yes\n", "Debian's pam_env believes the file");
        const [use] = await until("the login is told", async () => {
            const items = await usage(owner, firstKey);
            return items.length > before && items;
        });
        assert.deepEqual([use.login_user, use.address, use.ended_at], ["gpu", "127.0.0.1", null]);
        session.child.kill();
        await until("its end is told", async () => (await usage(owner, firstKey))[0].ended_at !== null);
        assert.deepEqual(await usage(owner, otherKey), []);
        rented.writePamEnvironment([]);
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${otherKey.id}?reason=unneeded`);
    });

    const revoked = first;
    // proves: K-08
    await t.test("a key that is revoked is refused within five seconds, by the list and by name, and its sessions end", async () => {
        const session = await rented.openSession(first);
        await until("the session is listed", async () => (await serversOf(owner, firstKey)).open_sessions.length === 1);
        rented.writeAuthorizedKeys([first.line]); // as a provider does
        assert.equal(await rented.letsIn(first), true);
        const since = seconds();
        await owner.client.expect(204, "DELETE", `account/ssh-keys/${firstKey.id}?reason=lost`);
        const took = await refusedAfter(rented, first, since);
        assert.ok(took <= 5, `refused after ${took} s`);
        assert.ok(await rented.isRevoked(first), "ssh-keygen says so of the list");
        assert.equal(await rented.keysFor(first.line), "", "and the command no longer names it");
        await session.over;
        const confirmed = await until("the server has confirmed", async () => {
            const answer = await serversOf(owner, firstKey);
            return answer.applied === 1 && answer.open_sessions.length === 0 && answer;
        });
        assert.deepEqual([confirmed.total, confirmed.unconfirmed.map(({ name }) => name)], [2, ["gpu-2"]], "and the one that nobody runs has not");
        assert.ok((await usage(owner, firstKey)).every(({ ended_at: ended }) => ended !== null));
    });

    const old = key("old");
    const fresh = key("fresh");
    await t.test("a key that is rotated lets its successor in, and itself no longer", async () => {
        const oldKey = await add(owner, old, "old");
        assert.equal(await rented.letsIn(old), true);
        await owner.client.expect(201, "POST", `account/ssh-keys/${oldKey.id}/rotate`, { name: "fresh", public_key: fresh.line, overlap_seconds: 0 });
        const since = seconds();
        assert.equal(await rented.letsIn(fresh), true);
        assert.ok((await refusedAfter(rented, old, since)) <= 5);
    });

    await t.test("while Keystead is away the keys that it said last log in, and no others; killed, the agent is not missed", async () => {
        await until("the statement on the disk is the newest", async () => (await rented.run(["cat", `${publicFolder}/statement`])).stdout.includes(fresh.line.split(" ")[1]));
        await server.stop();
        assert.equal(await rented.letsIn(fresh), true);
        assert.equal(await rented.letsIn(revoked), false, "also by the provider's file");
        await rented.stopAgent("KILL");
        assert.equal(await rented.letsIn(fresh), true);
        assert.equal(await rented.letsIn(revoked), false);
        assert.equal(await rented.letsIn(old), false);
        await server.start();
        await rented.startAgent();
    });

    await t.test("when the rental ends no key of it logs in, and what was revoked stays so", async () => {
        assert.equal(await rented.letsIn(fresh), true);
        const since = seconds();
        await owner.client.expect(204, "DELETE", `teams/${team}/hosts/${host.id}`);
        assert.ok((await refusedAfter(rented, fresh, since)) <= 5);
        assert.equal(await rented.keysFor(fresh.line), "");
        assert.ok(await rented.isRevoked(revoked));
        assert.notEqual((await rented.run(["test", "-e", `${publicFolder}/statement`])).status, 0);
    });
});

// What Keystead would not say. It needs no database, so it runs on one engine.
const skip = cannotRun || (engine === "postgres" && "nothing of it depends on the engine");

test("a server believes its own Keystead alone", { skip }, async (t) => {
    const forged = await new ForgedKeystead().start(t);
    const rented = await rentServer(t, { diskKib: 64 });
    assert.equal((await rented.enroll({ base: forged.base, enrolment: forged.enrolment })).status, 0);
    const one = makeKeyPair(rented.folder, "one");
    const two = makeKeyPair(rented.folder, "two");
    const three = makeKeyPair(rented.folder, "three");
    const allowed = (...pairs) => pairs.map(({ line }) => ({ user: "gpu", line }));
    const statementFile = `${publicFolder}/statement`;

    // proves: M-18
    await t.test("the cache serves for fifteen minutes, as it was signed, and to this server alone", async () => {
        const now = Math.floor(Date.now() / 1000);
        const keep = (signer, content) => rented.run(["tee", statementFile], { input: signer.snapshot({ host: forged.host, keys: allowed(one), ...content }) });
        const served = async (signer, content) => {
            assert.equal((await keep(signer, content)).status, 0);
            return (await rented.keysFor(one.line)) !== "";
        };
        assert.equal(await served(forged.signer, { issued: now - 840 }), true);
        assert.equal(await served(forged.signer, { issued: now - 901 }), false, "too old");
        assert.equal(await served(forged.signer, { issued: now + 3600 }), false, "of a time to come");
        assert.equal(await served(new Signer(), { issued: now }), false, "signed by another");
        assert.equal(await served(forged.signer, { issued: now, host: "hst_0000000000000000000002" }), false, "said to another server");
        assert.equal(await served(forged.signer, { issued: now, keys: allowed(two) }), false, "another key");
        assert.equal(await served(forged.signer, { issued: now }), true);
        assert.equal((await rented.run(["rm", statementFile])).status, 0);
        assert.equal(await rented.keysFor(one.line), "");
    });

    await rented.startAgent();
    await rented.startSshd();

    // proves: M-18
    await t.test("once a newer list was heard, an older one that comes back to the disk serves nobody", async () => {
        const before = Math.floor(Date.now() / 1000) - 5;
        const older = forged.signer.snapshot({ host: forged.host, keys: allowed(one, two), issued: before });
        forged.say({ keys: allowed(two) });
        assert.notEqual(await rented.keysFor(two.line), "");
        await rented.stopAgent("KILL");
        assert.notEqual(await rented.keysFor(two.line), "", "what was heard last serves");
        assert.equal((await rented.run(["tee", statementFile], { input: older })).status, 0);
        assert.equal(await rented.keysFor(one.line), "", "signed and young as it is");
        assert.equal(await rented.keysFor(two.line), "");
        forged.answer = () => "";
        await rented.startAgent();
        assert.equal(await rented.keysFor(one.line), "", "nor when the program starts again");
        assert.match(rented.agentLog, /not what was heard last/);
    });

    await t.test("an answer with another's signature, an older one and one for another server change nothing", async () => {
        const issued = Math.floor(Date.now() / 1000);
        forged.say({ keys: allowed(one), issued });
        assert.equal(await rented.letsIn(one), true);
        const foreign = new Signer();
        for (const say of [
            () => foreign.snapshot({ host: forged.host, keys: allowed(two) }),
            () => forged.signer.snapshot({ host: "hst_0000000000000000000002", keys: allowed(two) }),
            () => forged.signer.snapshot({ host: forged.host, keys: allowed(two), issued: issued - 1 }),
            () => forged.signer.snapshot({ host: forged.host, keys: allowed(two) }).replace("krl ", "krl A"),
            () => "",
            () => "keystead-statement/v1\n\n",
        ]) {
            forged.answer = say;
            assert.equal(await rented.keysFor(two.line), "", String(say));
            assert.notEqual(await rented.keysFor(one.line), "", String(say));
        }
        forged.say({ keys: allowed(two) });
        assert.notEqual(await rented.keysFor(two.line), "");
        assert.equal(await rented.keysFor(one.line), "");
    });

    // proves: M-18
    await t.test("a refusal ends nothing but what Keystead has signed to be over", async () => {
        forged.say({ keys: allowed(one), endSessions: "yes" });
        assert.notEqual(await rented.keysFor(one.line), "");
        const session = await rented.openSession(one);
        const token = forged.enrolledToken;
        const foreign = new Signer();
        const other = "hst_0000000000000000000002";
        forged.refuses = true;
        for (const end of [
            () => [404, ""],
            () => [401, "{}"],
            () => [200, ""],
            () => [200, foreign.end({ host: forged.host, token })],
            () => [200, forged.signer.end({ host: other, token })],
            () => [200, forged.signer.end({ host: forged.host, token: "ks_host_other" })],
            () => [200, forged.signer.end({ host: forged.host, token, issued: Math.floor(Date.now() / 1000) - 1000 })],
            () => [200, forged.signer.snapshot({ host: forged.host, endSessions: "yes" })],
        ]) {
            forged.endAnswer = end;
            const before = forged.askedForEnd;
            assert.notEqual(await rented.keysFor(one.line), "", String(end));
            assert.notEqual(await rented.keysFor(one.line), "", String(end));
            assert.ok(forged.askedForEnd > before, String(end));
        }
        assert.equal(forged.tokenOfEnd, token);
        assert.equal(session.child.exitCode, null, "nobody is thrown out");
        assert.equal((await rented.run(["test", "-e", statementFile])).status, 0);
        forged.endAnswer = () => [200, forged.signer.end({ host: forged.host, token })];
        await session.over;
        assert.equal(await rented.keysFor(one.line), "");
        assert.notEqual((await rented.run(["test", "-e", statementFile])).status, 0);
        forged.refuses = false;
        forged.say({ keys: allowed(two) });
        // It asks every half minute, and whenever sshd does.
        await until("a token that is good again serves again", async () => (await rented.keysFor(two.line)) !== "");
    });

    await t.test("a statement of which nobody can write that it was heard last is not left on the disk", async () => {
        await rented.run(["sh", "-c", "rm -f /run/keystead-sshd/heard && mkdir /run/keystead-sshd/heard"]);
        forged.say({ keys: allowed(one, two) });
        assert.notEqual(await rented.keysFor(one.line), "");
        await until("the log says so", () => /what was heard is not kept/.test(rented.agentLog));
        assert.notEqual((await rented.run(["test", "-e", statementFile])).status, 0);
        await rented.run(["rmdir", "/run/keystead-sshd/heard"]);
        forged.say({ keys: allowed(two) });
        assert.notEqual(await rented.keysFor(two.line), "");
        await until("both are kept again", async () => (await rented.run(["test", "-e", statementFile])).status === 0);
    });

    await t.test("logins that are refused for their rate are told later, and hold nothing up that was applied", async () => {
        forged.refusesLogins = true;
        assert.equal(await rented.letsIn(two), true);
        const told = () => forged.reports.flatMap(({ logins }) => logins ?? []).length;
        const before = told();
        const applied = forged.reports.filter((report) => report.applied).length;
        await until("a report with it is refused", () => /refuses the report with status 429/.test(rented.agentLog));
        forged.say({ keys: allowed(two), revoked: [three.line] });
        await until("the list is told as applied", () => forged.reports.filter((report) => report.applied).length > applied);
        assert.equal(told(), before);
        forged.refusesLogins = false;
        await until("the login is told", () => told() > before);
    });

    await t.test("only root and sshd's command are heard at the socket", async () => {
        assert.equal((await rented.run(["stat", "-c", "%a %U %G", "/run/keystead-sshd/socket"])).stdout, "660 root keystead-sshd\n");
        const asked = await rented.run(["setpriv", "--reuid", "5000", "--regid", "5000", "--clear-groups", "/usr/local/sbin/keystead-sshd",
            "authorized-keys", "gpu", two.line.split(" ")[1], "ssh-ed25519", "-"]);
        assert.notEqual(asked.stdout, "", "the login user gets what everybody may read in the cache");
        // Below a shell of that server, which is there as an sshd would be; the address says who told it.
        const pose = async (user, address) => {
            const words = ["setpriv", "--reuid", String(user), "--regid", String(user), "--clear-groups", "env", "PAM_TYPE=open_session", "PAM_USER=gpu",
                `PAM_RHOST=${address}`, `SSH_AUTH_INFO_0=publickey ${two.line}`, "/usr/local/sbin/keystead-sshd", "session"];
            const posed = await rented.run(["sh", "-c", '"$@"; status=$?; sleep 0.2; exit $status', "sh", ...words]);
            assert.equal(posed.status, 0);
        };
        const told = () => forged.reports.flatMap(({ logins }) => logins ?? []).map(({ address }) => address);
        await pose(4999, "192.0.2.66");
        await pose(5000, "192.0.2.67");
        await pose(0, "192.0.2.1");
        await until("root is heard", () => told().includes("192.0.2.1"));
        const before = forged.asked;
        await until("two rounds", () => forged.asked > before + 1);
        assert.deepEqual(told().filter((address) => address !== "127.0.0.1"), ["192.0.2.1"]);
    });

    await t.test("on a full disk the list of revoked keys is renewed as long as it can be, is never gone, and nothing is claimed", async () => {
        forged.say({ keys: allowed(one, two, three) });
        assert.notEqual(await rented.keysFor(three.line), "");
        const fill = () => rented.run(["sh", "-c", "cat /dev/zero >>/var/lib/keystead-sshd/full; true"]);
        await fill();
        forged.say({ keys: allowed(two, three), revoked: [one.line] });
        rented.writeAuthorizedKeys([one.line, two.line]);
        await refusedAfter(rented, one, 0);
        assert.ok(await rented.isRevoked(one), "in the room that the statement had");
        await rented.run(["rm", statementFile]); // Nothing is left that would make room.
        await fill();
        const applied = forged.reports.map((report) => report.applied);
        forged.say({ keys: allowed(three), revoked: [one.line, two.line] });
        await until("the list is not renewed", () => /list of revoked keys is not renewed/.test(rented.agentLog));
        assert.equal(await rented.letsIn(three), true, "the list that was there is whole");
        assert.equal(await rented.letsIn(one), false);
        assert.equal(await rented.keysFor(two.line), "");
        assert.deepEqual(forged.reports.map((report) => report.applied).filter(Boolean), applied.filter(Boolean), "not told as applied");
        await rented.run(["rm", "/var/lib/keystead-sshd/full"]);
        await refusedAfter(rented, two, 0);
        await until("it is told", () => forged.reports.some((report) => report.applied && !applied.includes(report.applied)));
    });
});

test("a server trusts the pinned key alone, whatever the certificate says", { skip }, async (t) => {
    const rented = await rentServer(t);
    const one = makeKeyPair(rented.folder, "one");
    const certificate = makeCertificate(rented.folder, "right");
    const forged = await new ForgedKeystead({ tls: certificate }).start(t);
    forged.say({ keys: [{ user: "gpu", line: one.line }] });
    const wrong = await rented.enroll({ base: forged.base, enrolment: forged.enrolment, pins: [makeCertificate(rented.folder, "wrong").pin] });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /not the pinned one/);
    const unpinned = await rented.enroll({ base: forged.base, enrolment: forged.enrolment, pins: [] });
    assert.match(unpinned.stderr, /at least one --pin/);
    const clear = await rented.enroll({ base: "http://192.0.2.1", enrolment: forged.enrolment });
    assert.match(clear.stderr, /use https/);
    assert.equal(forged.asked, 0, "the token never left");
    const right = await rented.enroll({ base: forged.base, enrolment: forged.enrolment, pins: [certificate.pin] });
    assert.equal(right.status, 0, right.stderr);
    await rented.startAgent();
    assert.notEqual(await rented.keysFor(one.line), "");
});
