// Property: whatever a header says, its description is short, printable UTF-8, and the same every
// time.
#include "core/encoding.h"
#include "features/client_device/client_device.h"
#include "features/client_device/user_agent_rules.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    static const client_device::UserAgentRules rules;
    const ClientDescription client{.user_agent =
                                       std::string(reinterpret_cast<const char*>(data), size)};
    const auto device = client_device::combine(client, rules.find(client.user_agent));
    for (const std::string& text : {device.browser, device.browser_version, device.system}) {
        if (text.size() > 64 || !is_valid_utf8(text) ||
            text.find_first_of("\r\n\t\x7f") != std::string::npos) {
            std::abort();
        }
    }
    if (device != client_device::combine(client, rules.find(client.user_agent))) {
        std::abort();
    }
    return 0;
}
