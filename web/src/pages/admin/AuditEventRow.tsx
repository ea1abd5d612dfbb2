import { Button } from "@mantine/core";
import type { AuditEvent } from "../../api/types";
import { t } from "../../text/en";
import { RelativeTime } from "../../ui/RelativeTime";
import { Row, Tag } from "../../ui/Section";
import { activityIcon } from "../activity/activityText";

/** Who did it: an address where it is known, the id or the kind otherwise. */
export function actorName(event: AuditEvent): string {
    return event.actor.name ?? event.actor.id ?? t.audit.actors[event.actor.kind] ?? event.actor.kind;
}

export function AuditEventRow({ event, onShow }: { event: AuditEvent; onShow: (event: AuditEvent) => void }) {
    const about = event.account && event.account.id !== event.actor.id ? event.account : null;
    return (
        <Row
            icon={activityIcon(event.action)}
            title={
                <>
                    {event.action}
                    {event.outcome !== "ok" && <Tag kind="warn">{t.audit.outcomes[event.outcome]}</Tag>}
                </>
            }
            detail={
                <>
                    <RelativeTime at={event.at} />
                    {` · ${actorName(event)}`}
                    {about && ` → ${about.name ?? about.id}`}
                    {event.ip && ` · ${event.ip}`}
                </>
            }
            actions={
                <Button
                    size="xs"
                    variant="default"
                    aria-label={t.audit.detailsLabel(event.action, event.leaf_index)}
                    onClick={() => {
                        onShow(event);
                    }}
                >
                    {t.audit.details}
                </Button>
            }
        />
    );
}
