/**
 * Pages that a link in an e-mail leads to. They ask before they do anything: programs that look at links in mail open
 * pages too, and some of them run scripts.
 */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ReactNode } from "react";
import * as api from "../../api/api";
import { reload } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { Form, SubmitButton } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { ProblemNotice } from "../../ui/Notice";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import { useFragmentToken } from "../../ui/useFragmentToken";
import { LinkMissing } from "./LinkMissing";

function LinkPage<Answer>({
    title,
    text,
    submit,
    danger,
    perform,
    doneTitle,
    done,
}: {
    title: string;
    text: string;
    submit: string;
    danger?: boolean;
    perform: (token: string) => Promise<Answer>;
    doneTitle: string;
    done: (answer: Answer) => ReactNode;
}) {
    const token = useFragmentToken();
    const [result, setResult] = useState<{ answer: Answer } | null>(null);
    const action = useAction(perform, (answer) => {
        setResult({ answer });
        void reload("account");
    });
    if (result) {
        return (
            <CenteredPage>
                <Heading key="done">{doneTitle}</Heading>
                {done(result.answer)}
            </CenteredPage>
        );
    }
    if (token === null) {
        return <LinkMissing />;
    }
    return (
        <CenteredPage>
            <Heading key="ask">{title}</Heading>
            <p className="lead">{text}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run(token);
                }}
            >
                <ProblemNotice action={action} />
                <SubmitButton running={action.running} danger={danger}>
                    {submit}
                </SubmitButton>
            </Form>
        </CenteredPage>
    );
}

export function NotMePage() {
    return (
        <LinkPage
            title={t.link.notMeTitle}
            text={t.link.notMeText}
            submit={t.link.notMeSubmit}
            danger
            perform={api.reportNotMe}
            doneTitle={t.link.notMeDoneTitle}
            done={(answer) => (
                <>
                    <p>
                        {answer.reset_stopped
                            ? t.link.notMeResetStopped
                            : answer.sessions_ended > 0
                              ? t.link.notMeEnded
                              : t.link.notMeEndedBefore}
                    </p>
                    <p>
                        {t.secure.suspectNotice} <Link to="/account/secure">{t.secure.offer}</Link>
                    </p>
                    {answer.factors_frozen_until && (
                        <p>{t.link.notMeFrozen(dayAndTime(answer.factors_frozen_until))}</p>
                    )}
                    <p>
                        {t.link.notMeNext} <Link to="/recovery">{t.link.notMeRecover}</Link>
                    </p>
                </>
            )}
        />
    );
}

export function EmailConfirmPage() {
    return (
        <LinkPage
            title={t.link.emailTitle}
            text={t.link.emailText}
            submit={t.link.emailSubmit}
            perform={api.confirmEmail}
            doneTitle={t.link.emailDoneTitle}
            done={() => (
                <>
                    <p>{t.link.emailDoneText}</p>
                    <Link to="/account">{t.link.toAccount}</Link>
                </>
            )}
        />
    );
}

export function EmailUndoPage() {
    return (
        <LinkPage
            title={t.link.undoTitle}
            text={t.link.undoText}
            submit={t.link.undoSubmit}
            perform={api.undoEmail}
            doneTitle={t.link.undoDoneTitle}
            done={() => (
                <>
                    <p>{t.link.undoDoneText}</p>
                    <Link to="/recovery">{t.link.notMeRecover}</Link>
                </>
            )}
        />
    );
}

export function AddressConfirmPage() {
    return (
        <LinkPage
            title={t.link.addressTitle}
            text={t.link.addressText}
            submit={t.link.addressSubmit}
            perform={api.confirmNotificationAddress}
            doneTitle={t.link.addressDoneTitle}
            done={() => (
                <>
                    <p>{t.link.addressDoneText}</p>
                    <Link to="/account">{t.link.toAccount}</Link>
                </>
            )}
        />
    );
}
