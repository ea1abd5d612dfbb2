import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { SshKey } from "../../api/types";
import { t } from "../../text/en";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Form, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function RenameDialog({
    item,
    onClose,
    onDone,
}: {
    item: SshKey;
    onClose: () => void;
    onDone: () => void;
}) {
    const [name, setName] = useState(item.name);
    const rename = useAction((to: string) => api.renameSshKey(item.id, to), onDone);
    return (
        <Dialog title={t.sshKeys.renameTitle(item.name)} onClose={onClose}>
            <Form
                problem={rename.problem}
                onSubmit={() => {
                    rename.run(name.trim());
                }}
            >
                <TextField
                    label={t.sshKeys.name}
                    autoComplete="off"
                    maxLength={100}
                    value={name}
                    onChange={setName}
                    focusFirst
                    required
                />
                <ProblemNotice action={rename} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={rename.running}>{t.sshKeys.rename}</SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
