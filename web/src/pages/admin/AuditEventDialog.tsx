import { Button } from "@mantine/core";
import * as api from "../../api/api";
import type { AuditEvent } from "../../api/types";
import { t } from "../../text/en";
import { deviceName, placeName } from "../../ui/deviceText";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ProblemNotice } from "../../ui/Notice";
import { saveFile } from "../../ui/saveFile";
import { exactTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import styles from "./admin.module.css";
import { actorName } from "./AuditEventRow";

/** Everything that the log holds of one event, and the way to its proof. */
export function AuditEventDialog({ event, onClose }: { event: AuditEvent; onClose: () => void }) {
    const proof = useAction(api.downloadEventProof, (blob) => {
        saveFile(blob, `${event.id}.jsonl`);
    });
    const words = t.audit.members;
    const rows: [string, string | null | undefined][] = [
        [words.at, `${exactTime(event.at)} (${event.at})`],
        [words.outcome, t.audit.outcomes[event.outcome]],
        [words.actor, [actorName(event), event.actor.name && event.actor.id].filter(Boolean).join(" · ")],
        [words.account, event.account && [event.account.name, event.account.id].filter(Boolean).join(" · ")],
        [words.target, event.target && `${event.target.kind} ${event.target.id}`],
        [words.ip, event.ip],
        [words.place, event.place && placeName(event.place)],
        [words.device, event.device && deviceName(event.device)],
        [words.session, event.session],
        [words.request, event.request],
        ...Object.entries(event.details as Record<string, string>),
        [words.leaf, String(event.leaf_index)],
        [words.id, event.id],
    ];
    return (
        <Dialog title={event.action} onClose={onClose}>
            <dl className={styles.event}>
                {rows
                    .filter(([, text]) => text)
                    .map(([name, text]) => (
                        <div key={name}>
                            <dt>{name}</dt>
                            <dd>{text}</dd>
                        </div>
                    ))}
            </dl>
            <ProblemNotice action={proof} />
            <DialogActions>
                <Button variant="default" onClick={onClose}>
                    {t.audit.close}
                </Button>
                <Button
                    loading={proof.running}
                    onClick={() => {
                        proof.run(event.id);
                    }}
                >
                    {t.audit.proof}
                </Button>
            </DialogActions>
        </Dialog>
    );
}
