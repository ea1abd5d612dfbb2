/**
 * Every request that the pages make, one function each.
 */
import { download, forgetToken, request, takeToken } from "./client";
import { isProblem } from "./problem";
import type {
    Account,
    ActivityEvent,
    AdminAccount,
    ApiKey,
    AuditLogKey,
    AuditPage,
    Authenticator,
    AuthenticatorConfirmed,
    BackupCodesState,
    FactorMethod,
    KeyOptions,
    KeyUsage,
    MadeKey,
    NewAuthenticator,
    NewKey,
    NotificationAddress,
    NotMe,
    Page,
    SecondFactorRequired,
    Session,
    Setting,
    SignedIn,
    SignInMethods,
    StepUpState,
    Time,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookTest,
    WebhookWithSecret,
} from "./types";

function query(values: Record<string, string | undefined | null>): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) {
        if (value) {
            search.set(name, value);
        }
    }
    return search.size === 0 ? "" : `?${search}`;
}

/* Sign-up, sign-in, recovery */

export const loadSignInMethods = () => request<SignInMethods>("GET", "sign-in/methods", { access: "public" });

/** A sign-in that cannot end before one of these sessions has. */
export interface SessionLimitReached {
    status: "session-limit";
    sessions: Session[];
}
export type SignInStep = SignedIn | SecondFactorRequired | SessionLimitReached;

