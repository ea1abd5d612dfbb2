// Servers to rent. A real shop asks its data centre or cloud for one here, and hands it `cloud_init`; this one makes
// namespaces on the machine that it runs on, for which it has to be root. What is inside: machine.sh.

import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const startWithin = 20_000;
const agentUser = 4999;
const loginUser = { name: "gpu", id: 5000 };

const passwd = (home) => `root:x:0:0:root:/root:/bin/bash
sshd:x:4998:${agentUser}::/run/sshd:/usr/sbin/nologin
keystead-sshd:x:${agentUser}:${agentUser}::/nonexistent:/usr/sbin/nologin
${loginUser.name}:x:${loginUser.id}:${loginUser.id}::${home}:/bin/bash
`;
const group = `root:x:0:\nkeystead-sshd:x:${agentUser}:\n${loginUser.name}:x:${loginUser.id}:\n`;
const shadow = `root:*:20000::::::\n${loginUser.name}:*:20000::::::\n`;
const pam = `session optional pam_exec.so quiet /usr/local/sbin/keystead-sshd session
auth required pam_deny.so
account required pam_permit.so
session required pam_permit.so
`;
const sshdConfig = ({ folder, port }) => `ListenAddress 127.0.0.1
Port ${port}
HostKey ${folder}/host_key
PidFile none
PrintLastLog no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
# What keystead-sshd enroll prints:
AuthorizedKeysCommand /usr/local/sbin/keystead-sshd authorized-keys %u %k %t %f
AuthorizedKeysCommandUser keystead-sshd
RevokedKeys /var/lib/keystead-sshd/public/revoked-keys
UsePAM yes
`;

function run(program, words) {
    const done = spawnSync(program, words, { encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(`${program}: ${done.stderr}`);
    }
    return done.stdout;
}

function freePort() {
    return new Promise((resolve, reject) => {
        const probe = net.createServer();
        probe.once("error", reject);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

/** Whether sshd greets on that port. */
function answers(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, "127.0.0.1");
        socket.setTimeout(1000, () => socket.destroy());
        socket.once("data", () => resolve(true));
        socket.once("data", () => socket.destroy());
        socket.once("error", () => {});
        socket.once("close", () => resolve(false));
    });
}

/** Writes what is in the server's image. Answers the fingerprint of its host key. */
function furnish(folder, port) {
    const home = path.join(folder, "home");
    mkdirSync(path.join(folder, "pam.d"), { recursive: true, mode: 0o755 });
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, loginUser.id, loginUser.id);
    writeFileSync(path.join(folder, "passwd"), passwd(home));
    writeFileSync(path.join(folder, "group"), group);
    writeFileSync(path.join(folder, "shadow"), shadow, { mode: 0o600 });
    for (const service of ["sshd", "other"]) {
        writeFileSync(path.join(folder, "pam.d", service), pam);
    }
    writeFileSync(path.join(folder, "sshd_config"), sshdConfig({ folder, port }));
    run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path.join(folder, "host_key")]);
    return run("ssh-keygen", ["-l", "-f", path.join(folder, "host_key.pub")]).split(" ")[1];
}

/**
 * Starts a server and connects it to Keystead. `enrolment` is Keystead's answer to the registration, `keysteadUrl` where the
 * server reaches it. Answers { port, fingerprint, loginUser, over, stop() }; `over` resolves when it has ended.
 */
export async function startMachine({ name, folder, agent, keysteadUrl, enrolment }) {
    const port = await freePort();
    const fingerprint = furnish(folder, port);
    const options = ["--server", keysteadUrl, "--answer-key", enrolment.answer_key, ...(enrolment.pins ?? []).flatMap((pin) => ["--pin", pin])];
    // Of whoever started it nothing is left when the first process of its namespace is gone; and that goes with us.
    const holder = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
        "--propagation", "private", path.join(import.meta.dirname, "machine.sh"), name, folder, agent, ...options], { stdio: ["pipe", "ignore", "pipe"] });
    let log = "";
    holder.stderr.on("data", (bytes) => { log = (log + bytes).slice(-8000); });
    const over = new Promise((resolve) => { holder.on("close", resolve); });
    holder.on("error", (error) => { log += error; });
    holder.stdin.on("error", () => {}); // It may end without reading.
    holder.stdin.end(`${enrolment.token}\n`);
    const stop = async () => {
        holder.kill("SIGKILL");
        await over;
        rmSync(folder, { recursive: true, force: true });
    };
    const end = performance.now() + startWithin;
    while (!(await answers(port))) {
        if (holder.exitCode !== null || performance.now() > end) {
            await stop();
            throw new Error(`the server ${name} did not start:\n${log}`);
        }
        await pause(50);
    }
    return { port, fingerprint, loginUser: loginUser.name, over, stop };
}

/** What is missing for starting servers here, as a sentence; or nothing. */
export function cannotStart(agent) {
    if (process.getuid() !== 0) {
        return "Rented servers are namespaces of this machine, for which it needs root: start it with sudo.";
    }
    if (!existsSync("/usr/sbin/sshd")) {
        return "There is no /usr/sbin/sshd: apt-get install openssh-server.";
    }
    if (!existsSync(agent)) {
        return `There is no ${agent}: ninja -C build/release keystead-sshd.`;
    }
    return undefined;
}
