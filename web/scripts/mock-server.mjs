// Answers as the server does, from memory, so that the pages can be looked at and tested alone. It sends the real
// policy headers. Not a model of security: it checks nothing that a page does not need to be shown.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";

const dist = new URL("../dist/", import.meta.url);
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
export const right = { password: "Correct-horse-7", code: "123456", token: "token-of-a-link" };

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const country = (code, name, city = null) => ({ country: code, country_name: name, city, kind: "country" });

function session(id, current, device, place, seconds, more = {}) {
    return {
        id,
        current,
        created_at: ago(seconds + 86_400),
        last_active_at: ago(seconds),
        authenticated_at: ago(seconds + 86_400),
        ip: "203.0.113.7",
        place,
        device,
        methods: ["password", "totp"],
        remembered: false,
        shared_device: false,
        idle_expires_at: ago(-86_400),
        expires_at: null,
        must_authenticate: false,
        ...more,
    };
}

const device = (kind, browser, browser_version, system) => ({ kind, browser, browser_version, system });

function webhook(id, url, more = {}) {
    return {
        id,
        url,
        description: "Our own server",
        events: ["*"],
        state: "enabled",
        waiting: 0,
        last_delivered_at: null,
        previous_secret_expires_at: null,
        created_at: ago(86_400),
        ...more,
    };
}

function delivery(id, more = {}) {
    return {
        id,
        message_id: `msg_${id}`,
        type: "session.created",
        body: JSON.stringify({ type: "session.created", timestamp: ago(60), data: {} }),
        cause: "event",
        state: "waiting",
        created_at: ago(60),
        attempts: 0,
        next_attempt_at: null,
        last_attempt_at: ago(50),
        ended_at: ago(50),
        status: null,
        duration_ms: 41,
        error: null,
        ...more,
    };
}

const areas = ["password", "second-factor", "backup-codes", "sessions", "tokens", "ssh-keys", "addresses"];

function finding(kind, severity, area, subjects = [], more = {}) {
    const named = subjects.map((name, index) => ({ id: `${area}_${index}`, name }));
    const mend_url = `http://localhost/account/${area}`;
    return {
        kind,
        severity,
        area,
        mend_url,
        count: named.length,
        subjects: named,
        since: null,
        left: null,
        ...more,
    };
}

/** Some of everything, and what the account's second factor makes of it. */
function checkUp({ account }) {
    const { enabled, backup_codes_remaining: left } = account.second_factor;
    const findings = [finding("session-unfamiliar", "urgent", "sessions", ["Brazil"])];
    if (!enabled) {
        findings.push(finding("second-factor-missing", "urgent", "second-factor"));
    } else if (left <= 3) {
        findings.push(finding("backup-codes-few", "important", "backup-codes", [], { left }));
    }
    findings.push(
        finding("token-unused", "important", "tokens", ["Build server", "Old laptop"]),
        finding("ssh-key-due", "important", "ssh-keys", ["laptop"]),
        finding("password-old", "advice", "password", [], { since: ago(40_000_000) }),
    );
    const found = new Set(findings.map(({ area }) => area));
    return { findings, in_order: areas.filter((area) => !found.has(area)) };
}

const secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

function startState() {
    return {
        signedIn: false,
        stepUp: false,
        secondFactor: false,
        limit: false,
        keyLimits: 0,
        refuseOnce: null,
        setUpOpen: true,
        account: {
            id: "acc_1",
            email: "ada@example.org",
            name: "Ada Example",
            created_at: ago(9_000_000),
            has_password: true,
            password_changed_at: ago(2_000_000),
            second_factor: { enabled: false, totp_count: 0, backup_codes_remaining: 0 },
            factors_frozen_until: null,
            deletion: null,
            pending_email: null,
            email_undo_until: null,
            operator: true,
            personal_team: "team_1",
            notification_addresses: [
                { id: "adr_1", email: "ada@example.org", confirmed: true, primary: true },
                { id: "adr_2", email: "ada.second@example.net", confirmed: true, primary: false },
                { id: "adr_3", email: "new@example.net", confirmed: false, primary: false },
            ],
            session: { id: "ses_1", authenticated_at: ago(4000), step_up_fresh_until: null },
            csrf_token: "csrf-session",
        },
        totp: [],
        codesMade: null,
        webhooks: [
            webhook("whk_1", "https://hooks.example.org/keystead", {
                last_delivered_at: ago(60),
                waiting: 2,
            }),
            webhook("whk_2", "https://old.example.org/in", { state: "failing", events: ["session.*"] }),
            webhook("whk_3", "https://restored.example.org/in", { state: "suspended" }),
        ],
        deliveries: [
            delivery("dlv_1", { state: "delivered", status: 204, attempts: 1 }),
            delivery("dlv_2", {
                state: "given-up",
                attempts: 8,
                error: "The receiver answered 500; only 2xx counts as delivered.",
                status: 500,
            }),
        ],
        sessions: [
            session(
                "ses_1",
                true,
                device("desktop", "Firefox", "143.0", "Linux"),
                country("FR", "France"),
                20,
            ),
            session(
                "ses_2",
                false,
                device("phone", "Safari", "19.1", "iOS"),
                country("FR", "France", "Lyon"),
                7_300,
                {
                    ip: "2001:db8:85a3::8a2e:370:7334",
                },
            ),
            session(
                "ses_3",
                false,
                device("tablet", "Chrome", "140", "Android"),
                country("DE", "Germany"),
                400_000,
                {
                    shared_device: true,
                },
            ),
            session(
                "ses_4",
                false,
                device("program", "curl", "8.5", null),
                { country: null, country_name: null, city: null, kind: "local" },
                90_000,
                { ip: "192.168.1.20", must_authenticate: true },
            ),
        ],
        keys: startKeys(),
        sentKeys: [],
        sshKeys: [
            sshKey("ssh_3", "Laptop", { rotation_due: true, last_used_at: ago(7_300) }),
            sshKey("ssh_2", "Old desktop with a rather long name", {
                type: "ssh-rsa",
                bits: 4096,
                state: "suspended",
            }),
        ],
        hosts: startHosts(),
        removals: {},
        accounts: Array.from({ length: 6 }, (_, index) => ({
            id: `acc_${index + 1}`,
            email: index === 0 ? "ada@example.org" : `person${index}@example.org`,
            name: index % 2 ? null : `Person ${index}`,
            created_at: ago(index * 800_000 + 1000),
            disabled: index === 3,
            operator: index === 0,
        })),
    };
}

