/**
 * Who signed in to a server with SSH, newest first, as the server itself has reported it.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import * as api from "../../api/api";
import type { HostLogin } from "../../api/types";
import { keys, useTeam } from "../../app/queries";
import { t } from "../../text/en";
import { placeName } from "../../ui/deviceText";
import { MorePages } from "../../ui/MorePages";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Row, Rows, Tag } from "../../ui/Section";

export function Logins({ host }: { host: string }) {
    const team = useTeam();
    const logins = useInfiniteQuery({
        queryKey: [...keys.hostLogins, host],
        queryFn: ({ pageParam }) => api.listHostLogins(team, host, pageParam),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
        refetchInterval: 10_000,
    });
    return (
        <>
            <Loaded query={logins} rows={2}>
                {({ pages }) => {
                    const items = pages.flatMap((page) => page.items);
                    return items.length === 0 ? (
                        <Empty title={t.servers.noLogins} text={t.servers.noLoginsText} />
                    ) : (
                        <Rows label={t.servers.logins}>
                            {items.map((login) => (
                                <LoginRow key={login.id} login={login} />
                            ))}
                        </Rows>
                    );
                }}
            </Loaded>
            <MorePages query={logins} />
        </>
    );
}

function LoginRow({ login }: { login: HostLogin }) {
    return (
        <Row
            icon="program"
            title={
                <>
                    {t.servers.loginAs(login.login_user, login.ssh_key?.name ?? null)}
                    {!login.ended_at && <Tag kind="good">{t.servers.loginOpen}</Tag>}
                    {login.ended_by === "removal" && <Tag>{t.servers.loginRemoved}</Tag>}
                    {login.ended_by === "server-gone" && <Tag>{t.servers.loginServerGone}</Tag>}
                </>
            }
            detail={
                <>
                    <div>
                        {login.address} · {placeName(login.place)}
                    </div>
                    <div>
                        {t.servers.began} <RelativeTime at={login.began_at} />
                        {login.ended_at && (
                            <>
                                {" "}
                                · {t.servers.loginEnded} <RelativeTime at={login.ended_at} />
                            </>
                        )}
                    </div>
                    {!login.ssh_key?.name && <div className={panel.print}>{login.fingerprint}</div>}
                </>
            }
        />
    );
}
