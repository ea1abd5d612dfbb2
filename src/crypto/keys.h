// crypto/keys.h
//
// The key ring: one root key outside the database, purpose keys by HKDF, and sealing with
// XChaCha20-Poly1305 under a purpose, bound to what the value belongs to. Every ciphertext starts
// with version, algorithm and root key id.
#pragma once

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/seal.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keystead::crypto {

/// What a derived key is for. The registry of all uses (`keystead keys status` prints it); a number
/// is never used again.
enum class KeyPurpose : std::uint8_t {
    PasswordSeal = 1,   // PHC strings at rest
    TotpSeal = 2,       // TOTP secrets at rest
    OutboxSeal = 3,     // mails waiting to be sent: they carry links
    BackupCodeSeal = 4, // hashes of backup codes
    TokenTag = 5,       // the 64-bit tag inside tokens and cookies
    CsrfToken = 6,      // anti-forgery tokens
    BudgetKey = 7,      // HMAC of identifiers that attempt budgets count
    IdentifierDigest =
        8, // HMAC of identifiers kept in audit events that matched nobody, and exact-match search
    CheckpointSigning = 9, // Ed25519 seed of the audit log's signer
    TeamKey = 10,          // wraps team keys
    DecoyPassword = 11,    // the decoy hash
    CursorSeal = 13,       // list cursors that must not be forged
    BackupTag = 14,        // tells a back-up of ours from one that somebody made up
    WebhookSeal = 15,      // secrets that sign webhooks
    SshChallenge = 20,     // what holders of compromised SSH keys are asked to sign
    HostAnswers = 21,      // Ed25519 seed that signs what servers are told
};
/// All of them. 12 was never used, and is not to be used again; nor were 16 to 19.
inline constexpr std::array kKeyPurposes = {
    KeyPurpose::PasswordSeal,   KeyPurpose::TotpSeal,         KeyPurpose::OutboxSeal,
    KeyPurpose::BackupCodeSeal, KeyPurpose::TokenTag,         KeyPurpose::CsrfToken,
    KeyPurpose::BudgetKey,      KeyPurpose::IdentifierDigest, KeyPurpose::CheckpointSigning,
    KeyPurpose::TeamKey,        KeyPurpose::DecoyPassword,    KeyPurpose::CursorSeal,
    KeyPurpose::BackupTag,      KeyPurpose::WebhookSeal,      KeyPurpose::SshChallenge,
    KeyPurpose::HostAnswers,
};

class KeyRing {
public:
    virtual ~KeyRing() = default;
    /// A 32-byte key for that purpose under the current root key. Kept in memory; cheap.
    virtual const Secret& key(KeyPurpose purpose) const = 0;
    /// Encrypts and authenticates. `bound_to` names the row ("totp/otp_…"): a ciphertext moved
    /// elsewhere does not open.
    virtual Bytes seal(KeyPurpose purpose, std::string_view bound_to, ByteView plain) const = 0;
    /// Errors: crypto/does-not-open (Internal).
    virtual Result<Secret> open(KeyPurpose purpose, std::string_view bound_to,
                                ByteView sealed) const = 0;
};

/// The real key ring: every purpose key by HKDF-SHA-256 from one root key. Immutable, so any thread
/// may use it.
class RootKeyRing final : public KeyRing {
public:
    /// `root` is 32 bytes (crypto/root_key.h); it is gone when the purpose keys are made.
    RootKeyRing(Secret root, Random& random);
    const Secret& key(KeyPurpose purpose) const override;
    Bytes seal(KeyPurpose purpose, std::string_view bound_to, ByteView plain) const override;
    Result<Secret> open(KeyPurpose purpose, std::string_view bound_to,
                        ByteView sealed) const override;
    /// Stands in every ciphertext of this ring.
    const KeyId& id() const { return id_; }
    /// Stored with the data when it is new, and compared at every start: a root key that does not
    /// fit is refused before anything is written with it. Tells nothing about the key.
    const Digest& key_check_value() const { return check_value_; }

private:
    KeyId id_;
    Digest check_value_;
    Random& random_;
    std::vector<Secret> keys_; // by number of the purpose; [0] is empty
};

} // namespace keystead::crypto
