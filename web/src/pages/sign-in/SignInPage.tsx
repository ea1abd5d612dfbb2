/**
 * Sign-in and what may come between: a code, or the choice of a session to end. What was typed stays when the way
 * back leads here.
 */
import { Checkbox } from "@mantine/core";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Checkbox.css";
import { Link, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import * as api from "../../api/api";
import type { FactorMethod, Session, SignedIn } from "../../api/types";
import { afterSignIn, isOfTheProduct, leadToSecuring } from "../../app/leave";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { fieldErrors, Form, PasswordField, SubmitButton, TextField } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import { SecondFactorStep } from "./SecondFactorStep";

const ChooseSessionStep = lazy(async () => ({
    default: (await import("./ChooseSessionStep")).ChooseSessionStep,
}));
const OfferSecondFactor = lazy(async () => ({
    default: (await import("../two-factor/OfferSecondFactor")).OfferSecondFactor,
}));

type Step =
    | { is: "credentials" }
    | { is: "second-factor"; methods: FactorMethod[] }
    | { is: "choose-session"; sessions: Session[] }
    | { is: "offer"; signedIn: SignedIn };

interface Typed {
    email: string;
    password: string;
    remember: boolean;
    sharedDevice: boolean;
}

export function SignInPage() {
    const search = useSearch({ from: "/sign-in" });
    const [step, setStep] = useState<Step>({ is: "credentials" });
    const [typed, setTyped] = useState<Typed>({
        email: "",
        password: "",
        remember: false,
        sharedDevice: false,
    });

    useEffect(() => {
        if (isOfTheProduct(search.return)) {
            void leadToSecuring();
        }
    }, [search.return]);

    const goOn = (next: api.SignInStep) => {
        switch (next.status) {
            case "second-factor":
                setStep({ is: "second-factor", methods: next.methods });
                break;
            case "session-limit":
                setStep({ is: "choose-session", sessions: next.sessions });
                break;
            case "signed-in":
                setTyped({ ...typed, password: "" });
                if (next.offer_second_factor && search.return === undefined) {
                    setStep({ is: "offer", signedIn: next });
                } else {
                    afterSignIn(next, search.return);
                }
                break;
        }
    };
    const startAgain = () => {
        setStep({ is: "credentials" });
    };

    switch (step.is) {
        case "credentials":
            return <CredentialsStep typed={typed} onType={setTyped} onStep={goOn} />;
        case "second-factor":
            return <SecondFactorStep methods={step.methods} onStep={goOn} onStartAgain={startAgain} />;
        case "choose-session":
            return (
                <Suspense>
                    <ChooseSessionStep sessions={step.sessions} onStep={goOn} onStartAgain={startAgain} />
                </Suspense>
            );
        case "offer":
            return (
                <Suspense>
                    <OfferSecondFactor
                        email={step.signedIn.account.email}
                        onDone={() => {
                            afterSignIn(step.signedIn, search.return);
                        }}
                    />
                </Suspense>
            );
    }
}

function CredentialsStep({
    typed,
    onType,
    onStep,
}: {
    typed: Typed;
    onType: (typed: Typed) => void;
    onStep: (step: api.SignInStep) => void;
}) {
    const methods = useSignInMethods().data;
    const action = useAction(api.signIn, onStep);
    const submit = () => {
        action.run({
            email: typed.email.trim(),
            password: typed.password,
            ...(methods?.remember_me && typed.remember && !typed.sharedDevice ? { remember: true } : {}),
            ...(typed.sharedDevice ? { shared_device: true } : {}),
        });
    };
    return (
        <CenteredPage
            below={
                methods?.sign_up === "open" && (
                    <>
                        {t.signIn.noAccount} <Link to="/sign-up">{t.signIn.signUp}</Link>
                    </>
                )
            }
        >
            <Heading>{t.signIn.title}</Heading>
            <Form onSubmit={submit} problem={action.problem}>
                <ProblemNotice action={action} />
                <TextField
                    label={t.common.email}
                    type="email"
                    autoComplete="username"
                    required
                    value={typed.email}
                    errors={fieldErrors(action.problem, "/email")}
                    onChange={(email) => {
                        onType({ ...typed, email });
                    }}
                />
                <PasswordField
                    label={t.common.password}
                    autoComplete="current-password"
                    required
                    value={typed.password}
                    errors={fieldErrors(action.problem, "/password")}
                    onChange={(password) => {
                        onType({ ...typed, password });
                    }}
                />
                {methods?.remember_me && (
                    <Checkbox
                        label={t.signIn.remember}
                        checked={typed.remember && !typed.sharedDevice}
                        disabled={typed.sharedDevice}
                        onChange={(event) => {
                            onType({ ...typed, remember: event.currentTarget.checked });
                        }}
                    />
                )}
                <Checkbox
                    label={t.signIn.sharedDevice}
                    description={typed.sharedDevice ? t.signIn.sharedDeviceHint : undefined}
                    checked={typed.sharedDevice}
                    onChange={(event) => {
                        onType({ ...typed, sharedDevice: event.currentTarget.checked });
                    }}
                />
                <SubmitButton running={action.running}>{t.signIn.submit}</SubmitButton>
                <div className="spread">
                    <Link to="/recovery">{t.signIn.forgot}</Link>
                    {methods?.support_url && <a href={methods.support_url}>{t.common.support}</a>}
                </div>
            </Form>
        </CenteredPage>
    );
}
