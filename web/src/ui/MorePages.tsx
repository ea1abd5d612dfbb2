import { Button } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { Problem } from "../api/problem";
import { t } from "../text/en";
import { Notice, problemText } from "./Notice";
import panel from "./Panel.module.css";

/** The next page of a list with a cursor, and why it did not come. */
export function MorePages<Page>({ query }: { query: UseInfiniteQueryResult<InfiniteData<Page>> }) {
    return (
        <div className={panel.more}>
            {query.isFetchNextPageError && query.error instanceof Problem && (
                <Notice kind="error">
                    <p>{problemText(query.error)}</p>
                </Notice>
            )}
            {query.hasNextPage && (
                <Button
                    variant="default"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                >
                    {t.common.showMore}
                </Button>
            )}
        </div>
    );
}
