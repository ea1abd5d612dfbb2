/**
 * Every request that the pages make, one function each.
 */
import { call, download, forgetToken, takeToken } from "./client";
import type { BodyOf, QueryOf } from "./operation";
import { isProblem } from "./problem";
import type {
    FactorMethod,
    Host,
    HostChange,
    NewHost,
    NewSshKey,
    Session,
    SignedIn,
    SignInOutcome,
    SshKeyReason,
} from "./types";

const everyone = { access: "public" } as const;
const flow = { access: "flow" } as const;
const session = { access: "session" } as const;

/* Sign-up, sign-in, recovery */

export const loadSignInMethods = () => call("get", "/v1/sign-in/methods", everyone);

export type SignInStep =
    | SignedIn
    | { status: "second-factor"; methods: FactorMethod[] }
    /** A sign-in that cannot end before one of these sessions has. */
    | { status: "session-limit"; sessions: Session[] };

async function signInStep(answer: Promise<SignInOutcome>): Promise<SignInStep> {
    try {
        const outcome = await answer;
        return outcome.status === "second-factor"
            ? { status: "second-factor", methods: outcome.methods ?? [] }
            : (outcome as SignedIn);
    } catch (error) {
        if (isProblem(error, "session/limit-reached")) {
            takeToken(error.body);
            return {
                status: "session-limit",
                sessions: (error.body.sessions as Session[] | undefined) ?? [],
            };
        }
        throw error;
    }
}

export const signIn = (body: BodyOf<"post", "/v1/sign-in">) =>
    signInStep(call("post", "/v1/sign-in", { ...everyone, body }));
export const proveSecondFactor = (body: BodyOf<"post", "/v1/sign-in/second-factor">) =>
    signInStep(call("post", "/v1/sign-in/second-factor", { ...flow, body }));
export const endSessionToSignIn = (session_id: string) =>
    call("post", "/v1/sign-in/end-session", { ...flow, body: { session_id } });

export async function signOut(): Promise<void> {
    await call("post", "/v1/sign-out", session);
    forgetToken();
}

export const signUp = (email: string) => call("post", "/v1/sign-up", { ...everyone, body: { email } });
export const confirmSignUp = (body: BodyOf<"post", "/v1/sign-up/confirm">) =>
    call("post", "/v1/sign-up/confirm", { ...everyone, body });
export const loadSetUpState = () => call("get", "/v1/set-up/state", everyone);
export const setUp = (body: BodyOf<"post", "/v1/set-up">) =>
    call("post", "/v1/set-up", { ...everyone, body });
export const askForRecovery = (email: string) =>
    call("post", "/v1/recovery", { ...everyone, body: { email } });

export type RecoveryStep = { status: "done" } | { status: "second-factor"; methods: FactorMethod[] };

export async function confirmRecovery(body: BodyOf<"post", "/v1/recovery/confirm">): Promise<RecoveryStep> {
    try {
        await call("post", "/v1/recovery/confirm", { ...everyone, body });
        return { status: "done" };
    } catch (error) {
        if (isProblem(error, "recovery/second-factor-required")) {
            const methods = (error.body.methods as FactorMethod[] | undefined) ?? ["totp", "backup-code"];
            return { status: "second-factor", methods };
        }
        throw error;
    }
}

export const reportNotMe = (token: string) => call("post", "/v1/not-me", { ...everyone, body: { token } });
export const confirmEmail = (token: string) =>
    call("post", "/v1/account/email/confirm", { ...everyone, body: { token } });
export const undoEmail = (token: string) =>
    call("post", "/v1/account/email/undo", { ...everyone, body: { token } });
export const confirmNotificationAddress = (token: string) =>
    call("post", "/v1/account/notification-addresses/confirm", { ...everyone, body: { token } });

/* One's own account */

export const loadStepUp = () => call("get", "/v1/step-up", session);
export const stepUp = (body: BodyOf<"post", "/v1/step-up">) =>
    call("post", "/v1/step-up", { ...session, body });

