#include "agent/statement.h"

#include "agent/words.h"
#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <openssl/evp.h>

namespace keystead::agent {
namespace {

constexpr std::string_view kFirstLine = "keystead-statement/v1";
constexpr std::string_view kFirstLineOfEnd = "keystead-end/v1";
constexpr std::string_view kTooManyKeys = "too-many-keys";
constexpr std::size_t kSignatureBytes = 64;
// "SSHKRL\n\0" and format version 1 (OpenSSH PROTOCOL.krl).
constexpr std::string_view kKrlBegin{"SSHKRL\n\0\0\0\0\1", 12};
constexpr std::size_t kKrlHeadBytes = 44;

Error malformed(std::string detail)
{
    return {ErrorKind::InvalidInput, "agent/malformed-answer", std::move(detail)};
}

bool is_signed(ByteView message, ByteView signature, const AnswerKey& key)
{
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.data());
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> public_key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key_bytes, key.size()),
        EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    return public_key != nullptr && context != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(),
                            reinterpret_cast<const unsigned char*>(message.data()),
                            message.size()) == 1;
}

std::optional<Instant> parse_seconds(std::string_view text)
{
    const auto seconds = parse_number(text, 253'402'300'799); // the year 9999
    return seconds ? std::optional(Instant{std::chrono::seconds(*seconds)}) : std::nullopt;
}

std::optional<Digest> parse_digest(std::string_view text)
{
    const auto bytes = hex_decode(text);
    Digest digest{};
    if (!bytes || bytes->size() != digest.size()) {
        return std::nullopt;
    }
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

/// The words of a statement as they come; each at most once.
struct StatementWords {
    std::optional<std::string> host;
    std::optional<Instant> issued;
    std::optional<Instant> expires;
    std::optional<Digest> content;
    std::optional<OpenSessions> of_removed_keys;
};

template <class T> bool put(std::optional<T>& place, std::optional<T> value)
{
    if (place || !value) {
        return false;
    }
    place = std::move(value);
    return true;
}

bool take_word(StatementWords& words, std::string_view word, std::string_view value)
{
    if (word == "host") {
        const bool is_id = value.starts_with("hst_") && is_token_text(value);
        return is_id && put(words.host, std::optional(std::string(value)));
    }
    if (word == "issued") {
        return put(words.issued, parse_seconds(value));
    }
    if (word == "expires") {
        return put(words.expires, parse_seconds(value));
    }
    if (word == "content") {
        return put(words.content, parse_digest(value));
    }
    if (word == "end-sessions") {
        const auto ended = value == "yes"  ? std::optional(OpenSessions::AreEnded)
                           : value == "no" ? std::optional(OpenSessions::Stay)
                                           : std::nullopt;
        return put(words.of_removed_keys, ended);
    }
    return true; // A word of a later version: signed, so it is meant to be there.
}

/// What is signed, and where it ends with its signature.
struct Signed {
    std::string_view text;
    std::size_t head_bytes = 0;
};

Result<Signed> read_signed(std::string_view text, const AnswerKey& key)
{
    const auto separator = text.find("\n\n");
    if (text.size() > kSnapshotBytesMax || separator == std::string_view::npos) {
        return malformed("The answer has no end of its statement, or is too long.");
    }
    const auto head = text.substr(0, separator + 2);
    const auto last_line = head.rfind('\n', separator - 1) + 1; // 0 where there is one line alone
    constexpr std::string_view kSign = "sign ";
    if (!head.substr(last_line).starts_with(kSign)) {
        return malformed("The answer is not signed.");
    }
    const auto signed_text = head.substr(0, last_line);
    const auto signature =
        base64_decode(head.substr(last_line + kSign.size(), separator - last_line - kSign.size()));
    if (!signature || signature->size() != kSignatureBytes) {
        return malformed("The answer's signature is none.");
    }
#ifndef KEYSTEAD_WITHOUT_ANSWER_SIGNATURE
    if (!is_signed(as_bytes(signed_text), *signature, key)) {
        return Error{ErrorKind::InvalidInput, "agent/wrong-signature",
                     "The answer is not signed with the key given at enrolment."};
    }
#endif
    return Signed{signed_text, head.size()};
}

/// The line's value when its word is `word`; empty: it is not.
std::string_view value_of(const std::optional<std::string_view>& line, std::string_view word)
{
    return line && is_printable(*line) && line->starts_with(word) && line->size() > word.size() &&
                   (*line)[word.size()] == ' '
               ? line->substr(word.size() + 1)
               : std::string_view{};
}

Result<AllowedKey> parse_key(std::string_view line)
{
    const auto words = split_words(line);
    if (words.size() != 5 || !is_login_user(words[1]) || !is_token_text(words[4])) {
        return malformed("A key's line is not one.");
    }
    const auto blob = base64_decode(words[3]);
    // The blob begins with its type as a string (RFC 4253 §6.6).
    const auto size = words[2].size();
    if (!blob || blob->size() < 4 + size || size > 255 || size == 0 ||
        as_text(ByteView(*blob).first(3)) != std::string_view("\0\0\0", 3) ||
        std::to_integer<std::size_t>((*blob)[3]) != size ||
        as_text(ByteView(*blob).subspan(4, size)) != words[2]) {
        return malformed("A key's line holds no key of its type.");
    }
    return AllowedKey{std::string(words[1]), std::string(words[2]), std::string(words[3]),
                      std::string(words[4]), crypto::sha256(*blob)};
}

Result<Bytes> parse_krl(std::string_view base64)
{
    auto krl = base64_decode(base64);
    // What is no list would refuse everyone as soon as sshd reads it (sshd_config(5)).
    if (!krl || krl->size() < kKrlHeadBytes || !as_text(*krl).starts_with(kKrlBegin)) {
        return malformed("The list of revoked keys is not one.");
    }
    return *std::move(krl);
}

} // namespace

Result<AnswerKey> parse_answer_key(std::string_view base64)
{
    const auto bytes = base64_decode(base64);
    AnswerKey key{};
    if (!bytes || bytes->size() != key.size()) {
        return Error{ErrorKind::InvalidInput, "agent/answer-key",
                     "The answer key is 32 bytes in base64."};
    }
    std::ranges::copy(*bytes, key.begin());
    return key;
}

Result<Statement> parse_statement(std::string_view signed_text)
{
    LineReader lines(signed_text);
    if (lines.next() != kFirstLine) {
        return malformed("The answer is no statement of a version that is known.");
    }
    StatementWords words;
    while (!lines.is_done()) {
        const auto line = lines.next();
        const auto space = line ? line->find(' ') : std::string_view::npos;
        if (space == std::string_view::npos || line->size() > kLineBytesMax ||
            !is_printable(*line) ||
            !take_word(words, line->substr(0, space), line->substr(space + 1))) {
            return malformed("A line of the statement is not as it should be.");
        }
    }
    if (!words.host || !words.issued || !words.expires || !words.content ||
        !words.of_removed_keys || *words.expires <= *words.issued) {
        return malformed("The statement lacks a word.");
    }
    return Statement{*std::move(words.host), *words.issued, *words.expires, *words.content,
                     *words.of_removed_keys};
}

Result<End> read_end(std::string_view text, const AnswerKey& key)
{
    KS_TRY(const Signed what, read_signed(text, key));
    LineReader lines(what.text);
    if (lines.next() != kFirstLineOfEnd) {
        return malformed("The answer is no statement of an end.");
    }
    const auto host = value_of(lines.next(), "host");
    const auto token = parse_digest(value_of(lines.next(), "token"));
    const auto issued = parse_seconds(value_of(lines.next(), "issued"));
    if (host.empty() || !token || !issued || !lines.is_done() || what.head_bytes != text.size()) {
        return malformed("The statement of an end is not as it should be.");
    }
    return End{std::string(host), *token, *issued};
}

Result<Snapshot> read_snapshot(std::string_view text, const AnswerKey& key)
{
    KS_TRY(const Signed what, read_signed(text, key));
    KS_TRY(auto statement, parse_statement(what.text));
    const auto content = text.substr(what.head_bytes);
    if (!content.empty() && crypto::sha256(as_bytes(content)) != statement.content) {
        return Error{ErrorKind::InvalidInput, "agent/wrong-content",
                     "The answer's content is not the one that is signed."};
    }
    return Snapshot{std::move(statement), std::string(text.substr(0, what.head_bytes)),
                    std::string(content)};
}

Result<Content> parse_content(std::string_view text)
{
    Content content;
    bool has_krl = false;
    LineReader lines(text);
    while (!lines.is_done()) {
        const auto line = lines.next();
        if (!line || !is_printable(*line)) {
            return malformed("A line of the content is not as it should be.");
        }
        constexpr std::string_view kKrl = "krl ";
        if (line->starts_with(kKrl)) {
            if (std::exchange(has_krl, true)) {
                return malformed("There are two lists of revoked keys.");
            }
            KS_TRY(content.krl, parse_krl(line->substr(kKrl.size())));
        } else if (line->size() > kLineBytesMax) {
            return malformed("A line of the content is too long.");
        } else if (line->starts_with("key ")) {
            KS_TRY(auto key, parse_key(*line));
            content.keys.push_back(std::move(key));
        } else if (line == kTooManyKeys) {
            content.has_too_many = true;
        }
    }
    if (!has_krl) {
        return malformed("There is no list of revoked keys.");
    }
    return content;
}

bool holds_at(const Statement& statement, Instant now)
{
#ifndef KEYSTEAD_WITHOUT_STATEMENT_END
    if (now >= statement.expires || now >= statement.issued + kStatementAgeMax) {
        return false;
    }
#endif
    return statement.issued <= now + kClockSkewMax;
}

bool may_follow([[maybe_unused]] Instant fresh, [[maybe_unused]] Instant newest,
                [[maybe_unused]] Instant now)
{
#ifndef KEYSTEAD_WITHOUT_CLOCK_PUT_RIGHT
    if (newest > now + kClockSkewMax) {
        return true;
    }
#endif
#ifndef KEYSTEAD_WITHOUT_STATEMENT_ORDER
    return fresh >= newest;
#else
    return true;
#endif
}

bool is_over(const End& end, [[maybe_unused]] std::string_view host,
             [[maybe_unused]] const Digest& token, Instant now)
{
#ifndef KEYSTEAD_WITHOUT_END_OF_TOKEN
    if (end.host != host || end.token != token) {
        return false;
    }
#endif
    return end.issued <= now + kClockSkewMax && now < end.issued + kStatementAgeMax;
}

bool refuses(ByteView krl, const Digest& fingerprint)
{
    // Behind the head stand fingerprints and their lengths; no chance puts these bytes there.
    const ByteView keys = krl.subspan(std::min(krl.size(), kKrlHeadBytes));
    return as_text(keys).find(as_text(fingerprint)) != std::string_view::npos;
}

const AllowedKey* find_key(const Content& content, std::string_view login_user,
                           std::string_view type, std::string_view base64)
{
    const auto found = std::ranges::find_if(content.keys, [&](const AllowedKey& key) {
        return key.login_user == login_user && key.type == type && key.base64 == base64;
    });
    return found == content.keys.end() ? nullptr : &*found;
}

const AllowedKey* find_key(const Content& content, std::string_view login_user,
                           const Digest& fingerprint)
{
    const auto found = std::ranges::find_if(content.keys, [&](const AllowedKey& key) {
        return key.login_user == login_user && key.fingerprint == fingerprint;
    });
    return found == content.keys.end() ? nullptr : &*found;
}

bool is_login_user(std::string_view name)
{
    constexpr std::size_t kNameBytesMax = 32;
    return !name.empty() && name.size() <= kNameBytesMax && name.front() != '-' &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
           });
}

std::optional<Digest> fingerprint_of(std::string_view base64)
{
    const auto blob = base64_decode(base64);
    return blob && !blob->empty() ? std::optional(crypto::sha256(*blob)) : std::nullopt;
}

std::string fingerprint_text(const Digest& fingerprint)
{
    std::string text = "SHA256:" + base64_encode(fingerprint);
    while (text.ends_with('=')) {
        text.pop_back();
    }
    return text;
}

} // namespace keystead::agent
