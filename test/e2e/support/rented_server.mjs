// A rented server: the real sshd with keystead-sshd beside it, in namespaces of its own for processes and mounts, so that
// it has its own users, PAM and /run and that all of it is gone with one process. Its ports are this machine's.

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { atEnd } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";
import { until } from "./until.mjs";

export const agentBinary = process.env.KEYSTEAD_SSHD_BINARY ??
    path.join(path.dirname(process.env.KEYSTEAD_BINARY ?? ""), "..", "agent", "keystead-sshd");
// Another system's root, to be the rented servers' own: debootstrap makes one of Debian 11.
const root = process.env.KEYSTEAD_RENTED_ROOT ?? "";
const stateFolder = "/var/lib/keystead-sshd";
export const publicFolder = `${stateFolder}/public`;

/** Why these tests cannot run here, or false. */
export const cannotRun = process.getuid() !== 0 || !existsSync("/usr/sbin/sshd")
    ? "needs root, for namespaces, and openssh-server" : false;

/** Runs a program to its end: { status, stdout, stderr }. Not *Sync: a server of this process may have to answer it. */
export function runProgram(program, words, { input = "", seconds = 30 } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, words, { timeout: seconds * 1000, killSignal: "SIGKILL" });
        const out = { stdout: "", stderr: "" };
        child.stdout.on("data", (bytes) => { out.stdout += bytes; });
        child.stderr.on("data", (bytes) => { out.stderr += bytes; });
        child.on("error", reject);
        child.on("close", (status) => resolve({ status, ...out }));
        child.stdin.on("error", () => {}); // It may end without reading.
        child.stdin.end(input);
    });
}

/** A key pair that ssh-keygen makes: { file, line }. */
export function makeKeyPair(folder, name, words = ["-t", "ed25519"]) {
    const file = path.join(folder, name);
    const done = spawnSync("ssh-keygen", ["-q", "-N", "", "-C", name, "-f", file, ...words], { encoding: "utf8" });
    if (done.status !== 0) {
        throw new Error(`ssh-keygen: ${done.stderr}`);
    }
    return { file, line: readFileSync(`${file}.pub`, "utf8").trim() };
}

// What `enroll` prints, and then the last session lines of Debian's own /etc/pam.d/sshd: the last one reads ~/.pam_environment.
// What is left out of that file needs a whole system.
const pam = `session optional pam_exec.so quiet /usr/local/sbin/keystead-sshd session
auth required pam_deny.so
account required pam_permit.so
session required pam_permit.so
session optional pam_keyinit.so force revoke
session required pam_limits.so
session required pam_env.so
session required pam_env.so user_readenv=1 envfile=/etc/default/locale
`;

const mounts = ({ folder, diskKib }) => `
set -e
${root && `mount --rbind /dev ${root}/dev; mount -t proc proc ${root}/proc; mkdir -p ${root}${folder}; mount --bind ${folder} ${root}${folder}; cp /etc/hosts ${root}/etc/hosts`}
mount -t tmpfs -o mode=0755 none ${root}/run
mkdir -m 0755 ${root}/run/sshd
mount -t tmpfs -o mode=0755 none ${root}/usr/local/sbin
cp ${agentBinary} ${root}/usr/local/sbin/keystead-sshd
mount -t tmpfs -o mode=0755 none ${root}/var/lib
mkdir -m 0755 ${root}${stateFolder}
mount -t tmpfs -o mode=0755${diskKib ? `,size=${diskKib}k` : ""} none ${root}${stateFolder}
for name in passwd group shadow; do mount --bind ${folder}/$name ${root}/etc/$name; done
mount --bind ${folder}/pam.d ${root}/etc/pam.d
echo ready
exec sleep infinity
`;

class RentedServer {
    constructor(folder, users) {
        this.folder = folder;
        this.users = users;
        this.agentLog = "";
        this.sshdLog = "";
    }

