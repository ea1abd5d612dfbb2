/**
 * The servers that follow the account's SSH keys. Whether they are there is told anew without a reload.
 */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Host } from "../../api/types";
import { useHosts } from "../../app/queries";
import { t } from "../../text/en";
import { TextField } from "../../ui/Form";
import panel from "../../ui/Panel.module.css";
import { RelativeTime } from "../../ui/RelativeTime";
import { Empty, Loaded, Row, Rows, SettingsPage } from "../../ui/Section";
import { foundBy } from "./hostText";
import { KeyNames, ServerTags, StandingText } from "./ServerFacts";
import styles from "./servers.module.css";

/** From this many on a search is of use. */
const many = 8;

export function ServersPage() {
    const hosts = useHosts();
    const [words, setWords] = useState("");
    const add = (
        <Button component={Link} to="/account/servers/new">
            {t.servers.add}
        </Button>
    );
    return (
        <SettingsPage title={t.servers.title} text={t.servers.text}>
            <Loaded query={hosts} rows={3}>
                {(items) => {
                    if (items.length === 0) {
                        return <Empty title={t.servers.emptyTitle} text={t.servers.emptyText} action={add} />;
                    }
                    const found = foundBy(items, words);
                    return (
                        <>
                            <div className={panel.toolbar}>{add}</div>
                            {items.length >= many && (
                                <div className={styles.search}>
                                    <TextField
                                        type="search"
                                        label={t.servers.search}
                                        autoComplete="off"
                                        value={words}
                                        onChange={setWords}
                                    />
                                </div>
                            )}
                            {found.length === 0 ? (
                                <Empty title={t.servers.noneFound} />
                            ) : (
                                <Rows label={t.servers.title}>
                                    {found.map((host) => (
                                        <ServerRow key={host.id} host={host} />
                                    ))}
                                </Rows>
                            )}
                        </>
                    );
                }}
            </Loaded>
        </SettingsPage>
    );
}

function ServerRow({ host }: { host: Host }) {
    return (
        <Row
            icon="server"
            title={
                <>
                    {host.name}
                    <ServerTags host={host} />
                </>
            }
            detail={
                <>
                    <div>
                        {t.servers.signInAs}{" "}
                        <span className={panel.print}>{host.login_users.join(", ")}</span> ·{" "}
                        <KeyNames host={host} />
                    </div>
                    <div>
                        {host.state === "enrolled" && host.last_seen_at ? (
                            <>
                                {t.servers.lastSeen} <RelativeTime at={host.last_seen_at} />
                            </>
                        ) : (
                            <StandingText host={host} />
                        )}
                    </div>
                </>
            }
            actions={
                <Button
                    component={Link}
                    to={`/account/servers/${host.id}`}
                    size="xs"
                    variant="default"
                    aria-label={t.servers.openLabel(host.name)}
                >
                    {t.servers.open}
                </Button>
            }
        />
    );
}
