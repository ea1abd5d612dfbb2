#include "features/client_device/user_agent_rules.h"

#include "core/result.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

namespace keystead::client_device {

namespace {

constexpr std::size_t kUserAgentBytesMax = 1024;
constexpr int kAtomBytesMin = 3;
// What one expression's automaton may take; the greatest program of the rules needs most of it.
constexpr std::int64_t kMemoryBytesMax = 4 << 20;
constexpr std::size_t kGroupsMax = 10; // $0 to $9

struct Rule {
    std::string_view expression;
    std::array<std::string_view, 3> replacements; // family, version, minor version
};

struct Found {
    std::array<std::string, 3> parts;
};

using Groups = std::array<re2::StringPiece, kGroupsMax>;

/// `text` with $1 … $9 replaced by the groups; an absent group is empty.
std::string replaced(std::string_view text, const Groups& groups)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9') {
            const re2::StringPiece& group = groups[static_cast<std::size_t>(text[i + 1] - '0')];
            out.append(group.data() != nullptr ? group.data() : "", group.size());
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string trimmed(const std::string& text)
{
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string lower_case(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

/// The next field of a line or the next line of a text, taken off its front.
std::string_view take_until(std::string_view& text, char separator)
{
    const std::string_view taken = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(taken.size() + 1, text.size()));
    return taken;
}

} // namespace

/// One kind of rules, tried in their order: the first that matches decides.
struct UserAgentRules::Group {
    re2::FilteredRE2 filter{kAtomBytesMin};
    std::vector<Rule> rules;
    std::vector<std::string> atoms; // lower case

    void add(const Rule& rule)
    {
        RE2::Options options;
        options.set_encoding(RE2::Options::EncodingLatin1); // Bytes: a header need not be UTF-8.
        options.set_log_errors(false);
        options.set_max_mem(kMemoryBytesMax);
        int id = 0;
        const auto status = filter.Add(
            re2::StringPiece(rule.expression.data(), rule.expression.size()), options, &id);
        KS_ASSERT(status == RE2::NoError &&
                  static_cast<std::size_t>(id) == rules.size()); // A file of our own.
        rules.push_back(rule);
    }

    std::optional<Found> find(std::string_view text, const std::string& lower) const
    {
        std::vector<int> present;
        for (std::size_t i = 0; i < atoms.size(); ++i) {
            if (lower.find(atoms[i]) != std::string::npos) {
                present.push_back(static_cast<int>(i));
            }
        }
        const re2::StringPiece piece(text.data(), text.size());
        const int first = filter.FirstMatch(piece, present);
        if (first < 0) {
            return std::nullopt;
        }
        const RE2& expression = filter.GetRE2(first);
        Groups groups;
        const int count =
            std::min(1 + expression.NumberOfCapturingGroups(), static_cast<int>(kGroupsMax));
        if (!expression.Match(piece, 0, piece.size(), RE2::UNANCHORED, groups.data(), count)) {
            return std::nullopt;
        }
        static constexpr std::array<std::string_view, 3> kDefaults = {"$1", "$2", "$3"};
        Found found;
        const Rule& rule = rules[static_cast<std::size_t>(first)];
        for (std::size_t i = 0; i < found.parts.size(); ++i) {
            const std::string_view replacement = rule.replacements[i];
            found.parts[i] =
                trimmed(replaced(replacement.empty() ? kDefaults[i] : replacement, groups));
        }
        return found;
    }
};

UserAgentRules::UserAgentRules()
    : browsers_(std::make_unique<Group>()), systems_(std::make_unique<Group>())
{
    for (std::string_view rest = builtin_rules(); !rest.empty();) {
        std::string_view line = take_until(rest, '\n');
        const bool is_browser = take_until(line, '\t') == "b";
        Rule rule{.expression = take_until(line, '\t'), .replacements = {}};
        for (std::string_view& replacement : rule.replacements) {
            replacement = take_until(line, '\t');
        }
        (is_browser ? browsers_ : systems_)->add(rule);
    }
    browsers_->filter.Compile(&browsers_->atoms);
    systems_->filter.Compile(&systems_->atoms);
}

UserAgentRules::~UserAgentRules() = default;

UserAgent UserAgentRules::find(std::string_view user_agent) const
{
    const std::string_view text = user_agent.substr(0, kUserAgentBytesMax);
    const std::string lower = lower_case(text);
    UserAgent result;
    if (auto browser = browsers_->find(text, lower)) {
        result.browser = std::move(browser->parts[0]);
        result.browser_version = std::move(browser->parts[1]);
    }
    if (auto system = systems_->find(text, lower)) {
        result.system = std::move(system->parts[0]);
        result.system_version = std::move(system->parts[1]);
    }
    return result;
}

} // namespace keystead::client_device
