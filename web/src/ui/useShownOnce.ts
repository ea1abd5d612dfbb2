import { useBlocker } from "@tanstack/react-router";
import { useRef } from "react";

/** Something is on the page that is not shown again: leaving asks first, until what is returned was called. */
export function useShownOnce(question: string): () => void {
    const saved = useRef(false);
    useBlocker({
        shouldBlockFn: () => !saved.current && !window.confirm(question),
        enableBeforeUnload: () => !saved.current,
    });
    return () => {
        saved.current = true;
    };
}
