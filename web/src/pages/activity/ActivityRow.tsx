import type { ReactNode } from "react";
import type { ActivityEvent } from "../../api/types";
import { t } from "../../text/en";
import { deviceName, placeName } from "../../ui/deviceText";
import { RelativeTime } from "../../ui/RelativeTime";
import { Row, Tag } from "../../ui/Section";
import { activityIcon, activityText, saysRefusal } from "./activityText";

export function ActivityRow({ event, children }: { event: ActivityEvent; children?: ReactNode }) {
    const refused = event.outcome !== "ok";
    const by =
        event.actor && event.actor.kind !== "account" ? t.activity.actors[event.actor.kind] : undefined;
    const where = [
        event.device ? deviceName(event.device) : null,
        event.place ? placeName(event.place) : null,
        event.ip,
    ].filter((part) => part !== null && part !== "");
    return (
        <Row
            icon={activityIcon(event.action)}
            title={
                <>
                    {activityText(event)}
                    {refused && !saysRefusal(event) && (
                        <Tag kind="warn">
                            {event.outcome === "failed" ? t.activity.failed : t.activity.refused}
                        </Tag>
                    )}
                </>
            }
            detail={
                <>
                    <RelativeTime at={event.at} />
                    {by && ` · ${t.activity.byOther(by)}`}
                    {where.length > 0 && ` · ${where.join(" · ")}`}
                </>
            }
        >
            {children}
        </Row>
    );
}
