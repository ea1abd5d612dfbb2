/**
 * An API key's secret, shown once: copied or downloaded, and left only by "I have saved it".
 */
import { Button } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useRef } from "react";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { saveFile } from "../../ui/saveFile";
import { StepHeading } from "../two-factor/StepHeading";
import styles from "./apiKeys.module.css";

export function ShownOnce({ secret, onSaved }: { secret: string; onSaved: () => void }) {
    const saved = useRef(false);
    // It is not shown again, so leaving by mistake asks first.
    useBlocker({
        shouldBlockFn: () => !saved.current && !window.confirm(t.apiKeys.leave),
        enableBeforeUnload: () => !saved.current,
    });
    return (
        <div className={styles.once}>
            <StepHeading as="h2">{t.apiKeys.onceTitle}</StepHeading>
            <p className="lead">{t.apiKeys.onceText}</p>
            <code className={styles.secret} aria-label={t.apiKeys.onceLabel} role="group">
                {secret}
            </code>
            <div className={styles.tools}>
                <CopyButton text={secret} />
                <Button
                    variant="default"
                    size="sm"
                    onClick={() => {
                        saveFile(new Blob([`${secret}\n`], { type: "text/plain" }), t.apiKeys.file);
                    }}
                >
                    {t.common.download}
                </Button>
            </div>
            <Button
                onClick={() => {
                    saved.current = true;
                    onSaved();
                }}
            >
                {t.apiKeys.saved}
            </Button>
        </div>
    );
}
