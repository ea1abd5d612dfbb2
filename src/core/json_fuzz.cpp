// What parses can be written and parses again to the same; the limits hold.
#include "core/json.h"

#include <cstdlib>

namespace {

using keystead::JsonValue;
using Kind = JsonValue::Kind;

void write(keystead::JsonWriter& out, const JsonValue& value)
{
    switch (value.kind()) {
    case Kind::Null: out.null(); return;
    case Kind::Boolean: out.value(value.boolean()); return;
    case Kind::Integer: out.value(value.integer()); return;
    case Kind::Decimal: out.value(value.decimal()); return;
    case Kind::String: out.value(value.string()); return;
    case Kind::Array:
        out.begin_array();
        for (const auto& item : value.array()) {
            write(out, item);
        }
        out.end_array();
        return;
    case Kind::Object:
        out.begin_object();
        for (const auto& member : value.object()) {
            out.key(member.name);
            write(out, member.value);
        }
        out.end_object();
        return;
    }
    std::abort();
}

std::string written(const JsonValue& value)
{
    keystead::JsonWriter out;
    write(out, value);
    return std::move(out).take();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto parsed =
        keystead::parse_json(input, {.depth_max = 8, .members_max = 100, .string_bytes_max = 200});
    if (!parsed) {
        return 0;
    }
    const std::string first = written(*parsed);
    if (!keystead::is_valid_utf8(first)) {
        std::abort();
    }
    const auto again =
        keystead::parse_json(first, {.depth_max = 8, .members_max = 100, .string_bytes_max = 200});
    if (!again || written(*again) != first) {
        std::abort();
    }
    return 0;
}
