/**
 * Makes an API key in steps: what it is for, what it may do, until when and from where; then the secret, once.
 */
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { KeyKind, KeyOptions, NewKey } from "../../api/types";
import { reload, useKeyOptions } from "../../app/queries";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { Loaded, SettingsPage } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { StepHeading } from "../two-factor/StepHeading";
import { addressList, lifetimes } from "./keyText";
import { ShownOnce } from "./ShownOnce";

export function NewKeyPage() {
    const options = useKeyOptions();
    return (
        <SettingsPage title={t.apiKeys.newTitle}>
            <Loaded query={options} rows={4}>
                {(loaded) => (
                    <div className={panel.panel}>
                        <Wizard options={loaded} />
                    </div>
                )}
            </Loaded>
        </SettingsPage>
    );
}

type Step = "kind" | "permissions" | "end";

interface Draft {
    name: string;
    kind: KeyKind;
    permissions: string[];
    lifetime: string;
    addresses: string;
}

const never = "never";

function newKey(draft: Draft): NewKey {
    return {
        name: draft.name.trim(),
        kind: draft.kind,
        ...(draft.kind === "custom" ? { permissions: draft.permissions } : {}),
        expires_in_days: draft.lifetime === never ? null : Number(draft.lifetime),
        addresses: addressList(draft.addresses),
    };
}

function Wizard({ options }: { options: KeyOptions }) {
    const [step, setStep] = useState<Step>("kind");
    const [draft, setDraft] = useState<Draft>({
        name: "",
        kind: options.kinds[0]?.kind ?? "custom",
        permissions: [],
        lifetime: String(options.lifetime_days),
        addresses: "",
    });
    const [attempt] = useState(() => crypto.randomUUID());
    const [secret, setSecret] = useState<string | null>(null);
    const navigate = useNavigate();
    const make = useAction(
        (key: NewKey) => api.makeKey(key, attempt),
        (made) => {
            setSecret(made.token);
            void reload("keys", "activity");
        },
    );
    if (secret !== null) {
        return <ShownOnce secret={secret} onSaved={() => void navigate({ to: "/account/api-keys" })} />;
    }
    const change = (part: Partial<Draft>) => {
        setDraft({ ...draft, ...part });
    };
    const steps: Step[] = draft.kind === "custom" ? ["kind", "permissions", "end"] : ["kind", "end"];
    const at = steps.indexOf(step);
    const go = (by: number) => {
        setStep(steps[at + by] ?? "kind");
    };
    const last = at === steps.length - 1;
    return (
        <Form
            problem={make.problem}
            onSubmit={() => {
                if (last) {
                    make.run(newKey(draft));
                } else {
                    go(1);
                }
            }}
        >
            <p className={panel.hint}>{t.apiKeys.step(at + 1, steps.length)}</p>
            {step === "kind" && <KindStep options={options} draft={draft} change={change} />}
            {step === "permissions" && <PermissionsStep options={options} draft={draft} change={change} />}
            {step === "end" && (
                <EndStep options={options} draft={draft} change={change} problem={make.problem} />
            )}
            <ProblemNotice action={make} />
            <div className={panel.actions}>
                <SubmitButton
                    running={make.running}
                    disabled={step === "permissions" && draft.permissions.length === 0}
                >
                    {last ? t.apiKeys.make : t.apiKeys.next}
                </SubmitButton>
                {at === 0 ? (
                    <Button variant="default" component={Link} to="/account/api-keys">
                        {t.common.cancel}
                    </Button>
                ) : (
                    <Button
                        variant="default"
                        onClick={() => {
                            go(-1);
                        }}
                    >
                        {t.apiKeys.back}
                    </Button>
                )}
            </div>
        </Form>
    );
}

interface StepProps {
    options: KeyOptions;
    draft: Draft;
    change: (part: Partial<Draft>) => void;
}

function KindStep({ options, draft, change }: StepProps) {
    const kinds: KeyKind[] = [...options.kinds.map(({ kind }) => kind), "custom"];
    const words = (kind: KeyKind) =>
        options.kinds
            .find((one) => one.kind === kind)
            ?.permissions.map((name) => options.permissions.find((one) => one.name === name)?.words ?? name)
            .join(", ");
    return (
        <>
            <StepHeading as="h2">{t.apiKeys.newText}</StepHeading>
            <TextField
                label={t.apiKeys.name}
                description={t.apiKeys.nameHint}
                autoComplete="off"
                maxLength={100}
                value={draft.name}
                onChange={(name) => {
                    change({ name });
                }}
                required
            />
            <Choices
                legend={t.apiKeys.kind}
                choices={kinds.map((kind) => ({
                    value: kind,
                    label: t.apiKeys.kinds[kind] ?? kind,
                    text: [t.apiKeys.kindTexts[kind], words(kind)].filter(Boolean).join(" "),
                }))}
                chosen={[draft.kind]}
                onChange={([kind]) => {
                    change({ kind: (kind ?? draft.kind) as KeyKind });
                }}
            />
        </>
    );
}

function PermissionsStep({ options, draft, change }: StepProps) {
    return (
        <>
            <StepHeading as="h2">{t.apiKeys.permissions}</StepHeading>
            <Choices
                legend={draft.name.trim()}
                hint={t.apiKeys.permissionsHint}
                many
                choices={options.permissions.map(({ name, words }) => ({ value: name, label: words }))}
                chosen={draft.permissions}
                onChange={(permissions) => {
                    change({ permissions });
                }}
            />
        </>
    );
}

function EndStep({
    options,
    draft,
    change,
    problem,
}: StepProps & { problem: ReturnType<typeof useAction>["problem"] }) {
    const addressErrors = (problem?.body.errors ?? [])
        .filter(({ pointer }) => pointer.startsWith("/addresses/"))
        .map(({ code, detail }) => t.apiKeys.errors[code] ?? detail ?? code);
    return (
        <>
            <StepHeading as="h2">{t.apiKeys.endTitle}</StepHeading>
            <Choices
                legend={t.apiKeys.lifetime}
                hint={t.apiKeys.endText}
                choices={lifetimes(options).map((days) => ({
                    value: days === null ? never : String(days),
                    label: days === null ? t.apiKeys.lifetimeNever : t.apiKeys.lifetimeDays(days),
                }))}
                chosen={[draft.lifetime]}
                onChange={([lifetime = draft.lifetime]) => {
                    change({ lifetime });
                }}
            />
            <TextField
                label={t.apiKeys.addresses}
                description={t.apiKeys.addressesHint}
                autoComplete="off"
                value={draft.addresses}
                onChange={(addresses) => {
                    change({ addresses });
                }}
                errors={[...addressErrors, ...fieldErrors(problem, "/addresses")].slice(0, 1)}
            />
        </>
    );
}
