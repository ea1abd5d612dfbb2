// http/schema.cpp
//
// The builders. Checking values against a schema is validate.cpp, documenting it openapi.cpp.
#include "http/schema.h"

#include <limits>

namespace keystead::http {

Schema no_body()
{
    return {};
}

Schema text(std::size_t length_min, std::size_t length_max)
{
    KS_ASSERT(length_min <= length_max);
    return {.kind = Schema::Kind::Text, .length_min = length_min, .length_max = length_max};
}

Schema secret_text(std::size_t length_max)
{
    return {.kind = Schema::Kind::SecretText, .length_max = length_max};
}

Schema boolean()
{
    return {.kind = Schema::Kind::Boolean};
}

Schema integer(std::int64_t minimum, std::int64_t maximum)
{
    KS_ASSERT(minimum <= maximum);
    return {.kind = Schema::Kind::Integer, .minimum = minimum, .maximum = maximum};
}

Schema time()
{
    return {.kind = Schema::Kind::Time};
}

Schema identifier(std::string_view prefix)
{
    return {.kind = Schema::Kind::Identifier, .id_prefix = prefix};
}

Schema enumeration(std::initializer_list<std::string_view> choices)
{
    return {.kind = Schema::Kind::Enumeration, .choices = choices};
}

Schema array(Schema items, std::size_t items_max)
{
    return {.kind = Schema::Kind::Array,
            .length_max = items_max,
            .items = std::make_shared<const Schema>(std::move(items))};
}

Schema object(std::initializer_list<SchemaField> fields)
{
    return {.kind = Schema::Kind::Object, .fields = fields};
}

Schema any()
{
    return {.kind = Schema::Kind::Any};
}

Schema list_of(Schema item)
{
    constexpr std::size_t kPageMax = 100;
    constexpr std::size_t kCursorMax = 1024;
    return object({{"items", array(std::move(item), kPageMax)},
                   {"next_cursor", text(1, kCursorMax).or_null()}});
}

} // namespace keystead::http
