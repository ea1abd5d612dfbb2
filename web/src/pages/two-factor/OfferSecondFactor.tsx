/**
 * The step after sign-up: a second factor is offered, and may be skipped.
 */
import { Button } from "@mantine/core";
import { useState } from "react";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { Heading } from "../../ui/Heading";
import { Enrollment } from "./Enrollment";
import styles from "./twoFactor.module.css";

export function OfferSecondFactor({ email, onDone }: { email: string; onDone: () => void }) {
    const [step, setStep] = useState<"ask" | "enroll" | "done">("ask");
    switch (step) {
        case "ask":
            return (
                <CenteredPage>
                    <Heading>{t.offer.title}</Heading>
                    <p className="lead">{t.offer.text}</p>
                    <div className={styles.actions}>
                        <Button
                            onClick={() => {
                                setStep("enroll");
                            }}
                        >
                            {t.offer.start}
                        </Button>
                        <Button variant="default" onClick={onDone}>
                            {t.offer.skip}
                        </Button>
                    </div>
                </CenteredPage>
            );
        case "enroll":
            return (
                <CenteredPage wide>
                    <Enrollment
                        email={email}
                        heading="h1"
                        name={t.twoFactor.nameDefault}
                        cancelLabel={t.offer.skip}
                        onCancel={onDone}
                        onDone={() => {
                            setStep("done");
                        }}
                    />
                </CenteredPage>
            );
        case "done":
            return (
                <CenteredPage>
                    <Heading key="done">{t.offer.doneTitle}</Heading>
                    <p className="lead">{t.offer.doneText}</p>
                    <div className={styles.actions}>
                        <Button onClick={onDone}>{t.offer.done}</Button>
                    </div>
                </CenteredPage>
            );
    }
}
