import { type ReactNode, useState } from "react";
import * as api from "../../api/api";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { fieldErrors, Form, NewPasswordField, PasswordField, SubmitButton } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";

const empty = { current: "", chosen: "", repeated: "" };

/** The present password and twice the new one. `lead` stands above, `options` before the button, `below` after it. */
export function PasswordChangeForm({
    email,
    secondFactor,
    endOthers,
    says,
    lead,
    options,
    below,
    onDone,
}: {
    email: string;
    secondFactor: "alone" | "with-second-factor";
    endOthers: boolean;
    /** When it is done and the form stays. */
    says?: string;
    lead?: ReactNode;
    options?: ReactNode;
    below?: ReactNode;
    onDone: () => void;
}) {
    const rules = useSignInMethods().data?.password_rules;
    const [typed, setTyped] = useState(empty);
    const [differs, setDiffers] = useState(false);
    const action = useAction(api.changePassword, () => {
        setTyped(empty);
        onDone();
    });
    const type = (change: Partial<typeof empty>) => {
        setTyped({ ...typed, ...change });
        setDiffers(false);
    };
    const submit = () => {
        if (typed.chosen !== typed.repeated) {
            setDiffers(true);
            return;
        }
        action.run({
            current_password: typed.current,
            new_password: typed.chosen,
            end_other_sessions: endOthers,
        });
    };
    return (
        <>
            {action.done && says !== undefined && (
                <Notice kind="success">
                    <p>{says}</p>
                </Notice>
            )}
            <Form onSubmit={submit} problem={action.problem}>
                {lead}
                <ProblemNotice action={action} />
                {/* Password managers file the new password under this name. */}
                <input
                    className="visually-hidden"
                    type="text"
                    autoComplete="username"
                    value={email}
                    readOnly
                    tabIndex={-1}
                    aria-hidden="true"
                />
                <PasswordField
                    label={t.passwordPage.current}
                    autoComplete="current-password"
                    value={typed.current}
                    onChange={(current) => {
                        type({ current });
                    }}
                    errors={fieldErrors(action.problem, "/current_password")}
                    required
                />
                <NewPasswordField
                    label={t.passwordPage.new}
                    value={typed.chosen}
                    onChange={(chosen) => {
                        type({ chosen });
                    }}
                    rules={rules}
                    secondFactor={secondFactor}
                    errors={[
                        ...fieldErrors(action.problem, "/new_password"),
                        ...fieldErrors(action.problem, "/password"),
                    ]}
                    required
                />
                <PasswordField
                    label={t.passwordPage.repeat}
                    autoComplete="new-password"
                    value={typed.repeated}
                    onChange={(repeated) => {
                        type({ repeated });
                    }}
                    errors={differs ? [t.passwordPage.repeatDiffers] : []}
                    required
                />
                {options}
                <div>
                    <SubmitButton running={action.running}>{t.passwordPage.submit}</SubmitButton>
                </div>
                {below}
            </Form>
        </>
    );
}
