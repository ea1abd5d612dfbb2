// Certificates of the tests' own, by the openssl that Debian has.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";

/** A key and a self-signed certificate for `names` ("DNS:localhost,IP:127.0.0.1"), as files in `folder`. */
export function makeCertificate(folder, names, file = "certificate") {
    const [key, cert] = [path.join(folder, `${file}-key.pem`), path.join(folder, `${file}.pem`)];
    const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
        "-subj", `/CN=${names.split(",")[0].replace(/^\w+:/, "")}`, "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert]);
    assert.equal(made.status, 0, String(made.stderr));
    return { key, cert };
}
