// Accounts made as people make them: through the public API and the mail they get.

import { randomBytes } from "node:crypto";

import { Authenticator } from "./codes.mjs";

export const goodPassword = "Larch-Quay-73-Ember";

export function newEmail(word = "person") {
    return `${word}-${randomBytes(6).toString("hex")}@example.test`;
}

/** Signs up and confirms. Answers { client, email, password, id, answer }; the client is signed in. */
export async function signUp(server, { email = newEmail(), password = goodPassword, name, client = server.client(), mail = server.mail } = {}) {
    await client.expect(202, "POST", "sign-up", { email });
    const token = await mail.token(email, "/sign-up/confirm");
    const answer = await client.expect(201, "POST", "sign-up/confirm", { token, password, ...(name ? { name } : {}) });
    return { client, email, password, id: answer.account.id, answer };
}

/** Enrolls and confirms an authenticator. Answers { authenticator, backupCodes, id }. */
export async function enrollTotp(server, client, name = "phone") {
    const made = await client.expect(201, "POST", "account/totp", { name });
    const authenticator = new Authenticator(made.secret, () => server.now());
    const { backup_codes: backupCodes } = await client.expect(200, "POST", `account/totp/${made.id}/confirm`, {
        code: await authenticator.code(),
    });
    return { authenticator, backupCodes, id: made.id };
}

/** The answer to sign-in with a password, in a client of its own. */
export async function passwordStep(server, { email, password }, options = {}, client = server.client()) {
    return { client, answer: await client.post("sign-in", { email, password, ...options }) };
}

/** Signs in with all that the account needs. Answers the client. */
export async function signIn(server, account, { authenticator, client = server.client(), ...options } = {}) {
    const first = await client.expect(200, "POST", "sign-in", { email: account.email, password: account.password, ...options });
    if (first.status === "second-factor") {
        await client.expect(200, "POST", "sign-in/second-factor", { method: "totp", code: await authenticator.code() });
    }
    return client;
}

/** Makes the operator's account with the token that the server printed. */
export async function setUpOperator(server, { email = newEmail("operator"), password = goodPassword } = {}) {
    const client = server.client();
    const answer = await client.expect(201, "POST", "set-up", { token: server.setUpToken(), email, password });
    return { client, email, password, id: answer.account.id };
}
