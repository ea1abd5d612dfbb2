/**
 * How one SSH key was used: on which server, when and from where. Of a key that has ended, who has confirmed that.
 */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { HostLogin, SshKey } from "../../api/types";
import { keys, reload, useEndedSshKeys, useHosts, useSshKeys } from "../../app/queries";
import { t } from "../../text/en";
import { placeName } from "../../ui/deviceText";
import { MorePages } from "../../ui/MorePages";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, Section, SettingsPage, Tag } from "../../ui/Section";
import { opensWith } from "../servers/hostText";
import { Removal } from "./Removal";
import { RenameDialog } from "./RenameDialog";

export function SshKeyPage() {
    const { id } = useParams({ from: "/shell/account/ssh-keys/$id" });
    const list = useSshKeys();
    const key = list.data?.items.find((item) => item.id === id);
    const ended = useEndedSshKeys().find((item) => item.id === id);
    const name = key?.name ?? ended?.name;
    return (
        <SettingsPage
            title={name === undefined ? t.sshKeys.usage : t.sshKeys.usageTitle(name)}
            text={t.sshKeys.usageText}
        >
            <p>
                <Link to="/account/ssh-keys">{t.sshKeys.toList}</Link>
            </p>
            {key && <Identity item={key} />}
            {list.data && !key && (
                <Notices>
                    <Removal id={id} name={name} />
                </Notices>
            )}
            {key && <Opens id={id} />}
            <Section title={t.sshKeys.uses}>
                <Uses id={id} />
            </Section>
        </SettingsPage>
    );
}

function Identity({ item }: { item: SshKey }) {
    const [asking, setAsking] = useState(false);
    const close = () => {
        setAsking(false);
    };
    return (
        <>
            <div className={panel.toolbar}>
                <p className={panel.print}>{item.fingerprint}</p>
                <Button
                    size="xs"
                    variant="default"
                    onClick={() => {
                        setAsking(true);
                    }}
                >
                    {t.sshKeys.rename}
                </Button>
            </div>
            {asking && (
                <RenameDialog
                    item={item}
                    onClose={close}
                    onDone={() => {
                        close();
                        void reload("sshKeys", "activity");
                    }}
                />
            )}
        </>
    );
}

/** The servers that it opens. */
function Opens({ id }: { id: string }) {
    const hosts = useHosts();
    return (
        <Section title={t.sshKeys.opens}>
            <Loaded query={hosts} rows={1}>
                {(items) => {
                    const open = items.filter((host) => opensWith(host, id));
                    return open.length === 0 ? (
                        <p className="lead">{t.sshKeys.opensNone}</p>
                    ) : (
                        <p>
                            {open.slice(0, 20).map((host, index) => (
                                <span key={host.id}>
                                    {index > 0 && ", "}
                                    <Link to="/account/servers/$id" params={{ id: host.id }}>
                                        {host.name}
                                    </Link>
                                </span>
                            ))}
                            {open.length > 20 && ` ${t.sshKeys.more(open.length - 20)}`}
                        </p>
                    );
                }}
            </Loaded>
        </Section>
    );
}

function Uses({ id }: { id: string }) {
    const uses = useInfiniteQuery({
        queryKey: [...keys.sshKeyUses, id],
        queryFn: ({ pageParam }) => api.listSshKeyUses(id, pageParam),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
    });
    return (
        <>
            <Loaded query={uses} rows={3}>
                {({ pages }) => {
                    const items = pages.flatMap((page) => page.items);
                    return items.length === 0 ? (
                        <Empty title={t.sshKeys.noUses} text={t.sshKeys.noUsesText} />
                    ) : (
                        <Rows label={t.sshKeys.uses}>
                            {items.map((use) => (
                                <UseRow key={use.id} use={use} />
                            ))}
                        </Rows>
                    );
                }}
            </Loaded>
            <MorePages query={uses} />
        </>
    );
}

function UseRow({ use }: { use: HostLogin }) {
    return (
        <Row
            icon="server"
            title={
                <>
                    {t.sshKeys.useOn(use.login_user, use.host.name)}
                    {!use.ended_at && <Tag kind="good">{t.servers.loginOpen}</Tag>}
                </>
            }
            detail={
                <>
                    <div>
                        {use.address} · {placeName(use.place)}
                    </div>
                    <div>
                        {t.servers.began} <RelativeTime at={use.began_at} />
                        {use.ended_at && (
                            <>
                                {" "}
                                · {t.servers.loginEnded} <RelativeTime at={use.ended_at} />
                            </>
                        )}
                    </div>
                </>
            }
        />
    );
}