const daily = (of) => Array.from({ length: 90 }, (_, day) => of(day));

function apiKey(id, name, members) {
    return {
        id,
        name,
        kind: "deploy",
        permissions: ["view-projects", "deploy-projects", "view-logs"],
        addresses: [],
        state: "active",
        created_at: ago(4_000_000),
        expires_at: ago(-3_700_000),
        old_secret_ends_at: null,
        last_use: null,
        unused: false,
        daily_uses: daily(() => 0),
        ...members,
    };
}

function startKeys() {
    return [
        apiKey("tok_1", "Build server", {
            old_secret_ends_at: ago(-80_000),
            last_use: { at: ago(90), ip: "203.0.113.7", place: country("FR", "France", "Lyon") },
            daily_uses: daily((day) => (day % 7 > 4 ? 3 : 40 + ((day * 37) % 60))),
            addresses: ["203.0.113.0/24", "2001:db8::/32"],
        }),
        apiKey("tok_2", "An old script with a rather long name that has to wrap somewhere", {
            kind: "custom",
            permissions: ["view-logs"],
            unused: true,
            expires_at: null,
        }),
        apiKey("tok_3", "Backup host", {
            kind: "read-only",
            permissions: ["view-projects"],
            state: "suspended",
        }),
        apiKey("tok_4", "Last year", { state: "expired", expires_at: ago(900_000) }),
    ];
}

const keyOptions = {
    at_most: 5,
    permissions: [
        { name: "view-projects", words: "View projects" },
        { name: "deploy-projects", words: "Deploy projects" },
        { name: "view-logs", words: "View logs" },
        { name: "full-access", words: "Full access" },
    ],
    full_access: "full-access",
    kinds: [
        { kind: "read-only", permissions: ["view-projects", "view-logs"] },
        { kind: "deploy", permissions: ["view-projects", "deploy-projects", "view-logs"] },
        { kind: "admin", permissions: ["full-access"] },
    ],
    lifetime_days: 90,
    lifetime_days_max: 365,
    rotation_overlap_seconds: 86_400,
};

const sshKeyOptions = { at_most: 4, reminder_days: 90, rotation_overlap_seconds: 86_400 };

function sshKey(id, name, members) {
    return {
        id,
        name,
        type: "ssh-ed25519",
        bits: 256,
        fingerprint: `SHA256:${id.replace("_", "")}${"7Qm2".repeat(20)}`.slice(0, 50),
        public_key: `ssh-ed25519 AAAA${id}`,
        state: "active",
        created_at: ago(4_000_000),
        ends_at: null,
        replaced_by: null,
        rotate_at: ago(-3_700_000),
        rotation_due: false,
        last_used_at: null,
        ...members,
    };
}

function host(id, name, members) {
    return {
        id,
        name,
        login_users: ["root"],
        ssh_keys: null,
        state: "enrolled",
        created_at: ago(900_000),
        created_by: "owner",
        enrolled_at: ago(899_000),
        last_seen_at: ago(2),
        confirmed_at: ago(2),
        cache_ends_at: ago(-898),
        agent_version: "0.2.0",
        machine_name: "ip-10-0-0-7",
        enrolment_expires_at: null,
        removals_pending: 0,
        open_sessions: 0,
        ...members,
    };
}

function startHosts() {
    const silent = { state: "silent", last_seen_at: ago(200), confirmed_at: ago(4_000) };
    return [
        host("hst_1", "gpu-1", { open_sessions: 2, created_by: "product" }),
        host("hst_2", "gpu-2 with a rather long name that wraps", {
            ...silent,
            cache_ends_at: ago(-700),
            removals_pending: 1,
            login_users: ["root", "ada"],
        }),
        host("hst_3", "backup", {
            ...silent,
            last_seen_at: ago(90_000),
            cache_ends_at: ago(89_000),
            ssh_keys: ["ssh_3"],
        }),
        host("hst_4", "new", {
            state: "waiting",
            enrolled_at: null,
            last_seen_at: null,
            confirmed_at: null,
            cache_ends_at: null,
            agent_version: null,
            machine_name: null,
            enrolment_expires_at: ago(-80_000),
        }),
    ];
}

