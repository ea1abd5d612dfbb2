import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { ApiKey } from "../../api/types";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Form, SubmitButton } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

/** Asks how long the old secret goes on working, and makes the new one. */
export function RotateDialog({
    item,
    onClose,
    onMade,
}: {
    item: ApiKey;
    onClose: () => void;
    onMade: (secret: string) => void;
}) {
    const [overlap, setOverlap] = useState("86400");
    const [attempt] = useState(() => crypto.randomUUID());
    const rotate = useAction(
        (seconds: number) => api.rotateKey(item.id, seconds, attempt),
        (made) => {
            onMade(made.token);
        },
    );
    return (
        <Dialog title={t.apiKeys.rotateTitle(item.name)} onClose={onClose}>
            <p className="lead">{t.apiKeys.rotateText}</p>
            <Form
                onSubmit={() => {
                    rotate.run(Number(overlap));
                }}
            >
                <Choices
                    legend={t.apiKeys.overlap}
                    choices={t.apiKeys.overlaps.map(([value, label]) => ({ value, label }))}
                    chosen={[overlap]}
                    onChange={([value = overlap]) => {
                        setOverlap(value);
                    }}
                />
                <ProblemNotice action={rotate} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={rotate.running}>{t.apiKeys.rotate}</SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
