// The mail of everybody in one place, read once and taken out of the server's folder, which would otherwise grow
// over a thousand cycles.

import { rmSync } from "node:fs";
import path from "node:path";

export class Post {
    /** `folder` is a MailFolder. */
    constructor(folder) {
        this.folder = folder;
        this.byAddress = new Map();
        this.arrived = 0;
    }

    async collect() {
        const mails = await this.folder.all();
        for (const name of this.folder.read.keys()) {
            rmSync(path.join(this.folder.folder, name), { force: true });
        }
        this.folder.read.clear();
        for (const mail of mails) {
            this.arrived += 1;
            for (const address of mail.to) {
                this.byAddress.set(address, [...(this.byAddress.get(address) ?? []), mail.text]);
            }
        }
    }

    /** The token of the newest link to `page` sent to `address`, and forgets the mails to it. */
    take(address, page) {
        const link = (this.byAddress.get(address) ?? []).map((text) => new RegExp(`${page}#(\\S+)`).exec(text)).filter(Boolean).at(-1);
        if (link) {
            this.byAddress.delete(address);
        }
        return link && decodeURIComponent(link[1]);
    }
}
