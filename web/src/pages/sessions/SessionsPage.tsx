/**
 * Where one is signed in. A row says "ending…" until the server has confirmed that its session has ended.
 */
import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { Session } from "../../api/types";
import { goToSignIn } from "../../app/leave";
import { reload, useSessions } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { deviceIcon, deviceName, placeName } from "../../ui/deviceText";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Notices, Row, Rows, Section, SettingsPage, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import styles from "./sessions.module.css";

const changed = () => reload("sessions", "activity");

export function SessionsPage() {
    const sessions = useSessions();
    const [said, setSaid] = useState<string | null>(null);
    return (
        <SettingsPage title={t.sessions.title} text={t.sessions.text}>
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
            </Notices>
            <Loaded query={sessions} rows={4}>
                {({ items }) => (
                    <>
                        <div className={styles.list}>
                            <Rows label={t.sessions.title}>
                                {[...items]
                                    .sort((left, right) => Number(right.current) - Number(left.current))
                                    .map((session) => (
                                        <SessionRow key={session.id} session={session} onSaid={setSaid} />
                                    ))}
                            </Rows>
                            {items.length === 1 && <p className="lead">{t.sessions.onlyThis}</p>}
                        </div>
                        <EndMany others={items.length > 1} onSaid={setSaid} />
                    </>
                )}
            </Loaded>
        </SettingsPage>
    );
}

function SessionRow({ session, onSaid }: { session: Session; onSaid: (words: string) => void }) {
    const end = useAction(
        async (id: string) => {
            await api.endSession(id);
            await changed();
        },
        () => {
            onSaid(t.sessions.ended);
        },
    );
    const ask = useAction(
        async (id: string) => {
            await api.requireAuthentication(id);
            await changed();
        },
        () => {
            onSaid(t.sessions.asked);
        },
    );
    const name = deviceName(session.device);
    const withMethods = session.methods.map((method) => t.sessions.methods[method] ?? method).join(" + ");
    return (
        <Row
            icon={deviceIcon(session.device)}
            title={
                <>
                    {name}
                    {session.current && <Tag kind="good">{t.sessions.current}</Tag>}
                    {session.shared_device && <Tag>{t.sessions.sharedDevice}</Tag>}
                    {session.must_authenticate && <Tag kind="warn">{t.sessions.mustAuthenticate}</Tag>}
                </>
            }
            detail={
                <>
                    <div>
                        {placeName(session.place)} · {session.ip}
                    </div>
                    <div>
                        {t.sessions.lastActive} <RelativeTime at={session.last_active_at} /> ·{" "}
                        {t.sessions.signedIn.toLowerCase()} <RelativeTime at={session.created_at} />
                        {withMethods && ` ${t.sessions.with.toLowerCase()} ${withMethods}`}
                    </div>
                </>
            }
            actions={
                !session.current &&
                (end.running ? (
                    <span role="status" className={styles.ending}>
                        {t.sessions.ending}
                    </span>
                ) : (
                    <>
                        {!session.must_authenticate && (
                            <Button
                                size="xs"
                                variant="default"
                                loading={ask.running}
                                aria-label={t.sessions.askAgainLabel(name)}
                                onClick={() => {
                                    ask.run(session.id);
                                }}
                            >
                                {t.sessions.askAgain}
                            </Button>
                        )}
                        <Button
                            size="xs"
                            variant="default"
                            aria-label={t.sessions.endLabel(name)}
                            onClick={() => {
                                end.run(session.id);
                            }}
                        >
                            {t.sessions.end}
                        </Button>
                    </>
                ))
            }
        >
            <ProblemNotice action={end} />
            <ProblemNotice action={ask} />
        </Row>
    );
}

function EndMany({ others, onSaid }: { others: boolean; onSaid: (words: string) => void }) {
    const [asking, setAsking] = useState<"others" | "all" | null>(null);
    const endOthers = useAction(api.endOtherSessions, (answer) => {
        setAsking(null);
        onSaid(t.sessions.othersDone(answer.revoked));
        void changed();
    });
    const endAll = useAction(api.endAllSessions, () => {
        goToSignIn("stay-away");
    });
    const close = () => {
        setAsking(null);
    };
    return (
        <Section title={t.sessions.othersTitle} text={t.sessions.othersText} danger>
            <div className={styles.actions}>
                <Button
                    variant="default"
                    disabled={!others}
                    onClick={() => {
                        setAsking("others");
                    }}
                >
                    {t.sessions.othersAction}
                </Button>
                <Button
                    variant="default"
                    onClick={() => {
                        setAsking("all");
                    }}
                >
                    {t.sessions.allAction}
                </Button>
            </div>
            {asking === "others" && (
                <ConfirmDialog
                    title={t.sessions.othersConfirm}
                    text={t.sessions.othersConfirmText}
                    submit={t.sessions.othersAction}
                    action={endOthers}
                    input={undefined}
                    danger
                    onClose={close}
                />
            )}
            {asking === "all" && (
                <ConfirmDialog
                    title={t.sessions.allConfirm}
                    text={t.sessions.allConfirmText}
                    submit={t.sessions.allAction}
                    action={endAll}
                    input={undefined}
                    danger
                    onClose={close}
                />
            )}
        </Section>
    );
}
