// What is rented, by whom, and what that costs. A real shop has a database here; this one forgets when it ends.
//
//   starting -> running -> ended
//       '----> failed        payment is paused while the account is frozen or disabled

import { randomBytes } from "node:crypto";
import path from "node:path";

const openAtMost = 3; // of an account
const hour = 3_600_000;

export const offers = [
    { id: "rtx-4090", gpu: "1 × RTX 4090", memory: "24 GB", place: "Oslo", centsAnHour: 39 },
    { id: "a100", gpu: "2 × A100", memory: "160 GB", place: "Bergen", centsAnHour: 289 },
    { id: "h100", gpu: "8 × H100", memory: "640 GB", place: "Tromsø", centsAnHour: 1899 },
];

export class Rentals {
    #keystead;
    #startMachine;
    #folder;
    #origin;
    #all = new Map();

    /** `startMachine`: machines/machine.mjs's; `folder`: where servers have their files; `origin`: the shop's own. */
    constructor({ keystead, startMachine, folder, origin }) {
        this.#keystead = keystead;
        this.#startMachine = startMachine;
        this.#folder = folder;
        this.#origin = origin;
    }

    /** The account's, newest first. */
    of(account) {
        return [...this.#all.values()].filter((rental) => rental.account === account).reverse();
    }

    /** One of the account's: another's is answered like none. */
    find(account, id) {
        const rental = this.#all.get(id);
        return rental?.account === account ? rental : undefined;
    }

    /** Begins a rental, or answers undefined where the account has as many as it may. `person`: { account, ip, userAgent }. */
    begin(person, offer) {
        if (this.of(person.account).filter(isOpen).length >= openAtMost) {
            return undefined;
        }
        const id = randomBytes(6).toString("hex");
        const rental = {
            id, offer, account: person.account, name: `${offer.id}-${id.slice(0, 4)}`, state: "starting",
            begunAt: Date.now(), pausedAt: undefined, pausedFor: 0, endedAt: undefined, notes: [],
        };
        this.#all.set(id, rental);
        rental.settled = this.#connect(rental, person);
        return rental;
    }

    /** The server is registered at Keystead, started, and lets in the keys of its renter. */
    async #connect(rental, person) {
        try {
            const host = await this.#keystead.registerHost(rental.account, rental.name, "gpu", `rental-${rental.id}`);
            rental.host = host.id;
            const machine = await this.#startMachine({
                name: rental.name, folder: path.join(this.#folder, rental.id), keysteadUrl: this.#keystead.url, enrolment: host.enrolment,
            });
            rental.machine = machine;
            rental.state = "running";
            note(rental, "The server is ready.");
            void machine.over.then(() => this.end(rental, "The server broke down."));
            this.#tell(rental, "started", `Rented ${rental.offer.gpu} in ${rental.offer.place} (${rental.name})`, rental.offer.centsAnHour, person);
        } catch (error) {
            console.error(`rental ${rental.id}: ${error.message}`);
            rental.state = "failed";
            note(rental, "The server could not be started. Nothing is charged.");
            await this.#letGo(rental);
        }
    }

    /** Ends a running rental, whoever wants it: its keys first, then the server. `why` is shown. */
    async end(rental, why, person = {}) {
        if (rental.state !== "running") {
            return;
        }
        resume(rental);
        rental.state = "ended";
        rental.endedAt = Date.now();
        note(rental, why);
        await this.#letGo(rental);
        this.#tell(rental, "ended", `Ended ${rental.name} after ${hoursOf(rental)} h`, cost(rental), person);
    }

    async #letGo(rental) {
        try {
            if (rental.host) {
                await this.#keystead.removeHost(rental.account, rental.host);
            }
        } catch (error) {
            // It refuses its renter once it is deleted, which is next. A real shop asks until it is removed.
            console.error(`rental ${rental.id}: the server is still registered: ${error.message}`);
        }
        await rental.machine?.stop();
    }

    #tell(rental, what, summary, cents, { ip, userAgent }) {
        this.#keystead.tell({
            id: `rental/${rental.id}/${what}`, account: rental.account, type: `shop.rental.${what}`, at: new Date().toISOString(), summary,
            link: `${this.#origin}/rentals/${rental.id}`, amount: { minor_units: cents, currency: "EUR" },
            data: { server: rental.name, offer: rental.offer.id }, ...(ip ? { ip } : {}), ...(userAgent ? { user_agent: userAgent } : {}),
        });
    }

    /** What Keystead tells by webhook: { type, data }. */
    hear({ type, data }) {
        const open = this.of(data.account_id).filter(isOpen);
        switch (type) {
        case "ssh_key.revoked":
            open.forEach((rental) => note(rental, "An SSH key of yours was revoked: this server refuses it within seconds."));
            break;
        case "account.frozen":
        case "account.disabled":
            open.forEach(pause);
            break;
        case "account.secured":
        case "account.enabled":
            open.forEach(resume);
            break;
        case "host.removed": // The owner may have done that, on Keystead's page.
            open.filter(({ host }) => host === data.target.id).forEach((rental) => void this.end(rental, "You removed the server from your account."));
            break;
        case "account.deleted":
            open.forEach((rental) => void this.end(rental, "The account was deleted."));
            break;
        }
    }

    /** Ends all servers, and not the rentals: the shop itself goes. */
    async stop() {
        const all = [...this.#all.values()];
        await Promise.all(all.map(({ settled }) => settled));
        all.filter(isOpen).forEach((rental) => { rental.state = "ended"; });
        await Promise.all(all.map(({ machine }) => machine?.stop()));
    }
}

export const isOpen = ({ state }) => state === "starting" || state === "running";

/** Hours begun, without those in which payment was paused. */
export function hoursOf(rental) {
    const until = rental.endedAt ?? rental.pausedAt ?? Date.now();
    return Math.max(1, Math.ceil((until - rental.begunAt - rental.pausedFor) / hour));
}

export const cost = (rental) => (rental.state === "failed" ? 0 : hoursOf(rental) * rental.offer.centsAnHour);

function note(rental, text) {
    rental.notes.push({ at: Date.now(), text });
}

function pause(rental) {
    if (!rental.pausedAt) {
        rental.pausedAt = Date.now();
        note(rental, "Your account was frozen: payment is paused.");
    }
}

function resume(rental) {
    if (rental.pausedAt) {
        rental.pausedFor += Date.now() - rental.pausedAt;
        rental.pausedAt = undefined;
        note(rental, "Your account is open again: payment goes on.");
    }
}
