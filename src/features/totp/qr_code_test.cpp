#include "features/totp/qr_code.h"

#include <string>

#include <gtest/gtest.h>

namespace keystead::totp {
namespace {

// guards: the picture is one small element that runs nothing (that it scans is proved end to end)
TEST(QrCode, DrawsOnePath)
{
    const Secret svg = *qr_svg(Secret::copy_of(
        "otpauth://totp/Keystead:a%40b.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
    const std::string text(svg.reveal_text());
    EXPECT_TRUE(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "));
    EXPECT_TRUE(text.ends_with("</svg>"));
    EXPECT_EQ(text.find("style"), std::string::npos);
    EXPECT_EQ(text.find("script"), std::string::npos);
    EXPECT_EQ(text.find("GEZD"), std::string::npos);
    EXPECT_LT(text.size(), 100'000U);
    // The finder pattern's first row: seven dark modules behind the quiet zone of four.
    EXPECT_NE(text.find("<path d=\"M4 4h7v1h-7z"), std::string::npos);
}

TEST(QrCode, RefusesWhatDoesNotFit)
{
    EXPECT_EQ(qr_svg(Secret::copy_of(std::string(5000, 'x'))).error().code, "totp/too-long-for-qr");
    EXPECT_FALSE(qr_svg(Secret(0)));
}

} // namespace
} // namespace keystead::totp
