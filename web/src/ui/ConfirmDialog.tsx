import { Button } from "@mantine/core";
import { t } from "../text/en";
import { Dialog, DialogActions } from "./Dialog";
import { Form, SubmitButton } from "./Form";
import { ProblemNotice } from "./Notice";
import type { Action } from "./useAction";

/** Says what will happen, and does it when told. It stays while that runs, and shows why if it was refused. */
export function ConfirmDialog<Input>({
    title,
    text,
    submit,
    action,
    input,
    danger,
    onClose,
}: {
    title: string;
    text: string;
    submit: string;
    action: Action<Input>;
    input: Input;
    danger?: boolean;
    onClose: () => void;
}) {
    return (
        <Dialog title={title} onClose={onClose}>
            <p className="lead">{text}</p>
            <Form
                onSubmit={() => {
                    action.run(input);
                }}
            >
                <ProblemNotice action={action} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={action.running} danger={danger}>
                        {submit}
                    </SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
