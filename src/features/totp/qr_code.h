// features/totp/qr_code.h
//
// A text as a QR code (ISO/IEC 18004), drawn here as SVG: no picture service ever sees a secret.
#pragma once

#include "core/result.h"
#include "core/secret.h"

namespace keystead::totp {

/// One SVG element: white ground with the quiet zone of four modules, all dark modules in one path.
/// It names no style and runs no script. Errors: totp/too-long-for-qr (InvalidInput).
Result<Secret> qr_svg(const Secret& text);

} // namespace keystead::totp
