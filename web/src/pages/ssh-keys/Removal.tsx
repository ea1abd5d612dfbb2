/**
 * A key that has ended, and the servers that have confirmed it. It is "ending…" until all of them have.
 */
import { Link } from "@tanstack/react-router";
import type { SshKeyServers } from "../../api/types";
import { useSshKeyServers } from "../../app/queries";
import { t } from "../../text/en";
import { Notice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded } from "../../ui/Section";
import { useNow } from "../../ui/useNow";
import styles from "./sshKeys.module.css";

export function Removal({ id, name }: { id: string; name: string | undefined }) {
    const servers = useSshKeyServers(id);
    return (
        <Loaded query={servers} rows={1}>
            {(loaded) => (
                <Progress words={name === undefined ? t.sshKeys.thisKey : `“${name}”`} servers={loaded} />
            )}
        </Loaded>
    );
}

function Progress({ words, servers }: { words: string; servers: SshKeyServers }) {
    const { total, applied, last_applied_at: last } = servers;
    const done = applied >= total;
    return (
        <Notice kind={done ? "success" : "warning"}>
            <p>
                {total === 0 ? (
                    t.sshKeys.endedNowhere(words)
                ) : (
                    <>
                        {done
                            ? t.sshKeys.endedOnAll(words, total)
                            : t.sshKeys.endedOnSome(words, applied, total)}
                        {last && (
                            <>
                                {" "}
                                {t.sshKeys.lastConfirmed} <RelativeTime at={last} />.
                            </>
                        )}
                    </>
                )}
            </p>
            {servers.unconfirmed.length > 0 && (
                <>
                    <p className={styles.listTitle}>{t.sshKeys.unconfirmed}</p>
                    <ul className={styles.servers}>
                        {servers.unconfirmed.map((server) => (
                            <Unconfirmed key={server.id} server={server} />
                        ))}
                    </ul>
                </>
            )}
            {servers.open_sessions.length > 0 && (
                <>
                    <p className={styles.listTitle}>{t.sshKeys.stillOpen}</p>
                    <ul className={styles.servers}>
                        {servers.open_sessions.map((login) => (
                            <li key={login.id}>
                                {t.sshKeys.openSession(login.login_user, login.host.name, login.address)}{" "}
                                <RelativeTime at={login.began_at} />
                            </li>
                        ))}
                    </ul>
                </>
            )}
        </Notice>
    );
}

/** How long it may still let the key in: what it last got says until when. */
function Unconfirmed({ server }: { server: SshKeyServers["unconfirmed"][number] }) {
    const now = useNow();
    const until = server.cache_ends_at;
    return (
        <li>
            <Link to="/account/servers/$id" params={{ id: server.id }}>
                {server.name}
            </Link>
            {": "}
            {server.last_seen_at && (
                <>
                    {t.sshKeys.seen} <RelativeTime at={server.last_seen_at} />;{" "}
                </>
            )}
            {until && Date.parse(until) > now ? (
                <>
                    {t.sshKeys.cacheEnds} <RelativeTime at={until} />
                </>
            ) : (
                t.sshKeys.cacheEnded
            )}
        </li>
    );
}
