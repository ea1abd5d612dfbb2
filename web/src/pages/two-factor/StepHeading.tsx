import { useEffect, useRef } from "react";

/** The heading of a step inside a page or a panel; it takes the focus when the step begins. */
export function StepHeading({ as: Tag, children }: { as: "h1" | "h2"; children: string }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        heading.current?.focus();
    }, []);
    return (
        <Tag ref={heading} tabIndex={-1}>
            {children}
        </Tag>
    );
}
