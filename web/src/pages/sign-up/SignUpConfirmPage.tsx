import { useState } from "react";
import * as api from "../../api/api";
import type { SignedIn } from "../../api/types";
import { afterSignIn } from "../../app/leave";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { fieldErrors, Form, NewPasswordField, SubmitButton, TextField } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import { useFragmentToken } from "../../ui/useFragmentToken";
import { LinkMissing } from "../links/LinkMissing";
import { OfferSecondFactor } from "../two-factor/OfferSecondFactor";

export function SignUpConfirmPage() {
    const token = useFragmentToken();
    const rules = useSignInMethods().data?.password_rules;
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
    const action = useAction(api.confirmSignUp, (answer) => {
        setPassword("");
        if (answer.offer_second_factor) {
            setSignedIn(answer);
        } else {
            afterSignIn(answer, undefined);
        }
    });
    if (signedIn) {
        return (
            <OfferSecondFactor
                email={signedIn.account.email}
                onDone={() => {
                    afterSignIn(signedIn, undefined);
                }}
            />
        );
    }
    if (token === null) {
        return <LinkMissing />;
    }
    return (
        <CenteredPage>
            <Heading>{t.signUp.confirmTitle}</Heading>
            <p className="lead">{t.signUp.confirmText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run({ token, password, ...(name.trim() ? { name: name.trim() } : {}) });
                }}
            >
                <ProblemNotice action={action} />
                <TextField
                    label={t.common.nameOptional}
                    autoComplete="name"
                    value={name}
                    onChange={setName}
                    errors={fieldErrors(action.problem, "/name")}
                />
                <NewPasswordField
                    label={t.common.password}
                    value={password}
                    onChange={setPassword}
                    rules={rules}
                    description={t.passwordRules.advice}
                    errors={fieldErrors(action.problem, "/password")}
                    required
                />
                <SubmitButton running={action.running}>{t.signUp.confirmSubmit}</SubmitButton>
            </Form>
        </CenteredPage>
    );
}
