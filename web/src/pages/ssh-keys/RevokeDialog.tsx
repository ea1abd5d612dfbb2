import { Button } from "@mantine/core";
import { useState } from "react";
import type { SshKey, SshKeyReason } from "../../api/types";
import { t } from "../../text/en";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Form, SubmitButton } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import type { Action } from "../../ui/useAction";
import { Choices } from "../../ui/Choices";

export interface Revocation {
    id: string;
    reason: SshKeyReason;
}

/** Asks why: it decides whether the key may come back. */
export function RevokeDialog({
    item,
    action,
    onClose,
}: {
    item: SshKey;
    action: Action<Revocation>;
    onClose: () => void;
}) {
    const [reason, setReason] = useState<SshKeyReason>("unneeded");
    return (
        <Dialog title={t.sshKeys.revokeTitle(item.name)} onClose={onClose}>
            <p className="lead">{t.sshKeys.revokeText}</p>
            <Form
                onSubmit={() => {
                    action.run({ id: item.id, reason });
                }}
            >
                <Choices
                    legend={t.sshKeys.reason}
                    choices={t.sshKeys.reasons.map(([value, label, text]) => ({ value, label, text }))}
                    chosen={[reason]}
                    onChange={([chosen]) => {
                        setReason((chosen ?? reason) as SshKeyReason);
                    }}
                />
                <ProblemNotice action={action} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={action.running} danger>
                        {t.sshKeys.revoke}
                    </SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
