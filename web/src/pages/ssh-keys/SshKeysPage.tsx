/**
 * The account's SSH keys. A row says "ending…" until the server has confirmed that its key has ended.
 */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { SshKey } from "../../api/types";
import { reload, useSshKeyOptions, useSshKeys } from "../../app/queries";
import { t } from "../../text/en";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, SettingsPage, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import panel from "../api-keys/apiKeys.module.css";
import { CompromisedProof } from "./CompromisedProof";
import { typeText } from "./keyText";
import { RenameDialog } from "./RenameDialog";
import type { Revocation } from "./RevokeDialog";
import { RevokeDialog } from "./RevokeDialog";
import styles from "./sshKeys.module.css";

const changed = () => reload("sshKeys", "activity");

export function SshKeysPage() {
    const keys = useSshKeys();
    const most = useSshKeyOptions().data?.at_most;
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
            <div className={styles.print}>{item.fingerprint}</div>
            <div>
                {t.sshKeys.added} <RelativeTime at={item.created_at} />
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
    const [asking, setAsking] = useState<"revoke" | "rename" | null>(null);
    const revoke = useAction(
        async ({ id, reason }: Revocation) => {
            await api.revokeSshKey(id, reason);
            await changed();
        },
        (_, { reason }) => {
            onSaid(reason === "compromised" ? t.sshKeys.revokedCompromised : t.sshKeys.revoked);
        },
    );
    const close = () => {
        setAsking(null);
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
                            size="xs"
                            variant="default"
                            aria-label={t.sshKeys.renameLabel(item.name)}
                            onClick={() => {
                                setAsking("rename");
                            }}
                        >
                            {t.sshKeys.rename}
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
                                setAsking("revoke");
                            }}
                        >
                            {t.sshKeys.revoke}
                        </Button>
                    </>
                )
            }
        >
            <KeyNotes item={item} items={items} onSaid={onSaid} />
            {asking === "revoke" && <RevokeDialog item={item} action={revoke} onClose={close} />}
            {asking === "rename" && (
                <RenameDialog
                    item={item}
                    onClose={close}
                    onDone={() => {
                        close();
                        onSaid(t.sshKeys.renamed);
                        void changed();
                    }}
                />
            )}
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
    const endOld = useAction(
        async (id: string) => {
            await api.endOldSshKey(id);
            await changed();
        },
        () => {
            onSaid(t.sshKeys.oldEnded);
        },
    );
    const confirm = useAction(
        async (id: string) => {
            await api.confirmSshKey(id);
            await changed();
        },
        () => {
            onSaid(t.sshKeys.confirmed);
        },
    );
    const successor = items.find(({ id }) => id === item.replaced_by);
    return (
        <>
            {item.rotation_due && <div className={panel.note}>{t.sshKeys.oldText}</div>}
            {item.ends_at && (
                <div className={panel.note}>
                    <span>
                        {t.sshKeys.replaced(successor?.name ?? t.sshKeys.another)}{" "}
                        <RelativeTime at={item.ends_at} />.
                    </span>
                    {successor && (
                        <Button
                            size="compact-sm"
                            variant="default"
                            loading={endOld.running}
                            aria-label={t.sshKeys.endOldLabel(item.name)}
                            onClick={() => {
                                endOld.run(successor.id);
                            }}
                        >
                            {t.sshKeys.endOld}
                        </Button>
                    )}
                </div>
            )}
            {item.state === "suspended" && (
                <div className={panel.note}>
                    <span>{t.sshKeys.suspendedText}</span>
                    <Button
                        size="compact-sm"
                        variant="default"
                        loading={confirm.running}
                        onClick={() => {
                            confirm.run(item.id);
                        }}
                    >
                        {t.sshKeys.confirm}
                    </Button>
                </div>
            )}
            <ProblemNotice action={endOld} />
            <ProblemNotice action={confirm} />
        </>
    );
}
