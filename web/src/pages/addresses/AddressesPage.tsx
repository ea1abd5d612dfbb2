import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import * as api from "../../api/api";
import type { Account, NotificationAddress } from "../../api/types";
import { reload, useAccount } from "../../app/queries";
import { t } from "../../text/en";
import { fieldErrors, Form, TextField } from "../../ui/Form";
import { Notice, ProblemNotice } from "../../ui/Notice";
import { saveFile } from "../../ui/saveFile";
import { Loaded, Row, Rows, Section, SettingsPage, Tag } from "../../ui/Section";
import { dayAndTime } from "../../ui/time";
import { useAction } from "../../ui/useAction";
import styles from "./addresses.module.css";
import { NoticesSection } from "./NoticesSection";

export function AddressesPage() {
    const account = useAccount();
    return (
        <SettingsPage title={t.addresses.title}>
            <Loaded query={account} rows={4}>
                {(data) => (
                    <>
                        <NameSection account={data} />
                        <EmailSection account={data} />
                        <NotificationSection account={data} />
                        <NoticesSection />
                        <DataSection />
                        <Section title={t.addresses.deleteSection} text={t.addresses.deleteText} danger>
                            <Link to="/account/delete">{t.addresses.deleteAction}</Link>
                        </Section>
                    </>
                )}
            </Loaded>
        </SettingsPage>
    );
}

function Done({ children }: { children: string }) {
    return (
        <Notice kind="success">
            <p>{children}</p>
        </Notice>
    );
}

function NameSection({ account }: { account: Account }) {
    const [name, setName] = useState(account.name ?? "");
    const action = useAction(api.changeName, () => void reload("account", "activity"));
    return (
        <Section title={t.addresses.nameSection} text={t.addresses.nameText}>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run(name.trim());
                }}
            >
                <ProblemNotice action={action} />
                {action.done && <Done>{t.addresses.nameSaved}</Done>}
                <div className={styles.line}>
                    <TextField
                        label={t.common.name}
                        autoComplete="name"
                        value={name}
                        onChange={setName}
                        errors={fieldErrors(action.problem, "/name")}
                    />
                    <Button type="submit" variant="default" loading={action.running}>
                        {t.addresses.nameSave}
                    </Button>
                </div>
            </Form>
        </Section>
    );
}

function EmailSection({ account }: { account: Account }) {
    const [email, setEmail] = useState("");
    const [sentTo, setSentTo] = useState<string | null>(null);
    const action = useAction(api.changeEmail, (_answer, address) => {
        setSentTo(address);
        setEmail("");
        void reload("account", "activity");
    });
    return (
        <Section title={t.addresses.emailSection} text={t.addresses.emailText}>
            <Rows>
                <Row
                    icon="mail"
                    title={account.email}
                    detail={account.pending_email && t.addresses.emailPending(account.pending_email)}
                />
            </Rows>
            <Form
                problem={action.problem}
                onSubmit={() => {
                    action.run(email.trim());
                }}
            >
                <ProblemNotice action={action} />
                {sentTo && <Done>{t.addresses.emailSent(sentTo)}</Done>}
                {account.email_undo_until && (
                    <Notice kind="info">
                        <p>{t.addresses.emailUndo(dayAndTime(account.email_undo_until))}</p>
                    </Notice>
                )}
                <div className={styles.line}>
                    <TextField
                        label={t.addresses.emailNew}
                        type="email"
                        autoComplete="email"
                        value={email}
                        onChange={setEmail}
                        errors={fieldErrors(action.problem, "/email")}
                        required
                    />
                    <Button type="submit" variant="default" loading={action.running}>
                        {t.addresses.emailSubmit}
                    </Button>
                </div>
            </Form>
        </Section>
    );
}

function NotificationSection({ account }: { account: Account }) {
    const [email, setEmail] = useState("");
    const [said, setSaid] = useState<string | null>(null);
    const add = useAction(api.addNotificationAddress, (_answer, address) => {
        setSaid(t.addresses.notifySent(address));
        setEmail("");
        void reload("account", "activity");
    });
    const others = account.notification_addresses.filter((address) => !address.primary);
    return (
        <Section title={t.addresses.notifySection} text={t.addresses.notifyText}>
            {others.length > 0 && (
                <Rows label={t.addresses.notifySection}>
                    {others.map((address) => (
                        <AddressRow key={address.id} address={address} onSaid={setSaid} />
                    ))}
                </Rows>
            )}
            <Form
                problem={add.problem}
                onSubmit={() => {
                    add.run(email.trim());
                }}
            >
                <ProblemNotice action={add} />
                {said && <Done>{said}</Done>}
                <div className={styles.line}>
                    <TextField
                        label={t.addresses.notifyNew}
                        type="email"
                        autoComplete="email"
                        value={email}
                        onChange={setEmail}
                        errors={fieldErrors(add.problem, "/email")}
                        required
                    />
                    <Button type="submit" variant="default" loading={add.running}>
                        {t.addresses.notifyAdd}
                    </Button>
                </div>
            </Form>
        </Section>
    );
}

function AddressRow({ address, onSaid }: { address: NotificationAddress; onSaid: (words: string) => void }) {
    const remove = useAction(
        async (id: string) => {
            await api.removeNotificationAddress(id);
            await reload("account", "activity");
        },
        () => {
            onSaid(t.addresses.removed);
        },
    );
    return (
        <Row
            icon="mail"
            title={
                <>
                    {address.email}
                    {address.confirmed ? (
                        <Tag kind="good">{t.addresses.confirmed}</Tag>
                    ) : (
                        <Tag kind="warn">{t.addresses.unconfirmed}</Tag>
                    )}
                </>
            }
            actions={
                remove.running ? (
                    <span role="status">{t.addresses.removing}</span>
                ) : (
                    <Button
                        size="xs"
                        variant="default"
                        aria-label={t.addresses.removeLabel(address.email)}
                        onClick={() => {
                            remove.run(address.id);
                        }}
                    >
                        {t.addresses.remove}
                    </Button>
                )
            }
        >
            <ProblemNotice action={remove} />
        </Row>
    );
}

function DataSection() {
    const action = useAction(api.downloadExport, (file) => {
        saveFile(file, t.addresses.dataFile);
        void reload("activity");
    });
    return (
        <Section title={t.addresses.dataSection} text={t.addresses.dataText}>
            <div className={styles.stack}>
                <ProblemNotice action={action} />
                {action.done && <Done>{t.addresses.dataDone}</Done>}
                <Button
                    variant="default"
                    loading={action.running}
                    onClick={() => {
                        action.run(undefined);
                    }}
                >
                    {t.addresses.dataAction}
                </Button>
            </div>
        </Section>
    );
}
