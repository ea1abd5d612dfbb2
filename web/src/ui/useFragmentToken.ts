import { useEffect, useState } from "react";

/** Links of e-mails carry their secret behind the "#", which browsers send to nobody. It leaves the address bar and the
 *  history at once, so that neither a look over the shoulder nor the next page learns it. */
export function useFragmentToken(): string | null {
    const [token] = useState(() => {
        const value = window.location.hash.slice(1);
        return /^[A-Za-z0-9_-]{8,200}$/.test(value) ? value : null;
    });
    useEffect(() => {
        if (window.location.hash) {
            window.history.replaceState(
                window.history.state,
                "",
                window.location.pathname + window.location.search,
            );
        }
    }, []);
    return token;
}
