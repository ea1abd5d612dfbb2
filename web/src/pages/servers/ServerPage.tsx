/**
 * One server: how it stands, who signed in there, and what ends. An end is said to be one when it is confirmed.
 */
import { Button } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { Host, HostEnrolment } from "../../api/types";
import { reload, useHost, useTeam } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Notice, ProblemNotice } from "../../ui/Notice";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Notices, Section, SettingsPage } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { useNow } from "../../ui/useNow";
import { ChangeDialog } from "./ChangeDialog";
import { EnrolmentOnce } from "./EnrolmentOnce";
import { standingOf } from "./hostText";
import { Logins } from "./Logins";
import { KeyNames, ServerTags, StandingText } from "./ServerFacts";
import styles from "./servers.module.css";

export function ServerPage() {
    const { id } = useParams({ from: "/shell/account/servers/$id" });
    const [ended, setEnded] = useState<string | null>(null);
    return ended === null ? <Server key={id} id={id} onEnded={setEnded} /> : <Ended name={ended} />;
}

const toList = (
    <p>
        <Link to="/account/servers">{t.servers.toList}</Link>
    </p>
);

function Ended({ name }: { name: string }) {
    return (
        <SettingsPage title={name}>
            <Notices>
                <Notice kind="success">
                    <p>{t.servers.ended}</p>
                </Notice>
            </Notices>
            {toList}
        </SettingsPage>
    );
}

function Server({ id, onEnded }: { id: string; onEnded: (name: string) => void }) {
    const host = useHost(id);
    const [said, setSaid] = useState<string | null>(null);
    const [enrolment, setEnrolment] = useState<HostEnrolment | null>(null);
    return (
        <SettingsPage title={host.data?.name ?? t.servers.one}>
            {toList}
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
            </Notices>
            <Loaded query={host} rows={4}>
                {(loaded) =>
                    enrolment !== null ? (
                        <div className={panel.panel}>
                            <EnrolmentOnce
                                name={loaded.name}
                                enrolment={enrolment}
                                onSaved={() => {
                                    setEnrolment(null);
                                }}
                            />
                        </div>
                    ) : (
                        <>
                            <Facts host={loaded} onSaid={setSaid} />
                            <Section title={t.servers.logins} text={t.servers.loginsText}>
                                <Logins host={loaded.id} />
                            </Section>
                            <Ends
                                host={loaded}
                                onEnrolment={(made) => {
                                    setSaid(null);
                                    setEnrolment(made);
                                }}
                                onEnded={onEnded}
                            />
                        </>
                    )
                }
            </Loaded>
        </SettingsPage>
    );
}

function StandingNotice({ host }: { host: Host }) {
    const team = useTeam();
    const standing = standingOf(host, useNow());
    const confirm = useAction(async (id: string) => {
        await api.confirmHost(team, id);
        await reload("hosts", "activity");
    });
    return (
        <>
            {standing !== "working" && (
                <Notice
                    kind={standing === "waiting" ? "info" : "warning"}
                    actions={
                        standing === "suspended" && (
                            <Button
                                size="compact-sm"
                                variant="default"
                                loading={confirm.running}
                                onClick={() => {
                                    confirm.run(host.id);
                                }}
                            >
                                {t.servers.confirm}
                            </Button>
                        )
                    }
                >
                    <p>
                        <StandingText host={host} />
                    </p>
                </Notice>
            )}
            <ProblemNotice action={confirm} />
            {host.removals_pending > 0 && (
                <Notice kind="warning">
                    <p>
                        {t.servers.removals(host.removals_pending)}{" "}
                        {standing === "silent" && host.cache_ends_at && (
                            <>
                                {t.servers.removalsUntil} <RelativeTime at={host.cache_ends_at} />.
                            </>
                        )}
                    </p>
                </Notice>
            )}
        </>
    );
}

