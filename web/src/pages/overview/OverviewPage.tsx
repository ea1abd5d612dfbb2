import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import * as api from "../../api/api";
import type { Account } from "../../api/types";
import { keys, useAccount, useSessions } from "../../app/queries";
import { t } from "../../text/en";
import type { IconName } from "../../ui/Icon";
import { Notice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Row, Rows, Section, SettingsPage } from "../../ui/Section";
import { ActivityRow } from "../activity/ActivityRow";
import styles from "./overview.module.css";

const codesFew = 3;

interface Lack {
    id: string;
    icon: IconName;
    title: string;
    text: string;
    action: string;
    to: LinkProps["to"];
}

/** What the account lacks, worst first. */
function lacksOf(account: Account): Lack[] {
    const lacks: Lack[] = [];
    const { enabled, backup_codes_remaining: codes } = account.second_factor;
    if (!enabled) {
        lacks.push({
            id: "two-factor",
            icon: "shield",
            title: t.overview.lackTwoFactorTitle,
            text: t.overview.lackTwoFactorText,
            action: t.overview.lackTwoFactorAction,
            to: "/account/two-factor",
        });
    } else if (codes <= codesFew) {
        lacks.push({
            id: "codes",
            icon: "key",
            title: t.overview.lackCodesTitle,
            text: t.overview.lackCodesText(codes),
            action: t.overview.lackCodesAction,
            to: "/account/two-factor",
        });
    }
    if (account.pending_email !== null) {
        lacks.push({
            id: "email",
            icon: "mail",
            title: t.overview.lackAddressTitle,
            text: t.overview.lackAddressText(account.pending_email),
            action: t.overview.lackAddressAction,
            to: "/account/addresses",
        });
    }
    return lacks;
}

export function OverviewPage() {
    const account = useAccount();
    return (
        <SettingsPage title={t.overview.title}>
            <Loaded query={account}>
                {(data) => (
                    <>
                        <Lacks lacks={lacksOf(data)} />
                        <State account={data} />
                    </>
                )}
            </Loaded>
            <RecentActivity />
        </SettingsPage>
    );
}

function Lacks({ lacks }: { lacks: Lack[] }) {
    if (lacks.length === 0) {
        return (
            <div className={styles.good}>
                <Notice kind="success">
                    <p>{t.overview.allGood}</p>
                </Notice>
            </div>
        );
    }
    return (
        <Section title={t.overview.todo}>
            <Rows>
                {lacks.map((lack, index) => (
                    <Row
                        key={lack.id}
                        icon={lack.icon}
                        title={lack.title}
                        detail={lack.text}
                        actions={
                            // The worst one has the page's only filled button.
                            <Button
                                size="sm"
                                variant={index === 0 ? "filled" : "default"}
                                renderRoot={(props) => <Link {...props} to={lack.to} />}
                            >
                                {lack.action}
                            </Button>
                        }
                    />
                ))}
            </Rows>
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
