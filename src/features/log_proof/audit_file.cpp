#include "features/log_proof/audit_file.h"

#include "core/json.h"
#include "features/log_proof/audit_line.h"

#include <algorithm>
#include <utility>

namespace keystead::log_proof {
namespace {

class AppendingSink {
public:
    AppendingSink(std::string& out, std::span<const audit::PersonalValue> values)
        : out_(out), values_(values)
    {
    }
    void put(std::string_view text) { out_ += text; }
    void string(std::string_view text) { append_json_string(out_, text); }
    void value(std::size_t position, const Digest&)
    {
        const auto found = std::ranges::find(values_, position, &audit::PersonalValue::position);
        if (found != values_.end()) {
            put(",\"salt\":");
            put_base64(*this, found->salt);
            append_value(out_, found->value);
        }
    }

private:
    std::string& out_;
    std::span<const audit::PersonalValue> values_;
};

std::optional<std::string_view> text_of(const JsonValue& object, std::string_view name)
{
    const JsonValue* const value = object.find(name);
    return value != nullptr && value->kind() == JsonValue::Kind::String
               ? std::optional(value->string())
               : std::nullopt;
}

} // namespace

void append_header(std::string& out, const FileHeader& header)
{
    JsonWriter json;
    json.begin_object()
        .member("keystead_audit_export", kAuditFileVersion)
        .member("form", header.form == FileForm::Whole ? "whole" : "selection")
        .member("origin", header.origin)
        .member("size", header.size)
        .member("root", base64_encode(header.root))
        .member("vkey", header.vkey)
        .member("checkpoint", header.checkpoint)
        .member("pseudonymous", header.pseudonymous)
        .member("exported_at", header.exported_at)
        .end_object();
    out.append(std::move(json).take()).push_back('\n');
}

std::optional<FileHeader> parse_header(std::string_view line)
{
    const auto json = parse_json(line, {.depth_max = 1, .members_max = 16});
    if (!json) {
        return std::nullopt;
    }
    const auto form = text_of(*json, "form");
    const auto origin = text_of(*json, "origin");
    const auto vkey = text_of(*json, "vkey");
    const auto checkpoint = text_of(*json, "checkpoint");
    const auto root = base64_decode(text_of(*json, "root").value_or(""));
    const auto at = parse_rfc3339(text_of(*json, "exported_at").value_or(""));
    const JsonValue* const size = json->find("size");
    const JsonValue* const pseudonymous = json->find("pseudonymous");
    if (!form || !origin || !vkey || !checkpoint || !root || root->size() != sizeof(Digest) ||
        !at || size == nullptr || size->kind() != JsonValue::Kind::Integer || size->integer() < 0 ||
        pseudonymous == nullptr || pseudonymous->kind() != JsonValue::Kind::Boolean) {
        return std::nullopt;
    }
    FileHeader header{.form = *form == "whole" ? FileForm::Whole : FileForm::Selection,
                      .origin = std::string(*origin),
                      .size = static_cast<std::uint64_t>(size->integer()),
                      .vkey = std::string(*vkey),
                      .checkpoint = std::string(*checkpoint),
                      .pseudonymous = pseudonymous->boolean(),
                      .exported_at = *at};
    std::ranges::copy(*root, header.root.begin());
    // One way to write it: an unknown form, version, member or order is found here.
    std::string again;
    append_header(again, header);
    again.pop_back();
    return again == line ? std::optional(std::move(header)) : std::nullopt;
}

bool append_event(std::string& out, std::uint64_t leaf_index, ByteView nonce, ByteView canonical,
                  std::span<const audit::PersonalValue> values,
                  std::optional<std::span<const Digest>> proof)
{
    const auto event = audit::decode_event(canonical);
    if (!event) {
        return false;
    }
    AppendingSink sink(out, values);
    sink.put("{\"leaf_index\":");
    sink.put(std::to_string(leaf_index));
    sink.put(",\"nonce\":");
    put_base64(sink, nonce);
    sink.put(",\"canonical\":");
    put_base64(sink, canonical);
    put_decoded(sink, *event);
    if (proof) {
        sink.put(",\"proof\":[");
        for (std::size_t i = 0; i < proof->size(); ++i) {
            sink.put(i == 0 ? "" : ",");
            put_base64(sink, (*proof)[i]);
        }
        sink.put("]");
    }
    sink.put("}\n");
    return true;
}

void append_entry(std::string& out, std::uint64_t leaf_index, const Digest& entry)
{
    out.append("{\"leaf_index\":")
        .append(std::to_string(leaf_index))
        .append(",\"entry\":\"")
        .append(base64_encode(entry))
        .append("\"}\n");
}

void append_end(std::string& out, std::uint64_t lines)
{
    out.append("{\"end\":true,\"lines\":").append(std::to_string(lines)).append("}\n");
}

} // namespace keystead::log_proof
