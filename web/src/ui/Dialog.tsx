/**
 * A question above the page. The browser's own <dialog> keeps the focus inside, closes at Escape and gives the focus
 * back; it needs no injected style, which the pages' policy would refuse.
 */
import { useEffect, useId, useRef } from "react";
import type { ReactNode } from "react";
import styles from "./Dialog.module.css";

export function Dialog({
    title,
    onClose,
    children,
}: {
    title: string;
    onClose: () => void;
    children: ReactNode;
}) {
    const dialog = useRef<HTMLDialogElement>(null);
    const heading = useRef<HTMLHeadingElement>(null);
    const id = useId();
    useEffect(() => {
        const element = dialog.current;
        const before = document.activeElement;
        element?.showModal();
        heading.current?.focus();
        return () => {
            element?.close();
            if (before instanceof HTMLElement && before.isConnected) {
                before.focus();
            }
        };
    }, []);
    return (
        <dialog
            ref={dialog}
            className={styles.dialog}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
        >
            <h2 ref={heading} id={id} tabIndex={-1}>
                {title}
            </h2>
            {children}
        </dialog>
    );
}

export function DialogActions({ children }: { children: ReactNode }) {
    return <div className={styles.actions}>{children}</div>;
}
