#include "features/host/host_content_service.h"

#include "core/encoding.h"
#include "crypto/hash.h"
#include "features/host/krl.h"
#include "features/host/snapshot.h"

#include <algorithm>
#include <set>
#include <utility>

namespace keystead::host {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kSeedBytes = 32;
constexpr std::string_view kSealedFor = "host-answers/1";
constexpr std::size_t kHeadBytesMax = 4096; // of a statement, generously

Error gone()
{
    return {ErrorKind::Unauthenticated, "host/required", "A server's token is needed."};
}

Error suspended()
{
    return {.kind = ErrorKind::Unavailable,
            .code = "host/suspended",
            .detail = "A back-up was restored. The server's owner has to confirm it.",
            .retry_after = std::chrono::seconds{60}};
}

/// What the lists of one server are made of.
struct Lists {
    std::vector<SnapshotKey> keys;
    std::set<Digest> listed;
    std::vector<Digest> refused;
    std::optional<Instant> valid_until;
};

void list_key(Lists& lists, const Host& host, const ssh_key::SshKey& key)
{
    for (const std::string& user : host.login_users) {
        lists.keys.push_back({user, ssh_key::line_of(key.key), key.id.text()});
    }
    lists.listed.insert(ssh_key::fingerprint_of(key.key));
    if (key.ends_at) {
        lists.valid_until = std::min(lists.valid_until.value_or(*key.ends_at), *key.ends_at);
    }
}

std::string_view next_line(std::string_view& text)
{
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view next_word(std::string_view& line)
{
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

/// Where each key stands in the text, so that one is found without reading all.
std::vector<KeyLine> index_of(std::string_view text)
{
    std::vector<KeyLine> index;
    for (std::string_view rest = text; !rest.empty();) {
        std::string_view line = next_line(rest);
        if (next_word(line) != "key") {
            continue;
        }
        KeyLine entry;
        entry.user = next_word(line);
        const std::string_view type = next_word(line);
        const std::string_view blob = next_word(line);
        entry.line = {type.data(), type.size() + 1 + blob.size()};
        entry.fingerprint = crypto::sha256(base64_decode(blob).value_or(Bytes{}));
        index.push_back(entry);
    }
    return index;
}

} // namespace

HostContentService::HostContentService(HostContentParts parts)
    : p_(std::move(parts)), cache_(kCacheBytes)
{
}

Result<std::shared_ptr<const Content>> HostContentService::read(ReadTx& tx, const Host& host)
{
    if (host.suspended_at) {
        return suspended();
    }
    KS_TRY(const auto owner, p_.accounts.find(tx, host.account));
    KS_TRY(const auto keys, p_.ssh_keys.list(tx, host.account));
    KS_TRY(const auto chosen, p_.store.list_chosen(tx, host.id));
    KS_TRY(auto removed, p_.records.list_removed(tx, host.id, kRefusedMax));
    Lists lists;
#ifndef KEYSTEAD_WITHOUT_HOST_KRL_OVER
    KS_TRY(const auto over, p_.ssh_keys.list_over(tx, host.account));
    for (const ssh_key::SshKey& key : over) { // From that moment on, not from the sweep's.
        if (host.is_opened_by(key.id, chosen)) {
            removed.push_back(ssh_key::fingerprint_of(key.key));
        }
    }
#endif
    for (const ssh_key::SshKey& key : keys) {
        const bool opens = host.is_opened_by(key.id, chosen);
        if (opens && owner && owner->is_active() && !key.suspended_at) {
            list_key(lists, host, key);
        } else if (opens) { // Also before a record says so.
            removed.push_back(ssh_key::fingerprint_of(key.key));
        }
    }
#ifndef KEYSTEAD_WITHOUT_HOST_KRL
    for (const Digest& fingerprint : removed) {
        if (!lists.listed.contains(fingerprint)) { // It may be another key of the account by now.
            lists.refused.push_back(fingerprint);
        }
    }
#endif
    auto content = std::make_shared<Content>();
    const Bytes krl = make_krl(std::move(lists.refused));
    content->text = content_text(krl, std::move(lists.keys));
#ifndef KEYSTEAD_WITHOUT_HOST_TOO_MUCH
    if (content->text.size() > kSnapshotBytesMax - kHeadBytesMax) {
        // What ended is to be refused whatever there is too much of.
        content->is_too_much = true;
        content->text = content_text(krl, {}) + std::string(kTooManyKeys);
    }
#endif
    content->digest = content_digest(content->text);
    content->valid_until = lists.valid_until;
    content->index = index_of(content->text);
    return std::shared_ptr<const Content>(std::move(content));
}

Result<std::shared_ptr<const Content>> HostContentService::content(Database& db,
                                                                   const Holder& holder)
{
    if (db.may_answer_from_memory()) {
        if (auto known = cache_.find(holder.account, holder.host, p_.clock.now())) {
            return known;
        }
    }
    const auto epoch = cache_.epoch(); // Before the rows: see content_cache.h.
    KS_TRY(auto made, db.read([&](ReadTx& tx) -> Result<std::shared_ptr<const Content>> {
        KS_TRY(const auto host, p_.store.find(tx, holder.host));
        if (!host) {
            return gone();
        }
        return read(tx, *host);
    }));
    cache_.insert(holder.account, holder.host, made, epoch);
    return made;
}

Result<std::string> HostContentService::snapshot(Database& db, const Holder& holder,
                                                 std::string_view have)
{
    KS_TRY(const auto known, content(db, holder));
    KS_TRY(const auto signing, signer(db));
    const std::string statement =
        statement_text({.host = holder.host.text(),
                        .issued = p_.clock.now(),
                        .content = known->digest,
                        .of_removed_keys = p_.settings.end_sessions ? OpenSessions::AreEnded
                                                                    : OpenSessions::Stay});
    const auto signature = signing->sign(as_bytes(statement));
    const bool has_it = have == hex_encode(known->digest);
    return snapshot_text(statement, signature, has_it ? std::string_view{} : known->text);
}

Result<std::string> HostContentService::end_statement(Database& db, HostId host,
                                                      const Digest& token)
{
    KS_TRY(const auto signing, signer(db));
    const std::string statement =
        end_text({.host = host.text(), .token = token, .issued = p_.clock.now()});
    return snapshot_text(statement, signing->sign(as_bytes(statement)), {});
}

Result<crypto::Ed25519PublicKey> HostContentService::answer_key(WriteTx& tx)
{
    KS_TRY(auto signer, p_.store.find_signer(tx));
    if (!signer) {
        Secret fresh(kSeedBytes);
        p_.random.fill(fresh.writable());
        const auto key = crypto::ed25519_public_key(fresh);
        KS_CHECK(p_.store.insert_signer(
            tx,
            {Bytes(key.begin(), key.end()),
             p_.keys.seal(crypto::KeyPurpose::HostAnswers, kSealedFor, fresh.reveal())},
            p_.clock.now()));
        KS_TRY(signer, p_.store.find_signer(tx)); // Perhaps another was faster.
    }
    crypto::Ed25519PublicKey key{};
    if (!signer || signer->public_key.size() != key.size()) {
        return Error{.code = "host/no-signer",
                     .cause = "the key that signs for servers is damaged"};
    }
    std::ranges::copy(signer->public_key, key.begin());
    return key;
}

Result<std::shared_ptr<const crypto::Ed25519Signer>> HostContentService::signer(Database& db)
{
    {
        const std::lock_guard lock(signer_mutex_);
        if (signer_ != nullptr) {
            return signer_;
        }
    }
    KS_TRY(const auto stored, db.read([&](ReadTx& tx) { return p_.store.find_signer(tx); }));
    if (!stored) {
        return Error{.code = "host/no-signer", .cause = "there is no key that signs for servers"};
    }
    KS_TRY(const Secret seed,
           p_.keys.open(crypto::KeyPurpose::HostAnswers, kSealedFor, stored->sealed_seed));
    auto made = std::make_shared<const crypto::Ed25519Signer>(seed);
    const std::lock_guard lock(signer_mutex_);
    signer_ = made;
    return made;
}

void HostContentService::forget(WriteTx& tx, AccountId account)
{
    tx.after_commit([this, account] { cache_.forget(account); });
}

void HostContentService::forget_all(WriteTx& tx)
{
    tx.after_commit([this] { cache_.clear(); });
}

Bytes krl_of(const Content& content)
{
    std::string_view text = content.text;
    std::string_view line = next_line(text);
    KS_ASSERT(next_word(line) == "krl");
    return base64_decode(line).value();
}

std::string authorized_keys(const Content& content, std::string_view login_user,
                            std::string_view fingerprint)
{
    const auto wanted = ssh_key::parse_fingerprint(fingerprint);
    std::string lines;
    for (const KeyLine& key : content.index) {
        if (key.user == login_user && (fingerprint.empty() || key.fingerprint == wanted)) {
            lines.append(key.line).append("\n");
        }
    }
    return lines;
}

} // namespace keystead::host
