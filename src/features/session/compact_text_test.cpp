#include "features/session/compact_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace keystead::session {
namespace {

// guards: text of any length comes back whole from copies, moves and assignments (leaks and double
// frees: the address sanitizer)
TEST(CompactText, IsTheTextWhateverHappensToIt)
{
    static_assert(sizeof(CompactText) == 32);
    for (const std::size_t size : {0U, 1U, 31U, 32U, 254U, 5000U}) {
        const std::string text(size, 'x');
        CompactText first(text);
        EXPECT_EQ(first.view(), text);
        CompactText copy(first);
        EXPECT_EQ(copy.view(), text);
        const CompactText moved(std::move(copy));
        EXPECT_EQ(moved.view(), text);
        CompactText other(std::string(40, 'y'));
        other = moved;
        EXPECT_EQ(other.view(), text);
        first = CompactText("short");
        EXPECT_EQ(first.view(), "short");
        EXPECT_EQ(moved.view(), text);
    }
}

} // namespace
} // namespace keystead::session
