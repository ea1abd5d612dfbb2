/** What the server answers when it refuses (application/problem+json, RFC 9457). */
export interface ProblemDocument {
    type: string;
    title: string;
    status: number;
    detail?: string;
    /** Stable; listed in the API's documentation: "password/too-short". */
    code: string;
    errors?: { pointer: string; code: string; detail?: string }[];
    request_id?: string;
}

/** A refusal, thrown by `unwrap`. */
export class Problem extends Error {
    readonly document: ProblemDocument;
    readonly response: Response;

    constructor(document: ProblemDocument, response: Response) {
        super(document.detail ?? document.title);
        this.name = "Problem";
        this.document = document;
        this.response = response;
    }

    get code(): string {
        return this.document.code;
    }
    get status(): number {
        return this.document.status;
    }
    /** The strongest factor was not given recently enough: ask for it, then repeat (RFC 9470). */
    get needsStepUp(): boolean {
        return this.status === 401 && (this.response.headers.get("www-authenticate") ?? "").includes("insufficient_user_authentication");
    }
}

function asDocument(error: unknown, response: Response): ProblemDocument {
    if (typeof error === "object" && error !== null && "code" in error && "status" in error) {
        return error as ProblemDocument;
    }
    // Something before the server answered: a proxy's page.
    return { type: "about:blank", title: response.statusText || "Refused", status: response.status, code: `http/${String(response.status)}` };
}

/** The answer's body, or a Problem thrown. */
export async function unwrap<T>(result: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
    const { data, error, response } = await result;
    if (!response.ok || error !== undefined) {
        throw new Problem(asDocument(error, response), response);
    }
    return data as T;
}
