import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as api from "../../api/api";
import type { Account } from "../../api/types";
import { keys, useAccount, useCheckUp, useSessions } from "../../app/queries";
import { t } from "../../text/en";
import { Notice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Row, Rows, Section, SettingsPage } from "../../ui/Section";
import { ActivityRow } from "../activity/ActivityRow";
import { Findings } from "../check-up/Findings";
import styles from "./overview.module.css";

const shownMax = 3;

export function OverviewPage() {
    const account = useAccount();
    return (
        <SettingsPage title={t.overview.title}>
            <CheckUp />
            <Loaded query={account}>{(data) => <State account={data} />}</Loaded>
            <RecentActivity />
        </SettingsPage>
    );
}

/** The worst of the check-up; the rest stands on its page. */
function CheckUp() {
    const checkUp = useCheckUp();
    return (
        <Section title={t.checkUp.title}>
            <Loaded query={checkUp} rows={2}>
                {({ findings }) => (
                    <>
                        {findings.length === 0 ? (
                            <Notice kind="success">
                                <p>{t.checkUp.allWell}</p>
                            </Notice>
                        ) : (
                            <Findings findings={findings.slice(0, shownMax)} />
                        )}
                        <div className={styles.more}>
                            <Link to="/account/check-up">
                                {t.checkUp.whole(Math.max(0, findings.length - shownMax))}
                            </Link>
                        </div>
                    </>
                )}
            </Loaded>
        </Section>
    );
}

function State({ account }: { account: Account }) {
    const sessions = useSessions();
    const { enabled, totp_count, backup_codes_remaining } = account.second_factor;
    return (
        <Section title={t.overview.state}>
            <Rows>
                <Row
                    icon="lock"
                    title={t.overview.passwordLabel}
                    detail={
                        account.has_password && account.password_changed_at ? (
                            <>
                                {t.overview.passwordChanged} <RelativeTime at={account.password_changed_at} />
                            </>
                        ) : (
                            !account.has_password && t.overview.passwordMissing
                        )
                    }
                    actions={<Link to="/account/password">{t.overview.change}</Link>}
                />
                <Row
                    icon="shield"
                    title={t.overview.twoFactorLabel}
                    detail={enabled ? t.overview.twoFactorOn(totp_count) : t.overview.twoFactorOff}
                    actions={<Link to="/account/two-factor">{t.overview.manage}</Link>}
                />
                {enabled && (
                    <Row
                        icon="key"
                        title={t.overview.codesLabel}
                        detail={t.overview.codesLeft(backup_codes_remaining)}
                    />
                )}
                <Row
                    icon="desktop"
                    title={t.overview.sessionsLabel}
                    detail={
                        sessions.data
                            ? t.overview.sessionsCount(
                                  sessions.data.items.length,
                                  sessions.data.next_cursor !== null,
                              )
                            : "…"
                    }
                    actions={<Link to="/account/sessions">{t.overview.see}</Link>}
                />
                <Row
                    icon="mail"
                    title={t.overview.addressLabel}
                    detail={account.email}
                    actions={<Link to="/account/addresses">{t.overview.manage}</Link>}
                />
            </Rows>
        </Section>
    );
}

function RecentActivity() {
    const recent = useQuery({
        queryKey: [...keys.activity, "recent"],
        queryFn: () => api.listActivity({ limit: 5 }),
    });
    return (
        <Section title={t.overview.recent}>
            <Loaded query={recent} rows={3}>
                {({ items }) => (
                    <>
                        <Rows label={t.overview.recent}>
                            {items.slice(0, 5).map((event) => (
                                <ActivityRow key={event.id} event={event} />
                            ))}
                        </Rows>
                        <div className={styles.more}>
                            <Link to="/account/activity">{t.overview.allActivity}</Link>
                        </div>
                    </>
                )}
            </Loaded>
        </Section>
    );
}
