import { Button, Checkbox } from "@mantine/core";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Checkbox.css";
import { useState } from "react";
import * as api from "../../api/api";
import type { Authenticator } from "../../api/types";
import { reload, useAccount, useAuthenticators, useBackupCodes } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { CodeField, fieldErrors, Form, SubmitButton } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, Section, SettingsPage, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { BackupCodes } from "./BackupCodes";
import { Enrollment } from "./Enrollment";
import styles from "./twoFactor.module.css";

const changed = () => void reload("account", "authenticators", "backupCodes", "activity");

export function TwoFactorPage() {
    const account = useAccount();
    const authenticators = useAuthenticators();
    const [adding, setAdding] = useState(false);
    const [removing, setRemoving] = useState<Authenticator | null>(null);
    const [said, setSaid] = useState<string | null>(null);
    const email = account.data?.email ?? "";

    if (adding) {
        const leave = (words: string | null) => {
            setAdding(false);
            setSaid(words);
            changed();
        };
        return (
            <SettingsPage title={t.twoFactor.title}>
                <div className={styles.panel}>
                    <Enrollment
                        email={email}
                        heading="h2"
                        cancelLabel={t.common.cancel}
                        onCancel={() => {
                            leave(null);
                        }}
                        onDone={() => {
                            leave(t.twoFactor.confirmed);
                        }}
                    />
                </div>
            </SettingsPage>
        );
    }
    const add = (
        <Button
            onClick={() => {
                setSaid(null);
                setAdding(true);
            }}
        >
            {t.twoFactor.add}
        </Button>
    );
    return (
        <SettingsPage title={t.twoFactor.title} text={t.twoFactor.text}>
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
            </Notices>
            <Section title={t.twoFactor.listTitle}>
                <Loaded query={authenticators} rows={2}>
                    {({ items }) =>
                        items.length === 0 ? (
                            <Empty title={t.twoFactor.emptyTitle} text={t.twoFactor.emptyText} action={add} />
                        ) : (
                            <>
                                <Rows label={t.twoFactor.listTitle}>
                                    {items.map((item) => (
                                        <AuthenticatorRow key={item.id} item={item} onRemove={setRemoving} />
                                    ))}
                                </Rows>
                                <div className={styles.actions}>{add}</div>
                            </>
                        )
                    }
                </Loaded>
            </Section>
            <BackupCodesSection email={email} />
            {removing && (
                <RemoveDialog
                    authenticator={removing}
                    last={account.data?.second_factor.totp_count === 1 && removing.confirmed}
                    onClose={() => {
                        setRemoving(null);
                    }}
                    onRemoved={() => {
                        setRemoving(null);
                        setSaid(t.twoFactor.removed);
                        changed();
                    }}
                />
            )}
        </SettingsPage>
    );
}

function AuthenticatorRow({
    item,
    onRemove,
}: {
    item: Authenticator;
    onRemove: (item: Authenticator) => void;
}) {
    return (
        <Row
            icon="phone"
            title={
                <>
                    {item.name} {!item.confirmed && <Tag kind="warn">{t.twoFactor.unconfirmed}</Tag>}
                </>
            }
            detail={
                <>
                    {t.twoFactor.added} <RelativeTime at={item.created_at} />
                    {" · "}
                    {item.last_used_at ? (
                        <>
                            {t.twoFactor.lastUsed.toLowerCase()} <RelativeTime at={item.last_used_at} />
                        </>
                    ) : (
                        t.twoFactor.neverUsed.toLowerCase()
                    )}
                </>
            }
            actions={
                <Button
                    size="xs"
                    variant="default"
                    aria-label={`${t.twoFactor.remove}: ${item.name}`}
                    onClick={() => {
                        onRemove(item);
                    }}
                >
                    {t.twoFactor.remove}
                </Button>
            }
        />
    );
}

