// The shop's pages: plain HTML, no script. They share their host with Keystead's, so nothing may run in them.

import { cost, isOpen, offers } from "./rentals.mjs";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

class Markup extends String {}

/** What is put into the text is escaped, unless it is the answer of another `html`. */
function html(parts, ...values) {
    const written = (value) => {
        if (Array.isArray(value)) {
            return value.map(written).join("");
        }
        return value instanceof Markup ? String(value) : String(value ?? "").replaceAll(/[&<>"']/g, (character) => escapes[character]);
    };
    return new Markup(parts.map((part, i) => (i === 0 ? "" : written(values[i - 1])) + part).join(""));
}

const euros = (cents) => `€${(cents / 100).toFixed(2)}`;
const time = (at) => html`<time datetime="${new Date(at).toISOString()}">${new Date(at).toISOString().slice(11, 16)} UTC</time>`;
const states = { starting: "Starting …", running: "Running", ended: "Ended", failed: "Failed" };
const stateOf = (rental) => html`<span class="state ${rental.state}">${rental.pausedAt ? "Payment paused" : states[rental.state]}</span>`;

/** `person` is undefined for a stranger; `security`: where Keystead's pages are. */
function page({ title, person, security }, content) {
    return `<!doctype html>${html`
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Fjord GPU</title>
<link rel="stylesheet" href="/shop.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
<a class="brand" href="/">Fjord GPU</a>
<nav aria-label="Shop">${person
        ? html`<a href="/rentals">Your servers</a><a href="${security}/account">Account &amp; security</a>`
        : html`<a href="${security}/sign-in?return=/">Sign in</a><a class="button" href="${security}/sign-up">Sign up</a>`}</nav>
</header>
<main>
<h1>${title}</h1>
${content}
</main>
<footer>${person ? html`Signed in as ${person.email}. ` : ""}A demo of <em>Keystead</em>: no GPU is harmed, no money is moved.</footer>
</body>
</html>`}`;
}

export function shopWindow(view) {
    return page({ ...view, title: "Rent a GPU by the hour" }, html`
<p class="lead">Ready in seconds. Your own SSH keys open it, and none that you have revoked.</p>
<ul class="cards">${offers.map((offer) => html`
<li>
<h2>${offer.gpu}</h2>
<p>${offer.memory} of memory, ${offer.place}</p>
<p class="price"><strong>${euros(offer.centsAnHour)}</strong> an hour</p>
${view.person
        ? html`<form method="post" action="/rentals"><input type="hidden" name="offer" value="${offer.id}"><button aria-label="Rent ${offer.gpu}">Rent</button></form>`
        : html`<a class="button" href="${view.security}/sign-in?return=/" aria-label="Sign in to rent ${offer.gpu}">Sign in to rent</a>`}
</li>`)}
</ul>`);
}

export function rentalList(view, rentals) {
    return page({ ...view, title: "Your servers" }, rentals.length === 0
        ? html`<p>You rent nothing yet. <a href="/">Look at what there is.</a></p>`
        : html`<ul class="rows">${rentals.map((rental) => html`
<li><a href="/rentals/${rental.id}">${rental.name}</a> <span>${rental.offer.gpu}, ${rental.offer.place}</span> ${stateOf(rental)}</li>`)}
</ul>`);
}

const logIn = (rental, security) => html`
<section>
<h2>Log in</h2>
<pre tabindex="0"><code>ssh -p ${rental.machine.port} ${rental.machine.loginUser}@127.0.0.1</code></pre>
<p>The SSH keys of your account open it, also those that you add later: <a href="${security}/account/ssh-keys">your SSH keys</a>.
When ssh asks whether the server is the right one, compare: <code>${rental.machine.fingerprint}</code></p>
</section>`;

const loginList = (logins) => html`
<section>
<h2>Who logged in</h2>
${logins === undefined ? html`<p>Not known right now.</p>` : logins.length === 0 ? html`<p>Nobody yet.</p>` : html`
<ul class="log">${logins.map((login) => html`
<li>${time(login.began_at)} ${login.login_user}, with “${login.ssh_key?.name ?? "a key that is gone"}”, from ${login.address}${
        login.ended_by === "removal" ? ". It was ended with its key." : ""}</li>`)}</ul>`}
</section>`;

/** `logins` is undefined where Keystead did not say. */
export function rentalPage(view, rental, logins) {
    return page({ ...view, title: rental.name }, html`
<p class="lead">${rental.offer.gpu} in ${rental.offer.place}, ${euros(rental.offer.centsAnHour)} an hour. ${stateOf(rental)}</p>
${rental.state === "running" ? [logIn(rental, view.security), loginList(logins)] : ""}
<section>
<h2>What happened</h2>
<ul class="log"><li>${time(rental.begunAt)} You rented it.</li>${rental.notes.map(({ at, text }) => html`<li>${time(at)} ${text}</li>`)}</ul>
<p>${isOpen(rental) ? "So far" : "In all"}: <strong>${euros(cost(rental))}</strong></p>
</section>
${rental.state === "running" ? html`
<form method="post" action="/rentals/${rental.id}/end"><button class="grave">End the rental</button></form>
<p class="small">Its keys end at once, and the server is deleted with all that is on it.</p>` : ""}`);
}

export function sentence(view, title, text) {
    return page({ ...view, title }, html`<p>${text}</p><p><a href="/">To the shop window</a></p>`);
}
