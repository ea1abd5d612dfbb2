/**
 * The few pictures of these pages, drawn on a 20 × 20 grid. They are decoration: the words beside them say the same.
 */
const paths = {
    desktop: "M2.5 4h15v9.5h-15zM7 17h6M10 13.5V17",
    phone: "M6 2h8v16H6zM9 15.5h2",
    tablet: "M4 2h12v16H4zM9 15.5h2",
    program: "M2.5 3.5h15v13h-15zM5.5 8l2.5 2-2.5 2M10 12.5h4",
    unknown: "M7.5 7.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M10 14.5v.1M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
    check: "M4 10.5 8 14.5 16 5.5",
    cross: "M5 5l10 10M15 5 5 15",
    circle: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
    warning: "M10 2.8 18 16.8H2zM10 8v4M10 14.4v.1",
    info: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM10 9v5M10 6v.1",
    mail: "M2.5 4.5h15v11h-15zM2.5 5l7.5 6 7.5-6",
    shield: "M10 2l6.5 2.5v5c0 4-2.6 6.9-6.5 8.5-3.9-1.6-6.5-4.5-6.5-8.5v-5z",
    lock: "M4.5 9h11v8.5h-11zM6.5 9V6.5a3.5 3.5 0 0 1 7 0V9",
    server: "M2.5 3.5h15v5.5h-15zM2.5 11h15v5.5h-15zM5.5 6.2v.1M5.5 13.7v.1",
    key: "M12.5 3a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM9.3 10.7 2.5 17.5M5 15l2 2",
    clock: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM10 5.5V10l3 2",
    person: "M10 3a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 18c.6-4 3.4-6 7-6s6.4 2 7 6",
    menu: "M3 5.5h14M3 10h14M3 14.5h14",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
    return (
        <svg
            width={size}
            height={size}
            viewBox="0 0 20 20"
            fill="none"
            stroke="currentColor"
            strokeWidth={1.5}
            strokeLinecap="round"
            strokeLinejoin="round"
            aria-hidden="true"
            focusable="false"
        >
            <path d={paths[name]} />
        </svg>
    );
}
