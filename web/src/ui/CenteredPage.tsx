import type { ReactNode } from "react";
import { useSignInMethods } from "../app/queries";
import styles from "./CenteredPage.module.css";
import icon from "./icon.svg";
import { OfflineNotice } from "./OfflineNotice";

/** A page for one question, outside the account's pages. */
export function CenteredPage({
    children,
    below,
    wide,
}: {
    children: ReactNode;
    below?: ReactNode;
    wide?: boolean;
}) {
    const product = useSignInMethods().data?.product_name;
    return (
        <div className={styles.page}>
            <header className={styles.brand}>
                <img src={icon} width={28} height={28} alt="" />
                <span>{product}</span>
            </header>
            <main className={`${styles.card} ${wide ? styles.wide : ""}`}>
                <OfflineNotice />
                {children}
            </main>
            {below && <footer className={styles.below}>{below}</footer>}
        </div>
    );
}
