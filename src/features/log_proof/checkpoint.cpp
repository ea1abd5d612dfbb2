#include "features/log_proof/checkpoint.h"

#include "core/encoding.h"

#include <algorithm>
#include <charconv>

namespace keystead::log_proof {
namespace {

/// The next line of `rest` without its break, or nothing when no whole line is left.
std::optional<std::string_view> take_line(std::string_view& rest)
{
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

/// "ASCII decimal, with no leading zeroes (unless the tree size is zero)"; sizes are below 2^62.
std::optional<std::uint64_t> parse_size(std::string_view digits)
{
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (error != std::errc{} || end != digits.data() + digits.size() ||
        size >= std::uint64_t{1} << 62 || std::to_string(size) != digits) {
        return std::nullopt;
    }
    return size;
}

} // namespace

std::optional<Checkpoint> Checkpoint::parse(std::string_view text)
{
    const auto origin = take_line(text);
    const auto digits = take_line(text);
    const auto hash = take_line(text);
    if (!origin || origin->empty() || !digits || !hash) {
        return std::nullopt;
    }
    const auto size = parse_size(*digits);
    const auto root = base64_decode(*hash);
    if (!size || !root || root->size() != sizeof(Digest)) {
        return std::nullopt;
    }
    while (const auto extension = take_line(text)) {
        if (extension->empty()) {
            return std::nullopt;
        }
    }
    Checkpoint checkpoint{.origin = std::string(*origin), .size = *size};
    std::ranges::copy(*root, checkpoint.root.begin());
    return text.empty() ? std::optional(checkpoint) : std::nullopt;
}

std::string Checkpoint::text() const
{
    return origin + "\n" + std::to_string(size) + "\n" + base64_encode(root) + "\n";
}

std::optional<Checkpoint> open_checkpoint(const SignedNote& note, const VerifierKey& key)
{
    auto checkpoint = Checkpoint::parse(note.text);
    if (!checkpoint || checkpoint->origin != key.name || !note.is_signed_by(key)) {
        return std::nullopt;
    }
    return checkpoint;
}

} // namespace keystead::log_proof
