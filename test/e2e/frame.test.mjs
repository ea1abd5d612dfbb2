// guards: the frame of the end-to-end tests itself: mail is read as sent, codes and QR codes are read by
// other people's programs, and a page that breaks its content security policy fails.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";

import { checkAccessible, openBrowser, openPage } from "./support/browser.mjs";
import { atEnd } from "./support/cleanup.mjs";
import { Authenticator, codeAt } from "./support/codes.mjs";
import { MailServer, tokenIn } from "./support/mail.mjs";

async function sendRaw(port, lines) {
    const socket = net.connect(port, "127.0.0.1");
    socket.setEncoding("utf8");
    let heard = "";
    socket.on("data", (text) => { heard += text; });
    for (const [line, reply] of lines) {
        while (!heard.includes(reply)) {
            await new Promise((resolve) => socket.once("data", resolve));
        }
        heard = "";
        socket.write(line);
    }
    while (!heard.includes("221")) {
        await new Promise((resolve) => socket.once("data", resolve));
    }
    socket.destroy();
}

test("mail arrives with its link, whatever its encoding", async (t) => {
    const box = await MailServer.start(t);
    await sendRaw(box.port, [
        ["EHLO test\r\n", "220"],
        ["MAIL FROM:<a@localhost>\r\n", "250 "],
        ["RCPT TO:<you@example.test>\r\n", "250"],
        ["DATA\r\n", "250"],
        ["To: you@example.test\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\n" +
            "Content-Transfer-Encoding: quoted-printable\r\n\r\nhttp://localhost:1/sign-up/confirm#ks_lnk_abc=\r\ndef\r\n.\r\n", "354"],
        ["QUIT\r\n", "250"],
    ]);
    const mail = await box.waitFor("you@example.test");
    assert.equal(mail.subject, "Grüße");
    assert.equal(tokenIn(mail, "/sign-up/confirm"), "ks_lnk_abcdef");
});

test("oathtool makes the codes of RFC 6238, each once", async () => {
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    assert.equal(codeAt(secret, 1), "287082"); // RFC 6238 appendix B, 59 s, the last six digits.
    const authenticator = new Authenticator(secret, () => 3000);
    const codes = [await authenticator.code(), await authenticator.code(), await authenticator.code()];
    assert.deepEqual(codes, [99, 100, 101].map((step) => codeAt(secret, step)));
    assert.equal(authenticator.lastCode(), codes[2]);
    assert.ok(!codes.includes(authenticator.wrongCode()));
});

test("a page that breaks its policy is noticed, a good one is not", async (t) => {
    const site = http.createServer((request, response) => {
        response.setHeader("content-security-policy", "default-src 'self'; script-src 'self'");
        response.setHeader("content-type", "text/html; charset=utf-8");
        const bad = request.url === "/bad" ? "<script>globalThis.x = 1</script>" : "";
        response.end(`<!doctype html><html lang="en"><title>t</title><main><h1>t</h1>${bad}</main>`);
    });
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    atEnd(t, () => site.close());
    const server = { base: `http://localhost:${site.address().port}` };
    const browser = await openBrowser(t);
    const good = await openPage(t, browser, server);
    await good.goto("/");
    await checkAccessible(good);
    assert.deepEqual(good.complaints.filter((text) => !text.includes("favicon")), []);
    const bad = await openPage(t, browser, server);
    await bad.goto("/bad");
    assert.ok(bad.complaints.some((text) => text.includes("CSP")), String(bad.complaints));
    bad.complaints.length = 0;
    good.complaints.length = 0;
});
