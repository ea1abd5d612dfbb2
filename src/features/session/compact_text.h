// features/session/compact_text.h
//
// Text that most often has at most 31 bytes, in 32: what memory holds a million times. Longer text
// lies on the heap. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace keystead::session {

class CompactText {
public:
    static constexpr std::size_t kInlineMax = 31;

    CompactText() = default;
    CompactText(std::string_view text); // NOLINT(google-explicit-constructor): it is the text.
    CompactText(const CompactText& other) : CompactText(other.view()) {}
    CompactText(CompactText&& other) noexcept { swap(other); }
    CompactText& operator=(CompactText other) noexcept
    {
        swap(other);
        return *this;
    }
    ~CompactText();

    /// Valid until this is changed or gone.
    std::string_view view() const;

private:
    static constexpr std::uint8_t kLong = 0xff;
    struct Long {
        char* text;
        std::size_t size;
    };
    Long as_long() const;
    void swap(CompactText& other) noexcept
    {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
    }

    std::array<char, kInlineMax> bytes_{}; // the text, or the bytes of a Long
    std::uint8_t size_ = 0;
};

} // namespace keystead::session
