/**
 * Backup codes, shown once: copied, downloaded or printed, and left only by "I have saved them".
 */
import { Button } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/CopyButton";
import { saveFile } from "../../ui/saveFile";
import { StepHeading } from "./StepHeading";
import styles from "./twoFactor.module.css";

export function BackupCodes({
    codes,
    email,
    heading,
    onSaved,
}: {
    codes: string[];
    email: string;
    heading: "h1" | "h2";
    onSaved: () => void;
}) {
    // They are not shown again, so leaving by mistake asks first.
    useBlocker({
        shouldBlockFn: () => !window.confirm(t.twoFactor.codesLeave),
        enableBeforeUnload: true,
    });
    const text = [t.twoFactor.codesHeading(email), "", ...codes, "", t.twoFactor.codesFooter, ""].join("\n");
    return (
        <>
            <StepHeading as={heading}>{t.twoFactor.codesTitle}</StepHeading>
            <p className={`lead ${styles.screen}`}>{t.twoFactor.codesText}</p>
            <p className={styles.printed}>{t.twoFactor.codesHeading(email)}</p>
            <ol className={styles.codes}>
                {codes.map((code) => (
                    <li key={code}>{code}</li>
                ))}
            </ol>
            <p className={styles.printed}>{t.twoFactor.codesFooter}</p>
            <div className={styles.tools}>
                <CopyButton text={text} />
                <Button
                    variant="default"
                    onClick={() => {
                        saveFile(new Blob([text], { type: "text/plain" }), t.twoFactor.codesFile);
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
            <div className={styles.actions}>
                <Button onClick={onSaved}>{t.twoFactor.codesSaved}</Button>
            </div>
        </>
    );
}
