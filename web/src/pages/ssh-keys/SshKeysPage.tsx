/**
 * The account's SSH keys. A row says "ending…" until the server has confirmed that its key has ended.
 */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { SshKey } from "../../api/types";
import {
    rememberEndedSshKey,
    reload,
    useEndedSshKeys,
    useSshKeyOptions,
    useSshKeys,
} from "../../app/queries";
import { t } from "../../text/en";
import { KeyNote } from "../../ui/KeyNote";
import { Notice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, SettingsPage, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { CompromisedProof } from "./CompromisedProof";
import { typeText } from "./keyText";
import { Removal } from "./Removal";
import type { Revocation } from "./RevokeDialog";
import { RevokeDialog } from "./RevokeDialog";

const changed = () => reload("sshKeys", "activity");

export function SshKeysPage() {
    const keys = useSshKeys();
    const most = useSshKeyOptions().data?.at_most;
    const ended = useEndedSshKeys();
    const [said, setSaid] = useState<string | null>(null);
    const add = (
        <Button component={Link} to="/account/ssh-keys/new">
            {t.sshKeys.add}
        </Button>
    );
    return (
        <SettingsPage title={t.sshKeys.title} text={t.sshKeys.text}>
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
                {ended.map(({ id, name }) => (
                    <Removal key={id} id={id} name={name} />
                ))}
            </Notices>
            <Loaded query={keys} rows={3}>
                {({ items }) => {
                    const lasting = items.filter(({ ends_at }) => ends_at === null).length;
                    const full = most !== undefined && lasting >= most;
                    return items.length === 0 ? (
                        <Empty title={t.sshKeys.emptyTitle} text={t.sshKeys.emptyText} action={add} />
                    ) : (
                        <>
                            <div className={panel.toolbar}>{full ? <p>{t.sshKeys.full(most)}</p> : add}</div>
                            <Rows label={t.sshKeys.title}>
                                {items.map((key) => (
                                    <KeyRow key={key.id} item={key} items={items} onSaid={setSaid} />
                                ))}
                            </Rows>
                        </>
                    );
                }}
            </Loaded>
            <CompromisedProof />
        </SettingsPage>
    );
}

function KeyDetail({ item }: { item: SshKey }) {
    return (
        <>
            <div>{typeText(item)}</div>
            <div className={panel.print}>{item.fingerprint}</div>
            <div>
                {item.last_used_at ? (
                    <>
                        {t.sshKeys.lastUsed} <RelativeTime at={item.last_used_at} />
                    </>
                ) : (
                    t.sshKeys.neverUsed
                )}{" "}
                · {t.sshKeys.added} <RelativeTime at={item.created_at} />
                {item.rotate_at && !item.rotation_due && (
                    <>
                        {" "}
                        · {t.sshKeys.rotateAt} <RelativeTime at={item.rotate_at} />
                    </>
                )}
            </div>
        </>
    );
}

function KeyRow({ item, items, onSaid }: { item: SshKey; items: SshKey[]; onSaid: (words: string) => void }) {
    const [asking, setAsking] = useState(false);
    const revoke = useAction(
        async ({ id, reason }: Revocation) => {
            await api.revokeSshKey(id, reason);
            rememberEndedSshKey(item);
            await changed();
        },
        (_, { reason }) => {
            // That it is refused everywhere is told by Removal, which asks until it is so.
            onSaid(reason === "compromised" ? t.sshKeys.revokedCompromised : t.sshKeys.revoked);
        },
    );
    const close = () => {
        setAsking(false);
    };
    const rotating = item.state === "ending" || items.some(({ replaced_by }) => replaced_by === item.id);
    return (
        <Row
            icon="key"
            title={
                <>
                    {item.name}
                    {item.state === "suspended" && <Tag kind="warn">{t.sshKeys.suspended}</Tag>}
                    {item.state === "ending" && <Tag>{t.sshKeys.ending}</Tag>}
                    {item.rotation_due && <Tag kind="warn">{t.sshKeys.old}</Tag>}
                </>
            }
            detail={<KeyDetail item={item} />}
            actions={
                revoke.running ? (
                    <span role="status" className={panel.ending}>
                        {t.sshKeys.revoking}
                    </span>
                ) : (
                    <>
                        <Button
                            component={Link}
                            to={`/account/ssh-keys/${item.id}`}
                            size="xs"
                            variant="default"
                            aria-label={t.sshKeys.usageLabel(item.name)}
                        >
                            {t.sshKeys.usage}
                        </Button>
                        {!rotating && (
                            <Button
                                renderRoot={(props) => (
                                    <Link
                                        {...props}
                                        to="/account/ssh-keys/new"
                                        search={{ replaces: item.id }}
                                    />
                                )}
                                size="xs"
                                variant="default"
                                aria-label={t.sshKeys.rotateLabel(item.name)}
                            >
                                {t.sshKeys.rotate}
                            </Button>
                        )}
                        <Button
                            size="xs"
                            variant="default"
                            aria-label={t.sshKeys.revokeLabel(item.name)}
                            onClick={() => {
                                setAsking(true);
                            }}
                        >
                            {t.sshKeys.revoke}
                        </Button>
                    </>
                )
            }
        >
            <KeyNotes item={item} items={items} onSaid={onSaid} />
            {asking && <RevokeDialog item={item} action={revoke} onClose={close} />}
        </Row>
    );
}

/** What the owner may want to do about this key. */
function KeyNotes({
    item,
    items,
    onSaid,
}: {
    item: SshKey;
    items: SshKey[];
    onSaid: (words: string) => void;
}) {
    const successor = items.find(({ id }) => id === item.replaced_by);
    return (
        <>
            {item.rotation_due && <KeyNote>{t.sshKeys.oldText}</KeyNote>}
            {item.ends_at && (
                <KeyNote
                    remedy={
                        successor && {
                            words: t.sshKeys.endOld,
                            label: t.sshKeys.endOldLabel(item.name),
                            perform: async () => {
                                await api.endOldSshKey(successor.id);
                                rememberEndedSshKey(item);
                                await changed();
                            },
                            onDone: () => {
                                onSaid(t.sshKeys.oldEnded);
                            },
                        }
                    }
                >
                    {t.sshKeys.replaced(successor?.name ?? t.sshKeys.another)}{" "}
                    <RelativeTime at={item.ends_at} />.
                </KeyNote>
            )}
            {item.state === "suspended" && (
                <KeyNote
                    remedy={{
                        words: t.sshKeys.confirm,
                        perform: () => api.confirmSshKey(item.id).then(changed),
                        onDone: () => {
                            onSaid(t.sshKeys.confirmed);
                        },
                    }}
                >
                    {t.sshKeys.suspendedText}
                </KeyNote>
            )}
        </>
    );
}
