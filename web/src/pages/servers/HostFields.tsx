/**
 * What is asked of a server, when it is added and when it is changed.
 */
import { Link } from "@tanstack/react-router";
import type { Problem } from "../../api/problem";
import type { SshKey } from "../../api/types";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { fieldErrors, TextField } from "../../ui/Form";
import { Notice } from "../../ui/Notice";

export interface HostDraft {
    name: string;
    users: string;
    whose: "all" | "some";
    chosen: string[];
}

/** No key is chosen where some should be: the server would be closed to everybody. */
export const noneChosen = ({ whose, chosen }: HostDraft): boolean => whose === "some" && chosen.length === 0;

export function HostFields({
    draft,
    keys,
    problem,
    noKey,
    change,
}: {
    draft: HostDraft;
    keys: SshKey[];
    problem: Problem | null;
    /** They tried to go on without a key. */
    noKey: boolean;
    change: (part: Partial<HostDraft>) => void;
}) {
    const userErrors = (problem?.body.errors ?? []).filter(({ pointer }) =>
        pointer.startsWith("/login_users"),
    );
    return (
        <>
            <TextField
                label={t.servers.name}
                description={t.servers.nameHint}
                autoComplete="off"
                maxLength={100}
                value={draft.name}
                errors={fieldErrors(problem, "/name")}
                onChange={(name) => {
                    change({ name });
                }}
                required
            />
            <TextField
                label={t.servers.users}
                description={t.servers.usersHint}
                autoComplete="off"
                value={draft.users}
                errors={userErrors.length > 0 ? [t.servers.usersRefused] : []}
                onChange={(users) => {
                    change({ users });
                }}
                required
            />
            {keys.length === 0 ? (
                <Notice kind="info">
                    <p>
                        {t.servers.noKeyYet} <Link to="/account/ssh-keys/new">{t.sshKeys.add}</Link>
                    </p>
                </Notice>
            ) : (
                <Choices
                    legend={t.servers.whose}
                    choices={t.servers.whoses.map(([value, label, text]) => ({ value, label, text }))}
                    chosen={[draft.whose]}
                    onChange={([whose]) => {
                        change({ whose: whose === "some" ? "some" : "all" });
                    }}
                />
            )}
            {draft.whose === "some" && (
                <Choices
                    legend={t.servers.which}
                    many
                    choices={keys.map(({ id, name, fingerprint }) => ({
                        value: id,
                        label: name,
                        text: fingerprint,
                    }))}
                    chosen={draft.chosen}
                    errors={noKey && noneChosen(draft) ? [t.servers.chooseOne] : []}
                    onChange={(chosen) => {
                        change({ chosen });
                    }}
                />
            )}
        </>
    );
}
