import { Checkbox } from "@mantine/core";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Checkbox.css";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { reload, useAccount, useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { fieldErrors, Form, NewPasswordField, PasswordField, SubmitButton } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { SettingsPage } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import styles from "./password.module.css";

const empty = { current: "", chosen: "", repeated: "" };

export function PasswordPage() {
    const account = useAccount().data;
    const rules = useSignInMethods().data?.password_rules;
    const [typed, setTyped] = useState(empty);
    const [endOthers, setEndOthers] = useState(true);
    const [differs, setDiffers] = useState(false);
    const action = useAction(api.changePassword, () => {
        setTyped(empty);
        void reload("account", "sessions", "activity");
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
        <SettingsPage title={t.passwordPage.title} text={t.passwordPage.text}>
            <div className={styles.narrow}>
                {action.done && (
                    <Notice kind="success">
                        <p>{t.passwordPage.done}</p>
                    </Notice>
                )}
                <Form onSubmit={submit} problem={action.problem}>
                    <ProblemNotice action={action} />
                    {/* Password managers file the new password under this name. */}
                    <input
                        className="visually-hidden"
                        type="text"
                        autoComplete="username"
                        value={account?.email ?? ""}
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
                        secondFactor={account?.second_factor.enabled ? "with-second-factor" : "alone"}
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
                    <Checkbox
                        label={t.passwordPage.endOthers}
                        description={t.passwordPage.endOthersHint}
                        checked={endOthers}
                        onChange={(event) => {
                            setEndOthers(event.currentTarget.checked);
                        }}
                    />
                    <div>
                        <SubmitButton running={action.running}>{t.passwordPage.submit}</SubmitButton>
                    </div>
                </Form>
                <p className={styles.forgot}>
                    {t.passwordPage.forgot} <Link to="/recovery">{t.passwordPage.recover}</Link>
                </p>
            </div>
        </SettingsPage>
    );
}