function login(id, members) {
    return {
        id,
        host: { id: "hst_1", name: "gpu-1" },
        login_user: "root",
        ssh_key: { id: "ssh_3", name: "Laptop" },
        fingerprint: sshKey("ssh_3", "").fingerprint,
        address: "203.0.113.7",
        place: country("FR", "France", "Lyon"),
        began_at: ago(600),
        ended_at: null,
        ended_by: null,
        ...members,
    };
}

const logins = [
    login("log_1", {}),
    login("log_2", { address: "2001:db8::7", place: null }),
    login("log_3", { began_at: ago(90_000), ended_at: ago(86_000) }),
    login("log_4", { began_at: ago(190_000), ended_at: ago(186_000), ended_by: "removal", ssh_key: null }),
];

/** What connects a server, as the real one words it. */
function enrolment() {
    const token = `ks_enr_${"7Qm2".repeat(11)}`;
    const answer_key = "1q2w3e4r5t6y7u8i9o0pAAsDfGhJkLzXcVbNmQwErTy=";
    const pin = "sha256//C5F3UDfDgT0kuPTwE+n7FoqCZrTDSl3bCrh6u4NQOqE=";
    const server = "https://id.example.org";
    return {
        token,
        expires_at: ago(-86_400),
        answer_key,
        pins: [pin],
        command: `printf %s ${token} | sudo keystead-sshd enroll --server ${server} --answer-key ${answer_key} --pin ${pin}`,
        cloud_init: `#cloud-config
write_files:
  - path: /run/keystead-enrolment
    permissions: '0600'
    content: ${token}
runcmd:
  - [keystead-sshd, "enroll", "--server", "${server}", "--answer-key", "${answer_key}", "--pin", "${pin}", --token-file, /run/keystead-enrolment]
  - [rm, -f, /run/keystead-enrolment]
  - [systemctl, enable, --now, keystead-sshd]
`,
    };
}

const secretOf = (id) => `ks_pat_${id.replace("_", "")}${"7Qm2".repeat(20)}`;

const backupCodes = () =>
    Array.from({ length: 10 }, (_, index) => `7K2M-9QX${index}-4HTD-V8N${(index * 7) % 10}`);

const qrSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path fill="#fff" d="M0 0h29v29H0z"/><path d="M2 2h7v7H2zM20 2h7v7h-7zM2 20h7v7H2zM12 3h2v4h-2zM15 11h4v2h-4zM11 15h3v6h-3zM17 18h4v3h-4zM22 23h4v3h-4z"/></svg>`;

function activity(cursor) {
    const at = Number(cursor ?? 0);
    const actions = [
        ["session.create", "ok"],
        ["sign-in.attempt", "refused"],
        ["password.change", "ok"],
        ["totp.confirm", "ok"],
        ["session.revoke", "ok"],
        ["recovery.request", "ok"],
        ["unheard_of.thing-done", "failed"],
    ];
    return {
        items: Array.from({ length: 12 }, (_, index) => ({
            id: `evt_${at + index}`,
            at: ago((at + index) * 50_000 + 60),
            action: actions[(at + index) % actions.length][0],
            outcome: actions[(at + index) % actions.length][1],
            actor: { kind: index === 4 ? "operator" : "account", id: "acc_1", name: null },
            target: null,
            ip: "203.0.113.7",
            place: country("FR", "France"),
            device: device("desktop", "Firefox", "143.0", "Linux"),
            details: {},
        })),
        next_cursor: at < 24 ? String(at + 12) : null,
    };
}

/** Lines of one kind from before a freeze. */
function securingLines(kind, actions, count) {
    return Array.from({ length: count }, (_, index) => ({
        kind,
        verdict: null,
        activity: {
            ...activity(null).items[0],
            id: `evt_${kind}${index}`,
            at: ago((index + 1) * 7_000),
            action: actions[index % actions.length],
            outcome: "ok",
            actor: { kind: "account", id: "acc_1", name: null },
        },
    }));
}

/** An account in the middle of being secured, at that step. */
export function startSecuring(state, step) {
    state.signedIn = true;
    state.securing = step;
    for (const item of [state.keys[0], state.sshKeys[0]]) {
        item.state = "suspended";
    }
    state.lines = [
        ...securingLines("grave", ["token.create", "account.address-add", "totp.remove"], 60),
        ...securingLines("usual", ["session.create", "ssh_key.use"], 45),
    ];
    const [told] = securingLines("usual", ["product_event.record"], 1);
    const details = { type: "transfer", summary: "A transfer of 20 EUR", occurred_at: ago(700) };
    state.toldLater = [{ ...told, activity: { ...told.activity, id: "evt_told", details } }];
}

const securingSteps = ["password", "second-factor", "tokens", "ssh-keys", "addresses", "activity"];

function securingState(state) {
    const at = [...securingSteps, "finish"].indexOf(state.securing);
    return {
        securing: at >= 0,
        since: ago(600),
        step: at >= 0 ? state.securing : null,
        steps: at >= 0 ? securingSteps.map((name, index) => ({ name, left: index < at ? 0 : 1 })) : [],
        account: { id: state.account.id, email: state.account.email },
        factors_frozen_until: null,
        unconfirmed_servers: [],
        support: { url: "https://help.example.org/", email: null },
        csrf_token: "csrf-session",
    };
}

function securingPage(state, search) {
    const of = state.lines.filter(({ kind }) => kind === search.get("kind"));
    const from = Number(search.get("cursor") ?? 0);
    const end = from + Number(search.get("limit"));
    return {
        items: of.slice(from, end),
        next_cursor: end < of.length ? String(end) : null,
        told_later: from === 0 && search.get("kind") === "usual" ? state.toldLater : [],
        left: of.filter(({ verdict }) => verdict === null).length,
    };
}

function reviewLines(state, { verdict, lines, all_usual }) {
    for (const line of [...state.lines, ...state.toldLater]) {
        if (
            lines.includes(line.activity.id) ||
            (all_usual && line.kind === "usual" && line.verdict === null)
        ) {
            line.verdict = verdict;
        }
    }
    if (state.lines.every((line) => line.verdict !== null)) {
        state.securing = "finish";
    }
}

class Refusal extends Error {
    constructor(status, code, members = {}, headers = {}) {
        super(code);
        Object.assign(this, { status, code, members, headers });
    }
}

const signedIn = (state, offer = false) => {
    state.signedIn = true;
    const { id, email, name } = state.account;
    return {
        status: "signed-in",
        account: { id, email, name },
        session: { id: "ses_1", expires_at: null, idle_expires_at: null },
        csrf_token: "csrf-session",
        offer_second_factor: offer,
    };
};

function passwordRefusals(password, pointer) {
    const errors = [
        ["password/too-short", password.length < 8],
        ["password/missing-upper", !/[A-Z]/.test(password)],
        ["password/missing-digit", !/[0-9]/.test(password)],
        ["password/common", /password/i.test(password)],
        ["password/personal", /ada/i.test(password)],
    ]
        .filter(([, refused]) => refused)
        .map(([code]) => ({ pointer, code }));
    if (errors.length > 0) {
        throw new Refusal(422, "password/refused", { errors });
    }
}

function link(token) {
    if (token !== right.token) {
        throw new Refusal(422, "link/invalid");
    }
}

function code(value, refusal) {
    if (value !== right.code) {
        throw new Refusal(401, refusal);
    }
}

const publicRoutes = {
    "GET sign-in/methods": () => ({
        product_name: "Example Cloud",
        methods: ["password"],
        sign_up: "open",
        remember_me: true,
        password_rules: {
            length_min: 8,
            length_min_with_second_factor: 8,
            length_max: 256,
            classes: ["upper", "lower", "digit", "special"],
        },
        preset: "marketplace",
        support_url: null,
    }),
    "POST sign-in": (state, body) => {
        if (body.password !== right.password) {
            throw new Refusal(401, "sign-in/wrong-credentials");
        }
        if (state.secondFactor) {
            return { status: "second-factor", methods: ["totp", "backup-code"], csrf_token: "csrf-flow" };
        }
        if (state.limit) {
            throw new Refusal(409, "session/limit-reached", {
                sessions: state.sessions,
                csrf_token: "csrf-flow",
            });
        }
        return signedIn(state);
    },
    "POST sign-in/second-factor": (state, body) => {
        code(body.code, "sign-in/wrong-code");
        return signedIn(state);
    },
    "POST sign-in/end-session": (state) => signedIn(state),
    "POST sign-up": () => ({}),
    "POST sign-up/confirm": (state, body) => {
        link(body.token);
        passwordRefusals(body.password, "/password");
        return signedIn(state, true);
    },
    "GET set-up/state": (state) => ({ open: state.setUpOpen }),
    "POST set-up": (state, body) => {
        link(body.token);
        passwordRefusals(body.password, "/password");
        return signedIn(state, true);
    },
    "POST ssh-keys/compromised/challenge": () => ({
        message: "The key that signs this is compromised and must be refused everywhere expires=soon tag=x",
        namespace: "keystead-key-compromised",
        expires_at: ago(-1_800),
    }),
    "POST ssh-keys/compromised": (_state, body) => {
        if (!body.signature.startsWith("-----BEGIN SSH SIGNATURE")) {
            throw new Refusal(422, "ssh-key/bad-signature");
        }
        return { fingerprint: sshKey("ssh_1", "").fingerprint };
    },
    "POST recovery": () => ({}),
    "POST recovery/confirm": (state, body) => {
        link(body.token);
        passwordRefusals(body.password, "/password");
        if (state.secondFactor && body.code === undefined) {
            throw new Refusal(401, "recovery/second-factor-required", { methods: ["totp", "backup-code"] });
        }
        if (state.secondFactor) {
            code(body.code, "recovery/wrong-code");
        }
    },
    "POST not-me": (_state, body) => {
        link(body.token);
        return { sessions_ended: 1, factors_frozen_until: ago(-86_400), reset_stopped: false };
    },
    "POST account/email/confirm": (_state, body) => link(body.token),
    "POST account/email/undo": (_state, body) => link(body.token),
    "POST account/notification-addresses/confirm": (_state, body) => link(body.token),
};

// "S" before a route: it must be proved first.
function auditEvent(leaf, action, outcome) {
    return {
        id: `evt_${String(leaf).padStart(22, "0")}`,
        leaf_index: leaf,
        at: ago(leaf * 60),
        action,
        outcome,
        actor: { kind: "account", id: "acc_0000000000000000000001", name: "ada@example.org" },
        account: { id: "acc_0000000000000000000001", name: "ada@example.org" },
        session: "ses_0000000000000000000001",
        request: null,
        target: { kind: "session", id: "ses_0000000000000000000002" },
        ip: "203.0.113.9",
        place: { kind: "country", country: "FR", country_name: "France", city: null },
        device: { kind: "desktop", browser: "Firefox", browser_version: "140", system: "Linux" },
        details: { reason: "owner" },
    };
}

const sessionRoutes = {
    "GET account": (state) => state.account,
    "PATCH account": (state, body) => Object.assign(state.account, { name: body.name }),
    "POST sign-out": (state) => {
        state.signedIn = false;
    },
    "GET step-up": (state) => ({
        method: state.secondFactor ? "totp" : "password",
        methods: state.secondFactor ? ["totp", "backup-code"] : ["password"],
        fresh_until: null,
        csrf_token: "csrf-session",
    }),
    "POST step-up": (state, body) => {
        if (body.password !== right.password && body.code !== right.code) {
            throw new Refusal(401, "step-up/wrong-credentials");
        }
        state.stepUp = true;
        state.mustAuthenticate = false;
        return signedIn(state);
    },
    "GET account/secure": (state) => securingState(state),
    "S POST account/secure": (state) => startSecuring(state, "password"),
    "GET account/notification-addresses": (state) => ({
        items: state.account.notification_addresses,
        next_cursor: null,
    }),
    "S POST account/secure/addresses": (state) => {
        state.securing = "activity";
    },
    "GET account/secure/activity": (state, _body, search) => securingPage(state, search),
    "POST account/secure/activity": (state, body) => reviewLines(state, body),
    "S POST account/secure/finish": (state) => {
        state.securing = null;
        return signedIn(state);
    },
    "POST account/password": (state, body) => {
        if (body.current_password !== right.password) {
            throw new Refusal(401, "password/wrong");
        }
        passwordRefusals(body.new_password, "/new_password");
        state.account.password_changed_at = ago(0);
        return signedIn(state);
    },
    "S POST account/email": (state, body) => {
        state.account.pending_email = body.email;
        return {};
    },
    "S POST account/notification-addresses": (state, body) => {
        const item = { id: `adr_${Date.now()}`, email: body.email, confirmed: false, primary: false };
        state.account.notification_addresses.push(item);
        return item;
    },
    "GET webhook-event-types": () => ({
        items: [
            { name: "account.renamed", description: "An account's name was changed." },
            { name: "session.created", description: "Somebody signed in." },
            { name: "session.revoked", description: "A session was ended." },
        ],
        next_cursor: null,
    }),
    "GET account/webhooks": (state) => ({ items: state.webhooks, next_cursor: null }),
    "S POST account/webhooks": (state, body) => {
        if (!body.url.startsWith("https://")) {
            throw new Refusal(422, "outgoing/not-https");
        }
        const endpoint = webhook(`whk_${state.webhooks.length + 1}`, body.url, { events: body.events });
        state.webhooks.push(endpoint);
        return { endpoint, secret };
    },
    "GET account/activity": (_state, _body, search) => activity(search.get("cursor")),
    "S GET account/export": (state) => state.account,
    "S DELETE account": (state) => (state.account.deletion = { deletes_at: ago(-14 * 86_400) }),
    "POST account/deletion/cancel": (state) => {
        state.account.deletion = null;
    },
    "GET account/check-up": (state) => checkUp(state),
    "GET account/totp": (state) => ({ items: state.totp, next_cursor: null }),
    "S POST account/totp": (state, body) => {
        const id = `tot_${state.totp.length + 1}`;
        state.totp.push({ id, name: body.name, confirmed: false, created_at: ago(0), last_used_at: null });
        const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        return {
            id,
            name: body.name,
            secret,
            otpauth_uri: `otpauth://totp/Example%20Cloud:ada?secret=${secret}&issuer=Example`,
            qr_svg: qrSvg,
        };
    },
    "GET account/backup-codes": (state) => ({
        remaining: state.account.second_factor.backup_codes_remaining,
        created_at: state.codesMade,
    }),
    "S POST account/backup-codes": (state) => {
        state.account.second_factor.backup_codes_remaining = 10;
        state.codesMade = ago(0);
        return { codes: backupCodes() };
    },
    "GET account/tokens": (state) => ({ items: state.keys, next_cursor: null }),
    "GET account/token-options": () => keyOptions,
    "S POST account/tokens": (state, body) => {
        if (state.keyLimits > 0) {
            state.keyLimits -= 1;
            throw new Refusal(429, "limit/too-many-requests", {}, { "retry-after": "2" });
        }
        const at = (body.addresses ?? []).findIndex((address) => !/^[0-9a-f.:/]+$/.test(address));
        if (at >= 0) {
            throw new Refusal(422, "token/invalid-address", {
                errors: [{ pointer: `/addresses/${at}`, code: "token/invalid-address" }],
            });
        }
        const kind = keyOptions.kinds.find((one) => one.kind === body.kind);
        const item = apiKey(`tok_${state.keys.length + 1}`, body.name, {
            kind: body.kind,
            permissions: body.permissions ?? kind.permissions,
            addresses: body.addresses,
            created_at: ago(0),
            expires_at: ago(-86_400 * (body.expires_in_days ?? 0)),
        });
        state.keys.unshift(item);
        return {
            id: item.id,
            token: secretOf(item.id),
            expires_at: item.expires_at,
            old_secret_ends_at: null,
        };
    },
    "GET account/ssh-keys": (state) => ({ items: state.sshKeys, next_cursor: null }),
    "GET account/ssh-key-options": () => sshKeyOptions,
    "S POST account/ssh-keys": (state, body) => newSshKey(state, body),
    "GET teams/team_1/hosts": (state) => ({ items: state.hosts, next_cursor: null }),
    "S POST teams/team_1/hosts": (state, body) => {
        if (body.login_users.some((name) => !/^[a-z_][a-z0-9_-]{0,31}$/.test(name))) {
            throw new Refusal(422, "request/invalid", {
                errors: [{ pointer: "/login_users/0", code: "request/invalid" }],
            });
        }
        const item = host(`hst_${state.hosts.length + 1}`, body.name, {
            ...startHosts()[3],
            name: body.name,
            id: `hst_${state.hosts.length + 1}`,
            login_users: body.login_users,
            ssh_keys: body.ssh_keys ?? null,
            created_at: ago(0),
        });
        state.hosts.unshift(item);
        return { ...item, enrolment: enrolment() };
    },
    "GET account/sessions": (state) => ({ items: state.sessions, next_cursor: null }),
    "POST account/sessions/revoke-others": (state) => {
        const revoked = state.sessions.length - 1;
        state.sessions = state.sessions.filter((item) => item.current);
        return { revoked };
    },
    "S POST account/sessions/revoke-all": (state) => {
        state.signedIn = false;
    },
    "GET admin/accounts": (state, _body, search) => ({
        items: state.accounts.filter((item) => item.email.includes(search.get("query") ?? "")),
        next_cursor: null,
    }),
    "GET admin/audit/events": (state, _body, search) =>
        search.has("after")
            ? {
                  items: search.get("after") === "tail-0" ? [auditEvent(8, "session.revoke", "ok")] : [],
                  next_cursor: null,
                  tail_cursor: "tail-1",
              }
            : {
                  items: [
                      auditEvent(7, "session.create", "ok"),
                      auditEvent(6, "sign-in.attempt", "refused"),
                      auditEvent(5, "account.create", "ok"),
                  ].filter((event) => event.action.includes(search.get("action") ?? "")),
                  next_cursor: null,
                  tail_cursor: "tail-0",
              },
    "S POST admin/invitations": () => ({}),
    "GET admin/settings": () => ({
        items: [
            { key: "base_url", value: "https://id.example.org", origin: "file", secret: false },
            { key: "session.idle_timeout", value: "14d", origin: "preset", secret: false },
            { key: "mail.smtp.password", value: "(hidden)", origin: "environment", secret: true },
        ],
    }),
};

