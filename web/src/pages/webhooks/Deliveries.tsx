import { Button } from "@mantine/core";
import * as api from "../../api/api";
import type { WebhookDelivery, WebhookEndpoint } from "../../api/types";
import { reload, useDeliveries } from "../../app/queries";
import { t } from "../../text/en";
import { ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Row, Rows, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { hostOf } from "./hostOf";
import styles from "./webhooks.module.css";

export function Deliveries({ endpoint }: { endpoint: WebhookEndpoint }) {
    const deliveries = useDeliveries(endpoint.id);
    return (
        <Loaded query={deliveries} rows={2}>
            {({ items }) =>
                items.length === 0 ? (
                    <Empty title={t.webhooks.deliveries} text={t.webhooks.noDeliveries} />
                ) : (
                    <Rows label={t.webhooks.deliveriesOf(hostOf(endpoint.url))}>
                        {items.map((delivery) => (
                            <DeliveryRow key={delivery.id} endpoint={endpoint.id} delivery={delivery} />
                        ))}
                    </Rows>
                )
            }
        </Loaded>
    );
}

const kinds = { waiting: undefined, delivered: "good", "given-up": "bad", dropped: "warn" } as const;

function DeliveryRow({ endpoint, delivery }: { endpoint: string; delivery: WebhookDelivery }) {
    const repeat = useAction(api.repeatWebhookDelivery, () => void reload("deliveries", "webhooks"));
    const cause = t.webhooks.causes[delivery.cause];
    return (
        <Row
            title={
                <>
                    {delivery.type}
                    {cause && <Tag>{cause}</Tag>}
                    <Tag kind={kinds[delivery.state]}>{t.webhooks.deliveryStates[delivery.state]}</Tag>
                </>
            }
            detail={
                <>
                    <RelativeTime at={delivery.created_at} />
                    {delivery.attempts > 0 && `, ${t.webhooks.attempts(delivery.attempts)}`}
                    {delivery.next_attempt_at && delivery.attempts > 0 && (
                        <>
                            , {t.webhooks.nextAttempt} <RelativeTime at={delivery.next_attempt_at} />
                        </>
                    )}
                    {delivery.error && <div>{delivery.error}</div>}
                </>
            }
            actions={
                repeat.running ? (
                    <span role="status">{t.webhooks.repeating}</span>
                ) : (
                    <Button
                        size="xs"
                        variant="default"
                        aria-label={t.webhooks.repeatLabel(delivery.type)}
                        onClick={() => {
                            repeat.run({ endpoint, id: delivery.id });
                        }}
                    >
                        {t.webhooks.repeat}
                    </Button>
                )
            }
        >
            <details>
                <summary>{t.webhooks.body}</summary>
                <pre className={styles.sent}>{delivery.body}</pre>
            </details>
            <ProblemNotice action={repeat} />
        </Row>
    );
}
