import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import type { CheckUpArea, CheckUpFinding } from "../../api/types";
import { t } from "../../text/en";
import type { IconName } from "../../ui/Icon";
import { RelativeTime } from "../../ui/RelativeTime";
import { Row, Rows, Tag } from "../../ui/Section";
import { textOf } from "./findingText";

const pages: Record<CheckUpArea, { to: LinkProps["to"]; icon: IconName }> = {
    password: { to: "/account/password", icon: "lock" },
    "second-factor": { to: "/account/two-factor", icon: "shield" },
    "backup-codes": { to: "/account/two-factor", icon: "key" },
    sessions: { to: "/account/sessions", icon: "desktop" },
    tokens: { to: "/account/api-keys", icon: "program" },
    "ssh-keys": { to: "/account/ssh-keys", icon: "key" },
    addresses: { to: "/account/addresses", icon: "mail" },
};

const tags = { urgent: "bad", important: "warn", advice: undefined } as const;

function Finding({ finding, worst }: { finding: CheckUpFinding; worst: boolean }) {
    const { title, action } = t.checkUp.kinds[finding.kind];
    const { to, icon } = pages[finding.area];
    return (
        <Row
            icon={icon}
            title={
                <>
                    {title}
                    <Tag {...(tags[finding.severity] && { kind: tags[finding.severity] })}>
                        {t.checkUp.severities[finding.severity]}
                    </Tag>
                </>
            }
            detail={
                <>
                    {finding.since && (
                        <>
                            {t.checkUp.chosen} <RelativeTime at={finding.since} />.{" "}
                        </>
                    )}
                    {textOf(finding)}
                </>
            }
            actions={
                // The worst one has the page's only filled button.
                <Button
                    size="sm"
                    variant={worst ? "filled" : "default"}
                    renderRoot={(props) => <Link {...props} to={to} />}
                >
                    {action}
                </Button>
            }
        />
    );
}

/** What the account lacks, worst first, each with the way to what mends it. */
export function Findings({ findings }: { findings: CheckUpFinding[] }) {
    return (
        <Rows label={t.checkUp.found}>
            {findings.map((finding, index) => (
                <Finding key={finding.kind} finding={finding} worst={index === 0} />
            ))}
        </Rows>
    );
}

export function InOrder({ areas }: { areas: CheckUpArea[] }) {
    return (
        <Rows label={t.checkUp.inOrder}>
            {areas.map((area) => (
                <Row
                    key={area}
                    icon="check"
                    title={t.checkUp.areas[area].title}
                    detail={t.checkUp.areas[area].text}
                />
            ))}
        </Rows>
    );
}
