/**
 * Which page answers at which address. Every page is a chunk of its own; the addresses are those that the server
 * answers with this document.
 */
import {
    createRootRoute,
    createRoute,
    createRouter,
    lazyRouteComponent,
    Outlet,
    redirect,
} from "@tanstack/react-router";
import { basePath } from "../api/client";
import { BrokenPage, NotFoundPage } from "./FallbackPages";

const root = createRootRoute({
    component: Outlet,
    notFoundComponent: NotFoundPage,
    errorComponent: BrokenPage,
});

const home = createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
        throw redirect({ to: "/account", replace: true });
    },
});

const signIn = createRoute({
    getParentRoute: () => root,
    path: "/sign-in",
    // Kept as given: the page itself decides whether it may be gone to (safeReturnPath).
    validateSearch: (search: Record<string, unknown>): { return?: string } =>
        typeof search["return"] === "string" ? { return: search["return"] } : {},
    component: lazyRouteComponent(() => import("../pages/sign-in/SignInPage"), "SignInPage"),
});
const signUp = createRoute({
    getParentRoute: () => root,
    path: "/sign-up",
    component: lazyRouteComponent(() => import("../pages/sign-up/SignUpPage"), "SignUpPage"),
});
const signUpConfirm = createRoute({
    getParentRoute: () => root,
    path: "/sign-up/confirm",
    component: lazyRouteComponent(() => import("../pages/sign-up/SignUpConfirmPage"), "SignUpConfirmPage"),
});
const setUp = createRoute({
    getParentRoute: () => root,
    path: "/set-up",
    component: lazyRouteComponent(() => import("../pages/set-up/SetUpPage"), "SetUpPage"),
});
const recovery = createRoute({
    getParentRoute: () => root,
    path: "/recovery",
    component: lazyRouteComponent(() => import("../pages/recovery/RecoveryPage"), "RecoveryPage"),
});
const recoveryConfirm = createRoute({
    getParentRoute: () => root,
    path: "/recovery/confirm",
    component: lazyRouteComponent(
        () => import("../pages/recovery/RecoveryConfirmPage"),
        "RecoveryConfirmPage",
    ),
});
const notMe = createRoute({
    getParentRoute: () => root,
    path: "/not-me",
    component: lazyRouteComponent(() => import("../pages/links/LinkPages"), "NotMePage"),
});
const secure = createRoute({
    getParentRoute: () => root,
    path: "/account/secure",
    component: lazyRouteComponent(() => import("../pages/secure/SecurePage"), "SecurePage"),
});
const emailConfirm = createRoute({
    getParentRoute: () => root,
    path: "/email/confirm",
    component: lazyRouteComponent(() => import("../pages/links/LinkPages"), "EmailConfirmPage"),
});
const emailUndo = createRoute({
    getParentRoute: () => root,
    path: "/email/undo",
    component: lazyRouteComponent(() => import("../pages/links/LinkPages"), "EmailUndoPage"),
});
const addressConfirm = createRoute({
    getParentRoute: () => root,
    path: "/notification-address/confirm",
    component: lazyRouteComponent(() => import("../pages/links/LinkPages"), "AddressConfirmPage"),
});
const auditVerify = createRoute({
    getParentRoute: () => root,
    path: "/audit/verify",
    component: lazyRouteComponent(() => import("../pages/audit/AuditVerifyPage"), "AuditVerifyPage"),
});