    prepare() {
        const lines = ["root:x:0:0:root:/root:/bin/bash", "sshd:x:4998:4999::/run/sshd:/usr/sbin/nologin", "keystead-sshd:x:4999:4999::/nonexistent:/usr/sbin/nologin"];
        this.users.forEach((user, i) => {
            const home = path.join(this.folder, "home", user);
            mkdirSync(path.join(home, ".ssh"), { recursive: true });
            lines.push(`${user}:x:${5000 + i}:${5000 + i}::${home}:/bin/bash`);
        });
        writeFileSync(path.join(this.folder, "passwd"), `${lines.join("\n")}\n`);
        writeFileSync(path.join(this.folder, "group"), `root:x:0:\nkeystead-sshd:x:4999:\n${this.users.map((user, i) => `${user}:x:${5000 + i}:\n`).join("")}`);
        writeFileSync(path.join(this.folder, "shadow"), lines.map((line) => `${line.split(":")[0]}:*:20000::::::\n`).join(""), { mode: 0o600 });
        mkdirSync(path.join(this.folder, "pam.d"));
        for (const service of ["sshd", "other"]) {
            writeFileSync(path.join(this.folder, "pam.d", service), pam);
        }
        chmodSync(this.folder, 0o755); // sshd looks at the folders above a user's keys.
    }

