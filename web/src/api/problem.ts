/**
 * A refused or failed request, as RFC 9457 describes it, and the same for an answer that never came.
 */
import type { FieldError } from "./types";

export interface ProblemBody {
    status?: number;
    code?: string;
    detail?: string;
    errors?: FieldError[];
    request_id?: string;
    [member: string]: unknown;
}

export class Problem extends Error {
    override readonly name = "Problem";

    constructor(
        readonly status: number,
        readonly code: string,
        readonly body: ProblemBody = {},
        /** When the server will listen again, in milliseconds since the epoch. Null: it did not say. */
        readonly retryAt: number | null = null,
    ) {
        super(body.detail ?? code);
    }

    get requestId(): string | null {
        return this.body.request_id ?? null;
    }

    /** The refusals of one field ("/password"), in the server's order. */
    errorsAt(pointer: string): FieldError[] {
        return (this.body.errors ?? []).filter((error) => error.pointer === pointer);
    }
}

/** No answer came: the network is gone, or the server. */
export const unreachable = "client/unreachable";
/** The person closed the question for the password or code. */
export const cancelled = "client/cancelled";

export function isProblem(error: unknown, code?: string): error is Problem {
    return error instanceof Problem && (code === undefined || error.code === code);
}

/**
 * When to try again: Retry-After (RFC 9110 §10.2.3, seconds or a date), else the longest reset of an exhausted
 * policy in RateLimit (`"sensitive";r=0;t=30`).
 */
export function retryAtOf(headers: Headers, now: number): number | null {
    const retryAfter = headers.get("retry-after")?.trim();
    if (retryAfter) {
        if (/^\d{1,9}$/.test(retryAfter)) {
            return now + Number(retryAfter) * 1000;
        }
        const date = Date.parse(retryAfter);
        return Number.isNaN(date) ? null : Math.max(date, now);
    }
    let seconds: number | null = null;
    for (const policy of (headers.get("ratelimit") ?? "").split(",")) {
        const remaining = /;\s*r=(\d{1,9})/.exec(policy)?.[1];
        const reset = /;\s*t=(\d{1,9})/.exec(policy)?.[1];
        if (remaining === "0" && reset !== undefined) {
            seconds = Math.max(seconds ?? 0, Number(reset));
        }
    }
    return seconds === null ? null : now + seconds * 1000;
}

export async function problemOf(response: Response, now: number): Promise<Problem> {
    let body: ProblemBody = {};
    if ((response.headers.get("content-type") ?? "").startsWith("application/problem+json")) {
        try {
            body = (await response.json()) as ProblemBody;
        } catch {
            // A cut answer is told by its status alone.
        }
    }
    const refusedForNow = response.status === 429 || response.status === 503;
    return new Problem(
        response.status,
        body.code ?? `http/${response.status}`,
        body,
        refusedForNow ? retryAtOf(response.headers, now) : null,
    );
}
