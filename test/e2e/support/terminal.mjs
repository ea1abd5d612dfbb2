// A person at a terminal: runs the binary on a pseudo-terminal of its own (Python's pty has one; Node does not), and types
// when asked.

import { spawnSync } from "node:child_process";

const typist = `
import json, os, pty, sys
words, answers = json.loads(sys.argv[1]), json.loads(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    os.execv(words[0], words)
seen = answered = b""
while True:
    try:
        some = os.read(terminal, 4096)
    except OSError:  # Linux's way to say that the other side has ended.
        break
    if not some:
        break
    seen += some
    if answers and answers[0][0].encode() in seen[len(answered):]:
        answered = seen
        os.write(terminal, answers.pop(0)[1].encode() + b"\\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if not answers else 99)
`;

/** answers: [[what is asked, what is typed], …], all of which must be asked for. Answers { status, shown }. */
export function atTerminal(words, { environment, cwd, answers = [] }) {
    const done = spawnSync("python3", ["-c", typist, JSON.stringify([process.env.KEYSTEAD_BINARY, ...words]), JSON.stringify(answers)],
        { cwd, encoding: "utf8", env: environment, timeout: 60_000 });
    return { status: done.status, shown: done.stdout + done.stderr };
}
