// features/ssh_key/ssh_wire.h
//
// The data types of SSH (RFC 4251 §5), read strictly: numbers in their shortest form, nothing left
// over. Views into what is read.
#pragma once

#include "core/bytes.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace keystead::ssh_key {

class WireReader {
public:
    explicit WireReader(ByteView bytes) : rest_(bytes) {}
    bool is_done() const { return rest_.empty(); }
    std::optional<ByteView> raw(std::size_t size);
    std::optional<std::uint32_t> number();
    std::optional<ByteView> string();
    /// A `string` as text.
    std::optional<std::string_view> text();
    /// A positive `mpint`, without its leading zero; nothing for zero, a negative one, or one with
    /// bytes it does not need.
    std::optional<ByteView> positive();

private:
    ByteView rest_;
};

void append_number(Bytes& out, std::uint32_t number);
void append_string(Bytes& out, ByteView bytes);

} // namespace keystead::ssh_key
