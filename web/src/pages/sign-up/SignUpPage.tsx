import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { LinkButton } from "../../ui/LinkButton";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function SignUpPage() {
    const methods = useSignInMethods().data;
    const [email, setEmail] = useState("");
    const action = useAction(api.signUp);
    const below = (
        <>
            {t.signUp.haveAccount} <Link to="/sign-in">{t.signIn.submit}</Link>
        </>
    );
    if (action.done) {
        return (
            <CenteredPage below={below}>
                <Heading key="sent">{t.signUp.sentTitle}</Heading>
                <p>{t.signUp.sentText(email.trim())}</p>
                <p className="lead">{t.signUp.sentHint}</p>
                <p>
                    <LinkButton onClick={action.forget}>{t.signUp.otherAddress}</LinkButton>
                </p>
            </CenteredPage>
        );
    }
    const refused = methods !== undefined && methods.sign_up !== "open";
    return (
        <CenteredPage below={below}>
            <Heading key="ask">{t.signUp.title}</Heading>
            {refused ? (
                <Notice kind="info">
                    <p>{methods.sign_up === "closed" ? t.signUp.closed : t.signUp.invitation}</p>
                </Notice>
            ) : (
                <>
                    <p className="lead">{t.signUp.text}</p>
                    <Form
                        problem={action.problem}
                        onSubmit={() => {
                            action.run(email.trim());
                        }}
                    >
                        <ProblemNotice action={action} />
                        <TextField
                            label={t.common.email}
                            type="email"
                            autoComplete="email"
                            required
                            value={email}
                            onChange={setEmail}
                            errors={fieldErrors(action.problem, "/email")}
                        />
                        <SubmitButton running={action.running}>{t.signUp.submit}</SubmitButton>
                    </Form>
                </>
            )}
        </CenteredPage>
    );
}
