import { useState } from "react";
import * as api from "../../api/api";
import type { WebhookWithSecret } from "../../api/types";
import { t } from "../../text/en";
import { fieldErrors, Form, SubmitButton, TextField } from "../../ui/Form";
import { ProblemNotice } from "../../ui/Notice";
import { Section } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { EventChoice } from "./EventChoice";
import styles from "./webhooks.module.css";

export function AddWebhook({ onMade }: { onMade: (made: WebhookWithSecret) => void }) {
    const [url, setUrl] = useState("");
    const [description, setDescription] = useState("");
    const [events, setEvents] = useState(["*"]);
    const [attempt] = useState(() => crypto.randomUUID());
    const add = useAction(
        (endpoint: Parameters<typeof api.addWebhook>[0]) => api.addWebhook(endpoint, attempt),
        onMade,
    );
    const [asked, setAsked] = useState(false);
    const submit = () => {
        setAsked(true);
        if (events.length === 0) {
            return;
        }
        add.run({ url: url.trim(), description: description.trim(), events });
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
                <EventChoice
                    chosen={events}
                    errors={
                        asked && events.length === 0
                            ? [t.webhooks.noEvent]
                            : fieldErrors(add.problem, "/events")
                    }
                    onChange={(chosen) => {
                        setAsked(false);
                        setEvents(chosen);
                    }}
                />
                <div className={styles.tools}>
                    <SubmitButton running={add.running}>{t.webhooks.add}</SubmitButton>
                </div>
            </Form>
        </Section>
    );
}
