import { Button } from "@mantine/core";
import { useState } from "react";
import { t } from "../text/en";

export function CopyButton({ text, label, onCopy }: { text: string; label?: string; onCopy?: () => void }) {
    const [copied, setCopied] = useState(false);
    return (
        <Button
            variant="default"
            size="sm"
            onClick={() => {
                void navigator.clipboard.writeText(text).then(() => {
                    setCopied(true);
                    onCopy?.();
                    setTimeout(() => {
                        setCopied(false);
                    }, 2_000);
                });
            }}
        >
            <span aria-live="polite">{copied ? t.common.copied : (label ?? t.common.copy)}</span>
        </Button>
    );
}
