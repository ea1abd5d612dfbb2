// Property: what a reader takes is bounded and printable ASCII, and written again it is read as the
// same.
#include "features/client_device/client_device.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c < 0x20 || c > 0x7e) {
            std::abort();
        }
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead::client_device;
    const std::string header(reinterpret_cast<const char*>(data), size);
    if (const auto brands = parse_brands(header)) {
        if (brands->empty() || brands->size() > 16) {
            std::abort();
        }
        std::string again;
        for (const Brand& brand : *brands) {
            again +=
                (again.empty() ? "" : ", ") + quoted(brand.name) + ";v=" + quoted(brand.version);
        }
        if (parse_brands(again) != brands) {
            std::abort();
        }
    }
    if (const auto platform = parse_platform(header);
        platform && parse_platform(quoted(*platform)) != platform) {
        std::abort();
    }
    if (parse_mobile(header) && size != 2) {
        std::abort();
    }
    const auto device =
        combine({.hint_brands = header, .hint_platform = header, .hint_mobile = header}, {});
    if (device.browser.size() > 64 || device.system.size() > 64) {
        std::abort();
    }
    return 0;
}
