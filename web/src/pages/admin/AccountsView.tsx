import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import * as api from "../../api/api";
import type { AdminAccount } from "../../api/types";
import { keys, reload, useAccount } from "../../app/queries";
import { t } from "../../text/en";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { LinkButton } from "../../ui/LinkButton";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { TextField } from "../../ui/Form";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Notices, Row, Rows, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import styles from "./admin.module.css";
import { FreezeList } from "./FreezeList";

export function AccountsView() {
    const [typed, setTyped] = useState("");
    const [query, setQuery] = useState("");
    const [said, setSaid] = useState<string | null>(null);
    const [disabling, setDisabling] = useState<AdminAccount | null>(null);
    const [freezing, setFreezing] = useState<AdminAccount | null>(null);
    const [listing, setListing] = useState(false);
    const accounts = useInfiniteQuery({
        queryKey: [...keys.accounts, query],
        queryFn: ({ pageParam }) => api.listAccounts({ query, cursor: pageParam }),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
    });
    const disable = useAction(api.disableAccount, () => {
        setDisabling(null);
        setSaid(t.admin.disableDone);
        void reload("accounts");
    });
    const freeze = useAction(
        (email: string) => api.freezeAccounts([email]),
        () => {
            setFreezing(null);
            setSaid(t.admin.freezeDone);
        },
    );
    return (
        <>
            <form
                role="search"
                className={styles.line}
                onSubmit={(event) => {
                    event.preventDefault();
                    setQuery(typed.trim());
                }}
            >
                <TextField
                    label={t.admin.search}
                    type="search"
                    autoComplete="off"
                    value={typed}
                    onChange={setTyped}
                />
                <Button type="submit" variant="default">
                    {t.admin.searchAction}
                </Button>
                <Button
                    variant="default"
                    onClick={() => {
                        setListing(true);
                    }}
                >
                    {t.admin.freezeList}
                </Button>
            </form>
            <Notices>
                {said && (
                    <Notice kind="success">
                        <p>{said}</p>
                    </Notice>
                )}
            </Notices>
            <Loaded query={accounts} rows={5}>
                {({ pages }) => {
                    const items = pages.flatMap((page) => page.items);
                    return items.length === 0 ? (
                        <Empty
                            title={t.admin.noAccounts}
                            text={t.admin.noAccountsHint}
                            action={
                                <LinkButton
                                    onClick={() => {
                                        setTyped("");
                                        setQuery("");
                                    }}
                                >
                                    {t.admin.clear}
                                </LinkButton>
                            }
                        />
                    ) : (
                        <Rows label={t.admin.accounts}>
                            {items.map((account) => (
                                <AccountRow
                                    key={account.id}
                                    account={account}
                                    onDisable={setDisabling}
                                    onFreeze={setFreezing}
                                    onSaid={setSaid}
                                />
                            ))}
                        </Rows>
                    );
                }}
            </Loaded>
            {accounts.hasNextPage && (
                <div className={styles.more}>
                    <Button
                        variant="default"
                        loading={accounts.isFetchingNextPage}
                        onClick={() => void accounts.fetchNextPage()}
                    >
                        {t.common.showMore}
                    </Button>
                </div>
            )}
            {listing && (
                <FreezeList
                    onClose={() => {
                        setListing(false);
                    }}
                />
            )}
            {freezing && (
                <ConfirmDialog
                    title={t.admin.freezeTitle(freezing.email)}
                    text={t.admin.freezeText}
                    submit={t.admin.freeze}
                    action={freeze}
                    input={freezing.id}
                    danger
                    onClose={() => {
                        setFreezing(null);
                    }}
                />
            )}
            {disabling && (
                <ConfirmDialog
                    title={t.admin.disableTitle(disabling.email)}
                    text={t.admin.disableText}
                    submit={t.admin.disable}
                    action={disable}
                    input={disabling.id}
                    danger
                    onClose={() => {
                        setDisabling(null);
                    }}
                />
            )}
        </>
    );
}

function AccountRow({
    account,
    onDisable,
    onFreeze,
    onSaid,
}: {
    account: AdminAccount;
    onDisable: (account: AdminAccount) => void;
    onFreeze: (account: AdminAccount) => void;
    onSaid: (words: string) => void;
}) {
    const own = useAccount().data?.id === account.id;
    const enable = useAction(api.enableAccount, () => {
        onSaid(t.admin.enableDone);
        void reload("accounts");
    });
    return (
        <Row
            icon="person"
            title={
                <>
                    {account.email}
                    {account.operator && <Tag>{t.admin.operator}</Tag>}
                    {account.disabled && <Tag kind="bad">{t.admin.disabled}</Tag>}
                </>
            }
            detail={
                <>
                    {account.name && `${account.name} · `}
                    {t.admin.created} <RelativeTime at={account.created_at} />
                </>
            }
            actions={
                account.disabled ? (
                    <Button
                        size="xs"
                        variant="default"
                        loading={enable.running}
                        aria-label={t.admin.enableLabel(account.email)}
                        onClick={() => {
                            enable.run(account.id);
                        }}
                    >
                        {t.admin.enable}
                    </Button>
                ) : (
                    !own && (
                        <>
                            <Button
                                size="xs"
                                variant="default"
                                aria-label={`${t.admin.freeze}: ${account.email}`}
                                onClick={() => {
                                    onFreeze(account);
                                }}
                            >
                                {t.admin.freeze}
                            </Button>
                            <Button
                                size="xs"
                                variant="default"
                                aria-label={t.admin.disableLabel(account.email)}
                                onClick={() => {
                                    onDisable(account);
                                }}
                            >
                                {t.admin.disable}
                            </Button>
                        </>
                    )
                )
            }
        >
            <ProblemNotice action={enable} />
        </Row>
    );
}
