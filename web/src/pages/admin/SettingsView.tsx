import { useQuery } from "@tanstack/react-query";
import * as api from "../../api/api";
import { keys } from "../../app/queries";
import { t } from "../../text/en";
import { Loaded } from "../../ui/Section";
import styles from "./admin.module.css";

export function SettingsView() {
    const settings = useQuery({ queryKey: keys.settings, queryFn: api.loadSettings });
    return (
        <>
            <p className="lead">{t.admin.settingsText}</p>
            <Loaded query={settings} rows={6}>
                {({ items }) => (
                    <dl className={styles.settings}>
                        {items.map((row) => (
                            <div key={row.key}>
                                <dt>{row.key}</dt>
                                <dd>{row.secret ? t.admin.hidden : row.value}</dd>
                                <dd className={styles.origin}>{row.origin}</dd>
                            </div>
                        ))}
                    </dl>
                )}
            </Loaded>
        </>
    );
}
