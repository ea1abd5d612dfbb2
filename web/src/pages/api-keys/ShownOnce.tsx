/**
 * An API key's secret, shown once: copied or downloaded, and left only by "I have saved it".
 */
import { Button } from "@mantine/core";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import panel from "../../ui/Panel.module.css";
import { saveFile } from "../../ui/saveFile";
import { useShownOnce } from "../../ui/useShownOnce";
import { StepHeading } from "../two-factor/StepHeading";

export function ShownOnce({ secret, onSaved }: { secret: string; onSaved: () => void }) {
    const leave = useShownOnce(t.apiKeys.leave);
    return (
        <div className={panel.once}>
            <StepHeading as="h2">{t.apiKeys.onceTitle}</StepHeading>
            <p className="lead">{t.apiKeys.onceText}</p>
            <code className={panel.secret} aria-label={t.apiKeys.onceLabel} role="group">
                {secret}
            </code>
            <div className={panel.tools}>
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
                    leave();
                    onSaved();
                }}
            >
                {t.apiKeys.saved}
            </Button>
        </div>
    );
}
