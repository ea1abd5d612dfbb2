// core/secret.h
//
// Bytes that must not stay in memory, reach a log or be compared by accident.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <ostream>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace keystead {

/// Bytes that are zeroed after use and cannot be copied, printed, serialised or compared by
/// accident.
class Secret {
public:
    explicit Secret(std::size_t size_bytes)
        : bytes_(size_bytes) {} // Never grows: a reallocation would leave a copy.
    /// Copies `bytes`; the caller wipes its own.
    static Secret copy_of(std::span<const std::byte> bytes)
    {
        Secret secret(bytes.size());
        if (!bytes.empty()) {
            std::memcpy(secret.bytes_.data(), bytes.data(), bytes.size());
        }
        return secret;
    }
    static Secret copy_of(std::string_view text) { return copy_of(std::as_bytes(std::span(text))); }
    /// A second owner of the same bytes, said aloud.
    Secret clone() const { return copy_of(reveal()); }

    Secret(const Secret&) = delete;
    Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Secret& operator=(Secret&&) = delete;
    ~Secret()
    {
        if (!bytes_.empty()) {
            explicit_bzero(bytes_.data(), bytes_.size());
        }
    }

    std::size_t size() const { return bytes_.size(); }
    /// The bytes. Every call is a place that a reviewer visits; tidy lists them.
    std::span<const std::byte> reveal() const { return bytes_; }
    /// The bytes as text, for the same reviewer.
    std::string_view reveal_text() const
    {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    /// For whoever fills a new Secret in place.
    std::span<std::byte> writable() { return bytes_; }

private:
    std::vector<std::byte>
        bytes_; // Not std::string: a move leaves the bytes of a short one behind.
};

template <class T>
concept Printable = requires(std::ostream& out, const T& value)
{
    out << value;
};
static_assert(!Printable<Secret> && !std::is_copy_constructible_v<Secret> &&
              !std::equality_comparable<Secret>);

} // namespace keystead
