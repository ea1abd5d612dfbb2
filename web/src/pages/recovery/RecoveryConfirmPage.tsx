/**
 * A new password by a link from an e-mail. Where the account has a second factor, its code is asked for after the
 * password, and the link is not spent until both are right.
 */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { FactorMethod } from "../../api/types";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { CodeField, fieldErrors, Form, NewPasswordField, SubmitButton } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { LinkButton } from "../../ui/LinkButton";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import { useFragmentToken } from "../../ui/useFragmentToken";
import { LinkMissing } from "../links/LinkMissing";

export function RecoveryConfirmPage() {
    const token = useFragmentToken();
    const rules = useSignInMethods().data?.password_rules;
    const [password, setPassword] = useState("");
    const [methods, setMethods] = useState<FactorMethod[] | null>(null);
    const [method, setMethod] = useState<FactorMethod>("totp");
    const [code, setCode] = useState("");
    const [done, setDone] = useState(false);
    const action = useAction(api.confirmRecovery, (step) => {
        if (step.status === "done") {
            setPassword("");
            setDone(true);
        } else {
            setMethods(step.methods);
            setMethod(step.methods[0] ?? "totp");
        }
    });
    if (done) {
        return (
            <CenteredPage>
                <Heading key="done">{t.recovery.doneTitle}</Heading>
                <p>{t.recovery.doneText}</p>
                <Link to="/sign-in">{t.recovery.signIn}</Link>
            </CenteredPage>
        );
    }
    if (token === null) {
        return <LinkMissing />;
    }
    const refusals = fieldErrors(action.problem, "/password");
    if (methods === null || refusals.length > 0) {
        return (
            <CenteredPage below={<Link to="/sign-in">{t.common.backToSignIn}</Link>}>
                <Heading key="password">{t.recovery.confirmTitle}</Heading>
                <p className="lead">{t.recovery.confirmText}</p>
                <Form
                    problem={action.problem}
                    onSubmit={() => {
                        action.run({ token, password, ...(methods ? { method, code: code.trim() } : {}) });
                    }}
                >
                    <ProblemNotice action={action} />
                    <NewPasswordField
                        label={t.passwordPage.new}
                        value={password}
                        onChange={setPassword}
                        rules={rules}
                        description={t.passwordRules.advice}
                        errors={refusals}
                        required
                    />
                    <SubmitButton running={action.running}>{t.recovery.confirmSubmit}</SubmitButton>
                </Form>
            </CenteredPage>
        );
    }
    const other = methods.find((name) => name !== method);
    return (
        <CenteredPage below={<Link to="/sign-in">{t.common.backToSignIn}</Link>}>
            <Heading key="factor">{t.recovery.factorTitle}</Heading>
            <p className="lead">{method === "totp" ? t.recovery.factorText : t.signIn.backupCodeText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run({ token, password, method, code: code.trim() });
                }}
            >
                <ProblemNotice action={action} />
                <CodeField
                    key={method}
                    kind={method}
                    label={method === "totp" ? t.signIn.code : t.signIn.backupCode}
                    value={code}
                    onChange={setCode}
                    required
                />
                <SubmitButton running={action.running}>{t.recovery.confirmSubmit}</SubmitButton>
                {other && (
                    <LinkButton
                        onClick={() => {
                            setMethod(other);
                            setCode("");
                            action.forget();
                        }}
                    >
                        {other === "totp" ? t.signIn.useAuthenticator : t.signIn.useBackupCode}
                    </LinkButton>
                )}
            </Form>
        </CenteredPage>
    );
}
