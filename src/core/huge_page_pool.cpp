#include "core/huge_page_pool.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>

#include <sys/mman.h>

namespace keystead {
namespace {

constexpr std::size_t kPage = std::size_t{1} << 21;
constexpr std::size_t kPieceMin = 64; // It has room for the list that it is free in.

/// `size` is a multiple of kPage, and so is the address.
std::byte* map_pages(std::size_t size, bool huge)
{
    void* const mapped = ::mmap(nullptr, size + kPage, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::bad_alloc();
    }
    auto* const begin = static_cast<std::byte*>(mapped);
    const std::size_t before = (kPage - reinterpret_cast<std::uintptr_t>(begin) % kPage) % kPage;
    if (before > 0) {
        ::munmap(begin, before);
    }
    if (before < kPage) {
        ::munmap(begin + before + size, kPage - before);
    }
    if (huge) { // Advice: where it is not taken, these are pages like others.
        ::madvise(begin + before, size, MADV_HUGEPAGE);
    }
    return begin + before;
}

/// Of the smallest piece that is large enough.
std::size_t bits_of(std::size_t bytes, std::size_t alignment)
{
    return static_cast<std::size_t>(std::bit_width(std::max({bytes, alignment, kPieceMin}) - 1));
}

std::size_t whole_pages(std::size_t bytes)
{
    return (bytes + kPage - 1) / kPage * kPage;
}

} // namespace

HugePagePool::~HugePagePool()
{
    for (std::byte* const block : blocks_) {
        if (block != nullptr) { // Mapping it failed.
            ::munmap(block, kPage);
        }
    }
}

void* HugePagePool::do_allocate(std::size_t bytes, std::size_t alignment)
{
    if (bytes > kPage) {
        return map_pages(whole_pages(bytes), true);
    }
    const std::lock_guard lock(mutex_);
    return take(bits_of(bytes, alignment));
}

void HugePagePool::do_deallocate(void* place, std::size_t bytes, std::size_t alignment)
{
    if (bytes > kPage) {
        ::munmap(place, whole_pages(bytes));
        return;
    }
    const std::lock_guard lock(mutex_);
    give(bits_of(bytes, alignment), place);
}

std::byte* HugePagePool::take(std::size_t bits)
{
    if (Free* const first = free_[bits]; first != nullptr) {
        free_[bits] = first->next;
        return reinterpret_cast<std::byte*>(first);
    }
    if (bits == kBlockBits) {
        const bool huge = !blocks_.empty();
        blocks_.push_back(nullptr);
        blocks_.back() = map_pages(kPage, huge);
        return blocks_.back();
    }
    std::byte* const both = take(bits + 1);
    give(bits, both + (std::size_t{1} << bits));
    return both;
}

void HugePagePool::give(std::size_t bits, void* place)
{
    Free* const freed = std::construct_at(static_cast<Free*>(place));
    freed->next = free_[bits];
    free_[bits] = freed;
}

} // namespace keystead
