import { Button } from "@mantine/core";
import { useState } from "react";
import * as api from "../../api/api";
import type { NoticeChoice } from "../../api/types";
import { reload, useNotices } from "../../app/queries";
import { t } from "../../text/en";
import { Choices } from "../../ui/Choices";
import { Form } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { Loaded, Section } from "../../ui/Section";
import { useAction } from "../../ui/useAction";

/** Which notices the account can do without, and does. */
export function NoticesSection() {
    const notices = useNotices();
    return (
        <Section title={t.addresses.noticesSection} text={t.addresses.noticesText}>
            <Loaded query={notices} rows={4}>
                {({ items }) => <NoticesForm items={items} />}
            </Loaded>
        </Section>
    );
}

function NoticesForm({ items }: { items: NoticeChoice[] }) {
    const offered = items.filter(({ changeable }) => changeable);
    const [sent, setSent] = useState(offered.filter((one) => one.sent).map(({ kind }) => kind as string));
    const action = useAction(api.chooseNotices, () => void reload("notices", "activity"));
    if (offered.length === 0) {
        return <p>{t.addresses.noticesFixed}</p>;
    }
    return (
        <Form
            problem={action.problem}
            onSubmit={() => {
                action.run(Object.fromEntries(offered.map(({ kind }) => [kind, sent.includes(kind)])));
            }}
        >
            <ProblemNotice action={action} />
            {action.done && (
                <Notice kind="success">
                    <p>{t.addresses.noticesSaved}</p>
                </Notice>
            )}
            <Choices
                legend={t.addresses.noticesLegend}
                choices={offered.map(({ kind }) => ({ value: kind, ...t.addresses.notices[kind] }))}
                chosen={sent}
                many
                onChange={setSent}
            />
            <Button type="submit" variant="default" loading={action.running}>
                {t.addresses.noticesSave}
            </Button>
        </Form>
    );
}
