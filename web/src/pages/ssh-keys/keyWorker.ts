/**
 * Makes one key pair beside the page: bcrypt_pbkdf takes a while on purpose, and what it leaves in memory ends with
 * the worker. It makes no request.
 */
import { makePair } from "./keyFile";

export interface Order {
    passphrase: string;
    comment: string;
}

addEventListener("message", ({ data }: MessageEvent<Order>) => {
    makePair(data.passphrase, data.comment).then(
        (made) => {
            postMessage(made);
        },
        () => {
            postMessage(null);
        },
    );
});
