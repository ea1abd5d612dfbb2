import { Checkbox } from "@mantine/core";
import "@mantine/core/styles/InlineInput.css";
import "@mantine/core/styles/Checkbox.css";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { reload, useAccount } from "../../app/queries";
import { t } from "../../text/en";
import { SettingsPage } from "../../ui/Section";
import styles from "./password.module.css";
import { PasswordChangeForm } from "./PasswordChangeForm";

export function PasswordPage() {
    const account = useAccount().data;
    const [endOthers, setEndOthers] = useState(true);
    return (
        <SettingsPage title={t.passwordPage.title} text={t.passwordPage.text}>
            <div className={styles.narrow}>
                <PasswordChangeForm
                    email={account?.email ?? ""}
                    secondFactor={account?.second_factor.enabled ? "with-second-factor" : "alone"}
                    endOthers={endOthers}
                    says={t.passwordPage.done}
                    onDone={() => {
                        void reload("account", "sessions", "activity");
                    }}
                    options={
                        <Checkbox
                            label={t.passwordPage.endOthers}
                            description={t.passwordPage.endOthersHint}
                            checked={endOthers}
                            onChange={(event) => {
                                setEndOthers(event.currentTarget.checked);
                            }}
                        />
                    }
                />
                <p className={styles.forgot}>
                    {t.passwordPage.forgot} <Link to="/recovery">{t.passwordPage.recover}</Link>
                </p>
            </div>
        </SettingsPage>
    );
}
