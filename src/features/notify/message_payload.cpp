#include "features/notify/message_payload.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace keystead::notify {

namespace {

constexpr std::byte kFormVersion{1};

std::string_view cut(std::string_view value)
{
    return value.substr(0, kFactBytesMax);
}

/// Fills a Secret of the right size: nothing grows, so that no copy of a link is left in freed
/// memory.
class Filler {
public:
    explicit Filler(std::span<std::byte> out) : rest_(out) {}
    void byte(std::byte value)
    {
        rest_.front() = value;
        rest_ = rest_.subspan(1);
    }
    void text(std::string_view value)
    {
        byte(static_cast<std::byte>(value.size() >> 8));
        byte(static_cast<std::byte>(value.size()));
        std::ranges::copy(std::as_bytes(std::span(value)), rest_.begin());
        rest_ = rest_.subspan(value.size());
    }

private:
    std::span<std::byte> rest_;
};

class Taker {
public:
    explicit Taker(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t byte()
    {
        const std::string_view one = take(1);
        return one.empty() ? 0 : static_cast<std::uint8_t>(one.front());
    }
    std::string_view text()
    {
        const std::size_t high = byte();
        const std::size_t low = byte();
        return take(high << 8 | low);
    }
    bool complete() const { return fits_ && rest_.empty(); }

private:
    std::string_view take(std::size_t count)
    {
        fits_ = fits_ && rest_.size() >= count;
        if (!fits_) {
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::string_view rest_;
    bool fits_ = true;
};

} // namespace

Secret encode_payload(const Message& message)
{
    KS_ASSERT(message.facts.size() <= kFactsMax && message.to.size() <= kFactBytesMax);
    const std::string_view token =
        message.link_token != nullptr ? message.link_token->reveal_text() : "";
    constexpr std::size_t kTextHead = 2;
    std::size_t size =
        2 + 3 * kTextHead + message.to.size() + message.link_path.size() + token.size();
    for (const auto& [name, value] : message.facts) {
        size += 2 * kTextHead + name.size() + cut(value).size();
    }
    Secret bytes(size);
    Filler filler(bytes.writable());
    filler.byte(kFormVersion);
    filler.text(message.to);
    filler.text(message.link_path);
    filler.text(token);
    filler.byte(static_cast<std::byte>(message.facts.size()));
    for (const auto& [name, value] : message.facts) {
        filler.text(name);
        filler.text(cut(value));
    }
    return bytes;
}

Result<MessagePayload> decode_payload(const Secret& bytes)
{
    Taker taker(bytes.reveal_text());
    const bool known_form = taker.byte() == std::to_integer<std::uint8_t>(kFormVersion);
    MessagePayload payload{
        .to = taker.text(), .link_path = taker.text(), .link_token = taker.text()};
    const std::size_t facts = taker.byte();
    for (std::size_t i = 0; i < std::min(facts, kFactsMax); ++i) {
        const std::string_view name = taker.text();
        payload.facts.emplace_back(name, taker.text());
    }
    if (!known_form || !taker.complete()) {
        return Error{.code = "notify/payload-damaged", .cause = "a waiting mail cannot be read"};
    }
    return payload;
}

} // namespace keystead::notify
