#include "features/password/strength.h"

#include <algorithm>
#include <cstddef>

#include <zxcvbn.h>

namespace keystead::password {
namespace {

constexpr std::size_t kBytesLookedAt = 100;
constexpr double kScoreBits[] = {9.966, 19.932, 26.575,
                                 33.219}; // log2 of 10^3, 10^6, 10^8, 10^10 guesses

} // namespace

std::uint32_t strength_of(const Secret& password, const std::vector<std::string>& words)
{
    const std::size_t size = std::min(password.size(), kBytesLookedAt);
    Secret terminated(size + 1); // zeroed
    std::copy_n(password.reveal().begin(), size, terminated.writable().begin());
    std::vector<const char*> dictionary;
    dictionary.reserve(words.size() + 1);
    for (const std::string& word : words) {
        dictionary.push_back(word.c_str());
    }
    dictionary.push_back(nullptr);
    const double bits = ZxcvbnMatch(reinterpret_cast<const char*>(terminated.reveal().data()),
                                    dictionary.data(), nullptr);
    return static_cast<std::uint32_t>(std::count_if(std::begin(kScoreBits), std::end(kScoreBits),
                                                    [&](double limit) { return bits >= limit; }));
}

} // namespace keystead::password
