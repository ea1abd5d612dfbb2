import { Link, useSearch } from "@tanstack/react-router";
import { useAccount } from "../../app/queries";
import { adminViews } from "../../app/router";
import { t } from "../../text/en";
import { SettingsPage } from "../../ui/Section";
import { NotFoundPage } from "../../app/FallbackPages";
import { AccountsView } from "./AccountsView";
import { AuditView } from "./AuditView";
import styles from "./admin.module.css";
import { InvitationsView } from "./InvitationsView";
import { SettingsView } from "./SettingsView";

const views = {
    accounts: AccountsView,
    invitations: InvitationsView,
    audit: AuditView,
    settings: SettingsView,
};

export function AdminPage() {
    const { view = "accounts" } = useSearch({ from: "/shell/admin" });
    const account = useAccount().data;
    if (account?.operator === false) {
        return <NotFoundPage />;
    }
    const View = views[view];
    return (
        <SettingsPage title={t.admin.title}>
            <nav aria-label={t.admin.navigation} className={styles.views}>
                {adminViews.map((name) => (
                    <Link
                        key={name}
                        to="/admin"
                        search={name === "accounts" ? {} : { view: name }}
                        activeOptions={{ exact: true }}
                    >
                        {t.admin[name]}
                    </Link>
                ))}
            </nav>
            <View />
        </SettingsPage>
    );
}
