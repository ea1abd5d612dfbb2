import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { LinkButton } from "../../ui/LinkButton";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function RecoveryPage() {
    const [email, setEmail] = useState("");
    const action = useAction(api.askForRecovery);
    const below = <Link to="/sign-in">{t.common.backToSignIn}</Link>;
    return action.done ? (
        <CenteredPage below={below}>
            <Heading key="sent">{t.recovery.sentTitle}</Heading>
            <p>{t.recovery.sentText(email.trim())}</p>
            <p className="lead">{t.signUp.sentHint}</p>
            <p>
                <LinkButton onClick={action.forget}>{t.signUp.otherAddress}</LinkButton>
            </p>
        </CenteredPage>
    ) : (
        <CenteredPage below={below}>
            <Heading key="ask">{t.recovery.title}</Heading>
            <p className="lead">{t.recovery.text}</p>
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
                    autoComplete="username"
                    required
                    value={email}
                    onChange={setEmail}
                    errors={fieldErrors(action.problem, "/email")}
                />
                <SubmitButton running={action.running}>{t.recovery.submit}</SubmitButton>
            </Form>
        </CenteredPage>
    );
}
