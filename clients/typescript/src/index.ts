/**
 * A client of Keystead's HTTP API: every path, parameter and body typed from the OpenAPI document.
 *
 *     const keystead = createKeystead({ baseUrl: "https://accounts.example", token: process.env.KEYSTEAD_TOKEN });
 *     const account = await unwrap(keystead.GET("/v1/account"));
 */
import createClient, { type Client } from "openapi-fetch";

import { withRetry, type RetryOptions } from "./retry.js";
import type { paths } from "./schema.js";

export { Problem, unwrap, type ProblemDocument } from "./problem.js";
export { retryAfterMs, type RetryOptions } from "./retry.js";
export type { components, operations, paths } from "./schema.js";

export type Keystead = Client<paths>;

export interface KeysteadOptions {
    /** Where Keystead is, its base path included: "https://accounts.example" or "https://shop.example/account". */
    baseUrl: string;
    /** A program's credential: ks_pat_… or ks_svc_…. Left out in a browser, where the cookie speaks. */
    token?: string;
    /** In a browser: the anti-forgery token that sign-in, step-up and GET /v1/account answer. */
    csrfToken?: () => string | undefined;
    retry?: RetryOptions;
    fetch?: (request: Request) => Promise<Response>;
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

export function createKeystead(options: KeysteadOptions): Keystead {
    const { baseUrl, token, csrfToken, retry } = options;
    const send = options.fetch ?? ((request: Request) => fetch(request));
    const client = createClient<paths>({
        baseUrl: baseUrl.replace(/\/+$/, ""),
        fetch: withRetry(send, retry),
        ...(token === undefined ? { credentials: "same-origin" as const } : {}),
    });
    client.use({
        onRequest({ request }) {
            if (token !== undefined) {
                request.headers.set("authorization", `Bearer ${token}`);
            }
            const csrf = safeMethods.has(request.method) ? undefined : csrfToken?.();
            if (csrf !== undefined) {
                request.headers.set("keystead-csrf", csrf);
            }
            return request;
        },
    });
    return client;
}
