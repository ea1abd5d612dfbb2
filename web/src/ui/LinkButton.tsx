import type { ReactNode } from "react";

/** Looks like a link, stays on the page. */
export function LinkButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
    return (
        <button type="button" className="link-button" onClick={onClick}>
            {children}
        </button>
    );
}
