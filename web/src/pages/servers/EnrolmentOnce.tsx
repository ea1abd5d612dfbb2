/**
 * What connects a server, shown once: as a command for one that runs, or as cloud-init for one that will be made.
 */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { HostEnrolment } from "../../api/types";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { CopyButton } from "../../ui/CopyButton";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { saveFile } from "../../ui/saveFile";
import { useShownOnce } from "../../ui/useShownOnce";
import { StepHeading } from "../two-factor/StepHeading";
import styles from "./servers.module.css";

export function EnrolmentOnce({
    name,
    enrolment,
    onSaved,
}: {
    name: string;
    enrolment: HostEnrolment;
    onSaved: () => void;
}) {
    const leave = useShownOnce(t.servers.leave);
    const [way, setWay] = useState("command");
    const shown =
        way === "command"
            ? { text: enrolment.command, file: t.servers.commandFile, how: t.servers.commandHow }
            : { text: enrolment.cloud_init, file: t.servers.cloudInitFile, how: t.servers.cloudInitHow };
    return (
        <div className={panel.once}>
            <StepHeading as="h2">{t.servers.onceTitle(name)}</StepHeading>
            <p className="lead">
                {t.servers.onceText} <RelativeTime at={enrolment.expires_at} />.
            </p>
            <div className={styles.ways}>
                <Choices
                    legend={t.servers.way}
                    choices={t.servers.ways.map(([value, label, text]) => ({ value, label, text }))}
                    chosen={[way]}
                    onChange={([chosen = way]) => {
                        setWay(chosen);
                    }}
                />
            </div>
            <p>{shown.how}</p>
            <Block label={t.servers.ways.find(([value]) => value === way)?.[1] ?? ""} text={shown.text} />
            <div className={panel.tools}>
                <CopyButton text={shown.text} />
                <Button
                    variant="default"
                    size="sm"
                    onClick={() => {
                        saveFile(new Blob([`${shown.text.trimEnd()}\n`], { type: "text/plain" }), shown.file);
                    }}
                >
                    {t.common.download}
                </Button>
            </div>
            <Parts enrolment={enrolment} />
            <Button
                onClick={() => {
                    leave();
                    onSaved();
                }}
            >
                {t.servers.saved}
            </Button>
        </div>
    );
}

function Block({ label, text }: { label: string; text: string }) {
    return (
        // Scrolled by keyboard, too, where it is taller than its frame.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <code className={`${panel.command} ${styles.block}`} role="group" aria-label={label} tabIndex={0}>
            {text.trimEnd()}
        </code>
    );
}

/** For programs of one's own, and for servers where ours cannot be installed. */
function Parts({ enrolment }: { enrolment: HostEnrolment }) {
    const parts = [
        [t.servers.token, enrolment.token],
        [t.servers.answerKey, enrolment.answer_key],
        ...enrolment.pins.map((pin) => [t.servers.pin, pin]),
    ] as [string, string][];
    return (
        <details className={styles.parts}>
            <summary>{t.servers.parts}</summary>
            <dl>
                {parts.map(([label, value]) => (
                    <div key={value}>
                        <dt>{label}</dt>
                        <dd className={panel.print}>{value}</dd>
                    </div>
                ))}
            </dl>
            <CopyButton text={enrolment.token} label={t.servers.copyToken} />
        </details>
    );
}
