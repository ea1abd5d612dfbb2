/**
 * What the owner of a key should know about it, with the button that deals with it. It is refused in its place.
 */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { ProblemNotice } from "./Notice";
import panel from "./Panel.module.css";
import { useAction } from "./useAction";

interface Remedy {
    words: string;
    /** For readers of the screen, where many buttons say the same. */
    label?: string;
    /** Done when the list has been loaded again. */
    perform: () => Promise<void>;
    onDone: () => void;
}

export function KeyNote({ children, remedy }: { children: ReactNode; remedy?: Remedy | undefined }) {
    const action = useAction(async () => remedy?.perform(), remedy?.onDone);
    return (
        <>
            <div className={panel.note}>
                <span>{children}</span>
                {remedy && (
                    <Button
                        size="compact-sm"
                        variant="default"
                        loading={action.running}
                        aria-label={remedy.label}
                        onClick={() => {
                            action.run(undefined);
                        }}
                    >
                        {remedy.words}
                    </Button>
                )}
            </div>
            <ProblemNotice action={action} />
        </>
    );
}
