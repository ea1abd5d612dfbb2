/**
 * The account's API keys. A row says "ending…" until the server has confirmed that its key has ended.
 */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { ApiKey } from "../../api/types";
import { reload, useKeyOptions, useKeys } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { placeName } from "../../ui/deviceText";
import { KeyNote } from "../../ui/KeyNote";
import { Notice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, SettingsPage, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { permissionText } from "./keyText";
import { RotateDialog } from "./RotateDialog";
import { ShownOnce } from "./ShownOnce";
import { Sparkline } from "./Sparkline";

const changed = () => reload("keys", "activity");

export function KeysPage() {
    const keys = useKeys();
    const most = useKeyOptions().data?.at_most;
    const [said, setSaid] = useState<string | null>(null);
    const [secret, setSecret] = useState<string | null>(null);
    const create = (
        <Button component={Link} to="/account/api-keys/new">
            {t.apiKeys.create}
        </Button>
    );
    return (
        <SettingsPage title={t.apiKeys.title} text={t.apiKeys.text}>
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
            </Notices>
            {secret !== null ? (
                <div className={panel.panel}>
                    <ShownOnce
                        secret={secret}
                        onSaved={() => {
                            setSecret(null);
                        }}
                    />
                </div>
            ) : (
                <Loaded query={keys} rows={3}>
                    {({ items }) => {
                        const live = items.filter(({ state }) => state !== "expired").length;
                        const full = most !== undefined && live >= most;
                        return items.length === 0 ? (
                            <Empty title={t.apiKeys.emptyTitle} text={t.apiKeys.emptyText} action={create} />
                        ) : (
                            <>
                                <div className={panel.toolbar}>
                                    {full ? <p>{t.apiKeys.full(most)}</p> : create}
                                </div>
                                <Rows label={t.apiKeys.title}>
                                    {items.map((key) => (
                                        <KeyRow
                                            key={key.id}
                                            item={key}
                                            onSaid={setSaid}
                                            onSecret={setSecret}
                                        />
                                    ))}
                                </Rows>
                            </>
                        );
                    }}
                </Loaded>
            )}
        </SettingsPage>
    );
}

function KeyDetail({ item }: { item: ApiKey }) {
    const options = useKeyOptions().data;
    return (
        <>
            <div>{permissionText(item, options)}</div>
            {item.addresses.length > 0 && <div>{t.apiKeys.onlyFrom(item.addresses.join(", "))}</div>}
            <div>
                {item.last_use ? (
                    <>
                        {t.apiKeys.lastUsed} <RelativeTime at={item.last_use.at} /> {t.apiKeys.from}{" "}
                        {placeName(item.last_use.place)} ({item.last_use.ip})
                    </>
                ) : (
                    t.apiKeys.neverUsed
                )}
            </div>
            <div>
                {t.apiKeys.made} <RelativeTime at={item.created_at} /> ·{" "}
                {item.expires_at ? (
                    <>
                        {item.state === "expired" ? t.apiKeys.hasExpired : t.apiKeys.expires}{" "}
                        <RelativeTime at={item.expires_at} />
                    </>
                ) : (
                    t.apiKeys.noEnd
                )}
            </div>
        </>
    );
}

function KeyTags({ item }: { item: ApiKey }) {
    return (
        <>
            <Tag>{t.apiKeys.kinds[item.kind] ?? item.kind}</Tag>
            {item.state === "suspended" && <Tag kind="warn">{t.apiKeys.suspended}</Tag>}
            {item.state === "expired" && <Tag kind="bad">{t.apiKeys.expired}</Tag>}
            {item.unused && <Tag kind="warn">{t.apiKeys.unused}</Tag>}
        </>
    );
}

function KeyRow({
    item,
    onSaid,
    onSecret,
}: {
    item: ApiKey;
    onSaid: (words: string) => void;
    onSecret: (secret: string) => void;
}) {
    const [asking, setAsking] = useState<"revoke" | "rotate" | null>(null);
    const revoke = useAction(
        async (id: string) => {
            await api.revokeKey(id);
            await changed();
        },
        () => {
            onSaid(t.apiKeys.revoked);
        },
    );
    const close = () => {
        setAsking(null);
    };
    return (
        <Row
            icon="key"
            title={
                <>
                    {item.name}
                    <KeyTags item={item} />
                </>
            }
            detail={<KeyDetail item={item} />}
            actions={
                revoke.running ? (
                    <span role="status" className={panel.ending}>
                        {t.apiKeys.revoking}
                    </span>
                ) : (
                    <>
                        <Button
                            component={Link}
                            to={`/account/api-keys/${item.id}`}
                            size="xs"
                            variant="default"
                            aria-label={t.apiKeys.usageLabel(item.name)}
                        >
                            {t.apiKeys.usage}
                        </Button>
                        {item.state !== "expired" && (
                            <Button
                                size="xs"
                                variant="default"
                                aria-label={t.apiKeys.rotateLabel(item.name)}
                                onClick={() => {
                                    setAsking("rotate");
                                }}
                            >
                                {t.apiKeys.rotate}
                            </Button>
                        )}
                        <Button
                            size="xs"
                            variant="default"
                            aria-label={t.apiKeys.revokeLabel(item.name)}
                            onClick={() => {
                                setAsking("revoke");
                            }}
                        >
                            {t.apiKeys.revoke}
                        </Button>
                    </>
                )
            }
        >
            <Sparkline days={item.daily_uses} />
            <KeyNotes item={item} onSaid={onSaid} />
            {asking === "revoke" && (
                <ConfirmDialog
                    title={t.apiKeys.revokeTitle(item.name)}
                    text={t.apiKeys.revokeText}
                    submit={t.apiKeys.revoke}
                    action={revoke}
                    input={item.id}
                    danger
                    onClose={close}
                />
            )}
            {asking === "rotate" && (
                <RotateDialog
                    item={item}
                    onClose={close}
                    onMade={(secret) => {
                        close();
                        onSecret(secret);
                        void changed();
                    }}
                />
            )}
        </Row>
    );
}

/** What the owner may want to do about this key. */
function KeyNotes({ item, onSaid }: { item: ApiKey; onSaid: (words: string) => void }) {
    return (
        <>
            {item.unused && <KeyNote>{t.apiKeys.unusedText}</KeyNote>}
            {item.old_secret_ends_at && (
                <KeyNote
                    remedy={{
                        words: t.apiKeys.endOld,
                        label: t.apiKeys.endOldLabel(item.name),
                        perform: () => api.endOldSecret(item.id).then(changed),
                        onDone: () => {
                            onSaid(t.apiKeys.oldEnded);
                        },
                    }}
                >
                    {t.apiKeys.oldEnds} <RelativeTime at={item.old_secret_ends_at} />.
                </KeyNote>
            )}
            {item.state === "suspended" && (
                <KeyNote
                    remedy={{
                        words: t.apiKeys.confirm,
                        perform: () => api.confirmKey(item.id).then(changed),
                        onDone: () => {
                            onSaid(t.apiKeys.confirmed);
                        },
                    }}
                >
                    {t.apiKeys.suspendedText}
                </KeyNote>
            )}
        </>
    );
}
