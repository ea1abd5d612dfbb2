/**
 * Adds an SSH key, or puts one in the place of another: pasted, read from a file, or made in this browser. A private
 * key never leaves the machine: one that is pasted is not sent, one that is made here is only downloaded.
 */
import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import * as api from "../../api/api";
import type { SshKey } from "../../api/types";
import { rememberEndedSshKey, reload, useSshKeys } from "../../app/queries";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { fieldErrors, Form, PasswordField, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { saveFile } from "../../ui/saveFile";
import { Loaded, SettingsPage } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { useShownOnce } from "../../ui/useShownOnce";
import { StepHeading } from "../two-factor/StepHeading";
import { KeyField } from "./KeyField";
import { commentOf, fileName, looksPrivate } from "./keyText";
import { makeKey } from "./makeKey";
import styles from "./sshKeys.module.css";

export function NewSshKeyPage() {
    const { replaces } = useSearch({ from: "/shell/account/ssh-keys/new" });
    const keys = useSshKeys();
    return (
        <SettingsPage title={replaces === undefined ? t.sshKeys.newTitle : t.sshKeys.rotateTitle}>
            <Loaded query={keys} rows={4}>
                {({ items }) => (
                    <div className={panel.panel}>
                        <NewKey old={items.find(({ id }) => id === replaces)} />
                    </div>
                )}
            </Loaded>
        </SettingsPage>
    );
}

interface Draft {
    way: "paste" | "make";
    name: string;
    pasted: string;
    passphrase: string;
    repeated: string;
    overlap: string;
}

const passphraseMin = 8;

interface Saved {
    name: string;
    privateFile: string;
}

function faultOf(draft: Draft): { at: "pasted" | "passphrase" | "repeated"; words: string } | null {
    if (draft.way === "paste") {
        return looksPrivate(draft.pasted) ? { at: "pasted", words: t.sshKeys.privateKey } : null;
    }
    if (draft.passphrase.length < passphraseMin) {
        return { at: "passphrase", words: t.sshKeys.passphraseShort(passphraseMin) };
    }
    return draft.passphrase === draft.repeated
        ? null
        : { at: "repeated", words: t.sshKeys.passphraseDiffers };
}

function NewKey({ old }: { old: SshKey | undefined }) {
    const [draft, setDraft] = useState<Draft>({
        way: "paste",
        name: old?.name ?? "",
        pasted: "",
        passphrase: "",
        repeated: "",
        overlap: "86400",
    });
    const [fault, setFault] = useState<ReturnType<typeof faultOf>>(null);
    useEffect(() => {
        if (fault) {
            document.querySelector<HTMLElement>("form [aria-invalid=true]")?.focus();
        }
    }, [fault]);
    const [saved, setSaved] = useState<Saved | null>(null);
    const navigate = useNavigate();
    const leave = () => void navigate({ to: "/account/ssh-keys" });
    const add = useAction(
        async (wanted: Draft): Promise<Saved | null> => {
            const name = wanted.name.trim();
            const made =
                wanted.way === "make"
                    ? await makeKey({ passphrase: wanted.passphrase, comment: name })
                    : null;
            const body = { name, public_key: made?.publicLine ?? wanted.pasted };
            await (old
                ? api.rotateSshKey(old.id, { ...body, overlap_seconds: Number(wanted.overlap) })
                : api.addSshKey(body));
            if (old && wanted.overlap === "0") {
                rememberEndedSshKey(old);
            }
            return made && { name, privateFile: made.privateFile };
        },
        (made) => {
            void reload("sshKeys", "activity");
            if (made) {
                setSaved(made);
            } else {
                leave();
            }
        },
    );
    if (saved !== null) {
        return <PrivateKeyOnce saved={saved} onSaved={leave} />;
    }
    const change = (part: Partial<Draft>) => {
        setFault(null);
        setDraft({ ...draft, ...part });
    };
    const keyErrors = draft.way === "paste" ? fieldErrors(add.problem, "/public_key") : [];
    const errorsAt = (at: string) => (fault?.at === at ? [fault.words] : []);
    return (
        <Form
            problem={add.problem}
            onSubmit={() => {
                const found = faultOf(draft);
                setFault(found);
                if (found === null) {
                    add.run(draft);
                }
            }}
        >
            {old && <p className="lead">{t.sshKeys.rotateText(old.name)}</p>}
            <Choices
                legend={t.sshKeys.way}
                choices={t.sshKeys.ways.map(([value, label, text]) => ({ value, label, text }))}
                chosen={[draft.way]}
                onChange={([way]) => {
                    change({ way: way === "make" ? "make" : "paste" });
                }}
            />
            {draft.way === "paste" ? (
                <PasteFields draft={draft} change={change} errors={[...errorsAt("pasted"), ...keyErrors]} />
            ) : (
                <PassphraseFields draft={draft} change={change} errorsAt={errorsAt} />
            )}
            <TextField
                label={t.sshKeys.name}
                description={t.sshKeys.nameHint}
                autoComplete="off"
                maxLength={100}
                value={draft.name}
                onChange={(name) => {
                    change({ name });
                }}
                required
            />
            {old && (
                <Choices
                    legend={t.sshKeys.overlap}
                    choices={t.sshKeys.overlaps.map(([value, label]) => ({ value, label }))}
                    chosen={[draft.overlap]}
                    onChange={([overlap = draft.overlap]) => {
                        change({ overlap });
                    }}
                />
            )}
            {keyErrors.length === 0 && <ProblemNotice action={add} />}
            <div className={panel.actions}>
                <SubmitButton running={add.running}>
                    {old ? t.sshKeys.rotate : draft.way === "make" ? t.sshKeys.make : t.sshKeys.addThis}
                </SubmitButton>
                <Button variant="default" component={Link} to="/account/ssh-keys">
                    {t.common.cancel}
                </Button>
            </div>
        </Form>
    );
}

interface PartProps {
    draft: Draft;
    change: (part: Partial<Draft>) => void;
}

function PasteFields({ draft, change, errors }: PartProps & { errors: string[] }) {
    return (
        <>
            <KeyField
                label={t.sshKeys.publicKey}
                description={t.sshKeys.publicKeyHint}
                value={draft.pasted}
                file=".pub,text/plain"
                errors={errors}
                onChange={(pasted) => {
                    change({ pasted, name: draft.name === "" ? commentOf(pasted) : draft.name });
                }}
            />
            <details className={styles.help}>
                <summary>{t.sshKeys.howTitle}</summary>
                <p>{t.sshKeys.howMake}</p>
                <code className={panel.command}>ssh-keygen -t ed25519</code>
                <p>{t.sshKeys.howShow}</p>
                <code className={panel.command}>cat ~/.ssh/id_ed25519.pub</code>
            </details>
        </>
    );
}

function PassphraseFields({ draft, change, errorsAt }: PartProps & { errorsAt: (at: string) => string[] }) {
    return (
        <>
            <PasswordField
                label={t.sshKeys.passphrase}
                description={t.sshKeys.passphraseHint}
                autoComplete="new-password"
                value={draft.passphrase}
                errors={errorsAt("passphrase")}
                onChange={(passphrase) => {
                    change({ passphrase });
                }}
                required
            />
            <PasswordField
                label={t.sshKeys.passphraseAgain}
                autoComplete="new-password"
                value={draft.repeated}
                errors={errorsAt("repeated")}
                onChange={(repeated) => {
                    change({ repeated });
                }}
                required
            />
        </>
    );
}

/** The private key, there is no other copy of it: downloaded, and left only by "I have saved it". */
function PrivateKeyOnce({ saved, onSaved }: { saved: Saved; onSaved: () => void }) {
    const leave = useShownOnce(t.sshKeys.leave);
    const file = fileName(saved.name);
    return (
        <div className={panel.once}>
            <StepHeading as="h2">{t.sshKeys.onceTitle}</StepHeading>
            <p className="lead">{t.sshKeys.onceText}</p>
            <div className={`${panel.tools} ${styles.spaced}`}>
                <Button
                    onClick={() => {
                        saveFile(new Blob([saved.privateFile], { type: "application/octet-stream" }), file);
                    }}
                >
                    {t.sshKeys.downloadPrivate}
                </Button>
            </div>
            <p>{t.sshKeys.onceHow}</p>
            <code className={panel.command}>
                {`mkdir -p -m 700 ~/.ssh\nmv ~/Downloads/${file} ~/.ssh/\nchmod 600 ~/.ssh/${file}\nssh -i ~/.ssh/${file} user@server`}
            </code>
            <Button
                variant="default"
                onClick={() => {
                    leave();
                    onSaved();
                }}
            >
                {t.sshKeys.saved}
            </Button>
        </div>
    );
}
