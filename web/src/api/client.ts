/**
 * One request to the API. It adds the anti-forgery token, tells refusals as Problem, and asks again for the password
 * or a code where the server wants that (RFC 9470), after which it repeats the request: no form loses what it holds.
 */
import { cancelled, Problem, problemOf, unreachable } from "./problem";
import type { Account } from "./types";

/** Public routes carry no token; a flow is a sign-in that lacks something; a session is a whole one. */
export type Access = "public" | "flow" | "session";

interface Options {
    access: Access;
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

/** `path` is under /v1, unless it begins with a slash. */
async function once(method: string, path: string, options: Options): Promise<Response> {
    const headers = new Headers({ Accept: "application/json, application/problem+json" });
    if (options.body !== undefined) {
        headers.set("Content-Type", "application/json");
    }
    if (options.idempotencyKey !== undefined) {
        headers.set("Idempotency-Key", options.idempotencyKey);
    }
    if (method !== "GET" && options.access !== "public") {
        if (csrfToken === null && options.access === "session") {
            await request<Account>("GET", "account", { access: "session" });
        }
        headers.set("Keystead-Csrf", csrfToken ?? "");
    }
    try {
        return await fetch(`${basePath}${path.startsWith("/") ? "" : "/v1/"}${path}`, {
            method,
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

function wantsStepUp(problem: Problem, method: string): boolean {
    // A session that must sign in again is asked for by the whole page where something was only to be read.
    return (
        problem.code === "session/step-up-required" ||
        (problem.code === "session/authentication-required" && method !== "GET")
    );
}

async function answered(method: string, path: string, options: Options): Promise<Response> {
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

/** Sends a request and gives its JSON answer (undefined where there is none). Throws Problem. */
export async function request<Answer>(method: string, path: string, options: Options): Promise<Answer> {
    const response = await answered(method, path, options);
    if (response.status === 204) {
        return undefined as Answer;
    }
    let answer: Answer;
    try {
        answer = (await response.json()) as Answer;
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
export async function download(path: string): Promise<Blob> {
    const response = await answered("GET", path, { access: "session" });
    return response.blob();
}
