// core/huge_page_pool.h
//
// Memory for what is looked up at random in its millions. It comes in pages of 2 MiB where the
// kernel gives them (transparent huge pages, "always" or "madvise"): with pages of 4 KiB most of
// such looks miss the TLB too, and a virtual machine walks two page tables then. The first 2 MiB
// are ordinary pages, so that a server with few entries stays small.
//
// Pieces are powers of two, split from blocks of 2 MiB, and are reused for others of their size.
// Blocks go back to the kernel with the pool; what is larger than a block, when it is given back.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <mutex>
#include <vector>

namespace keystead {

class HugePagePool final : public std::pmr::memory_resource {
public:
    HugePagePool() = default;
    HugePagePool(const HugePagePool&) = delete;
    HugePagePool& operator=(const HugePagePool&) = delete;
    ~HugePagePool() override;

private:
    static constexpr std::size_t kBlockBits = 21;
    struct Free {
        Free* next = nullptr;
    };

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* place, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override
    {
        return this == &other;
    }
    std::byte* take(std::size_t bits);
    void give(std::size_t bits, void* place);

    std::mutex mutex_;                         // guards what follows
    std::array<Free*, kBlockBits + 1> free_{}; // by the logarithm of their size
    std::vector<std::byte*> blocks_;
};

} // namespace keystead
