/**
 * "My account was compromised": asks, freezes, then leads through what has to be looked at, one step a page. Outside
 * the account's pages, since nothing else is open meanwhile.
 */
import { Button } from "@mantine/core";
import "@mantine/core/styles/Skeleton.css";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import * as api from "../../api/api";
import { isProblem } from "../../api/problem";
import type { Securing } from "../../api/types";
import { afterSignIn, goToSignIn } from "../../app/leave";
import { reload, useSecuring } from "../../app/queries";
import { StepUpPage } from "../../app/StepUp";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { Heading } from "../../ui/Heading";
import { LinkButton } from "../../ui/LinkButton";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { Loaded } from "../../ui/Section";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import { ActivityStep } from "./ActivityStep";
import { LostSecrets } from "./LostSecrets";
import { AddressesStep, SshKeysStep, TokensStep } from "./ReviewSteps";
import { FactorStep, PasswordStep } from "./CredentialSteps";
import styles from "./secure.module.css";

export function SecurePage() {
    const securing = useSecuring();
    if (isProblem(securing.error, "session/authentication-required")) {
        return <StepUpPage />;
    }
    if (isProblem(securing.error, "session/required")) {
        return null; // On the way to the sign-in page.
    }
    if (securing.data === undefined) {
        return (
            <CenteredPage>
                <Loaded query={securing} rows={2}>
                    {() => null}
                </Loaded>
            </CenteredPage>
        );
    }
    return securing.data.securing ? <UnderWay state={securing.data} /> : <Ask />;
}

function Ask() {
    const freeze = useAction(api.secureAccount, () => void reload("securing"));
    return (
        <CenteredPage below={<Link to="/account">{t.secure.back}</Link>}>
            <Heading>{t.secure.askTitle}</Heading>
            <p className="lead">{t.secure.askText}</p>
            <ul className={styles.what}>
                {t.secure.what.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ul>
            <ProblemNotice action={freeze} />
            <Button
                color="red"
                fullWidth
                loading={freeze.running}
                onClick={() => {
                    freeze.run(undefined);
                }}
            >
                {t.secure.freeze}
            </Button>
        </CenteredPage>
    );
}

/** The steps before secrets were shown that can be made again: the password, the second factor. */
const secretSteps = 2;
const next = () => void reload("securing");

const titles: Record<NonNullable<Securing["step"]>, string> = {
    password: t.secure.passwordTitle,
    "second-factor": t.secure.factorTitle,
    tokens: t.secure.tokensTitle,
    "ssh-keys": t.secure.sshTitle,
    addresses: t.secure.addressesTitle,
    activity: t.secure.activityTitle,
    finish: t.secure.finishTitle,
};

function stepOf(state: Securing): ReactNode {
    const { email } = state.account;
    switch (state.step) {
        case "password":
            return <PasswordStep email={email} onDone={next} />;
        case "second-factor":
            return (
                <FactorStep
                    email={email}
                    frozenUntil={state.factors_frozen_until}
                    codesOnly={state.steps.some(({ name, left }) => name === "second-factor" && left === 1)}
                    onDone={next}
                />
            );
        case "tokens":
            return <TokensStep onDone={next} />;
        case "ssh-keys":
            return <SshKeysStep onDone={next} />;
        case "addresses":
            return <AddressesStep onDone={next} />;
        case "activity":
            return <ActivityStep onDone={next} />;
        case "finish":
        case null:
            return <Finish />;
    }
}

function UnderWay({ state }: { state: Securing }) {
    const leave = useAction(api.signOut, () => {
        goToSignIn("stay-away");
    });
    const step = state.step ?? "finish";
    const number = state.steps.findIndex(({ name }) => name === step) + 1;
    return (
        <CenteredPage
            wide
            below={
                <div className={styles.below}>
                    <p>{t.secure.pause}</p>
                    <ProblemNotice action={leave} />
                    <p>
                        <LinkButton
                            onClick={() => {
                                leave.run(undefined);
                            }}
                        >
                            {t.secure.signOut}
                        </LinkButton>
                        <Support support={state.support} />
                    </p>
                </div>
            }
        >
            {number > 0 && (
                <>
                    <p className={styles.count}>{t.secure.step(number, state.steps.length)}</p>
                    <progress
                        className={styles.progress}
                        aria-label={t.secure.step(number, state.steps.length)}
                        value={number - 1}
                        max={state.steps.length}
                    />
                </>
            )}
            {number === 1 && <p className={styles.frozen}>{t.secure.frozen}</p>}
            <Servers servers={state.unconfirmed_servers} />
            <Heading key={step}>{titles[step]}</Heading>
            <div className={styles.step}>{stepOf(state)}</div>
            {number === 0 || number > secretSteps ? <LostSecrets email={state.account.email} /> : null}
        </CenteredPage>
    );
}

function Support({ support }: { support: Securing["support"] }) {
    return (
        <>
            {support.url && (
                <>
                    {" · "}
                    <a href={support.url}>{t.secure.helpSite}</a>
                </>
            )}
            {support.email && (
                <>
                    {" · "}
                    <a href={`mailto:${support.email}`}>{support.email}</a>
                </>
            )}
        </>
    );
}

function Servers({ servers }: { servers: Securing["unconfirmed_servers"] }) {
    if (servers.length === 0) {
        return null;
    }
    return (
        <Notice kind="warning">
            <p>{t.secure.servers(servers.length)}</p>
            <ul>
                {servers.map(({ id, name, cache_ends_at }) => (
                    <li key={id}>
                        {cache_ends_at ? t.secure.serverUntil(name, dayAndTime(cache_ends_at)) : name}
                    </li>
                ))}
            </ul>
        </Notice>
    );
}

function Finish() {
    const finish = useAction(api.finishSecuring, (answer) => {
        afterSignIn(answer, undefined);
    });
    return (
        <>
            <p className="lead">{t.secure.finishText}</p>
            <ProblemNotice action={finish} />
            <Button
                loading={finish.running}
                onClick={() => {
                    finish.run(undefined);
                }}
            >
                {t.secure.finish}
            </Button>
        </>
    );
}