function RemoveDialog({
    authenticator,
    last,
    onClose,
    onRemoved,
}: {
    authenticator: Authenticator;
    last: boolean;
    onClose: () => void;
    onRemoved: () => void;
}) {
    const [code, setCode] = useState("");
    const [understood, setUnderstood] = useState(false);
    const action = useAction(
        (value: string) =>
            api.removeAuthenticator(authenticator.id, authenticator.confirmed ? value : undefined),
        onRemoved,
    );
    return (
        <Dialog title={t.twoFactor.removeTitle(authenticator.name)} onClose={onClose}>
            <p className="lead">{last ? t.twoFactor.removeLastText : t.twoFactor.removeText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run(code.trim());
                }}
            >
                <ProblemNotice action={action} />
                {authenticator.confirmed && (
                    <CodeField
                        kind="totp"
                        label={t.twoFactor.removeCode}
                        value={code}
                        onChange={setCode}
                        errors={fieldErrors(action.problem, "/code")}
                        required
                    />
                )}
                <Checkbox
                    label={t.twoFactor.removeConfirm}
                    checked={understood}
                    onChange={(event) => {
                        setUnderstood(event.currentTarget.checked);
                    }}
                />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={action.running} danger disabled={!understood}>
                        {t.twoFactor.removeSubmit}
                    </SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}

function BackupCodesSection({ email }: { email: string }) {
    const account = useAccount();
    const state = useBackupCodes();
    const [asking, setAsking] = useState(false);
    const [confirming, setConfirming] = useState(false);
    const [codes, setCodes] = useState<string[] | null>(null);
    const confirm = useAction(api.confirmBackupCodes, () => {
        setConfirming(false);
        changed();
    });
    const make = useAction(api.makeBackupCodes, (answer) => {
        setAsking(false);
        setCodes(answer.codes);
        changed();
    });
    if (codes) {
        return (
            <div className={styles.panel}>
                <BackupCodes
                    codes={codes}
                    email={email}
                    heading="h2"
                    onSaved={() => {
                        setCodes(null);
                    }}
                />
            </div>
        );
    }
    if (account.data?.second_factor.enabled !== true) {
        return (
            <Section title={t.twoFactor.codesSection}>
                <p className="lead">{t.twoFactor.codesNone}</p>
            </Section>
        );
    }
    return (
        <Section title={t.twoFactor.codesSection}>
            <Loaded query={state} rows={1}>
                {({ remaining, suspended, created_at }) => (
                    <Rows>
                        <Row
                            icon="key"
                            title={
                                <>
                                    {t.twoFactor.codesLeft(remaining)}
                                    {remaining <= 3 && <Tag kind="warn">{t.twoFactor.codesFew}</Tag>}
                                    {suspended && <Tag kind="warn">{t.twoFactor.codesSuspended}</Tag>}
                                </>
                            }
                            detail={
                                created_at && (
                                    <>
                                        {suspended && <>{t.twoFactor.codesSuspendedText} </>}
                                        {t.twoFactor.codesMade} <RelativeTime at={created_at} />
                                    </>
                                )
                            }
                            actions={
                                <>
                                    {suspended && (
                                        <Button
                                            size="xs"
                                            variant="default"
                                            onClick={() => {
                                                setConfirming(true);
                                            }}
                                        >
                                            {t.twoFactor.codesConfirm}
                                        </Button>
                                    )}
                                    <Button
                                        size="xs"
                                        variant="default"
                                        onClick={() => {
                                            setAsking(true);
                                        }}
                                    >
                                        {t.twoFactor.regenerate}
                                    </Button>
                                </>
                            }
                        />
                    </Rows>
                )}
            </Loaded>
            {confirming && (
                <ConfirmDialog
                    title={t.twoFactor.codesConfirmTitle}
                    text={t.twoFactor.codesConfirmText}
                    submit={t.twoFactor.codesConfirm}
                    action={confirm}
                    input={undefined}
                    onClose={() => {
                        setConfirming(false);
                    }}
                />
            )}
            {asking && (
                <ConfirmDialog
                    title={t.twoFactor.regenerateTitle}
                    text={t.twoFactor.regenerateText}
                    submit={t.twoFactor.regenerateSubmit}
                    action={make}
                    input={undefined}
                    onClose={() => {
                        setAsking(false);
                    }}
                />
            )}
        </Section>
    );
}
