#include "features/log_proof/tile_path.h"

#include <algorithm>
#include <charconv>

namespace keystead::log_proof {
namespace {

constexpr std::string_view kEntries = "entries";
constexpr std::size_t kGroupsMax = 6; // 10^18 tiles are more than there can be
constexpr int kLevelMax = 63;

std::optional<std::uint64_t> parse_number(std::string_view digits)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return number;
}

std::string_view take_segment(std::string_view& rest)
{
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    return segment;
}

std::string number_text(std::uint64_t index)
{
    std::string text;
    for (bool last = true;; last = false) {
        std::string group = std::to_string(index % 1000);
        group.insert(0, 3 - group.size(), '0');
        text.insert(0, last ? group : "x" + group + "/");
        index /= 1000;
        if (index == 0) {
            return text;
        }
    }
}

} // namespace

std::optional<TilePath> TilePath::parse(std::string_view path)
{
    std::string_view rest = path;
    TilePath parsed;
    const std::string_view level = take_segment(rest);
    if (level == kEntries) {
        parsed.address.level = audit::kBundleLevel;
    } else {
        const auto number = parse_number(level);
        if (!number || *number > kLevelMax) {
            return std::nullopt;
        }
        parsed.address.level = static_cast<int>(*number);
    }
    for (std::size_t groups = 0; !rest.empty(); ++groups) {
        std::string_view group = take_segment(rest);
        const bool goes_on = group.starts_with('x');
        group.remove_prefix(goes_on ? 1 : 0);
        if (!goes_on && group.ends_with(".p")) {
            group.remove_suffix(2);
            const auto width = parse_number(take_segment(rest));
            if (!width || *width == 0 || *width >= audit::kTileWidth) {
                return std::nullopt;
            }
            parsed.width = static_cast<std::size_t>(*width);
        }
        const auto number = parse_number(group);
        if (group.size() != 3 || !number || groups == kGroupsMax) {
            return std::nullopt;
        }
        parsed.address.index = parsed.address.index * 1000 + *number;
        if (goes_on == rest.empty()) {
            return std::nullopt; // An x without a group after it, or something after the last one.
        }
    }
    // Leading zeros, groups too many, slashes too many: there is one way to write it.
    return parsed.text() == path ? std::optional(parsed) : std::nullopt;
}

std::string TilePath::text() const
{
    std::string text = address.level == audit::kBundleLevel ? std::string(kEntries)
                                                            : std::to_string(address.level);
    text.append("/").append(number_text(address.index));
    if (width != audit::kTileWidth) {
        text.append(".p/").append(std::to_string(width));
    }
    return text;
}

} // namespace keystead::log_proof
