// What the shop asks of Keystead, with the token of its service client (rights: hosts, events).

import { setTimeout as pause } from "node:timers/promises";

const attempts = 6;
const eventsAtOnce = 100;

/** A refusal; `code` is the problem's, such as "host/not-found". */
export class Refusal extends Error {
    constructor(method, path, status, problem) {
        super(`${method} ${path}: ${status} ${problem.code ?? ""} ${problem.detail ?? ""}`);
        this.status = status;
        this.code = problem.code;
        this.problem = problem;
    }
}

/** The places of the events that Keystead will not take, by the pointers of its refusal (docs/product-events.md). */
function namedEvents(error) {
    const isFinal = error instanceof Refusal && [409, 422].includes(error.status);
    const places = (isFinal && error.problem.errors || []).map(({ pointer }) => /^\/events\/(\d+)/.exec(pointer)?.[1]);
    return new Set(places.filter(Boolean).map(Number));
}

export class Keystead {
    #url;
    #token;
    #untold = [];
    #telling = false;
    #wait;

    /** `url`: Keystead's base URL with its path, "https://shop.example/id". `wait`, for tests: how milliseconds pass. */
    constructor({ url, token, wait = (time) => pause(time, undefined, { ref: false }) }) {
        this.#url = url;
        this.#token = token;
        this.#wait = wait;
    }

    get url() { return this.#url; }

    /**
     * Registers a server whose SSH keys are the account's, and answers it with what enrolls it. `key` names the rental: asked
     * again, say because the answer was lost, it is the same server.
     */
    async registerHost(account, name, loginUser, key) {
        const hosts = `teams/${account}/hosts`;
        try {
            return await this.#ask("POST", hosts, { name, login_users: [loginUser] }, { "idempotency-key": key });
        } catch (error) {
            if (error.code !== "idempotency/already-done") {
                throw error;
            }
            // It was registered, and what enrolls it is shown once: have it made anew.
            const { id } = error.problem;
            const { enrolment } = await this.#ask("POST", `${hosts}/${id}/enrolment`);
            return { id, enrolment };
        }
    }

    /** From the answer on the server is refused, and its keys have ended. One that is gone already is no fault. */
    async removeHost(account, host) {
        try {
            await this.#ask("DELETE", `teams/${account}/hosts/${host}`);
        } catch (error) {
            if (error.code !== "host/not-found") {
                throw error;
            }
        }
    }

    /** The newest logins to a server, as it reports them. */
    async listLogins(account, host) {
        return (await this.#ask("GET", `teams/${account}/hosts/${host}/logins?limit=5`)).items;
    }

    /**
     * Tells an event of the product (docs/product-events.md), sooner or later: one id is one event, so it is told again until an
     * answer came. A real shop keeps what is untold in its database, written with the order itself.
     */
    tell(event) {
        this.#untold.push(event);
        if (!this.#telling) {
            this.#telling = true;
            void this.#tellAll().finally(() => { this.#telling = false; });
        }
    }

    /**
     * While Keystead is away, busy, or refuses us (a proxy in front may say any of it), the events wait. Only what Keystead names as
     * wrong is given up: it would be refused for ever, and the others with it, for a request is recorded whole or not at all.
     */
    async #tellAll() {
        while (this.#untold.length > 0) {
            const events = this.#untold.slice(0, eventsAtOnce);
            try {
                await this.#ask("POST", "events", { events });
                this.#untold.splice(0, events.length);
            } catch (error) {
                console.error(`events were not told: ${error.message}`);
                const wrong = namedEvents(error);
                const rest = events.filter((event, place) => !wrong.has(place));
                if (rest.length === events.length) {
                    await this.#wait(5000);
                    continue;
                }
                console.error("given up:", ...events.filter((event, place) => wrong.has(place)));
                this.#untold.splice(0, events.length, ...rest);
            }
        }
    }

    /** Answers the body. Waits and asks again where that can help: all that the shop asks may be asked twice. */
    async #ask(method, path, body, headers = {}) {
        for (let attempt = 1; ; attempt += 1) {
            let answer;
            try {
                answer = await fetch(`${this.#url}/v1/${path}`, {
                    method,
                    headers: { authorization: `Bearer ${this.#token}`, ...(body ? { "content-type": "application/json" } : {}), ...headers },
                    body: body && JSON.stringify(body),
                    redirect: "error",
                    signal: AbortSignal.timeout(10_000),
                });
            } catch (error) {
                if (attempt === attempts) {
                    throw error;
                }
            }
            if (answer?.ok) {
                return answer.status === 204 ? undefined : answer.json();
            }
            if (answer && (attempt === attempts || ![429, 502, 503, 504].includes(answer.status))) {
                throw new Refusal(method, path, answer.status, await answer.json().catch(() => ({})));
            }
            await this.#wait(1000 * (Number(answer?.headers.get("retry-after")) || 2 ** (attempt - 2)));
        }
    }
}
