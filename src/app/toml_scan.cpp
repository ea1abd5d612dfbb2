#include "app/toml_scan.h"

#include "core/encoding.h"

#include <algorithm>

namespace keystead::app {
namespace {

/// U+0085, U+2028 and U+2029, which toml++ takes for ends of lines, and U+FEFF, as UTF-8.
constexpr std::string_view kRefusedAnywhere[] = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                                 "\xEF\xBB\xBF"};

bool is_ascii(char c)
{
    return static_cast<unsigned char>(c) < 0x80;
}

bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '"' || c == '\'';
}

class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {}

    std::optional<std::string> fault()
    {
        while (!rest_.empty() && fault_ == nullptr) {
            step();
        }
        if (fault_ == nullptr) {
            return std::nullopt;
        }
        return "line " + std::to_string(line_) + ": " + fault_;
    }

private:
    /// One character, or a whole string or comment.
    void step()
    {
        const char c = rest_.front();
        if (c == '"' || c == '\'') {
            skip_string(c);
        } else if (c == '#') {
            while (!rest_.empty() && rest_.front() != '\n' && fault_ == nullptr) {
                take();
            }
        } else if (c == '[' && line_begins_) {
            open_section();
        } else if (!is_ascii(c)) {
            fault_ = "a character that is not ASCII, outside of quotation marks";
        } else {
            line_begins_ = line_begins_ && (c == ' ' || c == '\t');
            take();
        }
    }

    void open_section()
    {
        line_begins_ = false;
        const std::size_t name = rest_.find_first_not_of("[ \t");
        if (name == std::string_view::npos || !begins_name(rest_[name])) {
            fault_ = "a section without a name";
        } else {
            rest_.remove_prefix(name);
        }
    }

    void skip_string(char quote)
    {
        line_begins_ = false;
        const std::string three(3, quote);
        const bool many_lines = rest_.starts_with(three);
        const std::string_view end = std::string_view(three).substr(0, many_lines ? 3 : 1);
        rest_.remove_prefix(end.size());
        while (!rest_.empty() && fault_ == nullptr) {
            if (rest_.starts_with(end)) {
                // The last of many lines may itself end with a quotation mark, or with two.
                const std::size_t after = std::min(rest_.find_first_not_of(quote), rest_.size());
                rest_.remove_prefix(many_lines ? std::min<std::size_t>(after, 5) : 1);
                return;
            }
            if (rest_.front() == '\n' && !many_lines) {
                return; // Which toml++ says.
            }
            if (rest_.front() == '\\' && quote == '"') {
                take();
            }
            take();
        }
    }

    /// Goes past a character that may stand in strings and comments.
    void take()
    {
        if (rest_.empty()) {
            return;
        }
        const char c = rest_.front();
        const bool line_ends = c == '\n' || rest_.starts_with("\r\n");
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && !line_ends) || c == 0x7F) {
            fault_ = "a control character";
            return;
        }
        if (std::ranges::any_of(kRefusedAnywhere,
                                [this](auto refused) { return rest_.starts_with(refused); })) {
            fault_ = "a separator of lines, or a mark of byte order, that TOML does not know";
            return;
        }
        if (c == '\n') {
            ++line_;
            line_begins_ = true;
        }
        rest_.remove_prefix(1);
    }

    std::string_view rest_;
    int line_ = 1;
    bool line_begins_ = true; ///< Nothing but white space was in this line.
    const char* fault_ = nullptr;
};

} // namespace

std::optional<std::string> find_toml_fault(std::string_view text)
{
    if (!is_valid_utf8(text)) {
        return "the text is not UTF-8";
    }
    return Scan(text).fault();
}

} // namespace keystead::app
