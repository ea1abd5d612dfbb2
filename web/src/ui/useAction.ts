/**
 * One thing that a person asked for: it runs, is refused, or is done. A refusal "for now" holds until when; whoever
 * shows it (ProblemNotice) counts down and runs it again with what was typed.
 */
import { useMutation } from "@tanstack/react-query";
import { cancelled, isProblem, Problem } from "../api/problem";

export interface Action<Input> {
    run: (input: Input) => void;
    running: boolean;
    done: boolean;
    problem: Problem | null;
    /** Runs it again with the last input. */
    again: () => void;
    forget: () => void;
}

export function useAction<Input, Output>(
    perform: (input: Input) => Promise<Output>,
    onDone?: (output: Output, input: Input) => void,
): Action<Input> {
    const mutation = useMutation<Output, Error, Input>({
        mutationFn: perform,
        onSuccess: onDone,
    });
    const { error, variables } = mutation;
    return {
        run: mutation.mutate,
        running: mutation.isPending,
        done: mutation.isSuccess,
        problem: problemFrom(error),
        again: () => {
            if (error !== null) {
                mutation.mutate(variables);
            }
        },
        forget: mutation.reset,
    };
}

function problemFrom(error: Error | null): Problem | null {
    if (error === null || isProblem(error, cancelled)) {
        return null;
    }
    return error instanceof Problem ? error : new Problem(0, "client/failed");
}