function Facts({ host, onSaid }: { host: Host; onSaid: (words: string) => void }) {
    const [changing, setChanging] = useState(false);
    const facts = [
        [t.servers.users, <span className={panel.print}>{host.login_users.join(", ")}</span>],
        [t.servers.whose, <KeyNames host={host} />],
        [
            t.servers.added,
            <>
                <RelativeTime at={host.created_at} />
                {host.created_by === "product" && ` ${t.servers.byProduct}`}
            </>,
        ],
        host.enrolled_at && [t.servers.enrolled, <RelativeTime at={host.enrolled_at} />],
        host.last_seen_at && [t.servers.lastSeen, <RelativeTime at={host.last_seen_at} />],
        host.confirmed_at && [t.servers.confirmed, <RelativeTime at={host.confirmed_at} />],
        host.machine_name && [t.servers.machineName, host.machine_name],
        host.agent_version && [t.servers.version, host.agent_version],
    ].filter(Boolean) as [string, React.ReactNode][];
    return (
        <div className={styles.facts}>
            <StandingNotice host={host} />
            <div className={panel.panel}>
                <div className={styles.tags}>
                    <ServerTags host={host} />
                </div>
                <dl className={styles.list}>
                    {facts.map(([label, value]) => (
                        <div key={label}>
                            <dt>{label}</dt>
                            <dd>{value}</dd>
                        </div>
                    ))}
                </dl>
                <Button
                    variant="default"
                    onClick={() => {
                        setChanging(true);
                    }}
                >
                    {t.servers.changeAction}
                </Button>
            </div>
            {changing && (
                <ChangeDialog
                    host={host}
                    onClose={() => {
                        setChanging(false);
                    }}
                    onDone={() => {
                        setChanging(false);
                        onSaid(t.servers.changed);
                    }}
                />
            )}
        </div>
    );
}

/** What stands apart: both end the server's token, and one of them for good. */
function Ends({
    host,
    onEnrolment,
    onEnded,
}: {
    host: Host;
    onEnrolment: (made: HostEnrolment) => void;
    onEnded: (name: string) => void;
}) {
    const team = useTeam();
    const [asking, setAsking] = useState<"anew" | "end" | null>(null);
    const [attempt, setAttempt] = useState(() => crypto.randomUUID());
    const close = () => {
        setAsking(null);
    };
    const anew = useAction(
        (id: string) => api.enrollHostAnew(team, id, attempt),
        ({ enrolment }) => {
            close();
            setAttempt(crypto.randomUUID());
            onEnrolment(enrolment);
            void reload("hosts", "activity");
        },
    );
    const end = useAction(
        (id: string) => api.endHost(team, id),
        () => {
            onEnded(host.name);
            void reload("hosts", "activity");
        },
    );
    return (
        <>
            <Section title={t.servers.anewTitle} text={t.servers.anewText} danger>
                <Button
                    variant="default"
                    onClick={() => {
                        setAsking("anew");
                    }}
                >
                    {t.servers.anew}
                </Button>
            </Section>
            <Section title={t.servers.endTitle} text={t.servers.endText} danger>
                <Button
                    variant="default"
                    onClick={() => {
                        setAsking("end");
                    }}
                >
                    {t.servers.endAction}
                </Button>
            </Section>
            {asking === "anew" && (
                <ConfirmDialog
                    title={t.servers.anewConfirm(host.name)}
                    text={host.state === "waiting" ? t.servers.anewWaitingText : t.servers.anewConfirmText}
                    submit={t.servers.anewSubmit}
                    action={anew}
                    input={host.id}
                    onClose={close}
                />
            )}
            {asking === "end" && (
                <ConfirmDialog
                    title={t.servers.endConfirm(host.name)}
                    text={t.servers.endConfirmText(host.open_sessions)}
                    submit={t.servers.endSubmit}
                    action={end}
                    input={host.id}
                    danger
                    onClose={close}
                />
            )}
        </>
    );
}
