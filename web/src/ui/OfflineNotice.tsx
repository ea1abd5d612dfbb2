import { useSyncExternalStore } from "react";
import { t } from "../text/en";
import { Notice } from "./Notice";

function subscribe(changed: () => void): () => void {
    window.addEventListener("online", changed);
    window.addEventListener("offline", changed);
    return () => {
        window.removeEventListener("online", changed);
        window.removeEventListener("offline", changed);
    };
}

export function OfflineNotice() {
    const online = useSyncExternalStore(subscribe, () => navigator.onLine);
    return online ? null : (
        <div className="notice-above">
            <Notice kind="warning">
                <p>{t.common.offline}</p>
            </Notice>
        </div>
    );
}
