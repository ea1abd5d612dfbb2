import { t } from "../../text/en";
import styles from "./apiKeys.module.css";
import { numberText } from "./keyText";

/** A bar a day, the last one today. A day with a single use is still to be seen beside a busy one. */
export function Sparkline({ days }: { days: number[] }) {
    const most = Math.max(...days, 0);
    if (most === 0) {
        return null;
    }
    const total = days.reduce((sum, uses) => sum + uses, 0);
    return (
        <svg
            className={styles.spark}
            viewBox={`0 0 ${days.length} 20`}
            preserveAspectRatio="none"
            role="img"
            aria-label={t.apiKeys.sparkLabel(numberText(total))}
        >
            {days.map((uses, day) => {
                const height = uses === 0 ? 0 : Math.max((uses / most) * 20, 1.5);
                return <rect key={day} x={day + 0.1} y={20 - height} width={0.8} height={height} />;
            })}
        </svg>
    );
}
