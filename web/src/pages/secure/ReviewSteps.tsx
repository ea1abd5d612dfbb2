/** The steps that look at what there is: API keys, SSH keys, addresses. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as api from "../../api/api";
import type { ApiKey, SshKey } from "../../api/types";
import { reload, useKeys, useSshKeys } from "../../app/queries";
import { t } from "../../text/en";
import { ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Row, Rows, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { ShownOnce } from "../api-keys/ShownOnce";
import { RevokeDialog } from "../ssh-keys/RevokeDialog";
import styles from "./secure.module.css";

interface Props {
    onDone: () => void;
}

export function TokensStep({ onDone }: Props) {
    const keys = useKeys();
    const [secret, setSecret] = useState<string | null>(null);
    const changed = () => {
        void reload("keys");
        onDone(); // Which step comes next the server says.
    };
    const revoke = useAction(api.revokeKey, changed);
    const replace = useAction(api.replaceKey, ({ token }) => {
        setSecret(token);
    });
    if (secret !== null) {
        return (
            <ShownOnce
                secret={secret}
                onSaved={() => {
                    setSecret(null);
                    changed();
                }}
            />
        );
    }
    return (
        <>
            <p className="lead">{t.secure.tokensText}</p>
            <ProblemNotice action={revoke} />
            <ProblemNotice action={replace} />
            <Loaded query={keys}>
                {({ items }) => (
                    <Rows label={t.secure.tokensTitle}>
                        {items
                            .filter(({ state }) => state === "suspended")
                            .map((item) => (
                                <TokenRow
                                    key={item.id}
                                    item={item}
                                    busy={revoke.running || replace.running}
                                    onReplace={replace.run}
                                    onRevoke={revoke.run}
                                />
                            ))}
                    </Rows>
                )}
            </Loaded>
        </>
    );
}

function TokenRow({
    item,
    busy,
    onReplace,
    onRevoke,
}: {
    item: ApiKey;
    busy: boolean;
    onReplace: (id: string) => void;
    onRevoke: (id: string) => void;
}) {
    return (
        <Row
            icon="key"
            title={item.name}
            detail={
                <>
                    {t.twoFactor.added} <RelativeTime at={item.created_at} />
                </>
            }
            actions={
                <>
                    <Button
                        size="xs"
                        variant="default"
                        disabled={busy}
                        aria-label={`${t.secure.replace}: ${item.name}`}
                        onClick={() => {
                            onReplace(item.id);
                        }}
                    >
                        {t.secure.replace}
                    </Button>
                    <Button
                        size="xs"
                        variant="default"
                        disabled={busy}
                        aria-label={`${t.secure.revoke}: ${item.name}`}
                        onClick={() => {
                            onRevoke(item.id);
                        }}
                    >
                        {t.secure.revoke}
                    </Button>
                </>
            }
        />
    );
}

export function SshKeysStep({ onDone }: Props) {
    const keys = useSshKeys();
    const [revoking, setRevoking] = useState<SshKey | null>(null);
    const changed = () => {
        setRevoking(null);
        void reload("sshKeys");
        onDone();
    };
    const keep = useAction(api.confirmSshKey, changed);
    const revoke = useAction(
        ({ id, reason }: Parameters<Parameters<typeof RevokeDialog>[0]["action"]["run"]>[0]) =>
            api.revokeSshKey(id, reason),
        changed,
    );
    return (
        <>
            <p className="lead">{t.secure.sshText}</p>
            <ProblemNotice action={keep} />
            <Loaded query={keys}>
                {({ items }) => (
                    <Rows label={t.secure.sshTitle}>
                        {items
                            .filter(({ state }) => state === "suspended")
                            .map((item) => (
                                <Row
                                    key={item.id}
                                    icon="key"
                                    title={item.name}
                                    detail={<code className={styles.print}>{item.fingerprint}</code>}
                                    actions={
                                        <>
                                            <Button
                                                size="xs"
                                                variant="default"
                                                loading={keep.running}
                                                aria-label={`${t.secure.keep}: ${item.name}`}
                                                onClick={() => {
                                                    keep.run(item.id);
                                                }}
                                            >
                                                {t.secure.keep}
                                            </Button>
                                            <Button
                                                size="xs"
                                                variant="default"
                                                aria-label={`${t.secure.revoke}: ${item.name}`}
                                                onClick={() => {
                                                    setRevoking(item);
                                                }}
                                            >
                                                {t.secure.revoke}
                                            </Button>
                                        </>
                                    }
                                />
                            ))}
                    </Rows>
                )}
            </Loaded>
            {revoking && (
                <RevokeDialog
                    item={revoking}
                    action={revoke}
                    onClose={() => {
                        setRevoking(null);
                    }}
                />
            )}
        </>
    );
}

export function AddressesStep({ onDone }: Props) {
    const list = useQuery({ queryKey: ["own-addresses"], queryFn: api.listOwnAddresses, gcTime: 0 });
    const remove = useAction(api.removeNotificationAddress, () => void list.refetch());
    const confirm = useAction(api.checkAddresses, onDone);
    return (
        <>
            <p className="lead">{t.secure.addressesText}</p>
            <ProblemNotice action={remove} />
            <ProblemNotice action={confirm} />
            <Loaded query={list}>
                {({ items }) => (
                    <>
                        <Rows label={t.secure.addressesTitle}>
                            {items.map(({ id, email, primary, confirmed }) => (
                                <Row
                                    key={id}
                                    icon="mail"
                                    title={
                                        <>
                                            {email}
                                            {!confirmed && (
                                                <Tag kind="warn">{t.secure.addressUnconfirmed}</Tag>
                                            )}
                                        </>
                                    }
                                    detail={primary ? t.secure.addressPrimary : undefined}
                                    actions={
                                        !primary && (
                                            <Button
                                                size="xs"
                                                variant="default"
                                                aria-label={`${t.secure.addressRemove}: ${email}`}
                                                onClick={() => {
                                                    remove.run(id);
                                                }}
                                            >
                                                {t.secure.addressRemove}
                                            </Button>
                                        )
                                    }
                                />
                            ))}
                        </Rows>
                        <div className={styles.actions}>
                            <Button
                                loading={confirm.running}
                                onClick={() => {
                                    confirm.run(items.map(({ email }) => email));
                                }}
                            >
                                {t.secure.addressesConfirm}
                            </Button>
                        </div>
                    </>
                )}
            </Loaded>
            <p className={styles.hint}>{t.secure.addressWrong}</p>
        </>
    );
}
