/**
 * What surrounds the account's pages: the bar above, the navigation, and what holds for the account as a whole.
 */
import { Button } from "@mantine/core";
import "@mantine/core/styles/Skeleton.css";
import { Link, Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../api/api";
import { basePath } from "../api/client";
import { isProblem } from "../api/problem";
import type { Account } from "../api/types";
import { t } from "../text/en";
import { CenteredPage } from "../ui/CenteredPage";
import { Icon } from "../ui/Icon";
import icon from "../ui/icon.svg";
import { Notice, ProblemNotice } from "../ui/Notice";
import { OfflineNotice } from "../ui/OfflineNotice";
import { Loaded } from "../ui/Section";
import { dayAndTime } from "../ui/time";
import { useAction } from "../ui/useAction";
import styles from "./AccountShell.module.css";
import { goToSignIn } from "./leave";
import { reload, useAccount, useSignInMethods } from "./queries";
import { StepUpPage } from "./StepUp";

const pages = [
    { to: "/account", label: t.shell.overview },
    { to: "/account/password", label: t.shell.password },
    { to: "/account/two-factor", label: t.shell.twoFactor },
    { to: "/account/sessions", label: t.shell.sessions },
    { to: "/account/api-keys", label: t.shell.apiKeys },
    { to: "/account/ssh-keys", label: t.shell.sshKeys },
    { to: "/account/servers", label: t.shell.servers },
    { to: "/account/activity", label: t.shell.activity },
    { to: "/account/addresses", label: t.shell.addresses },
    { to: "/account/webhooks", label: t.shell.webhooks },
    { to: "/account/secure", label: t.shell.secure },
    { to: "/admin", label: t.shell.admin },
] as const;

function Navigation({ operator }: { operator: boolean }) {
    const { pathname } = useLocation();
    const [open, setOpen] = useState(false);
    const shown = pages.filter(({ to }) => to !== "/admin" || operator);
    const here = shown.find(
        ({ to }) => pathname === to || (to !== "/account" && pathname.startsWith(`${to}/`)),
    );
    return (
        <nav className={`${styles.nav} ${open ? styles.open : ""}`} aria-label={t.shell.navigation}>
            <button
                type="button"
                className={styles.menu}
                aria-expanded={open}
                onClick={() => {
                    setOpen(!open);
                }}
            >
                <Icon name="menu" />
                <span>
                    {here?.label ?? (pathname === "/account/check-up" ? t.checkUp.title : t.shell.menu)}
                </span>
            </button>
            <ul>
                {shown.map(({ to, label }) => (
                    <li key={to}>
                        <Link
                            to={to}
                            activeOptions={{ exact: to === "/account", includeSearch: false }}
                            onClick={() => {
                                setOpen(false);
                            }}
                        >
                            {label}
                        </Link>
                    </li>
                ))}
            </ul>
        </nav>
    );
}

function AccountNotices({ account }: { account: Account }) {
    const keep = useAction(api.cancelDeletion, () => void reload("account", "activity"));
    return (
        <div className={styles.notices}>
            <OfflineNotice />
            {account.deletion && (
                <Notice
                    kind="warning"
                    actions={
                        <Button
                            size="compact-sm"
                            variant="default"
                            loading={keep.running}
                            onClick={() => {
                                keep.run(undefined);
                            }}
                        >
                            {t.shell.deletionCancel}
                        </Button>
                    }
                >
                    <p>{t.shell.deletionNotice(dayAndTime(account.deletion.deletes_at))}</p>
                </Notice>
            )}
            <ProblemNotice action={keep} />
            {account.factors_frozen_until && (
                <Notice kind="warning">
                    <p>{t.shell.frozenNotice(dayAndTime(account.factors_frozen_until))}</p>
                </Notice>
            )}
        </div>
    );
}

export function AccountShell() {
    const account = useAccount();
    const product = useSignInMethods().data?.product_name;
    const leave = useAction(api.signOut, () => {
        goToSignIn("stay-away");
    });
    if (isProblem(account.error, "session/authentication-required")) {
        return <StepUpPage />;
    }
    if (isProblem(account.error, "session/restricted")) {
        return <Navigate to="/account/secure" replace />;
    }
    if (isProblem(account.error, "session/required")) {
        return null; // On the way to the sign-in page.
    }
    if (account.data === undefined) {
        return (
            <CenteredPage>
                <Loaded query={account} rows={2}>
                    {() => null}
                </Loaded>
            </CenteredPage>
        );
    }
    return (
        <>
            <a className={styles.skip} href="#content">
                {t.common.skipToContent}
            </a>
            <header className={styles.header}>
                <div className={styles.bar}>
                    <Link to="/account" className={styles.brand}>
                        <img src={icon} width={26} height={26} alt="" />
                        {product ?? t.shell.account}
                    </Link>
                    <div className={styles.who}>
                        {account.data.email}
                        {basePath !== "" && ( // The rest of this host is the product's.
                            <a href="/">{t.shell.backTo(product ?? t.shell.product)}</a>
                        )}
                    </div>
                    <Button
                        size="xs"
                        variant="default"
                        loading={leave.running}
                        onClick={() => {
                            leave.run(undefined);
                        }}
                    >
                        {t.shell.signOut}
                    </Button>
                </div>
            </header>
            <div className={styles.columns}>
                <Navigation operator={account.data.operator} />
                <main id="content" tabIndex={-1}>
                    <ProblemNotice action={leave} />
                    <AccountNotices account={account.data} />
                    <Outlet />
                </main>
            </div>
        </>
    );
}
