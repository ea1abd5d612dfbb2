import { useState } from "react";
import * as api from "../../api/api";
import type { FactorMethod } from "../../api/types";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { CodeField, Form, SubmitButton } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { LinkButton } from "../../ui/LinkButton";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function SecondFactorStep({
    methods,
    onStep,
    onStartAgain,
}: {
    methods: FactorMethod[];
    onStep: (step: api.SignInStep) => void;
    onStartAgain: () => void;
}) {
    const [method, setMethod] = useState<FactorMethod>(methods[0] ?? "totp");
    const [code, setCode] = useState("");
    const action = useAction(api.proveSecondFactor, onStep);
    const other = methods.find((name) => name !== method);
    const ended = action.problem?.code === "sign-in/flow-ended";
    const totp = method === "totp";
    return (
        <CenteredPage below={<LinkButton onClick={onStartAgain}>{t.signIn.startAgain}</LinkButton>}>
            <Heading keepFocus>{t.signIn.secondFactorTitle}</Heading>
            <p className="lead">{totp ? t.signIn.secondFactorText : t.signIn.backupCodeText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run({ method, code: code.trim() });
                }}
            >
                <ProblemNotice action={action} />
                <CodeField
                    key={method}
                    kind={method}
                    label={totp ? t.signIn.code : t.signIn.backupCode}
                    value={code}
                    onChange={setCode}
                    disabled={ended}
                    required
                    focusFirst
                />
                <SubmitButton running={action.running} disabled={ended}>
                    {t.signIn.continue}
                </SubmitButton>
                {other && (
                    <LinkButton
                        onClick={() => {
                            setMethod(other);
                            setCode("");
                            action.forget();
                        }}
                    >
                        {totp ? t.signIn.useBackupCode : t.signIn.useAuthenticator}
                    </LinkButton>
                )}
            </Form>
        </CenteredPage>
    );
}
