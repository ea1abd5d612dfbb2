// http/wiped_buffer.h
//
// A connection's input: bytes come in at the end and are consumed at the front. What leaves it is
// zeroed where asked, what it held is zeroed when it grows or ends: passwords and cookies pass
// through.
#pragma once

#include "core/result.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace keystead::http {

class WipedBuffer {
public:
    explicit WipedBuffer(std::size_t capacity)
        : bytes_(std::make_unique<char[]>(capacity)), capacity_(capacity)
    {
    }
    ~WipedBuffer() { wipe(); }
    WipedBuffer(const WipedBuffer&) = delete;
    WipedBuffer& operator=(const WipedBuffer&) = delete;

    std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
    std::size_t capacity() const { return capacity_; }
    /// Room behind the bytes; empty when full.
    std::span<char> room() { return {bytes_.get() + end_, capacity_ - end_}; }
    void commit(std::size_t count)
    {
        KS_ASSERT(count <= capacity_ - end_);
        end_ += count;
    }
    void consume(std::size_t count)
    {
        KS_ASSERT(count <= end_ - begin_);
        begin_ += count;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }
    void consume_and_wipe(std::size_t count)
    {
        explicit_bzero(bytes_.get() + begin_, count);
        consume(count);
    }
    /// Makes the capacity at least `capacity` (or exactly that, when it is smaller and nothing is
    /// held), and moves what is held to the front. Views of the buffer end.
    void reshape(std::size_t capacity)
    {
        const std::size_t held = end_ - begin_;
        if (capacity == capacity_) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, held);
        } else {
            KS_ASSERT(capacity >= held);
            auto bytes = std::make_unique<char[]>(capacity);
            std::memcpy(bytes.get(), bytes_.get() + begin_, held);
            wipe();
            bytes_ = std::move(bytes);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = held;
    }

private:
    void wipe() { explicit_bzero(bytes_.get(), capacity_); }
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace keystead::http
