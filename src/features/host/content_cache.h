// features/host/content_cache.h
//
// What servers are told, in memory, since each asks every two seconds. Bounded, and never wrong
// about a removal: whoever reads rows for it takes epoch() before, and insert() refuses what was
// read before a change; a change forgets after its commit and before it is answered.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keystead::host {

/// Views into the text.
struct KeyLine {
    std::string_view user;
    std::string_view line; // "ssh-ed25519 AAAA…"
    Digest fingerprint{};
};

/// Never moved or copied once its index is made.
struct Content {
    std::string text;
    Digest digest{};
    std::vector<KeyLine> index;
    std::optional<Instant> valid_until; // a key ends then by itself
    bool is_too_much = false;           // more keys than a server takes: none is listed
};

class ContentCache {
public:
    explicit ContentCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    std::shared_ptr<const Content> find(AccountId account, HostId host, Instant now);
    std::uint64_t epoch();
    void insert(AccountId account, HostId host, std::shared_ptr<const Content> content,
                std::uint64_t read_at);
    void forget(AccountId account);
    void clear();

private:
    using Hosts = std::map<HostId, std::shared_ptr<const Content>>;

    const std::size_t bytes_max_;
    std::mutex mutex_; // guards what follows
    std::uint64_t epoch_ = 0;
    std::size_t bytes_ = 0; // of texts
    std::unordered_map<AccountId, Hosts> by_account_;
};

} // namespace keystead::host
