import { Link } from "@tanstack/react-router";
import { useCheckUp } from "../../app/queries";
import { t } from "../../text/en";
import { Notice } from "../../ui/Notice";
import { Loaded, Notices, Section, SettingsPage } from "../../ui/Section";
import { Findings, InOrder } from "./Findings";

export function CheckUpPage() {
    const checkUp = useCheckUp();
    return (
        <SettingsPage title={t.checkUp.title} text={t.checkUp.text}>
            <Loaded query={checkUp}>
                {({ findings, in_order }) => (
                    <>
                        {findings.length === 0 ? (
                            <Notices>
                                <Notice kind="success">
                                    <p>{t.checkUp.allWell}</p>
                                </Notice>
                            </Notices>
                        ) : (
                            <Section title={t.checkUp.found}>
                                <Findings findings={findings} />
                            </Section>
                        )}
                        {in_order.length > 0 && (
                            <Section title={t.checkUp.inOrder}>
                                <InOrder areas={in_order} />
                            </Section>
                        )}
                    </>
                )}
            </Loaded>
            <p>
                {t.secure.suspect} <Link to="/account/secure">{t.secure.offer}</Link>
            </p>
        </SettingsPage>
    );
}
