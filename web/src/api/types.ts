/**
 * The bodies of the API as the pages use them. The names and members are those of the OpenAPI document's components.
 */
export type Time = string;

export interface FieldError {
    pointer: string;
    code: string;
    detail?: string;
}

export interface PasswordRules {
    length_min: number;
    length_min_with_second_factor: number;
    length_max: number;
    classes: PasswordClass[];
}
export type PasswordClass = "upper" | "lower" | "digit" | "special" | "letter";

export interface SignInMethods {
    product_name: string;
    methods: string[];
    sign_up: "open" | "invitation" | "closed";
    remember_me: boolean;
    password_rules: PasswordRules;
    preset: string;
    support_url: string | null;
}

export type FactorMethod = "totp" | "backup-code";

export interface SignedIn {
    status: "signed-in";
    account: { id: string; email: string; name: string | null };
    session: { id: string; expires_at: Time | null; idle_expires_at: Time | null };
    csrf_token: string;
    offer_second_factor: boolean;
}

export interface SecondFactorRequired {
    status: "second-factor";
    methods: FactorMethod[];
    csrf_token: string;
}

export interface Place {
    country: string | null;
    country_name: string | null;
    city: string | null;
    kind: "country" | "local" | "unknown";
}

export interface Device {
    kind: "desktop" | "phone" | "tablet" | "program" | "unknown";
    browser: string | null;
    browser_version: string | null;
    system: string | null;
}

export interface Session {
    id: string;
    current: boolean;
    created_at: Time;
    last_active_at: Time;
    authenticated_at: Time;
    ip: string;
    place: Place;
    device: Device;
    methods: string[];
    remembered: boolean;
    shared_device: boolean;
    idle_expires_at: Time | null;
    expires_at: Time | null;
    must_authenticate: boolean;
}

export interface Page<Item> {
    items: Item[];
    next_cursor: string | null;
}

export interface NotificationAddress {
    id: string;
    email: string;
    confirmed: boolean;
    primary: boolean;
    created_at?: Time;
}

export interface Account {
    id: string;
    email: string;
    name: string | null;
    created_at: Time;
    has_password: boolean;
    password_changed_at: Time | null;
    second_factor: { enabled: boolean; totp_count: number; backup_codes_remaining: number };
    factors_frozen_until: Time | null;
    deletion: { deletes_at: Time } | null;
    pending_email: string | null;
    email_undo_until: Time | null;
    operator: boolean;
    notification_addresses: NotificationAddress[];
    session: { id: string; authenticated_at: Time; step_up_fresh_until: Time | null };
    csrf_token: string;
}

export interface StepUpState {
    method: "totp" | "password";
    methods: (FactorMethod | "password")[];
    fresh_until: Time | null;
    csrf_token: string;
}

export interface Authenticator {
    id: string;
    name: string;
    confirmed: boolean;
    created_at: Time;
    last_used_at: Time | null;
}

export interface NewAuthenticator {
    id: string;
    name: string;
    secret: string;
    otpauth_uri: string;
    qr_svg: string;
}

export interface AuthenticatorConfirmed {
    backup_codes: string[] | null;
    csrf_token: string;
}

export interface BackupCodesState {
    remaining: number;
    /** Since a restore of the server: none works until its owner says that none was used since. */
    suspended: boolean;
    created_at: Time | null;
}

export interface ActivityEvent {
    id: string;
    at: Time;
    action: string;
    outcome: string;
    actor: { kind: string; id: string | null; name: string | null } | null;
    target: { kind: string; id: string } | null;
    ip: string | null;
    place: Place | string | null;
    device: Device | string | null;
    details: Record<string, unknown>;
}

export type KeyKind = "read-only" | "deploy" | "admin" | "custom";

export interface KeyLastUse {
    at: Time;
    ip: string;
    place: Place;
}

export interface ApiKey {
    id: string;
    name: string;
    kind: KeyKind;
    permissions: string[];
    addresses: string[];
    state: "active" | "suspended" | "expired";
    created_at: Time;
    expires_at: Time | null;
    old_secret_ends_at: Time | null;
    last_use: KeyLastUse | null;
    unused: boolean;
    /** Of the last 90 days, oldest first. */
    daily_uses: number[];
}

export interface KeyOptions {
    at_most: number;
    permissions: { name: string; words: string }[];
    full_access: string | null;
    kinds: { kind: Exclude<KeyKind, "custom">; permissions: string[] }[];
    lifetime_days: number;
    lifetime_days_max: number | null;
    rotation_overlap_seconds: number;
}

export interface NewKey {
    name: string;
    kind: KeyKind;
    permissions?: string[];
    expires_in_days?: number | null;
    addresses?: string[];
}

export interface MadeKey {
    id: string;
    token: string;
    expires_at: Time | null;
    old_secret_ends_at: Time | null;
}

export interface KeyDay {
    date: string;
    api: number;
    check: number;
    introspection: number;
    refused: number;
}

export interface KeyUsage {
    id: string;
    name: string;
    last_use: KeyLastUse | null;
    days: KeyDay[];
}

/** An event as operators see it: whole, and in its place in the log. */
export interface AuditEvent {
    id: string;
    leaf_index: number;
    at: Time;
    action: string;
    outcome: "ok" | "refused" | "failed";
    actor: { kind: string; id: string | null; name: string | null };
    account: { id: string; name: string | null } | null;
    session: string | null;
    request: string | null;
    target: { kind: string; id: string } | null;
    ip: string | null;
    place: Place | null;
    device: Device | null;
    details: Record<string, unknown>;
}

export interface AuditPage extends Page<AuditEvent> {
    tail_cursor: string;
}

export interface NotMe {
    sessions_ended: number;
    factors_frozen_until: Time | null;
    reset_stopped: boolean;
}

export interface Setting {
    key: string;
    value: string;
    origin: string;
    secret: boolean;
}

export interface AdminAccount {
    id: string;
    email: string;
    name: string | null;
    created_at: Time;
    disabled: boolean;
    operator: boolean;
}

export interface AuditLogKey {
    origin: string;
    vkey: string;
    started_at: Time;
    first_size: number;
    in_use: boolean;
}

export interface WebhookEndpoint {
    id: string;
    url: string;
    description: string;
    events: string[];
    state: "enabled" | "disabled" | "failing" | "gone";
    waiting: number;
    last_delivered_at: Time | null;
    previous_secret_expires_at: Time | null;
    created_at: Time;
}

export interface WebhookWithSecret {
    endpoint: WebhookEndpoint;
    secret: string;
}

export interface WebhookDelivery {
    id: string;
    message_id: string;
    type: string;
    body: string;
    cause: "event" | "test" | "repeat";
    state: "waiting" | "delivered" | "given-up" | "dropped";
    created_at: Time;
    attempts: number;
    next_attempt_at: Time | null;
    last_attempt_at: Time | null;
    ended_at: Time | null;
    status: number | null;
    duration_ms: number | null;
    error: string | null;
}

export interface WebhookTest {
    delivery: WebhookDelivery;
    url: string;
    headers: Record<string, string>;
}
