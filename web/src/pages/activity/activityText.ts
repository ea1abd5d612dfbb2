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
    };
    return icons[slice] ?? "info";
}
