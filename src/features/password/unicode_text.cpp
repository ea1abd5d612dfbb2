#include "features/password/unicode_text.h"

#include "core/bytes.h"
#include "core/result.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace keystead::password {
namespace {

/// In UTF-8, NFC is at most three times as long as the text it is made of, and full case folding
/// too (Unicode UAX #15 §9).
constexpr std::size_t kGrowthMax = 3;

icu::StringPiece piece(std::string_view text)
{
    return {text.data(), static_cast<std::int32_t>(text.size())};
}

const icu::Normalizer2& nfc()
{
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFCInstance(error);
    KS_ASSERT(U_SUCCESS(error)); // ICU's data is part of its library.
    return *normalizer;
}

/// Runs one of ICU's transformations into memory that is wiped.
template <class Transform> Secret transform(std::string_view text, const Transform& run)
{
    Secret buffer(text.size() * kGrowthMax);
    const auto out = buffer.writable();
    icu::CheckedArrayByteSink sink(reinterpret_cast<char*>(out.data()),
                                   static_cast<std::int32_t>(out.size()));
    UErrorCode error = U_ZERO_ERROR;
    run(sink, error);
    KS_ASSERT(U_SUCCESS(error) && !sink.Overflowed());
    return Secret::copy_of(
        buffer.reveal().first(static_cast<std::size_t>(sink.NumberOfBytesWritten())));
}

} // namespace

Secret to_nfc(std::string_view text)
{
    return transform(text, [&](icu::ByteSink& sink, UErrorCode& error) {
        nfc().normalizeUTF8(0, piece(text), sink, nullptr, error);
    });
}

Secret fold_case(std::string_view text)
{
    const Secret folded = transform(text, [&](icu::ByteSink& sink, UErrorCode& error) {
        icu::CaseMap::utf8Fold(U_FOLD_CASE_DEFAULT, piece(text), sink, nullptr, error);
    });
    return to_nfc(folded.reveal_text());
}

CharacterCounts count_characters(std::string_view text)
{
    CharacterCounts counts;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < size;) {
        UChar32 character = 0;
        U8_NEXT(bytes, at, size, character);
        ++counts.code_points;
        const bool is_letter = u_isalpha(character) != 0;
        const bool is_digit = u_isdigit(character) != 0;
        const bool is_mark = (U_GET_GC_MASK(character) & U_GC_M_MASK) != 0;
        const bool is_control = u_charType(character) == U_CONTROL_CHAR;
        counts.upper += u_isupper(character) != 0 ? 1 : 0;
        counts.lower += u_islower(character) != 0 ? 1 : 0;
        counts.letters += is_letter ? 1 : 0;
        counts.digits += is_digit ? 1 : 0;
        counts.control += is_control ? 1 : 0;
        counts.special += !is_letter && !is_digit && !is_mark && !is_control ? 1 : 0;
    }
    return counts;
}

} // namespace keystead::password