function newSshKey(state, body) {
    state.sentKeys.push(body.public_key);
    if (!body.public_key.startsWith("ssh-ed25519 AAAA")) {
        const detail = 'This is not a public key. It begins like "ssh-ed25519 AAAA…".';
        throw new Refusal(422, "ssh-key/not-a-key", {
            errors: [{ pointer: "/public_key", code: "ssh-key/not-a-key", detail }],
        });
    }
    const item = sshKey(`ssh_${state.sshKeys.length + 1}`, body.name, {
        public_key: body.public_key,
        created_at: ago(0),
    });
    state.sshKeys.unshift(item);
    return item;
}

const sessionItemRoutes = [
    [
        /^POST account\/ssh-keys\/([^/]+)\/rotate$/,
        (state, body, id) => {
            const item = newSshKey(state, body);
            const old = state.sshKeys.find((one) => one.id === id);
            Object.assign(old, {
                state: "ending",
                ends_at: ago(-body.overlap_seconds),
                replaced_by: item.id,
                rotate_at: null,
                rotation_due: false,
            });
            return item;
        },
    ],
    [
        /^POST account\/ssh-keys\/([^/]+)\/end-overlap$/,
        (state, _body, id) => {
            state.sshKeys = state.sshKeys.filter((item) => item.replaced_by !== id);
        },
    ],
    [
        /^POST account\/ssh-keys\/([^/]+)\/confirm$/,
        (state, _body, id) => {
            state.sshKeys.find((item) => item.id === id).state = "active";
        },
    ],
    [
        /^PATCH account\/ssh-keys\/([^/]+)$/,
        (state, body, id) =>
            Object.assign(
                state.sshKeys.find((item) => item.id === id),
                body,
            ),
    ],
    [
        /^GET account\/ssh-keys\/([^/]+)\/usage$/,
        (_state, _body, id) => ({
            items: id === "ssh_3" ? logins.slice(0, 3) : [],
            next_cursor: null,
        }),
    ],
    [
        /^GET account\/ssh-keys\/([^/]+)\/servers$/,
        (state, _body, id) =>
            state.removals[id] ?? {
                total: 42,
                applied: 41,
                last_applied_at: ago(2),
                unconfirmed: [
                    { id: "hst_2", name: "gpu-2", last_seen_at: ago(200), cache_ends_at: ago(-700) },
                    { id: "hst_3", name: "backup", last_seen_at: ago(90_000), cache_ends_at: ago(89_000) },
                ],
                open_sessions: logins.slice(0, 1),
            },
    ],
    [
        /^GET teams\/team_1\/hosts\/([^/]+)$/,
        (state, _body, id) => {
            const found = state.hosts.find((item) => item.id === id);
            if (!found) {
                throw new Refusal(404, "host/not-found");
            }
            return found;
        },
    ],
    [
        /^S PATCH teams\/team_1\/hosts\/([^/]+)$/,
        (state, body, id) =>
            Object.assign(
                state.hosts.find((item) => item.id === id),
                body,
            ),
    ],
    [
        /^S DELETE teams\/team_1\/hosts\/([^/]+)$/,
        (state, _body, id) => {
            state.hosts = state.hosts.filter((item) => item.id !== id);
        },
    ],
    [/^S POST teams\/team_1\/hosts\/[^/]+\/enrolment$/, () => ({ enrolment: enrolment() })],
    [
        /^GET teams\/team_1\/hosts\/([^/]+)\/logins$/,
        (_state, _body, id) => ({ items: id === "hst_1" ? logins : [], next_cursor: null }),
    ],
    [
        /^DELETE account\/ssh-keys\/([^/]+)$/,
        (state, _body, id) => {
            state.sshKeys = state.sshKeys.filter((item) => item.id !== id);
        },
    ],
    [
        /^GET account\/tokens\/([^/]+)\/usage$/,
        (state, _body, id) => {
            const { name, last_use, daily_uses } = state.keys.find((item) => item.id === id);
            const days = daily_uses.map((uses, day) => ({
                date: ago((89 - day) * 86_400).slice(0, 10),
                api: day % 5,
                check: uses,
                introspection: day % 9,
                refused: day === 60 ? 30 : 0,
            }));
            return {
                id,
                name,
                last_use,
                days: last_use
                    ? days
                    : days.map((day) => ({ ...day, api: 0, check: 0, introspection: 0, refused: 0 })),
            };
        },
    ],
    [
        /^POST account\/tokens\/([^/]+)\/rotate$/,
        (state, body, id) => {
            const item = state.keys.find((one) => one.id === id);
            if (item.old_secret_ends_at !== null) {
                throw new Refusal(409, "token/rotation-pending");
            }
            item.old_secret_ends_at = body.overlap_seconds > 0 ? ago(-body.overlap_seconds) : null;
            return {
                id,
                token: secretOf(id),
                expires_at: item.expires_at,
                old_secret_ends_at: item.old_secret_ends_at,
            };
        },
    ],
    [
        /^POST account\/tokens\/([^/]+)\/end-overlap$/,
        (state, _body, id) => {
            state.keys.find((item) => item.id === id).old_secret_ends_at = null;
        },
    ],
    [
        /^POST account\/tokens\/([^/]+)\/confirm$/,
        (state, _body, id) => {
            state.keys.find((item) => item.id === id).state = "active";
        },
    ],
    [
        /^S POST account\/secure\/tokens\/([^/]+)\/replace$/,
        (state, _body, id) => {
            state.keys.find((item) => item.id === id).state = "active";
            state.securing = "ssh-keys";
            return { id, token: "ks_pat_0a1b2c3d4e5f6g7h8i9j" };
        },
    ],
    [
        /^DELETE account\/tokens\/([^/]+)$/,
        (state, _body, id) => {
            state.keys = state.keys.filter((item) => item.id !== id);
        },
    ],
    [
        /^POST account\/totp\/([^/]+)\/confirm$/,
        (state, body, id) => {
            code(body.code, "totp/wrong-code");
            const first = !state.account.second_factor.enabled;
            state.totp.find((item) => item.id === id).confirmed = true;
            state.account.second_factor = {
                enabled: true,
                totp_count: state.totp.filter((item) => item.confirmed).length,
                backup_codes_remaining: first ? 10 : state.account.second_factor.backup_codes_remaining,
            };
            state.codesMade ??= ago(0);
            return { backup_codes: first ? backupCodes() : null, csrf_token: "csrf-session" };
        },
    ],
    [
        /^DELETE account\/totp\/([^/]+)$/,
        (state, body, id) => {
            if (state.totp.find((item) => item.id === id).confirmed) {
                code(body.code, "totp/wrong-code");
            }
            state.totp = state.totp.filter((item) => item.id !== id);
            const count = state.totp.filter((item) => item.confirmed).length;
            state.account.second_factor = {
                enabled: count > 0,
                totp_count: count,
                backup_codes_remaining: 0,
            };
        },
    ],
    [
        /^DELETE account\/sessions\/([^/]+)$/,
        (state, _body, id) => {
            state.sessions = state.sessions.filter((item) => item.id !== id);
        },
    ],
    [
        /^POST account\/sessions\/([^/]+)\/require-authentication$/,
        (state, _body, id) => {
            state.sessions.find((item) => item.id === id).must_authenticate = true;
        },
    ],
    [
        /^DELETE account\/notification-addresses\/([^/]+)$/,
        (state, _body, id) => {
            const { account } = state;
            account.notification_addresses = account.notification_addresses.filter((item) => item.id !== id);
        },
    ],
    [
        /^PATCH account\/webhooks\/([^/]+)$/,
        (state, body, id) => {
            const endpoint = state.webhooks.find((item) => item.id === id);
            endpoint.state = body.enabled ? "enabled" : "disabled";
            return endpoint;
        },
    ],
    [
        /^DELETE account\/webhooks\/([^/]+)$/,
        (state, _body, id) => {
            state.webhooks = state.webhooks.filter((item) => item.id !== id);
        },
    ],
    [
        /^POST account\/webhooks\/([^/]+)\/rotate-secret$/,
        (state, _body, id) => {
            const endpoint = state.webhooks.find((item) => item.id === id);
            endpoint.previous_secret_expires_at = ago(-86_400);
            return { endpoint, secret };
        },
    ],
    [
        /^POST account\/webhooks\/([^/]+)\/test$/,
        (state, _body, id) => {
            const made = delivery(`dlv_${state.deliveries.length + 1}`, {
                type: "webhook.test",
                body: JSON.stringify({
                    type: "webhook.test",
                    timestamp: ago(0),
                    data: { account_id: state.account.id, target: { kind: "webhook", id } },
                }),
                cause: "test",
                state: "delivered",
                attempts: 1,
                status: 204,
            });
            state.deliveries.unshift(made);
            const { url } = state.webhooks.find((item) => item.id === id);
            const headers = {
                "content-type": "application/json",
                "webhook-id": made.message_id,
                "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
                "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
            };
            return { delivery: made, url, headers };
        },
    ],
    [
        /^GET account\/webhooks\/([^/]+)\/deliveries$/,
        (state) => ({ items: state.deliveries, next_cursor: null }),
    ],
    [
        /^POST account\/webhooks\/[^/]+\/deliveries\/([^/]+)\/repeat$/,
        (state, _body, id) => {
            const { type, body } = state.deliveries.find((item) => item.id === id);
            const again = delivery(`dlv_${state.deliveries.length + 1}`, {
                type,
                body,
                cause: "repeat",
                state: "delivered",
            });
            state.deliveries.unshift(again);
            return again;
        },
    ],
    [
        /^POST admin\/accounts\/([^/]+)\/(disable|enable)$/,
        (state, _body, id, verb) => {
            state.accounts.find((item) => item.id === id).disabled = verb === "disable";
        },
    ],
];

