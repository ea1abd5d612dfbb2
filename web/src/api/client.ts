/**
 * One request to the API. It adds the anti-forgery token, tells refusals as Problem, and asks again for the password
 * or a code where the server wants that (RFC 9470), after which it repeats the request: no form loses what it holds.
 */
import { cancelled, Problem, problemOf, unreachable } from "./problem";
import type { AnswerOf, Method, PathFor, WhatIsAsked } from "./operation";

/** Public routes carry no token; a flow is a sign-in that lacks something; a session is a whole one. */
export type Access = "public" | "flow" | "session";

interface Options {
    access: Access;
    path?: Record<string, string>;
    query?: object;
    body?: unknown;
    signal?: AbortSignal;
    /** For what shows a secret once: a repeat makes nothing. */
    idempotencyKey?: string;
}

/** The path under which the server answers, without a slash at its end. Vite's own server leaves the word as it is. */
export const basePath = (() => {
    const content = document.querySelector<HTMLMetaElement>("meta[name=keystead-base]")?.content ?? "";
    return content.startsWith("/") ? content.replace(/\/+$/, "") : "";
})();

// In memory only: what can read a store of the browser could take it from there.
let csrfToken: string | null = null;

/** Asks for the password or a code. True: proved. Set by the StepUp component. */
let askStepUp: (() => Promise<boolean>) | null = null;

export function setStepUpAsker(asker: (() => Promise<boolean>) | null): void {
    askStepUp = asker;
}

/** The address of a declared path, whose `{names}` are filled in. What is not asked for is left out of the query. */
export function addressOf(
    path: string,
    { path: names = {}, query = {} }: Pick<Options, "path" | "query">,
): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query) as [string, unknown][]) {
        if (value !== undefined && value !== null && value !== "") {
            search.set(name, `${value as string | number | boolean}`);
        }
    }
    return search.size === 0 ? filled : `${filled}?${search}`;
}

async function once(method: Method, path: string, options: Options): Promise<Response> {
    const headers = new Headers({ Accept: "application/json, application/problem+json" });
    if (options.body !== undefined) {
        headers.set("Content-Type", "application/json");
    }
    if (options.idempotencyKey !== undefined) {
        headers.set("Idempotency-Key", options.idempotencyKey);
    }
    if (method !== "get" && options.access !== "public") {
        if (csrfToken === null && options.access === "session") {
            // The one that every session may ask, whatever else is closed to it.
            await call("get", "/v1/step-up", { access: "session" });
        }
        headers.set("Keystead-Csrf", csrfToken ?? "");
    }
    try {
        return await fetch(`${basePath}${addressOf(path, options)}`, {
            method: method.toUpperCase(),
            headers,
            body: options.body === undefined ? undefined : JSON.stringify(options.body),
            credentials: "same-origin",
            redirect: "error",
            signal: options.signal,
        });
    } catch (error) {
        if (options.signal?.aborted) {
            throw error;
        }
        throw new Problem(0, unreachable);
    }
}

function wantsStepUp(problem: Problem, method: Method): boolean {
    // A session that must sign in again is asked for by the whole page where something was only to be read.
    return (
        problem.code === "session/step-up-required" ||
        (problem.code === "session/authentication-required" && method !== "get")
    );
}

async function answered(method: Method, path: string, options: Options): Promise<Response> {
    let tokenRenewed = false;
    for (;;) {
        const response = await once(method, path, options);
        if (response.ok) {
            return response;
        }
        const problem = await problemOf(response, Date.now());
        if (problem.code === "request/cross-site" && options.access === "session" && !tokenRenewed) {
            // Another tab has signed in since: the cookie is new, and our token belongs to the old one.
            tokenRenewed = true;
            csrfToken = null;
        } else if (wantsStepUp(problem, method) && askStepUp !== null) {
            if (!(await askStepUp())) {
                throw new Problem(0, cancelled);
            }
        } else {
            throw problem;
        }
    }
}

/** Sends what the OpenAPI document declares, and gives the JSON answer (undefined where there is none). Throws Problem. */
export async function call<M extends Method, P extends PathFor<M>>(
    method: M,
    path: P,
    options: Pick<Options, "access" | "signal" | "idempotencyKey"> & WhatIsAsked<M, P>,
): Promise<AnswerOf<M, P>> {
    const response = await answered(method, path, options);
    if (response.status === 204) {
        return undefined as AnswerOf<M, P>;
    }
    let answer: AnswerOf<M, P>;
    try {
        answer = (await response.json()) as AnswerOf<M, P>;
    } catch {
        throw new Problem(response.status, unreachable);
    }
    takeToken(answer);
    return answer;
}

/** Remembers the token that an answer (or a refusal that opens a flow) brought. */
export function takeToken(answer: unknown): void {
    if (typeof answer === "object" && answer !== null && "csrf_token" in answer) {
        csrfToken = typeof answer.csrf_token === "string" ? answer.csrf_token : csrfToken;
    }
}

export function forgetToken(): void {
    csrfToken = null;
}

/** An answer to be kept as a file. */
export async function download<P extends PathFor<"get">>(
    path: P,
    asked: WhatIsAsked<"get", P>,
): Promise<Blob> {
    const response = await answered("get", path, { access: "session", ...asked });
    return response.blob();
}
