import type { ReactNode } from "react";
import type { ActivityEvent } from "../../api/types";
import { t } from "../../text/en";
import { deviceName, placeName } from "../../ui/deviceText";
import { RelativeTime } from "../../ui/RelativeTime";
import { Row, Tag } from "../../ui/Section";
import styles from "./activity.module.css";
import { activityIcon, activityText, saysRefusal, subjectName } from "./activityText";
import { productEvent } from "./productEvent";

export function ActivityRow({ event, children }: { event: ActivityEvent; children?: ReactNode }) {
    const refused = event.outcome !== "ok";
    const product = productEvent(event);
    const name = product ? undefined : subjectName(event);
    const by =
        event.actor && event.actor.kind !== "account" && !product
            ? t.activity.actors[event.actor.kind]
            : undefined;
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
                    {product ? <span className={styles.told}>{product.summary}</span> : activityText(event)}
                    {name && (
                        <>
                            {": "}
                            <bdi className={styles.told}>{name}</bdi>
                        </>
                    )}
                    {product && <Tag>{t.activity.told}</Tag>}
                    {refused && !saysRefusal(event) && (
                        <Tag kind="warn">
                            {event.outcome === "failed" ? t.activity.failed : t.activity.refused}
                        </Tag>
                    )}
                </>
            }
            detail={
                <>
                    <RelativeTime at={product?.at ?? event.at} />
                    {by && ` · ${t.activity.byOther(by)}`}
                    {where.length > 0 && ` · ${where.join(" · ")}`}
                    {product?.facts.map(([name, value]) => (
                        <span key={name} className={styles.told}>
                            {" · "}
                            {name ? `${name}: ${value}` : value}
                        </span>
                    ))}
                </>
            }
        >
            {product?.link && (
                <a className={styles.open} href={product.link} target="_blank" rel="noopener noreferrer">
                    {t.activity.toldLink(new URL(product.link).host)}
                </a>
            )}
            {children}
        </Row>
    );
}