function answerOf(state, method, path, body, search, csrf) {
    const name = `${method} ${path}`;
    if (state.refuseOnce?.name === name) {
        const refusal = state.refuseOnce;
        state.refuseOnce = null;
        throw new Refusal(refusal.status, refusal.code, {}, refusal.headers);
    }
    if (name in publicRoutes) {
        return publicRoutes[name](state, body, search);
    }
    if (!state.signedIn) {
        throw new Refusal(401, "session/required");
    }
    if (state.mustAuthenticate && !path.startsWith("step-up") && path !== "sign-out") {
        throw new Refusal(401, "session/authentication-required");
    }
    if (method !== "GET" && csrf !== "csrf-session") {
        throw new Refusal(403, "request/cross-site");
    }
    const proved = `S ${name}`;
    if (proved in sessionRoutes) {
        if (!state.stepUp) {
            throw new Refusal(401, "session/step-up-required");
        }
        return sessionRoutes[proved](state, body, search);
    }
    if (name in sessionRoutes) {
        return sessionRoutes[name](state, body, search);
    }
    for (const [pattern, answer] of sessionItemRoutes) {
        const match = pattern.exec(name) ?? pattern.exec(proved);
        if (match) {
            if (match[0] === proved && !state.stepUp) {
                throw new Refusal(401, "session/step-up-required");
            }
            return answer(state, body, ...match.slice(1));
        }
    }
    throw new Refusal(404, "request/not-found");
}

