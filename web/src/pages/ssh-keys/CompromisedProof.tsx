/**
 * Ends a key everywhere by its own signature: for whoever still has the private key, and knows that others do.
 */
import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { SshKeyChallenge } from "../../api/types";
import { reload } from "../../app/queries";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { fieldErrors, Form, SubmitButton } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { useAction } from "../../ui/useAction";
import { KeyField } from "./KeyField";
import { looksPrivate } from "./keyText";
import styles from "./sshKeys.module.css";

const commandOf = ({ message, namespace }: SshKeyChallenge) =>
    `printf '%s' '${message}' >message\nssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n ${namespace} message\ncat message.sig`;

export function CompromisedProof() {
    const [challenge, setChallenge] = useState<SshKeyChallenge | null>(null);
    const [ended, setEnded] = useState<string | null>(null);
    const ask = useAction<void, SshKeyChallenge>(() => api.challengeCompromisedKey(), setChallenge);
    return (
        <section className={`${panel.panel} ${styles.proof}`} aria-labelledby="compromised-proof">
            <h2 id="compromised-proof">{t.sshKeys.proofTitle}</h2>
            <p className="lead">{t.sshKeys.proofText}</p>
            {ended !== null ? (
                <Notice kind="success">
                    <p>{t.sshKeys.proofDone(ended)}</p>
                </Notice>
            ) : challenge === null ? (
                <Button
                    variant="default"
                    loading={ask.running}
                    onClick={() => {
                        ask.run();
                    }}
                >
                    {t.sshKeys.proofBegin}
                </Button>
            ) : (
                <ProofForm challenge={challenge} onEnded={setEnded} />
            )}
            <ProblemNotice action={ask} />
        </section>
    );
}

function ProofForm({
    challenge,
    onEnded,
}: {
    challenge: SshKeyChallenge;
    onEnded: (fingerprint: string) => void;
}) {
    const [signature, setSignature] = useState("");
    const [isPrivate, setPrivate] = useState(false);
    const command = commandOf(challenge);
    const report = useAction(
        (signed: string) => api.reportCompromisedKey({ message: challenge.message, signature: signed }),
        ({ fingerprint }) => {
            onEnded(fingerprint);
            void reload("sshKeys", "activity");
        },
    );
    const errors = isPrivate ? [t.sshKeys.privateKey] : fieldErrors(report.problem, "/signature");
    return (
        <Form
            problem={report.problem}
            onSubmit={() => {
                setPrivate(looksPrivate(signature));
                if (!looksPrivate(signature)) {
                    report.run(signature);
                }
            }}
        >
            <p className={panel.hint}>{t.sshKeys.proofCommand}</p>
            <code className={panel.command}>{command}</code>
            <div>
                <CopyButton text={command} />
            </div>
            <KeyField
                label={t.sshKeys.signature}
                value={signature}
                rows={6}
                errors={errors}
                onChange={setSignature}
            />
            <ProblemNotice action={report} />
            <div>
                <SubmitButton running={report.running} danger>
                    {t.sshKeys.proofSend}
                </SubmitButton>
            </div>
        </Form>
    );
}
