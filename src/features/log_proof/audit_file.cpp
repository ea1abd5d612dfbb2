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
