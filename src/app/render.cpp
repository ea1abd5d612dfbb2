#include "app/render.h"

#include <algorithm>
#include <vector>

namespace keystead::app {
namespace {

using Kind = JsonValue::Kind;

std::string scalar_text(const JsonValue& value)
{
    switch (value.kind()) {
    case Kind::Null: return "-";
    case Kind::Boolean: return value.boolean() ? "yes" : "no";
    case Kind::Integer: return std::to_string(value.integer());
    case Kind::Decimal: return std::to_string(value.decimal());
    case Kind::String: {
        std::string quoted;
        append_json_string(quoted, value.string());
        std::string plain = quoted.substr(1, quoted.size() - 2);
        for (std::size_t at = plain.find("\\\""); at != std::string::npos;
             at = plain.find("\\\"", at + 1)) {
            plain.erase(at, 1); // Quotes harm no terminal.
        }
        return plain;
    }
    case Kind::Array: {
        std::string joined;
        for (const auto& item : value.array()) {
            joined += (joined.empty() ? "" : ", ") + scalar_text(item);
        }
        return joined;
    }
    case Kind::Object: {
        std::string joined;
        for (const auto& member : value.object()) {
            joined += (joined.empty() ? "" : ", ") + member.name + " " + scalar_text(member.value);
        }
        return joined;
    }
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

std::string table_text(const JsonArray& items)
{
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : items) {
        if (item.kind() != Kind::Object) {
            rows.push_back({scalar_text(item)});
            continue;
        }
        if (rows.empty()) {
            std::vector<std::string> head;
            for (const auto& member : item.object()) {
                head.push_back(member.name);
            }
            rows.push_back(std::move(head));
        }
        std::vector<std::string> row;
        for (const auto& member : item.object()) {
            row.push_back(scalar_text(member.value));
        }
        rows.push_back(std::move(row));
    }
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

} // namespace

std::string render_text(const JsonValue& answer)
{
    if (answer.kind() == Kind::Array) {
        return table_text(answer.array());
    }
    if (answer.kind() != Kind::Object) {
        return answer.is_null() ? "" : scalar_text(answer) + "\n";
    }
    std::string out;
    for (const auto& member : answer.object()) {
        if (member.value.kind() == Kind::Array && !member.value.array().empty() &&
            member.value.array().front().kind() == Kind::Object) {
            out += table_text(member.value.array());
        } else {
            out += member.name + ": " + scalar_text(member.value) + "\n";
        }
    }
    return out;
}

void write_fields(JsonWriter& out, const Error& error)
{
    out.key("fields").begin_array();
    for (const auto& field : error.fields) {
        out.begin_object()
            .member("pointer", field.pointer)
            .member("code", field.code)
            .member("detail", field.detail)
            .end_object();
    }
    out.end_array();
}

} // namespace keystead::app
