/** The steps that keep others out: a new password, a new second factor. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { useSignInMethods } from "../../app/queries";
import { t } from "../../text/en";
import { fieldErrors, Form, NewPasswordField, PasswordField, SubmitButton } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import { BackupCodes } from "../two-factor/BackupCodes";
import { Enrollment } from "../two-factor/Enrollment";

const empty = { current: "", chosen: "", repeated: "" };

export function PasswordStep({ email, onDone }: { email: string; onDone: () => void }) {
    const rules = useSignInMethods().data?.password_rules;
    const [typed, setTyped] = useState(empty);
    const [differs, setDiffers] = useState(false);
    const change = useAction(api.changePassword, onDone);
    const type = (part: Partial<typeof empty>) => {
        setTyped({ ...typed, ...part });
        setDiffers(false);
    };
    return (
        <Form
            problem={change.problem}
            onSubmit={() => {
                if (typed.chosen !== typed.repeated) {
                    setDiffers(true);
                    return;
                }
                change.run({
                    current_password: typed.current,
                    new_password: typed.chosen,
                    end_other_sessions: true,
                });
            }}
        >
            <p className="lead">{t.secure.passwordText}</p>
            <ProblemNotice action={change} />
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
                errors={fieldErrors(change.problem, "/current_password")}
                required
            />
            <NewPasswordField
                label={t.passwordPage.new}
                value={typed.chosen}
                onChange={(chosen) => {
                    type({ chosen });
                }}
                rules={rules}
                secondFactor="alone"
                errors={fieldErrors(change.problem, "/new_password")}
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
            <div>
                <SubmitButton running={change.running}>{t.passwordPage.submit}</SubmitButton>
            </div>
            <p>
                {t.secure.forgot} <Link to="/recovery">{t.secure.recover}</Link>
            </p>
        </Form>
    );
}

export function FactorStep({
    email,
    codesOnly,
    onDone,
}: {
    email: string;
    codesOnly: boolean;
    onDone: () => void;
}) {
    const [enrolling, setEnrolling] = useState(false);
    const [codes, setCodes] = useState<string[] | null>(null);
    const make = useAction(api.makeBackupCodes, (answer) => {
        setCodes(answer.codes);
    });
    if (codes) {
        return <BackupCodes codes={codes} email={email} heading="h2" onSaved={onDone} />;
    }
    if (codesOnly) {
        return (
            <>
                <h2>{t.secure.codesTitle}</h2>
                <p className="lead">{t.secure.codesText}</p>
                <ProblemNotice action={make} />
                <Button
                    loading={make.running}
                    onClick={() => {
                        make.run(undefined);
                    }}
                >
                    {t.secure.codesMake}
                </Button>
            </>
        );
    }
    if (enrolling) {
        return (
            <Enrollment
                email={email}
                heading="h2"
                name={t.twoFactor.nameDefault}
                cancelLabel={t.common.cancel}
                onCancel={() => {
                    setEnrolling(false);
                }}
                onDone={() => {
                    setEnrolling(false);
                    onDone();
                }}
            />
        );
    }
    return (
        <>
            <p className="lead">{t.secure.factorText}</p>
            <Button
                onClick={() => {
                    setEnrolling(true);
                }}
            >
                {t.secure.factorStart}
            </Button>
        </>
    );
}
