// features/password/assessment_service.h
//
// What today's rules say of a password in use. The server sees it only while it is typed, so it is
// looked at whenever it has signed somebody in, and what was found is kept beside the hash until
// another password is chosen. Nothing is demanded because of it (NIST SP 800-63B-4 §3.1.1.2 asks
// for a change on evidence of compromise alone): the check-up tells the owner. It is kept sealed,
// since a stolen database must not say whose password is worth guessing.
#pragma once

#include "core/id.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/keys.h"
#include "features/password/password_hasher.h"
#include "features/password/password_policy.h"
#include "features/password/password_store.h"
#include "storage/database.h"

namespace keystead::password {

class AssessmentService {
public:
    AssessmentService(const PasswordPolicy& policy, const crypto::KeyRing& keys)
        : policy_(policy), keys_(keys)
    {
    }

    /// `typed` is right for `checked`. Not inside a transaction: it takes some milliseconds.
    Faults assess(const Secret& typed, const Person& person, const StoredPassword& checked) const;
    /// Keeps what was found, unless the password was changed meanwhile. A part of the sign-in,
    /// which is recorded. Before a rehash of `checked`.
    Result<void> note(WriteTx& tx, const StoredPassword& checked, Faults faults);
    /// What was found last; nothing wrong when nothing was looked at yet. Errors:
    /// crypto/does-not-open.
    Result<Faults> faults_of(const StoredPassword& stored) const;

private:
    const PasswordPolicy& policy_;
    const crypto::KeyRing& keys_;
    PasswordStore store_;
};

} // namespace keystead::password
