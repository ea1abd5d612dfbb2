import * as api from "../../api/api";
import type { ActivityEvent } from "../../api/types";
import { t } from "../../text/en";
import { LinkButton } from "../../ui/LinkButton";
import { ProblemNotice } from "../../ui/Notice";
import { saveFile } from "../../ui/saveFile";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import { activityText } from "./activityText";

/** One's own event with its proof, as a file for whoever must be shown it. */
export function ProofDownload({ event }: { event: ActivityEvent }) {
    const action = useAction(
        (id: string) => api.downloadProof(id),
        (file, id) => {
            saveFile(file, `${id}.jsonl`);
        },
    );
    return (
        <>
            <LinkButton
                label={t.activity.proofLabel(`${activityText(event)}, ${dayAndTime(event.at)}`)}
                disabled={action.running}
                onClick={() => {
                    action.run(event.id);
                }}
            >
                {t.activity.proof}
            </LinkButton>
            <ProblemNotice action={action} />
        </>
    );
}
