/**
 * A secret that is shown once: copied, downloaded or printed, and left only by "I have saved it".
 */
import { Button } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { saveFile } from "../../ui/saveFile";
import { Section } from "../../ui/Section";
import { hostOf } from "./hostOf";
import styles from "./webhooks.module.css";

export function SecretOnce({ secret, url, onSaved }: { secret: string; url: string; onSaved: () => void }) {
    useBlocker({
        shouldBlockFn: () => !window.confirm(t.webhooks.secretLeave),
        enableBeforeUnload: true,
    });
    return (
        <Section title={t.webhooks.secretTitle} text={t.webhooks.secretText(hostOf(url))}>
            <div className={styles.stack} role="status">
                <code className={styles.secret}>{secret}</code>
                <div className={styles.tools}>
                    <CopyButton text={secret} />
                    <Button
                        variant="default"
                        onClick={() => {
                            const text = `${url}\n${secret}\n`;
                            saveFile(new Blob([text], { type: "text/plain" }), t.webhooks.secretFile);
                        }}
                    >
                        {t.common.download}
                    </Button>
                    <Button
                        variant="default"
                        onClick={() => {
                            window.print();
                        }}
                    >
                        {t.common.print}
                    </Button>
                </div>
                <Button onClick={onSaved}>{t.webhooks.secretSaved}</Button>
            </div>
        </Section>
    );
}
