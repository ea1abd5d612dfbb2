import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { Host, HostChange } from "../../api/types";
import { reload, useSshKeys, useTeam } from "../../app/queries";
import { t } from "../../text/en";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Form, SubmitButton } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { useAction } from "../../ui/useAction";
import type { HostDraft } from "./HostFields";
import { HostFields, noneChosen } from "./HostFields";
import { userNames } from "./hostText";

export function ChangeDialog({
    host,
    onClose,
    onDone,
}: {
    host: Host;
    onClose: () => void;
    onDone: () => void;
}) {
    const team = useTeam();
    const keys = useSshKeys().data?.items ?? [];
    const [draft, setDraft] = useState<HostDraft>({
        name: host.name,
        users: host.login_users.join(", "),
        whose: host.ssh_keys === null ? "all" : "some",
        chosen: host.ssh_keys ?? [],
    });
    const [tried, setTried] = useState(false);
    const change = useAction(async (body: HostChange) => {
        await api.changeHost(team, host.id, body);
        await reload("hosts", "activity");
    }, onDone);
    return (
        <Dialog title={t.servers.changeTitle(host.name)} onClose={onClose}>
            <Form
                problem={change.problem}
                onSubmit={() => {
                    setTried(true);
                    if (!noneChosen(draft)) {
                        change.run({
                            name: draft.name.trim(),
                            login_users: userNames(draft.users),
                            ssh_keys: draft.whose === "some" ? draft.chosen : null,
                        });
                    }
                }}
            >
                <HostFields
                    draft={draft}
                    keys={keys}
                    problem={change.problem}
                    noKey={tried}
                    change={(part) => {
                        setDraft({ ...draft, ...part });
                    }}
                />
                <ProblemNotice action={change} />
                <DialogActions>
                    <Button variant="default" onClick={onClose}>
                        {t.common.cancel}
                    </Button>
                    <SubmitButton running={change.running}>{t.servers.change}</SubmitButton>
                </DialogActions>
            </Form>
        </Dialog>
    );
}
