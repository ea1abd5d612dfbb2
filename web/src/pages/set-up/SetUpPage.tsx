import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
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
import { Loaded } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { useFragmentToken } from "../../ui/useFragmentToken";
import { OfferSecondFactor } from "../two-factor/OfferSecondFactor";

export function SetUpPage() {
    const token = useFragmentToken();
    const state = useQuery({ queryKey: ["set-up"], queryFn: api.loadSetUpState });
    const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
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
    return (
        <CenteredPage>
            <Loaded query={state}>
                {({ open }) =>
                    open ? (
                        <SetUpForm tokenOfLink={token} onSignedIn={setSignedIn} />
                    ) : (
                        <>
                            <Heading>{t.setUp.closedTitle}</Heading>
                            <p className="lead">{t.setUp.closedText}</p>
                            <p>
                                <Link to="/sign-in">{t.signIn.submit}</Link>
                            </p>
                        </>
                    )
                }
            </Loaded>
        </CenteredPage>
    );
}

function SetUpForm({
    tokenOfLink,
    onSignedIn,
}: {
    tokenOfLink: string | null;
    onSignedIn: (signedIn: SignedIn) => void;
}) {
    const rules = useSignInMethods().data?.password_rules;
    const [token, setToken] = useState(tokenOfLink ?? "");
    const [email, setEmail] = useState("");
    const [name, setName] = useState("");
    const [password, setPassword] = useState("");
    const action = useAction(api.setUp, onSignedIn);
    return (
        <>
            <Heading>{t.setUp.title}</Heading>
            <p className="lead">{t.setUp.text}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run({
                        token: token.trim(),
                        email: email.trim(),
                        password,
                        ...(name.trim() ? { name: name.trim() } : {}),
                    });
                }}
            >
                <ProblemNotice action={action} />
                {tokenOfLink === null && (
                    <TextField
                        label={t.setUp.token}
                        description={t.setUp.tokenHint}
                        autoComplete="off"
                        value={token}
                        onChange={setToken}
                        errors={fieldErrors(action.problem, "/token")}
                        required
                    />
                )}
                <TextField
                    label={t.common.email}
                    type="email"
                    autoComplete="username"
                    value={email}
                    onChange={setEmail}
                    errors={fieldErrors(action.problem, "/email")}
                    required
                />
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
                    errors={fieldErrors(action.problem, "/password")}
                    required
                />
                <SubmitButton running={action.running}>{t.setUp.submit}</SubmitButton>
            </Form>
        </>
    );
}
