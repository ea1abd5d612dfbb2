import { useState } from "react";
import * as api from "../../api/api";
import type { Session } from "../../api/types";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { deviceIcon, deviceName, placeName } from "../../ui/deviceText";
import { Form, SubmitButton } from "../../ui/Form";
import { Heading } from "../../ui/Heading";
import { Icon } from "../../ui/Icon";
import { LinkButton } from "../../ui/LinkButton";
import { ProblemNotice } from "../../ui/Notice";
import { RelativeTime } from "../../ui/RelativeTime";
import { useAction } from "../../ui/useAction";
import styles from "./ChooseSessionStep.module.css";

export function ChooseSessionStep({
    sessions,
    onStep,
    onStartAgain,
}: {
    sessions: Session[];
    onStep: (step: api.SignInStep) => void;
    onStartAgain: () => void;
}) {
    const [chosen, setChosen] = useState<string | null>(null);
    const action = useAction(api.endSessionToSignIn, onStep);
    return (
        <CenteredPage wide below={<LinkButton onClick={onStartAgain}>{t.signIn.startAgain}</LinkButton>}>
            <Heading>{t.signIn.limitTitle}</Heading>
            <p className="lead">{t.signIn.limitText}</p>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    if (chosen !== null) {
                        action.run(chosen);
                    }
                }}
            >
                <ProblemNotice action={action} />
                <fieldset className={styles.choices}>
                    <legend className="visually-hidden">{t.signIn.limitTitle}</legend>
                    {sessions.map((session) => (
                        <label key={session.id} className={styles.choice}>
                            <input
                                type="radio"
                                name="session"
                                checked={chosen === session.id}
                                onChange={() => {
                                    setChosen(session.id);
                                }}
                            />
                            <Icon name={deviceIcon(session.device)} size={24} />
                            <span>
                                <span className={styles.name}>{deviceName(session.device)}</span>
                                <span className={styles.detail}>
                                    {placeName(session.place)} · {t.sessions.lastActive.toLowerCase()}{" "}
                                    <RelativeTime at={session.last_active_at} />
                                </span>
                            </span>
                        </label>
                    ))}
                </fieldset>
                <SubmitButton running={action.running} disabled={chosen === null}>
                    {t.signIn.endAndSignIn}
                </SubmitButton>
            </Form>
        </CenteredPage>
    );
}
