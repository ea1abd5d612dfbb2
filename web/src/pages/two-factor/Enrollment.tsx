/**
 * Adds an authenticator: its name, the picture to scan, the code that proves it, and with the first one the backup
 * codes.
 */
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import * as api from "../../api/api";
import type { NewAuthenticator } from "../../api/types";
import { reload } from "../../app/queries";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { CodeField, fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import { BackupCodes } from "./BackupCodes";
import { StepHeading } from "./StepHeading";
import styles from "./twoFactor.module.css";

interface Props {
    email: string;
    heading: "h1" | "h2";
    onDone: () => void;
    onCancel: () => void;
    cancelLabel: string;
    /** Given: the name is not asked for, as there is no other to tell it from. */
    name?: string;
}

export function Enrollment({ email, heading, onDone, onCancel, cancelLabel, name }: Props) {
    const [started, setStarted] = useState<NewAuthenticator | null>(null);
    const [codes, setCodes] = useState<string[] | null>(null);
    const start = useAction(api.addAuthenticator, setStarted);
    const begun = useRef(false);
    const { run } = start;
    useEffect(() => {
        if (name !== undefined && !begun.current) {
            begun.current = true;
            run(name);
        }
    }, [name, run]);

    if (codes) {
        return <BackupCodes codes={codes} email={email} heading={heading} onSaved={onDone} />;
    }
    if (started) {
        return (
            <Scan
                started={started}
                heading={heading}
                onCancel={() => {
                    // What was begun is given up; if that fails, it expires by itself.
                    api.removeAuthenticator(started.id).catch(() => undefined);
                    onCancel();
                }}
                cancelLabel={cancelLabel}
                onConfirmed={(backupCodes) => {
                    void reload("account", "authenticators", "backupCodes", "sessions", "activity");
                    if (backupCodes) {
                        setCodes(backupCodes);
                    } else {
                        onDone();
                    }
                }}
            />
        );
    }
    return (
        <NameStep
            heading={heading}
            start={start}
            asksName={name === undefined}
            onCancel={onCancel}
            cancelLabel={cancelLabel}
        />
    );
}

function NameStep({
    heading,
    start,
    asksName,
    onCancel,
    cancelLabel,
}: {
    heading: "h1" | "h2";
    start: ReturnType<typeof useAction<string, NewAuthenticator>>;
    asksName: boolean;
    onCancel: () => void;
    cancelLabel: string;
}) {
    const [name, setName] = useState(t.twoFactor.nameDefault);
    return (
        <Form
            problem={start.problem}
            onSubmit={() => {
                start.run(asksName ? name.trim() : t.twoFactor.nameDefault);
            }}
        >
            {asksName && (
                <div>
                    <StepHeading as={heading}>{t.twoFactor.nameTitle}</StepHeading>
                    <p className="lead">{t.twoFactor.nameText}</p>
                </div>
            )}
            <ProblemNotice action={start} retry={!asksName} />
            {asksName && (
                <TextField
                    label={t.twoFactor.nameLabel}
                    description={t.twoFactor.nameHint}
                    autoComplete="off"
                    value={name}
                    onChange={setName}
                    errors={fieldErrors(start.problem, "/name")}
                    required
                />
            )}
            <div className={styles.tools}>
                {asksName && <SubmitButton running={start.running}>{t.twoFactor.next}</SubmitButton>}
                <Button variant="default" onClick={onCancel}>
                    {cancelLabel}
                </Button>
            </div>
        </Form>
    );
}

function Scan({
    started,
    heading,
    onConfirmed,
    onCancel,
    cancelLabel,
}: {
    started: NewAuthenticator;
    heading: "h1" | "h2";
    onConfirmed: (backupCodes: string[] | null) => void;
    onCancel: () => void;
    cancelLabel: string;
}) {
    const [code, setCode] = useState("");
    const confirm = useAction(
        (value: string) => api.confirmAuthenticator(started.id, value),
        (answer) => {
            onConfirmed(answer.backup_codes);
        },
    );
    return (
        <>
            <StepHeading as={heading}>{t.twoFactor.scanTitle}</StepHeading>
            <p className="lead">{t.twoFactor.scanText}</p>
            <div className={styles.scan}>
                <img
                    className={styles.qr}
                    alt={t.twoFactor.qrAlt}
                    src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(started.qr_svg)}`}
                />
                <div className={styles.other}>
                    <p>{t.twoFactor.cannotScan}</p>
                    <p>
                        <a
                            href={
                                started.otpauth_uri.startsWith("otpauth:") ? started.otpauth_uri : undefined
                            }
                        >
                            {t.twoFactor.openApp}
                        </a>
                    </p>
                    <p>{t.twoFactor.key}</p>
                    <code className={styles.key}>{started.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
                    <CopyButton text={started.secret} label={t.twoFactor.copyKey} />
                </div>
            </div>
            <Form
                problem={confirm.problem}
                onSubmit={() => {
                    confirm.run(code);
                }}
            >
                <ProblemNotice action={confirm} />
                <CodeField
                    kind="totp"
                    label={t.twoFactor.code}
                    value={code}
                    onChange={setCode}
                    errors={fieldErrors(confirm.problem, "/code")}
                    required
                />
                <div className={styles.tools}>
                    <SubmitButton running={confirm.running}>{t.twoFactor.confirm}</SubmitButton>
                    <Button variant="default" onClick={onCancel}>
                        {cancelLabel}
                    </Button>
                </div>
            </Form>
        </>
    );
}
