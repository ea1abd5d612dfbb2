/** The steps that keep others out: a new password, a new second factor. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { t } from "../../text/en";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import { PasswordChangeForm } from "../password/PasswordChangeForm";
import { BackupCodes } from "../two-factor/BackupCodes";
import { Enrollment } from "../two-factor/Enrollment";

export function PasswordStep({ email, onDone }: { email: string; onDone: () => void }) {
    return (
        <PasswordChangeForm
            email={email}
            secondFactor="alone"
            endOthers
            lead={<p className="lead">{t.secure.passwordText}</p>}
            below={
                <p>
                    {t.secure.forgot} <Link to="/recovery">{t.secure.recover}</Link>
                </p>
            }
            onDone={onDone}
        />
    );
}

export function FactorStep({
    email,
    codesOnly,
    frozenUntil,
    onDone,
}: {
    email: string;
    codesOnly: boolean;
    /** Second factors are locked: a password chosen by mail unlocks them. */
    frozenUntil: string | null;
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
    if (frozenUntil !== null) {
        return (
            <Notice kind="warning" actions={<Link to="/recovery">{t.secure.factorsRecover}</Link>}>
                <p>{t.secure.factorsFrozen(dayAndTime(frozenUntil))}</p>
            </Notice>
        );
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