async function signInStep(answer: Promise<SignInStep>): Promise<SignInStep> {
    try {
        return await answer;
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

export interface Credentials {
    email: string;
    password: string;
    remember?: boolean;
    shared_device?: boolean;
}
export const signIn = (body: Credentials) =>
    signInStep(request("POST", "sign-in", { access: "public", body }));
export const proveSecondFactor = (body: { method: FactorMethod; code: string }) =>
    signInStep(request("POST", "sign-in/second-factor", { access: "flow", body }));
export const endSessionToSignIn = (session_id: string) =>
    request<SignedIn>("POST", "sign-in/end-session", { access: "flow", body: { session_id } });

export async function signOut(): Promise<void> {
    await request<void>("POST", "sign-out", { access: "session" });
    forgetToken();
}

export const signUp = (email: string) =>
    request<unknown>("POST", "sign-up", { access: "public", body: { email } });
export const confirmSignUp = (body: { token: string; password: string; name?: string }) =>
    request<SignedIn>("POST", "sign-up/confirm", { access: "public", body });
export const loadSetUpState = () => request<{ open: boolean }>("GET", "set-up/state", { access: "public" });
export const setUp = (body: { token: string; email: string; name?: string; password: string }) =>
    request<SignedIn>("POST", "set-up", { access: "public", body });
export const askForRecovery = (email: string) =>
    request<unknown>("POST", "recovery", { access: "public", body: { email } });

export type RecoveryStep = { status: "done" } | { status: "second-factor"; methods: FactorMethod[] };

export async function confirmRecovery(body: {
    token: string;
    password: string;
    method?: FactorMethod;
    code?: string;
}): Promise<RecoveryStep> {
    try {
        await request<void>("POST", "recovery/confirm", { access: "public", body });
        return { status: "done" };
    } catch (error) {
        if (isProblem(error, "recovery/second-factor-required")) {
            const methods = (error.body.methods as FactorMethod[] | undefined) ?? ["totp", "backup-code"];
            return { status: "second-factor", methods };
        }
        throw error;
    }
}

export const reportNotMe = (token: string) =>
    request<NotMe>("POST", "not-me", { access: "public", body: { token } });
export const confirmEmail = (token: string) =>
    request<void>("POST", "account/email/confirm", { access: "public", body: { token } });
export const undoEmail = (token: string) =>
    request<void>("POST", "account/email/undo", { access: "public", body: { token } });
export const confirmNotificationAddress = (token: string) =>
    request<void>("POST", "account/notification-addresses/confirm", { access: "public", body: { token } });

/* One's own account */

const session = { access: "session" } as const;

export const loadStepUp = () => request<StepUpState>("GET", "step-up", session);
export const stepUp = (body: { method: string; password?: string; code?: string }) =>
    request<SignedIn>("POST", "step-up", { ...session, body });

export const loadAccount = () => request<Account>("GET", "account", session);
export const changeName = (name: string) =>
    request<Account>("PATCH", "account", { ...session, body: { name } });
export const changePassword = (body: {
    current_password: string;
    new_password: string;
    end_other_sessions: boolean;
}) => request<SignedIn>("POST", "account/password", { ...session, body });
export const changeEmail = (email: string) =>
    request<unknown>("POST", "account/email", { ...session, body: { email } });
export const addNotificationAddress = (email: string) =>
    request<NotificationAddress>("POST", "account/notification-addresses", { ...session, body: { email } });
export const removeNotificationAddress = (id: string) =>
    request<void>("DELETE", `account/notification-addresses/${id}`, session);
export const downloadExport = () => download("account/export");
export const deleteAccount = () =>
    request<{ deletes_at: Time }>("DELETE", "account", { ...session, body: {} });
export const cancelDeletion = () => request<void>("POST", "account/deletion/cancel", session);

export const listAuthenticators = () => request<Page<Authenticator>>("GET", "account/totp", session);
export const addAuthenticator = (name: string) =>
    request<NewAuthenticator>("POST", "account/totp", { ...session, body: { name } });
export const confirmAuthenticator = (id: string, code: string) =>
    request<AuthenticatorConfirmed>("POST", `account/totp/${id}/confirm`, { ...session, body: { code } });
/** An authenticator that was never confirmed needs no code to be given up. */
export const removeAuthenticator = (id: string, code?: string) =>
    request<void>("DELETE", `account/totp/${id}`, { ...session, body: code === undefined ? {} : { code } });
export const loadBackupCodes = () => request<BackupCodesState>("GET", "account/backup-codes", session);
export const confirmBackupCodes = () => request<void>("POST", "account/backup-codes/confirm", session);
export const makeBackupCodes = () => request<{ codes: string[] }>("POST", "account/backup-codes", session);

export const listSessions = () => request<Page<Session>>("GET", "account/sessions", session);
export const endSession = (id: string) => request<void>("DELETE", `account/sessions/${id}`, session);
export const endOtherSessions = () =>
    request<{ revoked: number }>("POST", "account/sessions/revoke-others", session);
export const endAllSessions = () => request<void>("POST", "account/sessions/revoke-all", session);
export const requireAuthentication = (id: string) =>
    request<void>("POST", `account/sessions/${id}/require-authentication`, session);

export const listKeys = () => request<Page<ApiKey>>("GET", "account/tokens", session);
export const loadKeyOptions = () => request<KeyOptions>("GET", "account/token-options", session);
export const loadKeyUsage = (id: string) => request<KeyUsage>("GET", `account/tokens/${id}/usage`, session);
export const makeKey = (body: NewKey, idempotencyKey: string) =>
    request<MadeKey>("POST", "account/tokens", { ...session, body, idempotencyKey });
export const rotateKey = (id: string, overlap_seconds: number, idempotencyKey: string) =>
    request<MadeKey>("POST", `account/tokens/${id}/rotate`, {
        ...session,
        body: { overlap_seconds },
        idempotencyKey,
    });
export const endOldSecret = (id: string) =>
    request<void>("POST", `account/tokens/${id}/end-overlap`, session);
export const confirmKey = (id: string) => request<void>("POST", `account/tokens/${id}/confirm`, session);
export const revokeKey = (id: string) => request<void>("DELETE", `account/tokens/${id}`, session);
export const downloadProof = (event: string) => download(`account/activity/${event}/proof`);
/** The audit log's verifier keys, newest first. */
export const listAuditKeys = () =>
    request<{ items: AuditLogKey[] }>("GET", "/audit/keys", { access: "public" });

export const listActivity = (filter: { action?: string; cursor?: string | null; limit?: number }) =>
    request<Page<ActivityEvent>>(
        "GET",
        `account/activity${query({ action: filter.action, cursor: filter.cursor, limit: filter.limit?.toString() })}`,
        session,
    );

export const listWebhooks = () => request<Page<WebhookEndpoint>>("GET", "account/webhooks", session);
export const addWebhook = (body: { url: string; description?: string; events?: string[] }) =>
    request<WebhookWithSecret>("POST", "account/webhooks", { ...session, body });
export const changeWebhook = ({ id, ...body }: { id: string; enabled: boolean }) =>
    request<WebhookEndpoint>("PATCH", `account/webhooks/${id}`, { ...session, body });
export const deleteWebhook = (id: string) => request<void>("DELETE", `account/webhooks/${id}`, session);
export const rotateWebhookSecret = (id: string) =>
    request<WebhookWithSecret>("POST", `account/webhooks/${id}/rotate-secret`, session);
export const endPreviousWebhookSecret = (id: string) =>
    request<void>("DELETE", `account/webhooks/${id}/previous-secret`, session);
export const testWebhook = (id: string) =>
    request<WebhookTest>("POST", `account/webhooks/${id}/test`, session);
export const listWebhookDeliveries = (id: string, cursor?: string | null) =>
    request<Page<WebhookDelivery>>(
        "GET",
        `account/webhooks/${id}/deliveries${query({ limit: "20", cursor })}`,
        session,
    );
export const repeatWebhookDelivery = ({ endpoint, id }: { endpoint: string; id: string }) =>
    request<WebhookDelivery>("POST", `account/webhooks/${endpoint}/deliveries/${id}/repeat`, session);

/* For operators */

export const listAccounts = (filter: { query?: string; cursor?: string | null }) =>
    request<Page<AdminAccount>>("GET", `admin/accounts${query(filter)}`, session);
export const disableAccount = (id: string) =>
    request<unknown>("POST", `admin/accounts/${id}/disable`, session);
export const enableAccount = (id: string) => request<unknown>("POST", `admin/accounts/${id}/enable`, session);
export const invite = (email: string) =>
    request<unknown>("POST", "admin/invitations", { ...session, body: { email } });

export interface AuditFilter {
    actor?: string;
    action?: string;
    target?: string;
    ip?: string;
    outcome?: string;
    text?: string;
    from?: Time;
    before?: Time;
}
/** Newest first, from `cursor` on; or what has been written after `after`, oldest first. */
export const listAuditEvents = (
    filter: AuditFilter & { cursor?: string | null; after?: string },
    signal?: AbortSignal,
) => request<AuditPage>("GET", `admin/audit/events${query({ ...filter })}`, { ...session, signal });

export const downloadEventProof = (id: string) => download(`admin/audit/events/${id}/proof`);
export const exportAudit = (filter: AuditFilter, format: "jsonl" | "csv", pseudonymous: boolean) =>
    download(
        `admin/audit/export${query({ ...filter, format, pseudonymous: pseudonymous ? "true" : undefined })}`,
    );

export const loadSettings = () => request<{ items: Setting[] }>("GET", "admin/settings", session);
