import { useState } from "react";
import * as api from "../../api/api";
import type { WebhookWithSecret } from "../../api/types";
import { t } from "../../text/en";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { Section } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import styles from "./webhooks.module.css";

export function AddWebhook({ onMade }: { onMade: (made: WebhookWithSecret) => void }) {
    const [url, setUrl] = useState("");
    const [description, setDescription] = useState("");
    const [events, setEvents] = useState("*");
    const [attempt] = useState(() => crypto.randomUUID());
    const add = useAction(
        (endpoint: Parameters<typeof api.addWebhook>[0]) => api.addWebhook(endpoint, attempt),
        onMade,
    );
    const submit = () => {
        const filters = events.split(",").map((filter) => filter.trim());
        add.run({ url: url.trim(), description: description.trim(), events: filters });
    };
    return (
        <Section title={t.webhooks.addSection} text={t.webhooks.addText}>
            <Form problem={add.problem} onSubmit={submit}>
                <ProblemNotice action={add} />
                <TextField
                    label={t.webhooks.url}
                    value={url}
                    onChange={setUrl}
                    autoComplete="url"
                    errors={fieldErrors(add.problem, "/url")}
                    required
                />
                <TextField
                    label={t.webhooks.description}
                    value={description}
                    onChange={setDescription}
                    autoComplete="off"
                    errors={fieldErrors(add.problem, "/description")}
                />
                <TextField
                    label={t.webhooks.events}
                    description={t.webhooks.eventsHint}
                    value={events}
                    onChange={setEvents}
                    autoComplete="off"
                    errors={fieldErrors(add.problem, "/events")}
                    required
                />
                <div className={styles.tools}>
                    <SubmitButton running={add.running}>{t.webhooks.add}</SubmitButton>
                </div>
            </Form>
        </Section>
    );
}
