import { Textarea } from "@mantine/core";
import { useId } from "react";
import { t } from "../../text/en";
import styles from "./sshKeys.module.css";

/** Text of several lines that may be pasted, or read from a file that stays on this machine. */
export function KeyField({
    label,
    description,
    value,
    rows = 4,
    file,
    errors = [],
    onChange,
}: {
    label: string;
    description?: string;
    value: string;
    rows?: number;
    file?: string;
    errors?: string[];
    onChange: (value: string) => void;
}) {
    const id = useId();
    return (
        <>
            <Textarea
                label={label}
                description={description}
                value={value}
                rows={rows}
                spellCheck={false}
                autoCapitalize="none"
                autoComplete="off"
                required
                withAsterisk={false}
                aria-invalid={errors.length > 0}
                error={errors.length > 0 ? errors[0] : undefined}
                onChange={(event) => {
                    onChange(event.currentTarget.value);
                }}
            />
            {file && (
                <label className={styles.file} htmlFor={id}>
                    <span>{t.sshKeys.orFile}</span>
                    <input
                        id={id}
                        type="file"
                        accept={file}
                        onChange={(event) => {
                            void event.currentTarget.files?.[0]?.slice(0, 16_384).text().then(onChange);
                        }}
                    />
                </label>
            )}
        </>
    );
}
