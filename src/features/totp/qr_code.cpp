#include "features/totp/qr_code.h"

#include <cstring>
#include <memory>
#include <string>

#include <qrencode.h>

namespace keystead::totp {
namespace {

constexpr int kQuietZone = 4; // modules; ISO/IEC 18004 §9.1

struct CodeFree {
    void operator()(QRcode* code) const
    {
        explicit_bzero(code->data, static_cast<std::size_t>(code->width) *
                                       static_cast<std::size_t>(code->width));
        QRcode_free(code);
    }
};

bool is_dark(const QRcode& code, int x, int y)
{
    return (code.data[static_cast<std::ptrdiff_t>(y) * code.width + x] & 1) != 0;
}

/// A horizontal run of dark modules as a closed rectangle of height 1.
void append_run(std::string& path, int x, int y, int length)
{
    path += 'M' + std::to_string(x + kQuietZone) + ' ' + std::to_string(y + kQuietZone) + 'h' +
            std::to_string(length) + "v1h-" + std::to_string(length) + 'z';
}

void append_row(std::string& path, const QRcode& code, int y)
{
    for (int x = 0; x < code.width; ++x) {
        const int start = x;
        while (x < code.width && is_dark(code, x, y)) {
            ++x;
        }
        if (x > start) {
            append_run(path, start, y, x - start);
        }
    }
}

} // namespace

Result<Secret> qr_svg(const Secret& text)
{
    const auto bytes = text.reveal();
    const std::unique_ptr<QRcode, CodeFree> code(
        QRcode_encodeData(static_cast<int>(bytes.size()),
                          reinterpret_cast<const unsigned char*>(bytes.data()), 0, QR_ECLEVEL_M));
    if (!code) {
        return Error{.kind = ErrorKind::InvalidInput,
                     .code = "totp/too-long-for-qr",
                     .detail = "The address is too long for a QR code. Type the secret instead."};
    }
    const std::string side = std::to_string(code->width + 2 * kQuietZone);
    std::string svg;
    svg.reserve(512 +
                static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width) * 12);
    svg += "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + ' ' + side +
           "\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h" + side + 'v' + side +
           "H0z\"/><path d=\"";
    for (int y = 0; y < code->width; ++y) {
        append_row(svg, *code, y);
    }
    svg += "\"/></svg>";
    Secret result = Secret::copy_of(svg);
    explicit_bzero(svg.data(), svg.size());
    return result;
}

} // namespace keystead::totp