const shell = createRoute({
    getParentRoute: () => root,
    id: "shell",
    component: lazyRouteComponent(() => import("./AccountShell"), "AccountShell"),
});
const overview = createRoute({
    getParentRoute: () => shell,
    path: "/account",
    component: lazyRouteComponent(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
});
const checkUp = createRoute({
    getParentRoute: () => shell,
    path: "/account/check-up",
    component: lazyRouteComponent(() => import("../pages/check-up/CheckUpPage"), "CheckUpPage"),
});
const password = createRoute({
    getParentRoute: () => shell,
    path: "/account/password",
    component: lazyRouteComponent(() => import("../pages/password/PasswordPage"), "PasswordPage"),
});
const twoFactor = createRoute({
    getParentRoute: () => shell,
    path: "/account/two-factor",
    component: lazyRouteComponent(() => import("../pages/two-factor/TwoFactorPage"), "TwoFactorPage"),
});
const sessions = createRoute({
    getParentRoute: () => shell,
    path: "/account/sessions",
    component: lazyRouteComponent(() => import("../pages/sessions/SessionsPage"), "SessionsPage"),
});
const apiKeys = createRoute({
    getParentRoute: () => shell,
    path: "/account/api-keys",
    component: lazyRouteComponent(() => import("../pages/api-keys/KeysPage"), "KeysPage"),
});
const newApiKey = createRoute({
    getParentRoute: () => shell,
    path: "/account/api-keys/new",
    component: lazyRouteComponent(() => import("../pages/api-keys/NewKeyPage"), "NewKeyPage"),
});
const apiKeyUsage = createRoute({
    getParentRoute: () => shell,
    path: "/account/api-keys/$id",
    component: lazyRouteComponent(() => import("../pages/api-keys/KeyUsagePage"), "KeyUsagePage"),
});
const sshKeys = createRoute({
    getParentRoute: () => shell,
    path: "/account/ssh-keys",
    component: lazyRouteComponent(() => import("../pages/ssh-keys/SshKeysPage"), "SshKeysPage"),
});
const newSshKey = createRoute({
    getParentRoute: () => shell,
    path: "/account/ssh-keys/new",
    validateSearch: (search: Record<string, unknown>): { replaces?: string } =>
        typeof search["replaces"] === "string" ? { replaces: search["replaces"] } : {},
    component: lazyRouteComponent(() => import("../pages/ssh-keys/NewSshKeyPage"), "NewSshKeyPage"),
});
const sshKey = createRoute({
    getParentRoute: () => shell,
    path: "/account/ssh-keys/$id",
    component: lazyRouteComponent(() => import("../pages/ssh-keys/SshKeyPage"), "SshKeyPage"),
});
const servers = createRoute({
    getParentRoute: () => shell,
    path: "/account/servers",
    component: lazyRouteComponent(() => import("../pages/servers/ServersPage"), "ServersPage"),
});
const newServer = createRoute({
    getParentRoute: () => shell,
    path: "/account/servers/new",
    component: lazyRouteComponent(() => import("../pages/servers/NewServerPage"), "NewServerPage"),
});
const server = createRoute({
    getParentRoute: () => shell,
    path: "/account/servers/$id",
    component: lazyRouteComponent(() => import("../pages/servers/ServerPage"), "ServerPage"),
});
const activity = createRoute({
    getParentRoute: () => shell,
    path: "/account/activity",
    component: lazyRouteComponent(() => import("../pages/activity/ActivityPage"), "ActivityPage"),
});
const addresses = createRoute({
    getParentRoute: () => shell,
    path: "/account/addresses",
    component: lazyRouteComponent(() => import("../pages/addresses/AddressesPage"), "AddressesPage"),
});
const webhooks = createRoute({
    getParentRoute: () => shell,
    path: "/account/webhooks",
    component: lazyRouteComponent(() => import("../pages/webhooks/WebhooksPage"), "WebhooksPage"),
});
const deletion = createRoute({
    getParentRoute: () => shell,
    path: "/account/delete",
    component: lazyRouteComponent(() => import("../pages/deletion/DeletionPage"), "DeletionPage"),
});

export const adminViews = ["accounts", "invitations", "audit", "settings"] as const;
export type AdminView = (typeof adminViews)[number];
const admin = createRoute({
    getParentRoute: () => shell,
    path: "/admin",
    validateSearch: (search: Record<string, unknown>): { view?: AdminView } => {
        const view = adminViews.find((name) => name === search["view"]);
        return view ? { view } : {};
    },
    component: lazyRouteComponent(() => import("../pages/admin/AdminPage"), "AdminPage"),
});

export const router = createRouter({
    routeTree: root.addChildren([
        home,
        signIn,
        signUp,
        signUpConfirm,
        setUp,
        recovery,
        recoveryConfirm,
        notMe,
        secure,
        emailConfirm,
        emailUndo,
        addressConfirm,
        auditVerify,
        shell.addChildren([
            overview,
            checkUp,
            password,
            twoFactor,
            sessions,
            apiKeys,
            newApiKey,
            apiKeyUsage,
            sshKeys,
            newSshKey,
            sshKey,
            servers,
            newServer,
            server,
            activity,
            addresses,
            webhooks,
            deletion,
            admin,
        ]),
    ]),
    basepath: basePath || "/",
    defaultPreload: "intent",
    scrollRestoration: false,
});

declare module "@tanstack/react-router" {
    interface Register {
        router: typeof router;
    }
}
