/**
 * The two ways between being signed in and not.
 */
import * as api from "../api/api";
import { basePath, forgetToken } from "../api/client";
import { isProblem } from "../api/problem";
import type { SignedIn } from "../api/types";
import { safeReturnPath } from "../ui/returnPath";
import { queryClient } from "./queries";
import { router } from "./router";

/** A session is over, or there was none: sign in, then come back to where one was. */
export function goToSignIn(back: "come-back" | "stay-away"): void {
    const { pathname, search } = window.location;
    if (pathname === `${basePath}/sign-in`) {
        return; // Several requests learn it at once; the first has brought us here.
    }
    forgetToken();
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "methods" });
    const path = pathname + search;
    void router.navigate({
        to: "/sign-in",
        search: back === "come-back" && pathname !== `${basePath}/account` ? { return: path } : {},
        replace: true,
    });
}

/** Signed in: back to where one came from, which may be a page of the product that shares this origin. */
export function afterSignIn(_signedIn: SignedIn, returnTo: string | undefined): void {
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "methods" });
    const path = safeReturnPath(returnTo, window.location.origin);
    if (path === null) {
        void router.navigate({ to: "/account", replace: true });
    } else if (!isOfTheProduct(path)) {
        router.history.replace(path);
    } else {
        void leadToSecuring().then((led) => {
            if (!led) {
                window.location.replace(path);
            }
        });
    }
}

/** Whether that is a page of the product, which lets nobody in whose account is still to be secured. */
export function isOfTheProduct(returnTo: string | undefined): boolean {
    const path = safeReturnPath(returnTo, window.location.origin);
    return path !== null && ![`${basePath}/account`, `${basePath}/admin`].some((own) => path.startsWith(own));
}

/** Where the account is frozen the way leads on there: the product would only send its owner back to the sign-in page. */
export async function leadToSecuring(): Promise<boolean> {
    try {
        await api.loadAccount();
    } catch (error) {
        if (isProblem(error, "session/restricted")) {
            await router.navigate({ to: "/account/secure", replace: true });
            return true;
        }
    }
    return false;
}
