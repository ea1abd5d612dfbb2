#include "crypto/inventory.h"

#include <cstdlib>
#include <utility>

namespace keystead::crypto {
namespace {

constexpr std::string_view kSeal = "XChaCha20-Poly1305";
constexpr std::string_view kMac = "HMAC-SHA-256";

constexpr KeyUse kKeyless[] = {
    {"root-key", "HKDF-SHA-256 (RFC 5869)",
     "derives every purpose key; 256 bits, outside the database"},
    {"password-hash", "Argon2id v1.3 (RFC 9106)", "passwords, under the password-seal"},
    {"token-digest", "SHA-256", "256-bit random tokens and links at rest"},
    {"totp-code", "HMAC-SHA-1 (RFC 6238)", "codes of authenticator apps, which know nothing else"},
    {"breach-list", "SHA-1",
     "looks passwords up in the operator's list of breached ones, published as SHA-1"},
    {"audit-tree", "SHA-256 (RFC 9162)", "leaves and nodes of the audit log"},
    {"webhook-signature", "HMAC-SHA-256 (Standard Webhooks)",
     "deliveries to webhook endpoints, under the webhook-seal"},
    {"ssh-signature", "Ed25519, ECDSA on NIST curves, RSA PKCS #1 v1.5 with SHA-2 (from 3072 bits)",
     "verifies what a compromised SSH key says of itself (OpenSSH PROTOCOL.sshsig)"},
    {"ssh-fingerprint", "SHA-256", "fingerprints of SSH keys, as OpenSSH shows them"},
    {"transport", "TLS 1.3, TLS 1.2 with AEAD",
     "connections of browsers, products and mail servers"},
};

void append_row(std::string& out, std::string_view number, const KeyUse& use)
{
    for (const std::string_view cell : {number, use.name, use.algorithm, use.data}) {
        out += "| ";
        out += cell;
        out += ' ';
    }
    out += "|\n";
}

} // namespace

KeyUse key_use(KeyPurpose purpose)
{
    switch (purpose) {
    case KeyPurpose::PasswordSeal:
        return {"password-seal", kSeal,
                "password hashes (PHC strings) at rest, and what later rules found in a password"};
    case KeyPurpose::TotpSeal: return {"totp-seal", kSeal, "TOTP secrets at rest"};
    case KeyPurpose::OutboxSeal: return {"outbox-seal", kSeal, "mails that wait to be sent"};
    case KeyPurpose::BackupCodeSeal: return {"backup-code-seal", kSeal, "hashes of backup codes"};
    case KeyPurpose::TokenTag:
        return {"token-tag", "SipHash-2-4", "the tag by which made-up tokens are refused unseen"};
    case KeyPurpose::CsrfToken: return {"csrf-token", kMac, "anti-forgery tokens"};
    case KeyPurpose::BudgetKey:
        return {"budget-key", kMac, "identifiers that attempt budgets count"};
    case KeyPurpose::IdentifierDigest:
        return {"identifier-digest", kMac, "identifiers in audit events and exact search"};
    case KeyPurpose::CheckpointSigning:
        return {"checkpoint-signing", "Ed25519; XChaCha20-Poly1305",
                "checkpoints of the audit log; its signing keys at rest"};
    case KeyPurpose::TeamKey: return {"team-key", kSeal, "keys of teams, which seal their values"};
    case KeyPurpose::DecoyPassword:
        return {"decoy-password", "Argon2id v1.3",
                "what is hashed to learn how long a hash takes here"};
    case KeyPurpose::CursorSeal: return {"cursor-seal", kSeal, "list cursors"};
    case KeyPurpose::BackupTag:
        return {"backup-tag", kMac, "back-ups, over the SHA-256 of what they hold"};
    case KeyPurpose::WebhookSeal: return {"webhook-seal", kSeal, "secrets that sign webhooks"};
    case KeyPurpose::SshChallenge:
        return {"ssh-challenge", kMac, "what holders of compromised SSH keys are asked to sign"};
    case KeyPurpose::HostAnswers:
        return {"host-answers", "Ed25519; XChaCha20-Poly1305",
                "what servers are told of SSH keys; the signing key at rest"};
    }
    std::abort(); // No default label: the compiler names the purpose that someone forgot.
}

std::span<const KeyUse> keyless_uses()
{
    return kKeyless;
}

std::string inventory_markdown()
{
    std::string out = "| key | use | algorithm | data |\n| --- | --- | --- | --- |\n";
    for (const KeyPurpose purpose : kKeyPurposes) {
        append_row(out, std::to_string(std::to_underlying(purpose)), key_use(purpose));
    }
    for (const KeyUse& use : kKeyless) {
        append_row(out, "-", use);
    }
    return out;
}

} // namespace keystead::crypto