export const loadCheckUp = () => call("get", "/v1/account/check-up", session);
export const loadAccount = () => call("get", "/v1/account", session);
export const changeName = (name: string) => call("patch", "/v1/account", { ...session, body: { name } });
export const changePassword = (body: BodyOf<"post", "/v1/account/password">) =>
    call("post", "/v1/account/password", { ...session, body });
export const changeEmail = (email: string) =>
    call("post", "/v1/account/email", { ...session, body: { email } });
export const addNotificationAddress = (email: string) =>
    call("post", "/v1/account/notification-addresses", { ...session, body: { email } });
export const listNotices = () => call("get", "/v1/account/notices", session);
export const chooseNotices = (body: BodyOf<"patch", "/v1/account/notices">) =>
    call("patch", "/v1/account/notices", { ...session, body });
export const removeNotificationAddress = (id: string) =>
    call("delete", "/v1/account/notification-addresses/{id}", { ...session, path: { id } });
export const downloadExport = () => download("/v1/account/export", {});
export const deleteAccount = () => call("delete", "/v1/account", { ...session, body: {} });
export const cancelDeletion = () => call("post", "/v1/account/deletion/cancel", session);

export const listAuthenticators = () => call("get", "/v1/account/totp", session);
export const addAuthenticator = (name: string) =>
    call("post", "/v1/account/totp", { ...session, body: { name } });
export const confirmAuthenticator = (id: string, code: string) =>
    call("post", "/v1/account/totp/{id}/confirm", { ...session, path: { id }, body: { code } });
/** An authenticator that was never confirmed needs no code to be given up. */
export const removeAuthenticator = (id: string, code?: string) =>
    call("delete", "/v1/account/totp/{id}", {
        ...session,
        path: { id },
        body: code === undefined ? {} : { code },
    });
export const loadSecuring = () => call("get", "/v1/account/secure", session);
export const secureAccount = () => call("post", "/v1/account/secure", session);
export const replaceKey = (id: string) =>
    call("post", "/v1/account/secure/tokens/{id}/replace", { ...session, path: { id } });
export const listOwnAddresses = () => call("get", "/v1/account/notification-addresses", session);
export const checkAddresses = (emails: string[]) =>
    call("post", "/v1/account/secure/addresses", { ...session, body: { emails } });
export const listSecuringActivity = (query: QueryOf<"get", "/v1/account/secure/activity">) =>
    call("get", "/v1/account/secure/activity", { ...session, query });
export const reviewActivity = (body: BodyOf<"post", "/v1/account/secure/activity">) =>
    call("post", "/v1/account/secure/activity", { ...session, body });
export const finishSecuring = () => call("post", "/v1/account/secure/finish", session);
export const freezeAccounts = (accounts: string[]) =>
    call("post", "/v1/admin/secure", { ...session, body: { accounts } });

export const loadBackupCodes = () => call("get", "/v1/account/backup-codes", session);
export const confirmBackupCodes = () => call("post", "/v1/account/backup-codes/confirm", session);
export const makeBackupCodes = () => call("post", "/v1/account/backup-codes", session);

export const listSessions = () => call("get", "/v1/account/sessions", session);
export const endSession = (id: string) =>
    call("delete", "/v1/account/sessions/{id}", { ...session, path: { id } });
export const endOtherSessions = () => call("post", "/v1/account/sessions/revoke-others", session);
export const endAllSessions = () => call("post", "/v1/account/sessions/revoke-all", session);
export const requireAuthentication = (id: string) =>
    call("post", "/v1/account/sessions/{id}/require-authentication", { ...session, path: { id } });

export const listKeys = () => call("get", "/v1/account/tokens", session);
export const loadKeyOptions = () => call("get", "/v1/account/token-options", session);
export const loadKeyUsage = (id: string) =>
    call("get", "/v1/account/tokens/{id}/usage", { ...session, path: { id } });
