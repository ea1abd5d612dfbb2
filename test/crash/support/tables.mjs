// The database as it lies there, read past the server: nothing half-done may stand in it.

import { spawnSync } from "node:child_process";
import path from "node:path";

import { engine } from "../../e2e/support/server.mjs";

// Nothing is compared by the collation "C", which the sqlite3 program does not have: `|| ''` takes it away.
const counts = `
    SELECT a.email || '', e.action || '', count(*) FROM audit_event e JOIN account a ON a.id = e.account_id WHERE e.outcome = 1 GROUP BY 1, 2
    UNION ALL
    SELECT a.email || '', 'mail ' || o.purpose, count(*) FROM outbox o JOIN account a ON a.id = o.account_id GROUP BY 1, 2`;

const owned = ["password", "session", "totp_authenticator", "backup_code", "known_device", "known_country", "sign_in_flow", "account_address", "api_token"];

/** Audit actions, and what a webhook that hears of everything tells of them. */
const told = {
    "session.create": "session.created", "session.revoke": "session.revoked", "password.change": "credential.password_changed",
    "totp.confirm": "credential.totp_added", "token.create": "token.created", "token.revoke": "token.revoked",
};

const faults = {
    "an account without a password": "SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM password p WHERE p.account_id = a.id)",
    "an account without a team": "SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM team t WHERE t.id = a.personal_team AND t.owner_account = a.id)",
    "an account whose address is not claimed": "SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM email_claim c WHERE c.account_id = a.id AND c.email || '' = a.email || '')",
    "an account made without a record": "SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.account_id = a.id AND e.action || '' = 'account.create')",
    "a set of backup codes that is not of ten": "SELECT count(*) FROM (SELECT 1 FROM backup_code GROUP BY account_id HAVING count(*) <> 10) s",
    "backup codes without an authenticator": "SELECT count(*) FROM backup_code b WHERE NOT EXISTS (SELECT 1 FROM totp_authenticator t WHERE t.account_id = b.account_id AND t.confirmed_at IS NOT NULL)",
    "values of an event that is not there": "SELECT count(*) FROM audit_value v WHERE NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.id = v.event_id)",
    "a numbered event that the tree does not count": "SELECT count(*) FROM (SELECT count(*) AS events FROM audit_event WHERE leaf_index IS NOT NULL) e, audit_tree t WHERE e.events <> t.size",
    "an API token without a secret": "SELECT count(*) FROM api_token t WHERE NOT EXISTS (SELECT 1 FROM api_token_secret s WHERE s.token_id = t.id)",
    "a secret without an API token": "SELECT count(*) FROM api_token_secret s WHERE NOT EXISTS (SELECT 1 FROM api_token t WHERE s.token_id = t.id)",
    ...Object.fromEntries(Object.entries(told).map(([action, type]) => [`${action} that no webhook tells, or a webhook of none`,
        `SELECT abs((SELECT count(*) FROM audit_event e WHERE e.action || '' = '${action}' AND e.outcome = 1) - (SELECT count(*) FROM webhook_delivery d WHERE d.type || '' = '${type}'))`])),
    ...Object.fromEntries(owned.map((table) => [`a row of ${table} without an account`,
        `SELECT count(*) FROM ${table} x WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = x.account_id)`])),
};

function lines(server, sql) {
    const done = engine === "postgres"
        ? spawnSync("psql", [server.environment().KEYSTEAD__STORAGE__POSTGRES, "-qXAt", "-F", "|", "-v", "ON_ERROR_STOP=1"], { input: sql, encoding: "utf8", maxBuffer: 1 << 28 })
        : spawnSync("sqlite3", ["-bail", "-batch", path.join(server.folder, "data", "keystead.db")], { input: `.timeout 5000\nPRAGMA query_only=1;\n${sql}`, encoding: "utf8", maxBuffer: 1 << 28 });
    if (done.status !== 0) {
        throw new Error(`${done.stderr}${done.error ?? ""}`);
    }
    return done.stdout.split("\n").filter((line) => line !== "");
}

/** What stands there half-done, in words; an empty list when nothing does. */
export function halfDone(server) {
    const entries = Object.entries(faults);
    const found = lines(server, entries.map(([, sql]) => `${sql};`).join("\n"));
    return entries.map(([words], index) => [words, Number(found[index])]).filter(([, count]) => count !== 0).map(([words, count]) => `${count} times ${words}`);
}

/** How many messages of webhooks there are, and how many deliveries wait. */
export function webhooks(server) {
    const [messages, waiting] = lines(server, "SELECT count(DISTINCT message_id) FROM webhook_delivery; SELECT count(*) FROM webhook_delivery WHERE state = 1;").map(Number);
    return { messages, waiting };
}

/** Audit events and mails of each account: Map(email → { action: count }). */
export function recorded(server) {
    const all = new Map();
    for (const line of lines(server, `${counts};`)) {
        const [email, action, count] = line.split("|");
        all.set(email, { ...all.get(email), [action]: Number(count) });
    }
    return all;
}
