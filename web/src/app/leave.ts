/**
 * The two ways between being signed in and not.
 */
import { basePath, forgetToken } from "../api/client";
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
    } else if (path.startsWith(`${basePath}/account`) || path.startsWith(`${basePath}/admin`)) {
        router.history.replace(path);
    } else {
        window.location.replace(path);
    }
}
