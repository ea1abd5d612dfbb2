import { useQuery } from "@tanstack/react-query";
import * as api from "../../api/api";
import { keys } from "../../app/queries";
import { t } from "../../text/en";
import { Loaded } from "../../ui/Section";
import styles from "./admin.module.css";
import { settingRows } from "./settings";

export function SettingsView() {
    const settings = useQuery({ queryKey: keys.settings, queryFn: api.loadSettings });
    return (
        <>
            <p className="lead">{t.admin.settingsText}</p>
            <Loaded query={settings} rows={6}>
                {(answer) => (
                    <dl className={styles.settings}>
                        {settingRows(answer).map((row) => (
                            <div key={row.key}>
                                <dt>{row.key}</dt>
                                <dd>{row.value}</dd>
                                {row.source && <dd className={styles.source}>{row.source}</dd>}
                            </div>
                        ))}
                    </dl>
                )}
            </Loaded>
        </>
    );
}
