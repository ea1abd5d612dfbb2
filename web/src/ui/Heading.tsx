import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { useSignInMethods } from "../app/queries";

// The document's own load leaves the focus at its start; every later page or step moves it to its heading, so that a
// screen reader says where one is.
let firstHeading = true;

/** The heading of a page, or of a step of a page: mount a new one (by key) for every step. */
export function Heading({
    children,
    title,
    keepFocus,
}: {
    children: ReactNode;
    title?: string;
    keepFocus?: boolean;
}) {
    const heading = useRef<HTMLHeadingElement>(null);
    const product = useSignInMethods().data?.product_name;
    const words = title ?? (typeof children === "string" ? children : "");
    useEffect(() => {
        document.title = product ? `${words} · ${product}` : words;
    }, [words, product]);
    useEffect(() => {
        if (!firstHeading && !keepFocus) {
            heading.current?.focus();
            window.scrollTo(0, 0);
        }
        firstHeading = false;
    }, [keepFocus]);
    return (
        <h1 ref={heading} tabIndex={-1}>
            {children}
        </h1>
    );
}
