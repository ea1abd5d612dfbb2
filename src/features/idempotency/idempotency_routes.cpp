#include "features/idempotency/idempotency_routes.h"

#include <algorithm>

namespace keystead::idempotency {

Result<std::optional<std::string>> key_of(const http::Request& request)
{
    constexpr std::size_t kBytesMax = 200;
    auto field = request.header("idempotency-key");
    if (!field) {
        return std::optional<std::string>{};
    }
    // The draft has a quoted string (RFC 9651 §3.3.3); most clients send it bare.
    if (field->size() >= 2 && field->front() == '"' && field->back() == '"') {
        field = field->substr(1, field->size() - 2);
    }
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
    if (field->empty() || field->size() > kBytesMax || !std::ranges::all_of(*field, is_plain)) {
        return Error{ErrorKind::InvalidInput, "idempotency/invalid-key",
                     "Idempotency-Key is 1 to 200 visible ASCII characters."};
    }
    return std::optional(std::string(*field));
}

} // namespace keystead::idempotency
