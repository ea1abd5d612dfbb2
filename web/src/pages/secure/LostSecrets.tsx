/**
 * What was shown once and may never have been seen (the answer was lost, the page loaded again): backup codes and the
 * secrets of replaced API keys are made once more. On every step after the one that showed them.
 */
import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import { reload, useKeys } from "../../app/queries";
import { t } from "../../text/en";
import { ProblemNotice } from "../../ui/Notice";
import { Row, Rows } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { ShownOnce } from "../api-keys/ShownOnce";
import { BackupCodes } from "../two-factor/BackupCodes";
import styles from "./secure.module.css";

export function LostSecrets({ email }: { email: string }) {
    const keys = useKeys();
    const [codes, setCodes] = useState<string[] | null>(null);
    const [secret, setSecret] = useState<string | null>(null);
    const make = useAction(api.makeBackupCodes, (answer) => {
        setCodes(answer.codes);
    });
    const replace = useAction(api.replaceKey, ({ token }) => {
        setSecret(token);
        void reload("keys");
    });
    if (codes) {
        return (
            <BackupCodes
                codes={codes}
                email={email}
                heading="h2"
                onSaved={() => {
                    setCodes(null);
                }}
            />
        );
    }
    if (secret !== null) {
        return (
            <ShownOnce
                secret={secret}
                onSaved={() => {
                    setSecret(null);
                }}
            />
        );
    }
    // The freeze suspended every key: those that are not were replaced since.
    const replaced = (keys.data?.items ?? []).filter(({ state }) => state === "active");
    const busy = make.running || replace.running;
    return (
        <details className={styles.lost}>
            <summary>{t.secure.lost}</summary>
            <p className={styles.about}>{t.secure.lostCodes}</p>
            <ProblemNotice action={make} />
            <ProblemNotice action={replace} />
            <Button
                size="xs"
                variant="default"
                disabled={busy}
                onClick={() => {
                    make.run(undefined);
                }}
            >
                {t.secure.lostCodesMake}
            </Button>
            {replaced.length > 0 && (
                <>
                    <p className={styles.about}>{t.secure.lostKeys}</p>
                    <Rows label={t.secure.lostKeysTitle}>
                        {replaced.map(({ id, name }) => (
                            <Row
                                key={id}
                                icon="key"
                                title={name}
                                actions={
                                    <Button
                                        size="xs"
                                        variant="default"
                                        disabled={busy}
                                        aria-label={`${t.secure.replaceAgain}: ${name}`}
                                        onClick={() => {
                                            replace.run(id);
                                        }}
                                    >
                                        {t.secure.replaceAgain}
                                    </Button>
                                }
                            />
                        ))}
                    </Rows>
                </>
            )}
        </details>
    );
}
