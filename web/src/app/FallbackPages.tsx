import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { t } from "../text/en";
import { CenteredPage } from "../ui/CenteredPage";
import { Heading } from "../ui/Heading";

export function NotFoundPage() {
    return (
        <CenteredPage>
            <Heading>{t.common.notFoundTitle}</Heading>
            <p>{t.common.notFoundText}</p>
            <Link to="/account">{t.common.goHome}</Link>
        </CenteredPage>
    );
}

export function BrokenPage() {
    return (
        <CenteredPage>
            <Heading>{t.common.brokenTitle}</Heading>
            <p>{t.common.brokenText}</p>
            <Button
                onClick={() => {
                    location.reload();
                }}
            >
                {t.common.reload}
            </Button>
        </CenteredPage>
    );
}
