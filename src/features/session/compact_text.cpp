#include "features/session/compact_text.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace keystead::session {

CompactText::CompactText(std::string_view text)
{
    static_assert(sizeof(Long) <= kInlineMax);
    if (text.size() <= kInlineMax) {
        std::ranges::copy(text, bytes_.begin());
        size_ = static_cast<std::uint8_t>(text.size());
        return;
    }
    auto copy = std::make_unique_for_overwrite<char[]>(text.size());
    std::ranges::copy(text, copy.get());
    const Long where{copy.release(), text.size()}; // The destructor takes it back.
    std::memcpy(bytes_.data(), &where, sizeof where);
    size_ = kLong;
}

CompactText::~CompactText()
{
    if (size_ == kLong) {
        const std::unique_ptr<char[]> owned(as_long().text);
    }
}

CompactText::Long CompactText::as_long() const
{
    Long where{};
    std::memcpy(&where, bytes_.data(), sizeof where);
    return where;
}

std::string_view CompactText::view() const
{
    if (size_ == kLong) {
        const Long where = as_long();
        return {where.text, where.size};
    }
    return {bytes_.data(), size_};
}

} // namespace keystead::session
