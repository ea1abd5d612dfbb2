/**
 * A key pair, made in a worker of its own.
 */
import { Problem } from "../../api/problem";
import type { MadePair } from "./keyFile";
import type { Order } from "./keyWorker";
import workerUrl from "./keyWorker.ts?worker&url";

interface ScriptUrlPolicy {
    createScriptURL: (url: string) => string;
}
interface PolicyFactory {
    createPolicy: (name: string, rules: ScriptUrlPolicy) => ScriptUrlPolicy;
}

// The one address that becomes a script by way of a string. The policy's name is the one that the server allows.
const policy: ScriptUrlPolicy = (() => {
    const rules: ScriptUrlPolicy = {
        createScriptURL: (url) => {
            if (url !== workerUrl) {
                throw new TypeError("not a script of ours");
            }
            return url;
        },
    };
    const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
    return factory ? factory.createPolicy("app", rules) : rules;
})();

export function makeKey(order: Order): Promise<MadePair> {
    return new Promise((resolve, reject) => {
        const worker = new Worker(policy.createScriptURL(workerUrl), { type: "module" });
        const failed = () => {
            worker.terminate();
            reject(new Problem(0, "ssh-key/cannot-generate"));
        };
        worker.onerror = failed;
        worker.onmessage = ({ data }: MessageEvent<MadePair | null>) => {
            if (data === null) {
                failed();
                return;
            }
            worker.terminate();
            resolve(data);
        };
        worker.postMessage(order);
    });
}
