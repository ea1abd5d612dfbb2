/**
 * A fetch that waits when the server says so, and asks again.
 *
 * 429 is refused before anything was done, so any request may be repeated. 503 and a connection that broke
 * say nothing of what was done: only a request that changes nothing, or that carries an Idempotency-Key, is
 * sent again.
 */
export interface RetryOptions {
    /** How often a request is sent in all. */
    attempts?: number;
    /** The longest single wait, in milliseconds: a server that asks for more is not waited for. */
    longestWaitMs?: number;
    /** For tests. */
    sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

type Fetch = (request: Request) => Promise<Response>;

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);
const defaultWaitMs = 1000;

function mayRepeat(request: Request): boolean {
    return safeMethods.has(request.method) || request.headers.has("idempotency-key");
}

/** Retry-After (RFC 9110 §10.2.3) in milliseconds: seconds, or a date. Nothing where there is none. */
export function retryAfterMs(response: Response, nowMs: number = Date.now()): number | undefined {
    const text = response.headers.get("retry-after")?.trim();
    if (text === undefined || text === "") {
        return undefined;
    }
    if (/^\d+$/.test(text)) {
        return Number(text) * 1000;
    }
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const abort = (): void => {
            clearTimeout(timer);
            reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
            signal.removeEventListener("abort", abort);
            resolve();
        }, ms);
        if (signal.aborted) {
            abort();
        } else {
            signal.addEventListener("abort", abort, { once: true });
        }
    });
}

export function withRetry(inner: Fetch, options: RetryOptions = {}): Fetch {
    const { attempts = 5, longestWaitMs = 120_000, sleep = sleepUnlessAborted } = options;
    return async (request) => {
        for (let attempt = 1; ; ++attempt) {
            let wait = defaultWaitMs * 2 ** (attempt - 1);
            try {
                const response = await inner(request.clone()); // A body can be sent once.
                const refused = response.status === 429 || (response.status === 503 && mayRepeat(request));
                wait = retryAfterMs(response) ?? wait;
                if (!refused || attempt >= attempts || wait > longestWaitMs) {
                    return response;
                }
                await response.body?.cancel();
            } catch (error) {
                if (request.signal.aborted || !mayRepeat(request) || attempt >= attempts) {
                    throw error;
                }
            }
            await sleep(wait, request.signal);
        }
    };
}
