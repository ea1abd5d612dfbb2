import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { Account } from "../../api/types";
import { reload, useAccount } from "../../app/queries";
import { t } from "../../text/en";
import { Form, SubmitButton, TextField } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { Loaded, SettingsPage } from "../../ui/Section";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";

export function DeletionPage() {
    const account = useAccount();
    return (
        <SettingsPage title={t.deletion.title}>
            <Loaded query={account}>
                {(data) =>
                    data.deletion ? (
                        <Scheduled deletesAt={data.deletion.deletes_at} />
                    ) : (
                        <AskDeletion account={data} />
                    )
                }
            </Loaded>
            <p>
                <Link to="/account/addresses">{t.deletion.back}</Link>
            </p>
        </SettingsPage>
    );
}

function Scheduled({ deletesAt }: { deletesAt: string }) {
    const keep = useAction(api.cancelDeletion, () => void reload("account", "activity"));
    return (
        <>
            <Notice kind="warning">
                <p>{t.deletion.scheduledText(dayAndTime(deletesAt))}</p>
            </Notice>
            <Form
                problem={keep.problem}
                onSubmit={() => {
                    keep.run(undefined);
                }}
            >
                <ProblemNotice action={keep} />
                <div>
                    <SubmitButton running={keep.running}>{t.deletion.cancel}</SubmitButton>
                </div>
            </Form>
        </>
    );
}

function AskDeletion({ account }: { account: Account }) {
    const [typed, setTyped] = useState("");
    const [mismatch, setMismatch] = useState(false);
    const action = useAction(api.deleteAccount, () => void reload("account", "activity"));
    return (
        <>
            <p className="lead">{t.deletion.text}</p>
            <ul>
                {t.deletion.points.map((point) => (
                    <li key={point}>{point}</li>
                ))}
            </ul>
            <p>
                <Link to="/account/addresses">{t.deletion.downloadFirst}</Link>
            </p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    if (typed.trim().toLowerCase() === account.email.toLowerCase()) {
                        action.run(undefined);
                    } else {
                        setMismatch(true);
                    }
                }}
            >
                <ProblemNotice action={action} />
                <TextField
                    label={t.deletion.confirm(account.email)}
                    autoComplete="off"
                    value={typed}
                    onChange={(value) => {
                        setTyped(value);
                        setMismatch(false);
                    }}
                    errors={mismatch ? [t.deletion.mismatch] : []}
                    required
                />
                <div>
                    <Button type="submit" color="red" loading={action.running}>
                        {t.deletion.submit}
                    </Button>
                </div>
            </Form>
        </>
    );
}