function sendPage(response) {
    const nonce = randomBytes(16).toString("base64");
    response.writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "content-security-policy": [
            "default-src 'none'",
            `script-src 'nonce-${nonce}' 'strict-dynamic'`,
            `style-src 'self' 'nonce-${nonce}'`,
            "worker-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types app",
        ].join("; "),
    });
    const page = readFileSync(new URL("index.html", dist), "utf8");
    response.end(page.replaceAll("__NONCE__", nonce).replaceAll("__BASE_PATH__", ""));
}

/** Starts it on a free port (or the one given). `state` may be changed at any time; `reset()` makes it new. */
export async function startMockServer(port = 0) {
    const mock = { state: startState(), reset: () => (mock.state = startState()) };
    const server = createServer((request, response) => {
        const url = new URL(request.url, "http://localhost");
        if (url.pathname.startsWith("/assets/")) {
            try {
                const bytes = readFileSync(new URL(`.${url.pathname}`, dist));
                response.writeHead(200, {
                    "content-type": types[extname(url.pathname)],
                    "cache-control": "public, max-age=31536000, immutable",
                });
                response.end(bytes);
            } catch {
                response.writeHead(404).end();
            }
            return;
        }
        if (!url.pathname.startsWith("/v1/")) {
            sendPage(response);
            return;
        }
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            try {
                const answer = answerOf(
                    mock.state,
                    request.method,
                    url.pathname.slice("/v1/".length),
                    text ? JSON.parse(text) : {},
                    url.searchParams,
                    request.headers["keystead-csrf"],
                );
                const status = answer === undefined ? 204 : 200;
                response.writeHead(status, {
                    "content-type": "application/json",
                    "cache-control": "no-store",
                });
                response.end(answer === undefined ? undefined : JSON.stringify(answer));
            } catch (error) {
                if (!(error instanceof Refusal)) {
                    throw error;
                }
                response.writeHead(error.status, {
                    "content-type": "application/problem+json",
                    "cache-control": "no-store",
                    ...error.headers,
                });
                const { status, code, members } = error;
                response.end(JSON.stringify({ status, code, request_id: "req_mock", ...members }));
            }
        });
    });
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    mock.url = `http://localhost:${server.address().port}`;
    mock.stop = () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
    };
    return mock;
}

if (import.meta.url === `file://${process.argv[1]}`) {
    const mock = await startMockServer(Number(process.env.PORT ?? 8080));
    mock.state.signedIn = process.argv.includes("--signed-in");
    console.log(
        `${mock.url}  (password ${right.password}, code ${right.code}, links end in #${right.token})`,
    );
}
