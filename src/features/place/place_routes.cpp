#include "features/place/place_routes.h"

namespace keystead::place {

http::Schema place_schema()
{
    using namespace http;
    return object({{"kind", enumeration({"unknown", "country", "local"})},
                   {"country", text(2, 2).or_null()},
                   {"country_name", text(0, 100).or_null()},
                   {"city", text(0, 200).or_null()}})
        .named("Place");
}

} // namespace keystead::place
