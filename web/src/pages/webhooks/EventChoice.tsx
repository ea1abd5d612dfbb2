/**
 * Which events an endpoint hears of: all of them, or whole kinds and single ones.
 */
import type { WebhookEventType } from "../../api/types";
import { useWebhookEventTypes } from "../../app/queries";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { Loaded } from "../../ui/Section";
import styles from "./webhooks.module.css";

const everything = "*";
const kindOf = (name: string) => name.split(".", 1).join();

export function EventChoice({
    chosen,
    errors,
    onChange,
}: {
    chosen: string[];
    errors: string[];
    onChange: (chosen: string[]) => void;
}) {
    const types = useWebhookEventTypes();
    const isAll = chosen.includes(everything);
    return (
        <div className={styles.events}>
            <Choices
                legend={t.webhooks.events}
                choices={[
                    { value: everything, label: t.webhooks.everyEvent, text: t.webhooks.everyEventText },
                    { value: "", label: t.webhooks.someEvents, text: t.webhooks.someEventsText },
                ]}
                chosen={[isAll ? everything : ""]}
                errors={errors}
                onChange={([wanted]) => {
                    onChange(wanted === everything ? [everything] : []);
                }}
            />
            {!isAll && (
                <Loaded query={types}>
                    {({ items }) =>
                        [...new Set(items.map(({ name }) => kindOf(name)))].map((kind) => (
                            <Kind
                                key={kind}
                                kind={kind}
                                types={items.filter(({ name }) => kindOf(name) === kind)}
                                chosen={chosen}
                                onChange={onChange}
                            />
                        ))
                    }
                </Loaded>
            )}
        </div>
    );
}

function Kind({
    kind,
    types,
    chosen,
    onChange,
}: {
    kind: string;
    types: WebhookEventType[];
    chosen: string[];
    onChange: (chosen: string[]) => void;
}) {
    const whole = `${kind}.*`;
    const label = t.webhooks.kinds[kind] ?? kind;
    const others = chosen.filter((one) => kindOf(one) !== kind);
    const here = chosen.filter((one) => kindOf(one) === kind);
    return (
        <details className={styles.kind}>
            <summary>
                {label}{" "}
                <small>
                    {t.webhooks.chosen(here.includes(whole) ? types.length : here.length, types.length)}
                </small>
            </summary>
            <Choices
                legend={label}
                many
                choices={[
                    { value: whole, label: t.webhooks.wholeKind, text: t.webhooks.wholeKindText },
                    ...(here.includes(whole)
                        ? []
                        : types.map(({ name, description }) => ({
                              value: name,
                              label: name,
                              text: description,
                          }))),
                ]}
                chosen={here}
                onChange={(now) => {
                    onChange([...others, ...(now.includes(whole) ? [whole] : now)]);
                }}
            />
        </details>
    );
}
