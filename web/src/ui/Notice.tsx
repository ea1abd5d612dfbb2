import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { unreachable } from "../api/problem";
import type { Problem } from "../api/problem";
import { t } from "../text/en";
import { Icon } from "./Icon";
import type { IconName } from "./Icon";
import styles from "./Notice.module.css";
import { dayAndTime, remaining } from "./time";
import type { Action } from "./useAction";

type Kind = "error" | "success" | "warning" | "info";
const icons: Record<Kind, IconName> = {
    error: "warning",
    success: "check",
    warning: "warning",
    info: "info",
};

export function Notice({
    kind,
    children,
    actions,
}: {
    kind: Kind;
    children: ReactNode;
    actions?: ReactNode;
}) {
    return (
        <div className={`${styles.notice} ${styles[kind]}`} role={kind === "error" ? "alert" : "status"}>
            <Icon name={icons[kind]} />
            <div className={styles.body}>
                {children}
                {actions && <div className={styles.actions}>{actions}</div>}
            </div>
        </div>
    );
}

/** The request's id, where someone else must find out what went wrong. */
export function Reference({ problem }: { problem: Problem }) {
    const ours = problem.status >= 500 || !(problem.code in t.problem.codes);
    return (
        ours &&
        problem.requestId && <p className={styles.reference}>{t.common.reference(problem.requestId)}</p>
    );
}

export function problemText(problem: Problem): string {
    if (problem.code === unreachable) {
        return t.problem.unreachable;
    }
    if (problem.code === "account/factors-frozen" && typeof problem.body["until"] === "string") {
        return t.problem.factorsFrozen(dayAndTime(problem.body["until"]));
    }
    return t.problem.codes[problem.code] ?? problem.body.detail ?? t.problem.unknown;
}

/** Counts to `until`, then calls. Readers are told once, when it begins; the ticking is for the eye. */
export function Countdown({ problem, until, onEnd }: { problem: Problem; until: number; onEnd: () => void }) {
    const [now, setNow] = useState(() => Date.now());
    const ended = useRef(onEnd);
    useEffect(() => {
        ended.current = onEnd;
    });
    useEffect(() => {
        const timer = setInterval(() => {
            setNow(Date.now());
            if (Date.now() >= until) {
                clearInterval(timer);
                ended.current();
            }
        }, 250);
        return () => {
            clearInterval(timer);
        };
    }, [until]);
    const [first] = useState(() => remaining(until - Date.now()));
    const words = problem.status === 429 ? t.problem.waiting : t.problem.busy;
    return (
        <p>
            <span className="visually-hidden">{words(first)}</span>
            <span aria-hidden="true">{words(remaining(until - now))}</span>
        </p>
    );
}

/** What became of an action that was refused: why, when it is tried again, and the reference for support. */
export function ProblemNotice<Input>({ action, retry }: { action: Action<Input>; retry?: boolean }) {
    const { problem } = action;
    const [stopped, setStopped] = useState<Problem | null>(null);
    if (problem === null) {
        return null;
    }
    const waits = problem.retryAt !== null && stopped !== problem;
    return (
        <Notice
            kind="error"
            actions={
                waits ? (
                    <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                            setStopped(problem);
                        }}
                    >
                        {t.problem.stopWaiting}
                    </Button>
                ) : retry ? (
                    <Button size="compact-sm" variant="default" onClick={action.again}>
                        {t.common.tryAgain}
                    </Button>
                ) : undefined
            }
        >
            {waits && problem.retryAt !== null ? (
                <Countdown problem={problem} until={problem.retryAt} onEnd={action.again} />
            ) : (
                <p>{problemText(problem)}</p>
            )}
            <Reference problem={problem} />
        </Notice>
    );
}
