import { useEffect, useState } from "react";
import { exactTime, relativeTime } from "./time";

/** "2 hours ago", with the exact time, in the reader's zone, on hover. */
export function RelativeTime({ at }: { at: string }) {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => {
            setNow(Date.now());
        }, 30_000);
        return () => {
            clearInterval(timer);
        };
    }, []);
    return (
        <time dateTime={at} title={exactTime(at)}>
            {relativeTime(at, now)}
        </time>
    );
}
