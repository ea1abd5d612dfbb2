/**
 * The step that looks at what happened before: first what changed the account, every line; then what can be many without
 * changing it, which may be confirmed at once. How much is not shown yet is always said.
 */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import * as api from "../../api/api";
import type { SecuringLine } from "../../api/types";
import { t } from "../../text/en";
import { MorePages } from "../../ui/MorePages";
import { ProblemNotice } from "../../ui/Notice";
import { Loaded, Rows, Tag } from "../../ui/Section";
import { useAction } from "../../ui/useAction";
import { ActivityRow } from "../activity/ActivityRow";
import styles from "./secure.module.css";

type Kind = SecuringLine["kind"];
type Said = "me" | "not-me";
interface Review {
    verdict: Said;
    lines: string[];
    allUsual?: boolean;
}

/** Grave lines are read one by one, the others looked through. */
const pageSize: Record<Kind, number> = { grave: 50, usual: 20 };
/** As many as the server takes at once. */
const atOnce = 100;
/** Where the server ends counting. */
const counted = 10_000;

function useLines(kind: Kind) {
    return useInfiniteQuery({
        queryKey: ["securing-activity", kind],
        queryFn: ({ pageParam }) =>
            api.listSecuringActivity({ kind, limit: pageSize[kind], cursor: pageParam }),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.next_cursor,
        gcTime: 0,
    });
}

async function say({ verdict, lines, allUsual = false }: Review): Promise<void> {
    for (let first = 0; first < lines.length; first += atOnce) {
        await api.reviewActivity({ verdict, lines: lines.slice(first, first + atOnce) });
    }
    if (allUsual) {
        await api.reviewActivity({ verdict, lines: [], all_usual: true });
    }
}

export function ActivityStep({ onDone }: { onDone: () => void }) {
    const grave = useLines("grave");
    const usual = useLines("usual");
    const review = useAction(say, () => {
        // Which step comes next the server says.
        void Promise.all([grave.refetch(), usual.refetch()]).then(onDone);
    });
    return (
        <>
            <p className="lead">{t.secure.activityText}</p>
            <Lines kind="grave" query={grave} busy={review.running} onSay={review.run} />
            <Lines kind="usual" query={usual} busy={review.running} onSay={review.run} />
            <p className={styles.hint}>{t.secure.notMeHint}</p>
            <ProblemNotice action={review} />
        </>
    );
}

interface LinesProps {
    kind: Kind;
    query: ReturnType<typeof useLines>;
    busy: boolean;
    onSay: (review: Review) => void;
}

function Lines({ kind, query, busy, onSay }: LinesProps) {
    return (
        <section className={styles.lines} aria-labelledby={`lines-${kind}`}>
            <h2 id={`lines-${kind}`}>{t.secure.lines[kind].title}</h2>
            <Loaded query={query} rows={3}>
                {({ pages }) => {
                    const items = pages.flatMap((page) => page.items);
                    const later = pages[0]?.told_later ?? [];
                    return items.length === 0 && later.length === 0 ? (
                        <p className={styles.about}>{t.secure.lines[kind].none}</p>
                    ) : (
                        <>
                            <p className={styles.about}>{t.secure.lines[kind].text}</p>
                            <Rows label={t.secure.lines[kind].title}>
                                {items.map((line) => (
                                    <ActivityRow key={line.activity.id} event={line.activity}>
                                        <Verdict line={line} busy={busy} onSay={onSay} />
                                    </ActivityRow>
                                ))}
                            </Rows>
                            <MorePages query={query} />
                            <Rest
                                kind={kind}
                                open={items.filter(({ verdict }) => verdict === null)}
                                left={pages.at(-1)?.left ?? 0}
                                all={items.every(({ verdict }) => verdict === null)}
                                busy={busy}
                                onSay={onSay}
                            />
                            <ToldLater lines={later} busy={busy} onSay={onSay} />
                        </>
                    );
                }}
            </Loaded>
        </section>
    );
}

/** What the product told since the freeze of a time before it: nothing waits for an answer. */
function ToldLater({ lines, busy, onSay }: { lines: SecuringLine[] } & Pick<LinesProps, "busy" | "onSay">) {
    return (
        lines.length > 0 && (
            <>
                <p className={styles.about}>{t.secure.toldLaterText}</p>
                <Rows label={t.secure.toldLater}>
                    {lines.map((line) => (
                        <ActivityRow key={line.activity.id} event={line.activity}>
                            <Verdict line={line} busy={busy} onSay={onSay} />
                        </ActivityRow>
                    ))}
                </Rows>
            </>
        )
    );
}

/** One press for the lines that are shown; of the usual ones, for all. */
function Rest({
    kind,
    open,
    left,
    all,
    busy,
    onSay,
}: Pick<LinesProps, "kind" | "busy" | "onSay"> & { open: SecuringLine[]; left: number; all: boolean }) {
    const hidden = Math.max(0, left - open.length);
    const asked = kind === "usual" ? left : open.length;
    return (
        <>
            {hidden > 0 && (
                <p className={styles.hidden}>{t.secure.lines[kind].hidden(hidden, left === counted)}</p>
            )}
            {asked > 0 && (
                <div className={styles.actions}>
                    <Button
                        disabled={busy}
                        onClick={() => {
                            onSay({
                                verdict: "me",
                                lines: kind === "grave" ? open.map(({ activity }) => activity.id) : [],
                                allUsual: kind === "usual",
                            });
                        }}
                    >
                        {t.secure.restMe(asked, all, hidden > 0 && kind === "usual", left === counted)}
                    </Button>
                </div>
            )}
        </>
    );
}

function Verdict({ line, busy, onSay }: { line: SecuringLine } & Pick<LinesProps, "busy" | "onSay">) {
    if (line.verdict !== null) {
        return <Tag kind={line.verdict === "me" ? "good" : "bad"}>{t.secure.said[line.verdict]}</Tag>;
    }
    return (
        <div className={styles.verdict}>
            {(["me", "not-me"] as const).map((verdict) => (
                <Button
                    key={verdict}
                    size="xs"
                    variant="default"
                    disabled={busy}
                    onClick={() => {
                        onSay({ verdict, lines: [line.activity.id] });
                    }}
                >
                    {verdict === "me" ? t.secure.me : t.secure.notMe}
                </Button>
            ))}
        </div>
    );
}