    async startNamespaces(diskKib) {
        this.holder = spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "bash", "-c",
            mounts({ folder: this.folder, diskKib })], { stdio: ["ignore", "pipe", "pipe"] });
        let said = "";
        let errors = "";
        this.holder.stdout.on("data", (bytes) => { said += bytes; });
        this.holder.stderr.on("data", (bytes) => { errors += bytes; });
        this.gone = new Promise((resolve) => { this.holder.on("exit", resolve); });
        await until("the namespaces of a rented server", () => {
            if (this.holder.exitCode !== null) {
                throw new Error(`unshare: ${errors}`);
            }
            return said.includes("ready");
        });
        // The first process of the namespace is unshare's child.
        const children = readFileSync(`/proc/${this.holder.pid}/task/${this.holder.pid}/children`, "utf8").trim();
        this.inside = ["--target", children.split(" ")[0], "--mount", "--pid", ...(root ? ["chroot", root] : [])];
    }

    /** A program on that server, to its end. */
    run(words, options) {
        return runProgram("nsenter", [...this.inside, ...words], options);
    }

    /** One that stays. */
    spawn(words, onText) {
        const child = spawn("nsenter", [...this.inside, ...words], { stdio: ["ignore", "pipe", "pipe"] });
        child.stdout.on("data", onText);
        child.stderr.on("data", onText);
        child.over = new Promise((resolve) => { child.on("exit", resolve); });
        return child;
    }

    /** `enrolment` as Keystead answers it; its address is `base`. */
    enroll({ base, enrolment, pins = enrolment.pins ?? [], answerKey = enrolment.answer_key }) {
        return this.run(["/usr/local/sbin/keystead-sshd", "enroll", "--server", base, "--answer-key", answerKey,
            ...pins.flatMap((pin) => ["--pin", pin])], { input: `${enrolment.token}\n` });
    }

    async startAgent() {
        this.agent = this.spawn(["/usr/local/sbin/keystead-sshd", "run"], (bytes) => { this.agentLog += bytes; });
        await until("the agent's socket", async () => (await this.run(["test", "-S", "/run/keystead-sshd/socket"])).status === 0);
    }

    async stopAgent(signal = "TERM") {
        await this.run(["pkill", `-${signal}`, "-f", "keystead-sshd run"]); // in this namespace of processes alone
        await this.agent.over;
    }

    async startSshd(extra = "") {
        this.port = await freePort();
        const config = path.join(this.folder, "sshd_config");
        if (!existsSync(path.join(this.folder, "host_key"))) {
            makeKeyPair(this.folder, "host_key");
        }
        writeFileSync(config, `ListenAddress 127.0.0.1
Port ${this.port}
HostKey ${this.folder}/host_key
PidFile none
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile .ssh/authorized_keys
AuthorizedKeysCommand /usr/local/sbin/keystead-sshd authorized-keys %u %k %t %f
AuthorizedKeysCommandUser keystead-sshd
RevokedKeys ${publicFolder}/revoked-keys
UsePAM yes
LogLevel VERBOSE
${extra}
`);
        this.sshd = this.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", config], (bytes) => { this.sshdLog += bytes; });
        await until("sshd answers", () => new Promise((resolve) => {
            const socket = net.connect(this.port, "127.0.0.1");
            socket.once("data", () => { socket.destroy(); resolve(true); });
            socket.once("error", () => resolve(false));
        }));
    }

    sshWords(pair, user, command) {
        return ["-F", "none", "-i", pair.file, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-p", String(this.port), `${user}@127.0.0.1`, command];
    }

    /** Whether that key logs in. */
    async letsIn(pair, user = this.users[0]) {
        const done = await runProgram("ssh", this.sshWords(pair, user, "echo welcome"));
        // A session may also end with its key just after it began.
        if (done.status !== 0 && !/Permission denied|Broken pipe|closed by remote host|Connection reset/.test(done.stderr)) {
            throw new Error(`ssh: ${done.stderr}\n${this.sshdLog}\n${this.agentLog}`);
        }
        return done.stdout === "welcome\n";
    }

    /** A session that stays open until it is ended: { said: what its command printed first, over: resolves to the exit status }. */
    async openSession(pair, user = this.users[0], command = "echo welcome; cat") {
        const child = spawn("ssh", this.sshWords(pair, user, command), { stdio: ["pipe", "pipe", "pipe"] });
        const session = { child, over: new Promise((resolve) => { child.on("exit", resolve); }) };
        session.said = await new Promise((resolve, reject) => {
            child.stdout.once("data", (bytes) => resolve(bytes.toString()));
            child.once("exit", () => reject(new Error(`no session\n${this.sshdLog}\n${this.agentLog}`)));
        });
        return session;
    }

    /** What sshd's command prints for a key, by hand. */
    async keysFor(line, user = this.users[0]) {
        const [type, base64] = line.split(" ");
        return (await this.run(["setpriv", "--reuid", "4999", "--regid", "4999", "--clear-groups", "/usr/local/sbin/keystead-sshd",
            "authorized-keys", user, base64, type, "SHA256:-"])).stdout.trim();
    }

    /** What ssh-keygen says of a key and the list of revoked keys. */
    async isRevoked(pair) {
        return (await this.run(["ssh-keygen", "-Q", "-f", `${publicFolder}/revoked-keys`, `${pair.file}.pub`])).status !== 0;
    }

    /** What Debian's pam_env takes from a user's home, as the user writes it. */
    writePamEnvironment(lines, user = this.users[0]) {
        writeFileSync(path.join(this.folder, "home", user, ".pam_environment"), lines.map((line) => `${line}\n`).join(""));
    }

    /** As a provider does that rewrites the file. */
    writeAuthorizedKeys(lines, user = this.users[0]) {
        writeFileSync(path.join(this.folder, "home", user, ".ssh", "authorized_keys"), `${lines.join("\n")}\n`);
    }
}

/** `diskKib`: how large the disk is on which the agent keeps its state. */
export async function rentServer(t, { users = ["gpu"], diskKib } = {}) {
    const folder = mkdtempSync(path.join(tmpdir(), "keystead-server-"));
    atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
    const server = new RentedServer(folder, users);
    server.prepare();
    await server.startNamespaces(diskKib);
    atEnd(t, async () => {
        server.holder.kill("SIGKILL"); // and with it the first process of the namespace, and so all
        await server.gone;
    });
    return server;
}
