import { useState } from "react";
import * as api from "../../api/api";
import { t } from "../../text/en";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

export function InvitationsView() {
    const [email, setEmail] = useState("");
    const [sentTo, setSentTo] = useState<string | null>(null);
    const action = useAction(api.invite, (_answer, address) => {
        setSentTo(address);
        setEmail("");
    });
    return (
        <>
            <p className="lead">{t.admin.inviteText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run(email.trim());
                }}
            >
                <ProblemNotice action={action} />
                {sentTo && (
                    <Notice kind="success">
                        <p>{t.admin.inviteSent(sentTo)}</p>
                    </Notice>
                )}
                <TextField
                    label={t.common.email}
                    type="email"
                    autoComplete="off"
                    value={email}
                    onChange={setEmail}
                    errors={fieldErrors(action.problem, "/email")}
                    required
                />
                <div>
                    <SubmitButton running={action.running}>{t.admin.inviteSubmit}</SubmitButton>
                </div>
            </Form>
        </>
    );
}
