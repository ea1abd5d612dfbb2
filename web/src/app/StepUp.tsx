import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as api from "../api/api";
import type { StepUpMethod } from "../api/types";
import { t } from "../text/en";
import { CenteredPage } from "../ui/CenteredPage";
import { Dialog, DialogActions } from "../ui/Dialog";
import { CodeField, Form, PasswordField, SubmitButton } from "../ui/Form";
import { Heading } from "../ui/Heading";
import { LinkButton } from "../ui/LinkButton";
import { ProblemNotice } from "../ui/Notice";
import { Loaded } from "../ui/Section";
import { useAction } from "../ui/useAction";
import { goToSignIn } from "./leave";
import { reload } from "./queries";

function StepUpForm({ onProved, onCancel }: { onProved: () => void; onCancel?: () => void }) {
    const state = useQuery({ queryKey: ["step-up"], queryFn: api.loadStepUp, staleTime: 0, gcTime: 0 });
    return (
        <Loaded query={state} rows={1}>
            {({ methods }) => <Proof methods={methods} onProved={onProved} onCancel={onCancel} />}
        </Loaded>
    );
}

function Proof({
    methods,
    onProved,
    onCancel,
}: {
    methods: StepUpMethod[];
    onProved: () => void;
    onCancel?: () => void;
}) {
    const [method, setMethod] = useState<StepUpMethod>(methods[0] ?? "password");
    const [value, setValue] = useState("");
    const action = useAction(api.stepUp, onProved);
    const submit = () => {
        action.run(method === "password" ? { method, password: value } : { method, code: value.trim() });
    };
    const other = methods.find((name) => name !== method && name !== "password");
    return (
        <Form onSubmit={submit} problem={action.problem}>
            <ProblemNotice action={action} />
            {method === "password" ? (
                <PasswordField
                    key={method}
                    label={t.common.password}
                    value={value}
                    onChange={setValue}
                    autoComplete="current-password"
                    required
                />
            ) : (
                <CodeField
                    key={method}
                    kind={method === "totp" ? "totp" : "backup-code"}
                    label={method === "totp" ? t.signIn.code : t.signIn.backupCode}
                    value={value}
                    onChange={setValue}
                    required
                    focusFirst
                />
            )}
            {other && (
                <LinkButton
                    onClick={() => {
                        setMethod(other);
                        setValue("");
                        action.forget();
                    }}
                >
                    {other === "totp" ? t.signIn.useAuthenticator : t.signIn.useBackupCode}
                </LinkButton>
            )}
            <DialogActions>
                {onCancel && (
                    <Button variant="default" onClick={onCancel}>
                        {t.common.cancel}
                    </Button>
                )}
                <SubmitButton running={action.running}>{t.stepUp.submit}</SubmitButton>
            </DialogActions>
        </Form>
    );
}

export function StepUpDialog({ onAnswer }: { onAnswer: (proved: boolean) => void }) {
    const cancel = () => {
        onAnswer(false);
    };
    return (
        <Dialog title={t.stepUp.title} onClose={cancel}>
            <p className="lead">{t.stepUp.text}</p>
            <StepUpForm
                onCancel={cancel}
                onProved={() => {
                    onAnswer(true);
                }}
            />
        </Dialog>
    );
}

/** In place of the account's pages, for a session that was asked to prove itself before it may do anything. */
export function StepUpPage() {
    const leave = useAction(api.signOut, () => {
        goToSignIn("stay-away");
    });
    return (
        <CenteredPage
            below={
                <LinkButton
                    onClick={() => {
                        leave.run(undefined);
                    }}
                >
                    {t.stepUp.signOut}
                </LinkButton>
            }
        >
            <Heading>{t.stepUp.pageTitle}</Heading>
            <p className="lead">{t.stepUp.pageText}</p>
            <ProblemNotice action={leave} />
            <StepUpForm onProved={() => void reload("account", "sessions", "activity", "securing")} />
        </CenteredPage>
    );
}
