import type { ReactNode } from "react";

/** Looks like a link, stays on the page. */
export function LinkButton({
    onClick,
    label,
    disabled,
    children,
}: {
    onClick: () => void;
    /** For readers of the screen, where many buttons say the same. */
    label?: string;
    disabled?: boolean;
    children: ReactNode;
}) {
    return (
        <button
            type="button"
            className="link-button"
            aria-label={label}
            disabled={disabled}
            onClick={onClick}
        >
            {children}
        </button>
    );
}
