import { go, heading, look, mock, open, page, token } from "./browser.mjs";

const pages = [
    ["sign-in", "/sign-in", "Sign in"],
    ["sign-up", "/sign-up", "Create your account"],
    ["sign-up-confirm", `/sign-up/confirm${token}`, "Choose a password"],
    ["sign-up-confirm-without-token", "/sign-up/confirm", "Open the link from the message again"],
    ["set-up", `/set-up${token}`, "Set up this server"],
    ["recovery", "/recovery", "Recover your account"],
    ["recovery-confirm", `/recovery/confirm${token}`, "Choose a new password"],
    ["not-me", `/not-me${token}`, "Was this not you?"],
    ["email-confirm", `/email/confirm${token}`, "Confirm your new e-mail address"],
    ["email-undo", `/email/undo${token}`, "Undo the change of your e-mail address"],
    ["address-confirm", `/notification-address/confirm${token}`, "Confirm this address"],
    ["nowhere", "/nowhere", "There is no page here"],
];
const accountPages = [
    ["overview", "/account", "Overview"],
    ["check-up", "/account/check-up", "Security check-up"],
    ["password", "/account/password", "Password"],
    ["two-factor", "/account/two-factor", "Two-factor sign-in"],
    ["sessions", "/account/sessions", "Sessions"],
    ["api-keys", "/account/api-keys", "API keys"],
    ["api-keys-new", "/account/api-keys/new", "New API key"],
    ["api-keys-usage", "/account/api-keys/tok_1", "Usage of “Build server”"],
    ["ssh-keys", "/account/ssh-keys", "SSH keys"],
    ["ssh-keys-new", "/account/ssh-keys/new", "Add an SSH key"],
    ["ssh-keys-usage", "/account/ssh-keys/ssh_3", "Usage of “Laptop”"],
    ["ssh-keys-ended", "/account/ssh-keys/ssh_9", "Usage"],
    ["servers", "/account/servers", "Servers"],
    ["servers-new", "/account/servers/new", "Add a server"],
    ["servers-one", "/account/servers/hst_1", "gpu-1"],
    ["servers-silent", "/account/servers/hst_2", "gpu-2 with a rather long name that wraps"],
    ["activity", "/account/activity", "Activity"],
    ["addresses", "/account/addresses", "Addresses and data"],
    ["webhooks", "/account/webhooks", "Webhooks"],
    ["delete", "/account/delete", "Delete your account"],
    ["admin", "/admin", "Operator"],
    ["admin-invitations", "/admin?view=invitations", "Operator"],
    ["admin-audit", "/admin?view=audit", "Operator"],
    ["admin-settings", "/admin?view=settings", "Operator"],
];

/** Every page on one kind of screen. */
export async function lookAtEveryPage(screen, options) {
    await open(options);
    for (const [name, path, title] of [...pages, ...accountPages]) {
        mock.state.signedIn = accountPages.some(([, other]) => other === path);
        await go("/favicon"); // Another document: a change of the fragment alone would not load the page.
        await go(path);
        await heading(title);
        await page.waitForLoadState("networkidle");
        await look(`${name}-${screen}`);
    }
}
