import { Link } from "@tanstack/react-router";
import { t } from "../../text/en";
import { CenteredPage } from "../../ui/CenteredPage";
import { Heading } from "../../ui/Heading";

export function LinkMissing() {
    return (
        <CenteredPage below={<Link to="/sign-in">{t.common.backToSignIn}</Link>}>
            <Heading>{t.link.missingTitle}</Heading>
            <p className="lead">{t.link.missingText}</p>
        </CenteredPage>
    );
}
