/**
 * The whole audit log: searched, followed while it grows, and taken away as a file.
 */
import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import * as api from "../../api/api";
import { Problem } from "../../api/problem";
import type { AuditEvent } from "../../api/types";
import { keys } from "../../app/queries";
import { t } from "../../text/en";
import { TextField } from "../../ui/Form";
import { LinkButton } from "../../ui/LinkButton";
import { Notice, ProblemNotice, problemText } from "../../ui/Notice";
import { Empty, Loaded, Rows } from "../../ui/Section";
import { saveFile } from "../../ui/saveFile";
import { useAction } from "../../ui/useAction";
import styles from "./admin.module.css";
import { AuditEventDialog } from "./AuditEventDialog";
import { AuditEventRow } from "./AuditEventRow";

const nothing: api.AuditFilter = {};
const tailMillis = 3_000;

interface Tail {
    from: string | undefined;
    items: AuditEvent[];
    problem: Problem | null;
}

/** What has been written after the cursor `from`, newest first, asked for again and again while `on`. */
function useTail(filter: api.AuditFilter, from: string | undefined, on: boolean): Tail {
    const [tail, setTail] = useState<Tail>({ from: undefined, items: [], problem: null });
    useEffect(() => {
        if (!on || from === undefined) {
            return;
        }
        const stop = new AbortController();
        let after = from;
        let timer: ReturnType<typeof setTimeout>;
        const keep = (items: AuditEvent[], problem: Problem | null) => {
            setTail((before) => ({
                from,
                items: before.from === from ? [...items, ...before.items] : items,
                problem,
            }));
        };
        const ask = async () => {
            try {
                if (!document.hidden) {
                    const page = await api.listAuditEvents({ ...filter, after }, stop.signal);
                    after = page.tail_cursor;
                    keep(page.items.reverse(), null);
                }
            } catch (error) {
                if (!stop.signal.aborted) {
                    keep([], error instanceof Problem ? error : new Problem(0, "client/failed"));
                }
            }
            if (!stop.signal.aborted) {
                timer = setTimeout(() => void ask(), tailMillis);
            }
        };
        timer = setTimeout(() => void ask(), tailMillis);
        return () => {
            stop.abort();
            clearTimeout(timer);
        };
    }, [filter, from, on]);
    return tail.from === from ? tail : { from, items: [], problem: null };
}

export function AuditView() {
    const [filter, setFilter] = useState(nothing);
    const [follows, setFollows] = useState(false);
    const [shown, setShown] = useState<AuditEvent | null>(null);
    const events = useInfiniteQuery({
        queryKey: [...keys.audit, filter],
        queryFn: ({ pageParam }) => api.listAuditEvents({ ...filter, cursor: pageParam }),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
        refetchOnWindowFocus: false,
    });
    const tail = useTail(filter, events.data?.pages[0]?.tail_cursor, follows);
    return (
        <>
            <AuditFilterForm
                onSearch={(wanted) => {
                    setFilter(wanted);
                    void events.refetch();
                }}
            />
            <div className={styles.line}>
                <Checkbox
                    label={t.audit.follow}
                    checked={follows}
                    onChange={(event) => {
                        setFollows(event.currentTarget.checked);
                        // Begins at what is newest now: nothing that was shown comes again.
                        void events.refetch();
                    }}
                />
            </div>
            <p role="status" className="visually-hidden">
                {follows ? t.audit.arrived(tail.items.length) : ""}
            </p>
            {tail.problem && (
                <Notice kind="error">
                    <p>{problemText(tail.problem)}</p>
                </Notice>
            )}
            <Loaded query={events} rows={6}>
                {({ pages }) => {
                    const items = [...tail.items, ...pages.flatMap((page) => page.items)];
                    return items.length === 0 && !events.hasNextPage ? (
                        <Empty title={t.audit.emptyTitle} text={t.audit.emptyText} />
                    ) : (
                        <Rows label={t.audit.list}>
                            {items.map((event) => (
                                <AuditEventRow key={event.id} event={event} onShow={setShown} />
                            ))}
                        </Rows>
                    );
                }}
            </Loaded>
            <div className={styles.more}>
                {events.isFetchNextPageError && events.error instanceof Problem && (
                    <Notice kind="error">
                        <p>{problemText(events.error)}</p>
                    </Notice>
                )}
                {events.hasNextPage && (
                    <Button
                        variant="default"
                        loading={events.isFetchingNextPage}
                        onClick={() => void events.fetchNextPage()}
                    >
                        {t.common.showMore}
                    </Button>
                )}
            </div>
            <AuditExport filter={filter} />
            {shown && (
                <AuditEventDialog
                    event={shown}
                    onClose={() => {
                        setShown(null);
                    }}
                />
            )}
        </>
    );
}

