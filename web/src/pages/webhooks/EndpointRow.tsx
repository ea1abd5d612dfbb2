import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { WebhookEndpoint, WebhookTest, WebhookWithSecret } from "../../api/types";
import { reload } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Row, Tag } from "../../ui/Section";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import { Deliveries } from "./Deliveries";
import { hostOf } from "./hostOf";
import styles from "./webhooks.module.css";

const reloaded = () => void reload("webhooks", "deliveries", "activity");

export function EndpointRow({
    endpoint,
    onSecret,
}: {
    endpoint: WebhookEndpoint;
    onSecret: (made: WebhookWithSecret) => void;
}) {
    const [shows, setShows] = useState(false);
    const [asks, setAsks] = useState<"rotate" | "remove" | null>(null);
    const [sent, setSent] = useState<WebhookTest | null>(null);
    const test = useAction(api.testWebhook, (answer) => {
        setSent(answer);
        setShows(true);
        reloaded();
    });
    const change = useAction(api.changeWebhook, reloaded);
    const endOld = useAction(api.endPreviousWebhookSecret, reloaded);
    const [attempt, setAttempt] = useState("");
    const rotate = useAction((id: string) => api.rotateWebhookSecret(id, attempt), onSecret);
    const remove = useAction(api.deleteWebhook, () => {
        setAsks(null);
        reloaded();
    });
    const enabled = endpoint.state === "enabled";
    const stopped = endpoint.state === "failing" || endpoint.state === "gone";
    const close = () => {
        setAsks(null);
    };
    return (
        <Row
            title={
                <>
                    <span className={styles.url}>{endpoint.url}</span>
                    <Tag kind={enabled ? "good" : "warn"}>{t.webhooks.states[endpoint.state]}</Tag>
                </>
            }
            detail={<Summary endpoint={endpoint} />}
        >
            <div className={styles.body}>
                {stopped && (
                    <Notice kind="warning">
                        <p>{t.webhooks.stopped}</p>
                    </Notice>
                )}
                {endpoint.state === "suspended" && (
                    <Notice kind="warning">
                        <p>{t.webhooks.suspended}</p>
                    </Notice>
                )}
                {endpoint.previous_secret_expires_at && (
                    <Notice
                        kind="info"
                        actions={
                            <Button
                                size="compact-sm"
                                variant="default"
                                loading={endOld.running}
                                onClick={() => {
                                    endOld.run(endpoint.id);
                                }}
                            >
                                {t.webhooks.endOldSecret}
                            </Button>
                        }
                    >
                        <p>
                            {t.webhooks.oldSecret} {dayAndTime(endpoint.previous_secret_expires_at)}.
                        </p>
                    </Notice>
                )}
                <div className={styles.stack}>
                    <div className={styles.tools}>
                        <Button
                            size="xs"
                            variant="default"
                            loading={test.running}
                            onClick={() => {
                                test.run(endpoint.id);
                            }}
                        >
                            {t.webhooks.test}
                        </Button>
                        <Button
                            size="xs"
                            variant="default"
                            aria-expanded={shows}
                            onClick={() => {
                                setShows(!shows);
                            }}
                        >
                            {shows ? t.webhooks.hideDeliveries : t.webhooks.deliveries}
                        </Button>
                        <Button
                            size="xs"
                            variant="default"
                            loading={change.running}
                            onClick={() => {
                                change.run({ id: endpoint.id, enabled: !enabled });
                            }}
                        >
                            {enabled ? t.webhooks.disable : t.webhooks.enable}
                        </Button>
                        <Button
                            size="xs"
                            variant="default"
                            onClick={() => {
                                setAttempt(crypto.randomUUID());
                                setAsks("rotate");
                            }}
                        >
                            {t.webhooks.rotate}
                        </Button>
                        <Button
                            size="xs"
                            variant="default"
                            onClick={() => {
                                setAsks("remove");
                            }}
                        >
                            {t.webhooks.remove}
                        </Button>
                    </div>
                    <ProblemNotice action={test} />
                    <ProblemNotice action={change} />
                    <ProblemNotice action={endOld} />
                    {sent && <Sent test={sent} />}
                </div>
                {shows && <Deliveries endpoint={endpoint} />}
            </div>
            {asks === "rotate" && (
                <ConfirmDialog
                    title={t.webhooks.rotateTitle}
                    text={t.webhooks.rotateText}
                    submit={t.webhooks.rotateSubmit}
                    action={rotate}
                    input={endpoint.id}
                    onClose={close}
                />
            )}
            {asks === "remove" && (
                <ConfirmDialog
                    title={t.webhooks.removeTitle(hostOf(endpoint.url))}
                    text={t.webhooks.removeText}
                    submit={t.webhooks.removeSubmit}
                    action={remove}
                    input={endpoint.id}
                    danger
                    onClose={close}
                />
            )}
        </Row>
    );
}

function Summary({ endpoint }: { endpoint: WebhookEndpoint }) {
    const events = endpoint.events.includes("*") ? t.webhooks.allEvents : endpoint.events.join(", ");
    return (
        <>
            {endpoint.description && <div>{endpoint.description}</div>}
            <div>{events}</div>
            <div>
                {endpoint.last_delivered_at ? (
                    <>
                        {t.webhooks.lastDelivered} <RelativeTime at={endpoint.last_delivered_at} />
                    </>
                ) : (
                    t.webhooks.neverDelivered
                )}
                {endpoint.waiting > 0 && `, ${t.webhooks.waiting(endpoint.waiting)}`}
            </div>
        </>
    );
}

function Sent({ test }: { test: WebhookTest }) {
    const head = Object.entries(test.headers).map(([name, value]) => `${name}: ${value}`);
    return (
        <div role="status">
            <h3>{t.webhooks.testTitle}</h3>
            <p>{t.webhooks.testText}</p>
            <pre className={styles.sent}>
                {[`POST ${test.url}`, ...head, "", test.delivery.body].join("\n")}
            </pre>
        </div>
    );
}
