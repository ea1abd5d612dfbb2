/**
 * Where events of the account are sent: endpoints, what became of deliveries, a test that shows what is sent, and a
 * secret that can be changed without missing anything.
 */
import { useState } from "react";
import type { WebhookWithSecret } from "../../api/types";
import { reload, useWebhooks } from "../../app/queries";
import { t } from "../../text/en";
import { Empty, Loaded, Rows, Section, SettingsPage } from "../../ui/Section";
import { AddWebhook } from "./AddWebhook";
import { EndpointRow } from "./EndpointRow";
import { SecretOnce } from "./SecretOnce";

export function WebhooksPage() {
    const webhooks = useWebhooks();
    const [made, setMade] = useState<WebhookWithSecret | null>(null);
    if (made) {
        return (
            <SettingsPage title={t.webhooks.title}>
                <SecretOnce
                    secret={made.secret}
                    url={made.endpoint.url}
                    onSaved={() => {
                        setMade(null);
                        void reload("webhooks", "activity");
                    }}
                />
            </SettingsPage>
        );
    }
    return (
        <SettingsPage title={t.webhooks.title} text={t.webhooks.text}>
            <Section title={t.webhooks.listSection}>
                <Loaded query={webhooks}>
                    {({ items }) =>
                        items.length === 0 ? (
                            <Empty title={t.webhooks.emptyTitle} text={t.webhooks.emptyText} />
                        ) : (
                            <Rows label={t.webhooks.listSection}>
                                {items.map((endpoint) => (
                                    <EndpointRow key={endpoint.id} endpoint={endpoint} onSecret={setMade} />
                                ))}
                            </Rows>
                        )
                    }
                </Loaded>
            </Section>
            <AddWebhook onMade={setMade} />
        </SettingsPage>
    );
}