const day = /^\d{4}-\d{2}-\d{2}$/;

/** The beginning of a day in the reader's zone; `later` days after it. */
function beginningOf(text: string, later = 0): string | undefined {
    if (!day.test(text)) {
        return undefined;
    }
    const date = new Date(`${text}T00:00:00`);
    date.setDate(date.getDate() + later);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.(\d{3})Z$/, ".$1000Z");
}

function AuditFilterForm({ onSearch }: { onSearch: (filter: api.AuditFilter) => void }) {
    const [typed, setTyped] = useState<Record<string, string>>({});
    const value = (name: string) => typed[name] ?? "";
    const set = (name: string) => (text: string) => {
        setTyped((before) => ({ ...before, [name]: text }));
    };
    const field = (name: keyof typeof t.audit.fields) => (
        <TextField
            label={t.audit.fields[name]}
            autoComplete="off"
            value={value(name)}
            onChange={set(name)}
            maxLength={200}
        />
    );
    const dateField = (name: "from" | "to") => (
        <TextField
            label={t.audit.fields[name]}
            description={t.audit.dateForm}
            autoComplete="off"
            maxLength={10}
            value={value(name)}
            onChange={set(name)}
            errors={value(name) && !beginningOf(value(name)) ? [t.audit.dateWrong] : []}
        />
    );
    return (
        <form
            role="search"
            aria-label={t.audit.search}
            onSubmit={(event) => {
                event.preventDefault();
                onSearch({
                    actor: value("actor").trim(),
                    action: value("action"),
                    target: value("target").trim(),
                    ip: value("ip").trim(),
                    outcome: value("outcome") as AuditEvent["outcome"], // Or nothing, which is not sent.
                    text: value("text").trim(),
                    from: beginningOf(value("from")),
                    before: beginningOf(value("to"), 1),
                });
            }}
        >
            <div className={styles.filters}>
                {field("text")}
                {field("actor")}
                <NativeSelect
                    label={t.audit.fields.action}
                    value={value("action")}
                    onChange={(event) => {
                        set("action")(event.currentTarget.value);
                    }}
                    data={[
                        { value: "", label: t.audit.any },
                        ...Object.keys({ ...t.activity.actions, ...t.audit.actions })
                            .sort()
                            .map((action) => ({ value: action, label: action })),
                    ]}
                />
                <NativeSelect
                    label={t.audit.fields.outcome}
                    value={value("outcome")}
                    onChange={(event) => {
                        set("outcome")(event.currentTarget.value);
                    }}
                    data={[
                        { value: "", label: t.audit.any },
                        ...Object.entries(t.audit.outcomes).map(([name, label]) => ({ value: name, label })),
                    ]}
                />
                {field("ip")}
                {field("target")}
                {dateField("from")}
                {dateField("to")}
            </div>
            <div className={styles.line}>
                <Button type="submit">{t.audit.search}</Button>
                {Object.values(typed).some((text) => text !== "") && (
                    <LinkButton
                        onClick={() => {
                            setTyped({});
                            onSearch(nothing);
                        }}
                    >
                        {t.audit.clear}
                    </LinkButton>
                )}
            </div>
        </form>
    );
}

function AuditExport({ filter }: { filter: api.AuditFilter }) {
    const [pseudonymous, setPseudonymous] = useState(false);
    const action = useAction(
        async (format: "jsonl" | "csv") => ({
            format,
            blob: await api.exportAudit(filter, format, pseudonymous),
        }),
        ({ format, blob }) => {
            saveFile(blob, `audit.${format}`);
        },
    );
    return (
        <section className={styles.export} aria-labelledby="audit-export">
            <h2 id="audit-export">{t.audit.exportTitle}</h2>
            <p>{t.audit.exportText}</p>
            <ProblemNotice action={action} />
            <Checkbox
                label={t.audit.pseudonymous}
                checked={pseudonymous}
                onChange={(event) => {
                    setPseudonymous(event.currentTarget.checked);
                }}
            />
            <div className={styles.line}>
                {(["jsonl", "csv"] as const).map((format) => (
                    <Button
                        key={format}
                        variant="default"
                        loading={action.running}
                        onClick={() => {
                            action.run(format);
                        }}
                    >
                        {t.audit.exportAs[format]}
                    </Button>
                ))}
            </div>
        </section>
    );
}