export const makeKey = (body: BodyOf<"post", "/v1/account/tokens">, idempotencyKey: string) =>
    call("post", "/v1/account/tokens", { ...session, body, idempotencyKey });
export const rotateKey = (id: string, overlap_seconds: number, idempotencyKey: string) =>
    call("post", "/v1/account/tokens/{id}/rotate", {
        ...session,
        path: { id },
        body: { overlap_seconds },
        idempotencyKey,
    });
export const endOldSecret = (id: string) =>
    call("post", "/v1/account/tokens/{id}/end-overlap", { ...session, path: { id } });
export const confirmKey = (id: string) =>
    call("post", "/v1/account/tokens/{id}/confirm", { ...session, path: { id } });
export const revokeKey = (id: string) =>
    call("delete", "/v1/account/tokens/{id}", { ...session, path: { id } });

export const listSshKeys = () => call("get", "/v1/account/ssh-keys", session);
export const loadSshKeyOptions = () => call("get", "/v1/account/ssh-key-options", session);
export const addSshKey = (body: NewSshKey) => call("post", "/v1/account/ssh-keys", { ...session, body });
export const rotateSshKey = (id: string, body: BodyOf<"post", "/v1/account/ssh-keys/{id}/rotate">) =>
    call("post", "/v1/account/ssh-keys/{id}/rotate", { ...session, path: { id }, body });
export const renameSshKey = (id: string, name: string) =>
    call("patch", "/v1/account/ssh-keys/{id}", { ...session, path: { id }, body: { name } });
export const revokeSshKey = (id: string, reason: SshKeyReason) =>
    call("delete", "/v1/account/ssh-keys/{id}", { ...session, path: { id }, query: { reason } });
export const endOldSshKey = (id: string) =>
    call("post", "/v1/account/ssh-keys/{id}/end-overlap", { ...session, path: { id } });
export const confirmSshKey = (id: string) =>
    call("post", "/v1/account/ssh-keys/{id}/confirm", { ...session, path: { id } });
export const challengeCompromisedKey = () => call("post", "/v1/ssh-keys/compromised/challenge", everyone);
export const reportCompromisedKey = (body: BodyOf<"post", "/v1/ssh-keys/compromised">) =>
    call("post", "/v1/ssh-keys/compromised", { ...everyone, body });

export const listSshKeyUses = (id: string, cursor: string | null) =>
    call("get", "/v1/account/ssh-keys/{id}/usage", {
        ...session,
        path: { id },
        query: { limit: 20, cursor },
    });
export const loadSshKeyServers = (id: string) =>
    call("get", "/v1/account/ssh-keys/{id}/servers", { ...session, path: { id } });

/** All of them: an account has a hundred or so, and the page searches among them. */
export async function listHosts(team: string): Promise<Host[]> {
    const hosts: Host[] = [];
    let cursor: string | null = null;
    do {
        const page: { items: Host[]; next_cursor: string | null } = await call(
            "get",
            "/v1/teams/{team}/hosts",
            { ...session, path: { team }, query: { limit: 100, cursor } },
        );
        hosts.push(...page.items);
        cursor = page.next_cursor;
    } while (cursor !== null && hosts.length < 2_000);
    return hosts;
}

export const loadHost = (team: string, id: string) =>
    call("get", "/v1/teams/{team}/hosts/{id}", { ...session, path: { team, id } });
export const addHost = (team: string, body: NewHost, idempotencyKey: string) =>
    call("post", "/v1/teams/{team}/hosts", { ...session, path: { team }, body, idempotencyKey });
export const changeHost = (team: string, id: string, body: HostChange) =>
    call("patch", "/v1/teams/{team}/hosts/{id}", { ...session, path: { team, id }, body });
export const enrollHostAnew = (team: string, id: string, idempotencyKey: string) =>
    call("post", "/v1/teams/{team}/hosts/{id}/enrolment", {
        ...session,
        path: { team, id },
        idempotencyKey,
    });
