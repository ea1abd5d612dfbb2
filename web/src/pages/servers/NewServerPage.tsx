/**
 * Adds a server: what it is called, who signs in there and with which keys; then, once, what connects it.
 */
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { HostEnrolment, NewHost, SshKey } from "../../api/types";
import { reload, useSshKeys, useTeam } from "../../app/queries";
import { t } from "../../text/en";
import { Form, SubmitButton } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { Loaded, SettingsPage } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { EnrolmentOnce } from "./EnrolmentOnce";
import type { HostDraft } from "./HostFields";
import { HostFields, noneChosen } from "./HostFields";
import { userNames } from "./hostText";

export function NewServerPage() {
    const keys = useSshKeys();
    return (
        <SettingsPage title={t.servers.newTitle}>
            <Loaded query={keys} rows={4}>
                {({ items }) => (
                    <div className={panel.panel}>
                        <NewServer keys={items} />
                    </div>
                )}
            </Loaded>
        </SettingsPage>
    );
}

interface Made {
    id: string;
    name: string;
    enrolment: HostEnrolment;
}

function NewServer({ keys }: { keys: SshKey[] }) {
    const team = useTeam();
    const [draft, setDraft] = useState<HostDraft>({ name: "", users: "root", whose: "all", chosen: [] });
    const [tried, setTried] = useState(false);
    const [attempt] = useState(() => crypto.randomUUID());
    const [made, setMade] = useState<Made | null>(null);
    const navigate = useNavigate();
    const add = useAction(
        (body: NewHost) => api.addHost(team, body, attempt),
        (answer) => {
            setMade(answer);
            void reload("hosts", "activity");
        },
    );
    if (made !== null) {
        return (
            <EnrolmentOnce
                name={made.name}
                enrolment={made.enrolment}
                onSaved={() => void navigate({ to: "/account/servers/$id", params: { id: made.id } })}
            />
        );
    }
    return (
        <Form
            problem={add.problem}
            onSubmit={() => {
                setTried(true);
                if (!noneChosen(draft)) {
                    const keysOf = draft.whose === "some" ? { ssh_keys: draft.chosen } : {};
                    add.run({ name: draft.name.trim(), login_users: userNames(draft.users), ...keysOf });
                }
            }}
        >
            <HostFields
                draft={draft}
                keys={keys}
                problem={add.problem}
                noKey={tried}
                change={(part) => {
                    setDraft({ ...draft, ...part });
                }}
            />
            <ProblemNotice action={add} />
            <div className={panel.actions}>
                <SubmitButton running={add.running}>{t.servers.addThis}</SubmitButton>
                <Button variant="default" component={Link} to="/account/servers">
                    {t.common.cancel}
                </Button>
            </div>
        </Form>
    );
}
