import { NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import { keys } from "../../app/queries";
import { t } from "../../text/en";
import { LinkButton } from "../../ui/LinkButton";
import { MorePages } from "../../ui/MorePages";
import { Empty, Loaded, Rows, SettingsPage } from "../../ui/Section";
import { ActivityRow } from "./ActivityRow";
import styles from "./activity.module.css";
import { ProofDownload } from "./ProofDownload";

export function ActivityPage() {
    const [action, setAction] = useState("");
    const events = useInfiniteQuery({
        queryKey: [...keys.activity, "list", action],
        queryFn: ({ pageParam }) => api.listActivity({ action, cursor: pageParam }),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
    });
    return (
        <SettingsPage
            title={t.activity.title}
            text={
                <>
                    {t.activity.text} <Link to="/audit/verify">{t.activity.proofHelp}</Link>
                    <br />
                    {t.secure.suspectActivity} <Link to="/account/secure">{t.secure.offer}</Link>
                </>
            }
        >
            <div className={styles.filter}>
                <NativeSelect
                    label={t.activity.filter}
                    value={action}
                    onChange={(event) => {
                        setAction(event.currentTarget.value);
                    }}
                    data={[
                        { value: "", label: t.activity.all },
                        ...Object.entries(t.activity.filters).map(([value, label]) => ({ value, label })),
                    ]}
                />
            </div>
            <Loaded query={events} rows={6}>
                {({ pages }) => {
                    const items = pages.flatMap((page) => page.items);
                    if (items.length === 0) {
                        return (
                            <Empty
                                title={t.activity.emptyTitle}
                                text={action ? t.activity.emptyFilterText : t.activity.emptyText}
                                action={
                                    action && (
                                        <LinkButton
                                            onClick={() => {
                                                setAction("");
                                            }}
                                        >
                                            {t.activity.showAll}
                                        </LinkButton>
                                    )
                                }
                            />
                        );
                    }
                    return (
                        <Rows label={t.activity.title}>
                            {items.map((event) => (
                                <ActivityRow key={event.id} event={event}>
                                    <ProofDownload event={event} />
                                </ActivityRow>
                            ))}
                        </Rows>
                    );
                }}
            </Loaded>
            <MorePages query={events} />
        </SettingsPage>
    );
}
