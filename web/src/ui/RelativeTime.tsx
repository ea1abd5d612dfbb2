import { exactTime, relativeTime } from "./time";
import { useNow } from "./useNow";

/** "2 hours ago", with the exact time, in the reader's zone, on hover. */
export function RelativeTime({ at }: { at: string }) {
    const now = useNow();
    return (
        <time dateTime={at} title={exactTime(at)}>
            {relativeTime(at, now)}
        </time>
    );
}
