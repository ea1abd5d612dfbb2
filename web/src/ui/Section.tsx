/**
 * The parts that the account's pages are made of: a page, its sections, lists of rows, and what a list shows while it
 * loads, fails, or is empty.
 */
import { Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Problem } from "../api/problem";
import { t } from "../text/en";
import { Heading } from "./Heading";
import type { IconName } from "./Icon";
import { Icon } from "./Icon";
import { Countdown, Notice, problemText, Reference } from "./Notice";
import styles from "./Section.module.css";

export function SettingsPage({
    title,
    text,
    children,
}: {
    title: string;
    text?: ReactNode;
    children: ReactNode;
}) {
    return (
        <div className={styles.page}>
            <header>
                <Heading>{title}</Heading>
                {text && <p>{text}</p>}
            </header>
            {children}
        </div>
    );
}

export function Section({
    title,
    text,
    danger,
    children,
}: {
    title: string;
    text?: ReactNode;
    danger?: boolean;
    children: ReactNode;
}) {
    return (
        <section className={`${styles.section} ${danger ? styles.danger : ""}`}>
            <h2>{title}</h2>
            {text && <p>{text}</p>}
            {children}
        </section>
    );
}

export function Rows({ children, label }: { children: ReactNode; label?: string }) {
    return (
        <ul className={styles.list} aria-label={label}>
            {children}
        </ul>
    );
}

export function Row({
    icon,
    title,
    detail,
    actions,
    children,
}: {
    icon?: IconName;
    title: ReactNode;
    detail?: ReactNode;
    actions?: ReactNode;
    children?: ReactNode;
}) {
    return (
        <li>
            <div className={styles.row}>
                {icon && <Icon name={icon} size={24} />}
                <div className={styles.rowText}>
                    <div className={styles.rowTitle}>{title}</div>
                    {detail && <div className={styles.rowDetail}>{detail}</div>}
                    {children}
                </div>
                {actions && <div className={styles.rowActions}>{actions}</div>}
            </div>
        </li>
    );
}

export function Tag({ children, kind }: { children: ReactNode; kind?: "good" | "warn" | "bad" }) {
    return <span className={`${styles.tag} ${kind ? styles[kind] : ""}`}>{children}</span>;
}

export function Empty({ title, text, action }: { title: string; text?: string; action?: ReactNode }) {
    return (
        <div className={styles.empty}>
            <h3>{title}</h3>
            {text && <p>{text}</p>}
            {action}
        </div>
    );
}

export function Notices({ children }: { children: ReactNode }) {
    return <div className={styles.notices}>{children}</div>;
}

/** Shows what was loaded; until then a skeleton, and on failure why, with another try: by itself after a refusal "for now". */
export function Loaded<Data>({
    query,
    rows = 3,
    children,
}: {
    query: UseQueryResult<Data>;
    rows?: number;
    children: (data: Data) => ReactNode;
}) {
    if (query.data !== undefined) {
        return children(query.data);
    }
    if (query.isError) {
        const problem = query.error instanceof Problem ? query.error : new Problem(0, "client/failed");
        const again = () => void query.refetch();
        if (problem.retryAt !== null) {
            return (
                <Notice kind="error">
                    <Countdown
                        key={problem.retryAt}
                        problem={problem}
                        until={problem.retryAt}
                        onEnd={again}
                    />
                </Notice>
            );
        }
        return (
            <Notice
                kind="error"
                actions={
                    <Button size="compact-sm" variant="default" loading={query.isFetching} onClick={again}>
                        {t.common.tryAgain}
                    </Button>
                }
            >
                <p>{problemText(problem)}</p>
                <Reference problem={problem} />
            </Notice>
        );
    }
    return (
        <div className={styles.skeleton} role="status" aria-label={t.common.loading}>
            {Array.from({ length: rows }, (_, index) => (
                <Skeleton key={index} height={56} radius="md" />
            ))}
        </div>
    );
}
