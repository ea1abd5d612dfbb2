#include "features/api_token/leak_report.h"

#include "core/json.h"

#include <optional>

namespace keystead::api_token {
namespace {

constexpr std::size_t kTypeBytesMax = 100;
constexpr JsonLimits kLimits{.depth_max = 4, .members_max = 2000, .string_bytes_max = 8192};

Error invalid()
{
    return {ErrorKind::InvalidInput, "token/invalid-report",
            "Send {\"token\": \"…\"}, or a list of 1 to 100 objects with a member \"token\"."};
}

std::optional<LeakReport::Item> item_of(const JsonValue& value)
{
    const JsonValue* const token = value.find("token");
    if (token == nullptr || token->kind() != JsonValue::Kind::String) {
        return std::nullopt;
    }
    LeakReport::Item item{Secret::copy_of(token->string()), {}};
    const JsonValue* const type = value.find("type");
    if (type != nullptr && type->kind() == JsonValue::Kind::String &&
        type->string().size() <= kTypeBytesMax) {
        item.type = type->string();
    }
    return item;
}

} // namespace

Result<LeakReport> parse_leak_report(std::string_view body)
{
    KS_TRY(const auto value, parse_json(body, kLimits));
    LeakReport report;
    if (value.kind() == JsonValue::Kind::Object) {
        auto item = item_of(value);
        if (!item || value.object().size() != 1) {
            return invalid();
        }
        report.items.push_back(std::move(*item));
        return report;
    }
    if (value.kind() != JsonValue::Kind::Array || value.array().empty() ||
        value.array().size() > kLeakedMax) {
        return invalid();
    }
    report.form = LeakReport::Form::Programme;
    for (const JsonValue& each : value.array()) {
        auto item = item_of(each);
        if (!item) {
            return invalid();
        }
        report.items.push_back(std::move(*item));
    }
    return report;
}

} // namespace keystead::api_token
