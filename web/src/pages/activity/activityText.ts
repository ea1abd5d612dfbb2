/**
 * What an event of the audit log means to the person whose account it is.
 */
import type { ActivityEvent } from "../../api/types";
import { t } from "../../text/en";
import type { IconName } from "../../ui/Icon";

/** "session.require-authentication" without words of its own becomes "Session: require authentication". */
export function fallbackText(action: string): string {
    const [slice = "", verb = ""] = action.split(".");
    const words = (text: string) => text.replace(/[-_]/g, " ");
    const subject = words(slice);
    return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}${verb ? `: ${words(verb)}` : ""}`;
}

export function activityText(event: Pick<ActivityEvent, "action" | "outcome">): string {
    const { actions, refusals } = t.activity;
    const refusal = event.outcome === "ok" ? undefined : refusals[event.action];
    return refusal ?? actions[event.action] ?? fallbackText(event.action);
}

/** Whether the words themselves say that it was refused. */
export function saysRefusal(event: Pick<ActivityEvent, "action" | "outcome">): boolean {
    return event.action in t.activity.refusals;
}

/**
 * Which key, server or device it was, by the name that a person gave it; nothing where there is none, or where it was
 * erased.
 */
export function subjectName(event: Pick<ActivityEvent, "action" | "details">): string | undefined {
    const details = event.details as Record<string, string | undefined>;
    if (event.action === "ssh_key.use" && details.host_name) {
        return `${details.login_user ? `${details.login_user}@` : ""}${details.host_name}`;
    }
    return details.name;
}

export function activityIcon(action: string): IconName {
    const slice = action.split(".")[0] ?? "";
    const icons: Record<string, IconName> = {
        "sign-in": "person",
        "sign-up": "person",
        session: "desktop",
        password: "lock",
        token: "key",
        totp: "shield",
        backup_code: "key",
        recovery: "mail",
        product_event: "circle",
    };
    return icons[slice] ?? "info";
}
