/**
 * How one API key was used: a chart of 90 days, sums by kind, and the same as a table.
 */
import { Link, useParams } from "@tanstack/react-router";
import type { KeyUsage } from "../../api/types";
import { useKeyUsage } from "../../app/queries";
import { t } from "../../text/en";
import { placeName } from "../../ui/deviceText";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Loaded, Section, SettingsPage } from "../../ui/Section";
import styles from "./apiKeys.module.css";
import { bars, kindsOfUse, numberText } from "./keyText";
import type { KindOfUse } from "./keyText";

export function KeyUsagePage() {
    const { id } = useParams({ from: "/shell/account/api-keys/$id" });
    const usage = useKeyUsage(id);
    return (
        <SettingsPage
            title={usage.data ? t.apiKeys.usageTitle(usage.data.name) : t.apiKeys.usage}
            text={t.apiKeys.usageText}
        >
            <p>
                <Link to="/account/api-keys">{t.apiKeys.backToList}</Link>
            </p>
            <Loaded query={usage} rows={4}>
                {(loaded) => <Usage usage={loaded} />}
            </Loaded>
        </SettingsPage>
    );
}

const height = 100;

function total(usage: KeyUsage, kind: KindOfUse): number {
    return usage.days.reduce((sum, day) => sum + day[kind], 0);
}

function Usage({ usage }: { usage: KeyUsage }) {
    const { days, last_use: last } = usage;
    const chart = bars(days, height);
    const used = days.filter((day) => kindsOfUse.some((kind) => day[kind] > 0));
    if (used.length === 0) {
        return <p className="lead">{t.apiKeys.noUses}</p>;
    }
    return (
        <>
            {last && (
                <p className="lead">
                    {t.apiKeys.lastUsed} <RelativeTime at={last.at} /> {t.apiKeys.from}{" "}
                    {placeName(last.place)} ({last.ip})
                </p>
            )}
            <Section title={t.apiKeys.chartLabel}>
                <div className={panel.panel}>
                    <svg
                        className={styles.chart}
                        viewBox={`0 0 ${days.length} ${height}`}
                        preserveAspectRatio="none"
                        aria-hidden="true"
                    >
                        {chart.bars.map((bar) => (
                            <rect
                                key={`${bar.x}-${bar.kind}`}
                                className={styles[bar.kind]}
                                x={bar.x + 0.1}
                                y={bar.y}
                                width={0.8}
                                height={bar.height}
                            />
                        ))}
                    </svg>
                    <p className={styles.axis}>
                        <span>{days[0]?.date}</span>
                        <span>{t.apiKeys.most(numberText(chart.most))}</span>
                        <span>{days.at(-1)?.date}</span>
                    </p>
                    <ul className={styles.legend}>
                        {kindsOfUse.map((kind) => (
                            <li key={kind}>
                                <svg width="12" height="12" aria-hidden="true">
                                    <rect className={styles[kind]} width="12" height="12" rx="2" />
                                </svg>
                                {t.apiKeys.uses[kind]}
                                <strong>{numberText(total(usage, kind))}</strong>
                            </li>
                        ))}
                    </ul>
                </div>
            </Section>
            <Section title={t.apiKeys.byDay}>
                {/* Scrolled by keyboard, too, where it is wider than the screen. */}
                {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
                <div className={styles.scroll} role="region" aria-label={t.apiKeys.byDay} tabIndex={0}>
                    <table className={styles.table}>
                        <thead>
                            <tr>
                                <th scope="col">{t.apiKeys.day}</th>
                                {kindsOfUse.map((kind) => (
                                    <th key={kind} scope="col">
                                        {t.apiKeys.uses[kind]}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {[...used].reverse().map((day) => (
                                <tr key={day.date}>
                                    <td>{day.date}</td>
                                    {kindsOfUse.map((kind) => (
                                        <td key={kind}>{numberText(day[kind])}</td>
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            </Section>
        </>
    );
}
