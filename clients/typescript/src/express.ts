/**
 * Who a request speaks for, for servers in the style of Express (connect, Express, Polka): asks Keystead's
 * check with the request's cookie and Authorization, and sets `request.keystead`. For a product without a
 * proxy that asks; behind one, trust the proxy's header fields instead.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";

export interface Identity {
    account: string;
    email: string | undefined;
    /** One of the two: a session's id, or an API token's. */
    session: string | undefined;
    token: string | undefined;
    permissions: string[];
    roles: string[];
}

declare module "node:http" {
    interface IncomingMessage {
        keystead?: Identity;
    }
}

export interface MiddlewareOptions {
    /** Where Keystead is, its base path included. */
    baseUrl: string;
    /** The host of Keystead's base URL, where `baseUrl` is another way to it (loopback). */
    host?: string;
    /** Lets those through whom Keystead does not know, without `request.keystead`. */
    optional?: boolean;
    /** The client's address; the socket's unless told. Keystead believes it of trusted proxies alone. */
    clientAddress?: (request: IncomingMessage) => string | undefined;
    timeoutMs?: number;
}

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

function refuse(response: ServerResponse, status: number, title: string): void {
    response.statusCode = status;
    response.setHeader("content-type", "application/problem+json");
    response.setHeader("cache-control", "no-store");
    response.end(JSON.stringify({ type: "about:blank", title, status }));
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
    const value = headers[name];
    return typeof value === "string" && value !== "" ? value : undefined;
}

function listed(headers: IncomingHttpHeaders, name: string): string[] {
    return single(headers, name)?.split(/[ ,]+/) ?? [];
}

function identityOf(headers: IncomingHttpHeaders): Identity | undefined {
    const account = single(headers, "keystead-account");
    return account === undefined
        ? undefined
        : {
              account,
              email: single(headers, "keystead-email"),
              session: single(headers, "keystead-session"),
              token: single(headers, "keystead-token"),
              permissions: listed(headers, "keystead-permissions"),
              roles: listed(headers, "keystead-roles"),
          };
}

export function keystead(options: MiddlewareOptions): Middleware {
    const check = new URL(`${options.baseUrl.replace(/\/+$/, "")}/v1/check`);
    const transport = check.protocol === "https:" ? https : http;
    const agent = new transport.Agent({ keepAlive: true });
    const clientAddress = options.clientAddress ?? ((request: IncomingMessage) => request.socket.remoteAddress);

    // Not fetch, which lets nobody name the Host.
    const ask = (request: IncomingMessage): Promise<IncomingMessage> =>
        new Promise((resolve, reject) => {
            const headers: http.OutgoingHttpHeaders = { host: options.host ?? check.host };
            for (const name of ["cookie", "authorization", "user-agent"] as const) {
                const value = request.headers[name];
                if (value !== undefined) {
                    headers[name] = value;
                }
            }
            const address = clientAddress(request);
            if (address !== undefined) {
                headers["x-forwarded-for"] = address;
            }
            transport
                .get(check, { agent, headers, signal: AbortSignal.timeout(options.timeoutMs ?? 5000) }, (answer) => {
                    answer.resume();
                    answer.on("end", () => { resolve(answer); });
                    answer.on("error", reject);
                })
                .on("error", reject);
        });

    const decide = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
        delete request.keystead;
        const answer = await ask(request);
        const identity = answer.statusCode === 204 ? identityOf(answer.headers) : undefined;
        if (identity !== undefined) {
            request.keystead = identity;
            return true;
        }
        if (answer.statusCode === 401) {
            if (options.optional === true) {
                return true;
            }
            refuse(response, 401, "Sign in first");
        } else if (answer.statusCode === 403) {
            refuse(response, 403, "Not allowed");
        } else {
            refuse(response, 503, "The account server does not answer");
        }
        return false;
    };

    return (request, response, next) => {
        decide(request, response).then(
            (goOn) => {
                if (goOn) {
                    next();
                }
            },
            () => { refuse(response, 503, "The account server does not answer"); },
        );
    };
}
