// Property: words are whole and each stands once, an actor is read from one text only, and bytes
// that are taken for a set of leaves are the only form of that set.
#include "features/audit_search/leaf_set.h"
#include "features/audit_search/search_term.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    using namespace keystead::audit_search;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string all;
    const auto words = words_of(text);
    for (const std::string& word : words) {
        if (word.empty() || word.find(' ') != word.npos) {
            std::abort();
        }
        all.append(word).push_back(' ');
    }
    if (words_of(all) != words || std::ranges::adjacent_find(words) != words.end()) {
        std::abort();
    }
    if (const auto actor = parse_actor(text);
        actor && actor->kind == ActorKind::Account && AccountId{actor->id}.text() != text) {
        std::abort();
    }
    const ByteView bytes = std::as_bytes(std::span(data, size));
    if (const auto leaves = LeafSet::decode(bytes);
        leaves && !std::ranges::equal(leaves->encode(), bytes)) {
        std::abort();
    }
    return 0;
}