export const confirmHost = (team: string, id: string) =>
    call("post", "/v1/teams/{team}/hosts/{id}/confirm", { ...session, path: { team, id } });
export const endHost = (team: string, id: string) =>
    call("delete", "/v1/teams/{team}/hosts/{id}", { ...session, path: { team, id } });
export const listHostLogins = (team: string, id: string, cursor: string | null) =>
    call("get", "/v1/teams/{team}/hosts/{id}/logins", {
        ...session,
        path: { team, id },
        query: { limit: 20, cursor },
    });

export const downloadProof = (id: string) => download("/v1/account/activity/{id}/proof", { path: { id } });
/** The audit log's verifier keys, newest first. */
export const listAuditKeys = () => call("get", "/audit/keys", everyone);

export const listActivity = (query: QueryOf<"get", "/v1/account/activity">) =>
    call("get", "/v1/account/activity", { ...session, query });

export const listWebhooks = () => call("get", "/v1/account/webhooks", session);
export const listWebhookEventTypes = () => call("get", "/v1/webhook-event-types", session);
export const addWebhook = (body: BodyOf<"post", "/v1/account/webhooks">, idempotencyKey: string) =>
    call("post", "/v1/account/webhooks", { ...session, body, idempotencyKey });
export const changeWebhook = ({ id, enabled }: { id: string; enabled: boolean }) =>
    call("patch", "/v1/account/webhooks/{id}", { ...session, path: { id }, body: { enabled } });
export const deleteWebhook = (id: string) =>
    call("delete", "/v1/account/webhooks/{id}", { ...session, path: { id } });
export const rotateWebhookSecret = (id: string, idempotencyKey: string) =>
    call("post", "/v1/account/webhooks/{id}/rotate-secret", { ...session, path: { id }, idempotencyKey });
export const endPreviousWebhookSecret = (id: string) =>
    call("delete", "/v1/account/webhooks/{id}/previous-secret", { ...session, path: { id } });
export const testWebhook = (id: string) =>
    call("post", "/v1/account/webhooks/{id}/test", { ...session, path: { id } });
export const listWebhookDeliveries = (id: string, cursor?: string | null) =>
    call("get", "/v1/account/webhooks/{id}/deliveries", {
        ...session,
        path: { id },
        query: { limit: 20, cursor },
    });
export const repeatWebhookDelivery = ({ endpoint, id }: { endpoint: string; id: string }) =>
    call("post", "/v1/account/webhooks/{id}/deliveries/{delivery}/repeat", {
        ...session,
        path: { id: endpoint, delivery: id },
    });

/* For operators */

export const listAccounts = (query: QueryOf<"get", "/v1/admin/accounts">) =>
    call("get", "/v1/admin/accounts", { ...session, query });
export const disableAccount = (id: string) =>
    call("post", "/v1/admin/accounts/{id}/disable", { ...session, path: { id } });
export const enableAccount = (id: string) =>
    call("post", "/v1/admin/accounts/{id}/enable", { ...session, path: { id } });
export const invite = (email: string) =>
    call("post", "/v1/admin/invitations", { ...session, body: { email } });

export type AuditFilter = Omit<QueryOf<"get", "/v1/admin/audit/events">, "cursor" | "after" | "limit">;
/** Newest first, from `cursor` on; or what has been written after `after`, oldest first. */
export const listAuditEvents = (query: QueryOf<"get", "/v1/admin/audit/events">, signal?: AbortSignal) =>
    call("get", "/v1/admin/audit/events", { ...session, query, signal });

export const downloadEventProof = (id: string) =>
    download("/v1/admin/audit/events/{id}/proof", { path: { id } });
export const exportAudit = (filter: AuditFilter, format: "jsonl" | "csv", pseudonymous: boolean) =>
    download("/v1/admin/audit/export", { query: { ...filter, format, pseudonymous } });

export const loadSettings = () => call("get", "/v1/admin/settings", session);
