/**
 * One of several, or some of several: the browser's own radio buttons and boxes, each with what it means.
 */
import { useId } from "react";
import styles from "./Choices.module.css";

export interface Choice {
    value: string;
    label: string;
    text?: string;
}

export function Choices({
    legend,
    hint,
    choices,
    chosen,
    errors = [],
    many,
    onChange,
}: {
    legend: string;
    hint?: string;
    choices: Choice[];
    chosen: string[];
    errors?: string[];
    many?: boolean;
    onChange: (chosen: string[]) => void;
}) {
    const name = useId();
    return (
        <fieldset
            className={styles.choices}
            aria-describedby={hint ? `${name}-hint ${name}-error` : `${name}-error`}
        >
            <legend>{legend}</legend>
            {hint && (
                <p className={styles.hint} id={`${name}-hint`}>
                    {hint}
                </p>
            )}
            {choices.map(({ value, label, text }) => (
                <label key={value} className={styles.choice}>
                    <input
                        type={many ? "checkbox" : "radio"}
                        name={name}
                        value={value}
                        checked={chosen.includes(value)}
                        aria-invalid={errors.length > 0 || undefined}
                        onChange={(event) => {
                            const { checked } = event.currentTarget;
                            const others = chosen.filter((one) => one !== value);
                            onChange(many ? (checked ? [...others, value] : others) : [value]);
                        }}
                    />
                    <span>
                        <strong>{label}</strong>
                        {text && <small>{text}</small>}
                    </span>
                </label>
            ))}
            <div id={`${name}-error`}>
                {errors.map((error) => (
                    <p key={error} className={styles.error}>
                        {error}
                    </p>
                ))}
            </div>
        </fieldset>
    );
}
