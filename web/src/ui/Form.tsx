/**
 * Forms and their fields. A refusal stands at its field, is read out with it (aria-describedby, by Mantine), and the
 * first refused field gets the focus.
 */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useId, useRef } from "react";
import type { ReactNode } from "react";
import type { Problem } from "../api/problem";
import type { PasswordRules } from "../api/types";
import { t } from "../text/en";
import styles from "./Form.module.css";
import { Icon } from "./Icon";
import { passwordRuleStates } from "./passwordRules";
import { useRefusal } from "./useRefusal";

/** Has a problem; gets the focus onto the first field that it names, or leaves it at the notice. */
export function Form({
    children,
    onSubmit,
    problem,
}: {
    children: ReactNode;
    onSubmit: () => void;
    problem?: Problem | null;
}) {
    const form = useRef<HTMLFormElement>(null);
    useEffect(() => {
        if (problem) {
            form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
        }
    }, [problem]);
    return (
        <form
            ref={form}
            className={styles.form}
            noValidate
            onSubmit={(event) => {
                event.preventDefault();
                const invalid = [...event.currentTarget.elements].find(
                    (element): element is HTMLInputElement =>
                        element instanceof HTMLInputElement && !element.checkValidity(),
                );
                if (invalid) {
                    // The field itself says why (see useRefusal): the browser's bubble vanishes too soon.
                    invalid.dispatchEvent(new CustomEvent("refused", { bubbles: false }));
                    invalid.focus();
                } else {
                    onSubmit();
                }
            }}
        >
            {children}
        </form>
    );
}

export function fieldErrors(problem: Problem | null | undefined, pointer: string): string[] {
    return (problem?.errorsAt(pointer) ?? []).map(
        (error) => t.passwordRules.errors[error.code] ?? error.detail ?? error.code,
    );
}

function FieldErrors({ errors }: { errors: string[] }) {
    return errors.length === 1 ? (
        errors[0]
    ) : (
        <ul className={styles.errors}>
            {errors.map((error) => (
                <li key={error}>{error}</li>
            ))}
        </ul>
    );
}

interface FieldProps {
    label: string;
    value: string;
    onChange: (value: string) => void;
    autoComplete: string;
    description?: ReactNode;
    errors?: string[];
    required?: boolean;
    disabled?: boolean;
}

export function TextField({
    type = "text",
    inputMode,
    maxLength,
    focusFirst,
    errors = [],
    onChange,
    ...field
}: FieldProps & {
    type?: "text" | "email" | "search";
    inputMode?: "numeric";
    maxLength?: number;
    focusFirst?: boolean;
}) {
    const [refusal, forget, input] = useRefusal();
    useEffect(() => {
        if (focusFirst) {
            input.current?.focus();
        }
    }, [focusFirst, input]);
    const all = refusal ? [refusal] : errors;
    return (
        <TextInput
            {...field}
            ref={input}
            type={type}
            inputMode={inputMode}
            maxLength={maxLength}
            spellCheck={false}
            autoCapitalize="none"
            withAsterisk={false}
            aria-invalid={all.length > 0}
            error={all.length > 0 ? <FieldErrors errors={all} /> : undefined}
            onChange={(event) => {
                forget();
                onChange(event.currentTarget.value);
            }}
        />
    );
}

export function PasswordField({ errors = [], onChange, ...field }: FieldProps) {
    const [refusal, forget, input] = useRefusal();
    const all = refusal ? [refusal] : errors;
    return (
        <PasswordInput
            {...field}
            ref={input}
            withAsterisk={false}
            spellCheck={false}
            aria-invalid={all.length > 0}
            visibilityToggleButtonProps={{ "aria-label": t.common.showPassword, tabIndex: 0 }}
            error={all.length > 0 ? <FieldErrors errors={all} /> : undefined}
            onChange={(event) => {
                forget();
                onChange(event.currentTarget.value);
            }}
        />
    );
}

/** A password that is being chosen, with its rules ticked off while typing. */
export function NewPasswordField({
    rules,
    secondFactor,
    ...field
}: Omit<FieldProps, "autoComplete"> & {
    rules: PasswordRules | undefined;
    secondFactor?: "with-second-factor" | "alone";
}) {
    const id = useId();
    const states = rules ? passwordRuleStates(field.value, rules, secondFactor) : [];
    return (
        <div>
            <PasswordField {...field} autoComplete="new-password" />
            {states.length > 0 && (
                <div style={{ marginTop: "0.75rem" }}>
                    <p className={styles.rulesTitle} id={id}>
                        {t.passwordRules.title}
                    </p>
                    <ul className={styles.rules} aria-labelledby={id}>
                        {states.map((rule) => (
                            <li key={rule.id} className={rule.met ? styles.met : undefined}>
                                <Icon name={rule.met ? "check" : "circle"} size={16} />
                                <span>
                                    {rule.text}
                                    <span className="visually-hidden">
                                        {" "}
                                        ({rule.met ? t.passwordRules.met : t.passwordRules.unmet})
                                    </span>
                                </span>
                            </li>
                        ))}
                    </ul>
                </div>
            )}
        </div>
    );
}

/** A code from an app, or a backup code. */
export function CodeField({
    kind,
    focusFirst,
    onChange,
    ...field
}: Omit<FieldProps, "autoComplete"> & { kind: "totp" | "backup-code"; focusFirst?: boolean }) {
    return kind === "totp" ? (
        <TextField
            {...field}
            focusFirst={focusFirst}
            autoComplete="one-time-code"
            inputMode="numeric"
            maxLength={7}
            onChange={(value) => {
                onChange(value.replace(/[^0-9]/g, "").slice(0, 6));
            }}
        />
    ) : (
        <TextField {...field} focusFirst={focusFirst} autoComplete="off" maxLength={32} onChange={onChange} />
    );
}

export function SubmitButton({
    children,
    running,
    danger,
    disabled,
}: {
    children: ReactNode;
    running: boolean;
    danger?: boolean;
    disabled?: boolean;
}) {
    return (
        <Button type="submit" loading={running} disabled={disabled} color={danger ? "red" : undefined}>
            {children}
        </Button>
    );
}
