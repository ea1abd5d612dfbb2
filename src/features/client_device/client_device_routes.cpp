#include "features/client_device/client_device_routes.h"

namespace keystead::client_device {

http::Schema device_schema()
{
    using namespace http;
    return object({{"kind", enumeration({"unknown", "desktop", "phone", "tablet", "program"})},
                   {"browser", text(0, 64).or_null()},
                   {"browser_version", text(0, 32).or_null()},
                   {"system", text(0, 64).or_null()}})
        .named("Device");
}

} // namespace keystead::client_device
