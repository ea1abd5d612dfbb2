// app/problem_words.cpp
//
// The words for the codes that features answer: what happened, and what its reader can do. A test holds every code that a
// route declares against this list.
#include "app/routes.h"

namespace keystead::app {

void add_problem_words(http::ProblemCatalogue& catalogue)
{
    catalogue.add({
        {"account/address-exists", "Address already there", "The account has that notification address already."},
        {"account/address-is-primary", "The sign-in address", "The address you sign in with cannot be removed; change it instead."},
        {"account/address-limit", "Most addresses reached", "An account has at most five addresses. Remove one first."},
        {"account/address-not-found", "No such address", "The account has no such notification address."},
        {"account/deletion-not-pending", "No deletion pending", "The account is not waiting to be deleted."},
        {"account/deletion-pending", "Deletion already asked for", "The account is waiting to be deleted; it can be cancelled until then."},
        {"account/email-invalid", "Not an e-mail address", "The address has a form that no mail can be sent to, or letters of several scripts that look alike."},
        {"account/email-taken", "Address in use", "Another account has that address, or may still return to it."},
        {"account/email-unchanged", "The same address", "That is the address the account has."},
        {"account/factors-frozen", "Changes are frozen", "Someone said “this was not me”: factors can be changed again at the time in `until`."},
        {"account/name-invalid", "Not a name", "A name is at most 100 characters, without control characters."},
        {"account/not-found", "No such account", "There is no such account."},
        {"account/self", "Your own account", "Nobody can do this to the account they act with."},
        {"backup-code/second-factor-missing", "No second factor yet", "Backup codes stand in for an authenticator: enroll one first."},
        {"client/invalid", "Not a service client", "A service client needs a name of at most 100 bytes and at least one right."},
        {"client/name-taken", "Name in use", "Another service client has that name."},
        {"client/not-found", "No such service client", "There is no such service client."},
        {"link/invalid", "The link no longer works", "Links work once and for a limited time. Ask for a new one."},
        {"password/breached", "Breached password", "The password stands in a list of leaked ones. Choose another."},
        {"password/busy", "Busy", "Too many passwords are being checked at this moment. Try again in a few seconds."},
        {"password/changed-meanwhile", "Changed meanwhile", "The password was changed by another request. Nothing was done."},
        {"password/common", "Common password", "Many people use that password, so attackers try it first. Choose another."},
        {"password/control-character", "Control character", "A password may hold any character but control characters."},
        {"password/missing-digit", "A digit is missing", "The password needs at least one digit."},
        {"password/missing-letter", "A letter is missing", "The password needs at least one letter."},
        {"password/missing-lower", "A lower-case letter is missing", "The password needs at least one lower-case letter."},
        {"password/missing-special", "A special character is missing", "The password needs at least one character that is neither letter nor digit."},
        {"password/missing-upper", "An upper-case letter is missing", "The password needs at least one upper-case letter."},
        {"password/none", "No password here", "The account signs in in another way; there is no password to change."},
        {"password/personal", "Personal words", "The password contains your address, your name or the product's name."},
        {"password/refused", "Password refused", "The password breaks the rules that `errors` lists, all at once."},
        {"password/too-long", "Too long", "A password has at most 256 characters."},
        {"password/too-many-attempts", "Too many attempts", "Wait until Retry-After, then try again."},
        {"password/too-short", "Too short", "The password is shorter than the rules ask."},
        {"password/too-weak", "Easy to guess", "A program would guess the password soon. Make it longer or less regular."},
        {"password/wrong", "Wrong password", "The current password is not right."},
        {"recovery/second-factor-required", "A code is needed", "The account has a second factor: send `method` and `code` with the new password. The link still works."},
        {"recovery/too-many-attempts", "Too many codes", "Wait until Retry-After, then try again. The link still works."},
        {"recovery/wrong-code", "Wrong code", "The code is not valid or was used before. The link still works."},
        {"request/invalid-cursor", "Not a cursor", "The cursor is none that this list gave out."},
        {"session/limit-reached", "Most sessions reached", "The account is signed in on as many devices as are allowed. `sessions` lists them: end one with POST /v1/sign-in/end-session."},
        {"session/not-found", "No such session", "There is no such session, or it has ended."},
        {"sign-in/factor-owed", "Second factor owed", "Finish the second step of this sign-in first."},
        {"sign-in/too-many-attempts", "Too many attempts", "Wait until Retry-After, then try again. A device you have signed in from before has a budget of its own."},
        {"sign-in/wrong-code", "Wrong code", "The code is not valid or was used before."},
        {"sign-in/wrong-credentials", "Wrong credentials", "E-mail address or password is wrong."},
        {"sign-up/by-invitation", "By invitation", "Accounts are made by invitation here: ask an operator for one."},
        {"sign-up/closed", "Sign-up is closed", "No accounts are made here."},
        {"step-up/second-factor-needed", "Use a code", "The account has a second factor, which is asked for instead of the password."},
        {"step-up/too-many-attempts", "Too many attempts", "Wait until Retry-After, then try again."},
        {"step-up/wrong-credentials", "Not right", "The password or code is not right."},
        {"storage/conflict", "Conflict", "Another request changed the same thing at the same time. Try again."},
        {"storage/full", "Storage is full", "The server cannot store anything now. Its operator has to make room; checks and sign-out go on."},
        {"storage/internal", "Internal error", "Something went wrong on our side. The request id finds it in the log."},
        {"storage/lock-lost", "Not in charge", "This node has lost its hold on the database and will try to regain it."},
        {"storage/unavailable", "Storage is not available", "The database does not answer. Try again after Retry-After."},
        {"totp/already-confirmed", "Already confirmed", "That authenticator was confirmed before."},
        {"totp/clock-behind", "The server's clock is behind", "The server's clock went back, so that codes cannot be checked safely. Its operator has to set it."},
        {"totp/limit-reached", "Most authenticators reached", "An account has at most five authenticators. Remove one first."},
        {"totp/not-found", "No such authenticator", "There is no such authenticator, or its enrollment has expired."},
        {"totp/password-too-weak-alone", "The password is too short to stand alone", "It was chosen under the rules for accounts with a second factor. Choose a longer one first."},
        {"totp/too-many-attempts", "Too many codes", "Wait until Retry-After, then try again."},
        {"totp/wrong-code", "Wrong code", "The code is not valid or was used before."},
    });
}

} // namespace keystead::app
