/**
 * How a server stands, in words: as a tag, and as what its owner should know.
 */
import type { Host } from "../../api/types";
import { useSshKeys } from "../../app/queries";
import { t } from "../../text/en";
import { RelativeTime } from "../../ui/RelativeTime";
import { Tag } from "../../ui/Section";
import { useNow } from "../../ui/useNow";
import { standingOf } from "./hostText";

const tagKinds = {
    waiting: undefined,
    working: "good",
    silent: "warn",
    closed: "warn",
    suspended: "warn",
} as const;

export function ServerTags({ host }: { host: Host }) {
    const standing = standingOf(host, useNow());
    const kind = tagKinds[standing];
    return (
        <>
            <Tag {...(kind && { kind })}>{t.servers.standings[standing]}</Tag>
            {host.removals_pending > 0 && (
                <Tag kind="warn">{t.servers.removalsTag(host.removals_pending)}</Tag>
            )}
            {host.open_sessions > 0 && <Tag>{t.servers.openSessions(host.open_sessions)}</Tag>}
        </>
    );
}

/** What it means for the keys that it is not there. Nothing to say of one that works. */
export function StandingText({ host }: { host: Host }) {
    const standing = standingOf(host, useNow());
    if (standing === "waiting" || standing === "suspended") {
        return standing === "waiting" ? t.servers.waitingText : t.servers.suspendedText;
    }
    if (standing === "working") {
        return null;
    }
    return (
        <>
            {host.last_seen_at && (
                <>
                    {t.servers.lastSeen} <RelativeTime at={host.last_seen_at} />.{" "}
                </>
            )}
            {standing === "closed" ? (
                t.servers.closedText
            ) : (
                <>
                    {t.servers.silentText} <RelativeTime at={host.cache_ends_at ?? ""} />.
                </>
            )}
        </>
    );
}

/** "All your SSH keys", or the names of those that open it. */
export function KeyNames({ host }: { host: Host }) {
    const keys = useSshKeys().data?.items;
    if (host.ssh_keys === null) {
        return t.servers.allKeys;
    }
    const names = (keys ?? []).filter(({ id }) => host.ssh_keys?.includes(id)).map(({ name }) => name);
    return names.length === 0 ? t.servers.noKeys : names.join(", ");
}
