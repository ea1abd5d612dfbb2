/**
 * Checks a proof of an audit event on this machine: the file does not leave it. Open to everyone, since whoever is shown
 * a proof need not have an account.
 */
import { Button, FileButton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import * as api from "../../api/api";
import { keys } from "../../app/queries";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { Heading } from "../../ui/Heading";
import { Notice } from "../../ui/Notice";
import { dayAndTime } from "../../ui/time";
import styles from "./audit.module.css";
import type { ProofReport } from "./proofFile";
import { checkProof } from "./proofFile";

type KeyFrom = "given" | "here" | "file";

interface Verdict {
    name: string;
    report: ProofReport;
    keyFrom: KeyFrom;
}

const bytesMax = 4 * 1024 * 1024;

function Facts({ report }: { report: ProofReport }) {
    const event = report.event;
    if (!event) {
        return null;
    }
    const rows: [string, string][] = [
        [t.proof.when, dayAndTime(event.at)],
        [t.proof.what, event.action],
        [t.proof.outcome, event.outcome],
        [t.proof.who, event.actor ?? event.actor_kind],
        [t.proof.target, [event.target_kind, event.target].filter(Boolean).join(" ")],
        ...report.facts.map((fact): [string, string] => [fact.name, fact.value ?? t.proof.withheld]),
        [t.proof.place, t.proof.placeText(report.leafIndex, report.size)],
        [t.proof.log, report.origin],
    ];
    return (
        <dl className={styles.facts}>
            {rows
                .filter(([, value]) => value)
                .map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
        </dl>
    );
}

function Result({ verdict }: { verdict: Verdict }) {
    const { report, keyFrom, name } = verdict;
    const good = report.faults.length === 0;
    return (
        <section aria-live="polite">
            <Notice kind={good ? (keyFrom === "file" ? "info" : "success") : "error"}>
                <p>
                    <strong>{good ? t.proof.good(name) : t.proof.bad(name)}</strong>
                </p>
                {good && <p>{t.proof.keyFrom[keyFrom]}</p>}
                {report.faults.map((fault) => (
                    <p key={fault}>{t.proof.faults[fault]}</p>
                ))}
            </Notice>
            {good && <Facts report={report} />}
        </section>
    );
}

export function AuditVerifyPage() {
    const ours = useQuery({ queryKey: keys.auditKeys, queryFn: api.listAuditKeys });
    const [key, setKey] = useState("");
    const [verdict, setVerdict] = useState<Verdict | null>(null);
    const reset = useRef<() => void>(null);

    const check = async (file: File | null) => {
        if (!file) {
            return;
        }
        const text = file.size > bytesMax ? "" : await file.text();
        const given = key.trim();
        const report = await checkProof(text, given || undefined);
        const isOurs = ours.data?.items.some((item) => item.vkey === report.vkey) ?? false;
        setVerdict({ name: file.name, report, keyFrom: given ? "given" : isOurs ? "here" : "file" });
        reset.current?.(); // The same file can be chosen again.
    };
    return (
        <CenteredPage wide>
            <Heading>{t.proof.title}</Heading>
            <p className="lead">{t.proof.text}</p>
            <TextInput
                label={t.proof.key}
                description={t.proof.keyText}
                value={key}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => {
                    setKey(event.currentTarget.value);
                }}
            />
            <div className={styles.choose}>
                <FileButton resetRef={reset} accept=".jsonl,.json,.txt" onChange={(file) => void check(file)}>
                    {(props) => <Button {...props}>{t.proof.choose}</Button>}
                </FileButton>
            </div>
            {verdict && <Result verdict={verdict} />}
            {ours.data && (
                <details className={styles.keys}>
                    <summary>{t.proof.ourKeys}</summary>
                    <p>{t.proof.ourKeysText}</p>
                    {ours.data.items.map((item) => (
                        <code key={item.vkey}>{item.vkey}</code>
                    ))}
                </details>
            )}
        </CenteredPage>
    );
}
