// http/head.h
//
// A request's head as views into the connection's buffer: taken before the body is read, so no
// trailer can change it.
#pragma once

#include "http/ascii.h"
#include "http/method.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace keystead::http {

inline constexpr std::size_t kFieldsMax = 100;

struct HeadField {
    std::string_view name; // as received; compare with ascii_iequal
    std::string_view value;
};

enum class Framing : std::uint8_t { NoBody, Length, Chunked };

struct Head {
    std::string_view method_text;
    std::optional<Method> method; // nothing: one we do not know
    std::string_view target;      // path and query as received
    std::string_view path;
    std::string_view query; // without '?'
    int version_minor = 1;  // HTTP/1.x
    bool keep_alive = false;
    bool expects_continue = false;
    Framing framing = Framing::NoBody;
    std::uint64_t content_length = 0; // Length
    std::array<HeadField, kFieldsMax> fields;
    std::size_t field_count = 0;

    std::span<const HeadField> all_fields() const { return {fields.data(), field_count}; }
    /// The first field of that name; `lower_case_name` in lower case. Empty view when absent or
    /// empty.
    std::string_view field(std::string_view lower_case_name) const
    {
        for (const auto& field : all_fields()) {
            if (ascii_iequal(field.name, lower_case_name)) {
                return field.value;
            }
        }
        return {};
    }
    bool has_field(std::string_view lower_case_name) const
    {
        for (const auto& field : all_fields()) {
            if (ascii_iequal(field.name, lower_case_name)) {
                return true;
            }
        }
        return false;
    }
};

} // namespace keystead::http
