/** Freezes a list of compromised accounts: what an operator has at hand after a leak. */
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import { reload } from "../../app/queries";
import { t } from "../../text/en";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Form, SubmitButton } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function FreezeList({ onClose }: { onClose: () => void }) {
    const [typed, setTyped] = useState("");
    const [failed, setFailed] = useState<string[]>([]);
    const [done, setDone] = useState<number | null>(null);
    const freeze = useAction(api.freezeAccounts, ({ items }) => {
        const left = items.filter(({ problem }) => problem !== null).map(({ asked }) => asked);
        setFailed(left);
        setDone(items.length - left.length);
        setTyped(left.join("\n"));
        void reload("accounts");
    });
    return (
        <Dialog title={t.admin.freezeList} onClose={onClose}>
            <p className="lead">{t.admin.freezeText}</p>
            <Form
                problem={freeze.problem}
                onSubmit={() => {
                    freeze.run(
                        typed
                            .split("\n")
                            .map((line) => line.trim())
                            .filter((line) => line !== ""),
                    );
                }}
            >
                <Textarea
                    label={t.admin.freezeListLabel}
                    description={t.admin.freezeListHint}
                    rows={6}
                    value={typed}
                    onChange={(event) => {
                        setTyped(event.currentTarget.value);
                    }}
                    required
                />
                {done !== null && (
                    <Notice kind={failed.length > 0 ? "warning" : "success"}>
                        <p>{t.admin.freezeListDone(done, failed.length)}</p>
                    </Notice>
                )}
                <ProblemNotice action={freeze} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={freeze.running} danger>
                        {t.admin.freeze}
                    </SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
