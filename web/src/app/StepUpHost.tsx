/**
 * Waits for a request that must be proved first (RFC 9470), asks in place, and lets the request go on. What asks is
 * loaded when it is first needed.
 */
import { lazy, Suspense, useEffect, useState } from "react";
import { setStepUpAsker } from "../api/client";

const StepUpDialog = lazy(async () => ({ default: (await import("./StepUp")).StepUpDialog }));

export function StepUpHost() {
    const [answer, setAnswer] = useState<((proved: boolean) => void) | null>(null);
    useEffect(() => {
        // Requests that are refused meanwhile wait for the same answer.
        let asked: Promise<boolean> | null = null;
        setStepUpAsker(() => {
            asked ??= new Promise<boolean>((resolve) => {
                setAnswer(() => (proved: boolean) => {
                    asked = null;
                    setAnswer(null);
                    resolve(proved);
                });
            });
            return asked;
        });
        return () => {
            setStepUpAsker(null);
        };
    }, []);
    return answer === null ? null : (
        <Suspense fallback={null}>
            <StepUpDialog onAnswer={answer} />
        </Suspense>
    );
}
