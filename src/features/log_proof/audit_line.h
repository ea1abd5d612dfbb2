// features/log_proof/audit_line.h
//
// How one event looks in an export file, told to a sink: the writer's sink appends, the checker's
// compares. One text for both, so that neither can know more than the other. Private to this slice.
//
// A sink has: put(text), raw JSON; string(text), a JSON string; value(position), where salt and
// value of a commitment may stand.
#pragma once

#include "core/encoding.h"
#include "features/audit/log_reader_service.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

namespace keystead::log_proof {

inline std::string_view actor_kind_word(ActorKind kind)
{
    switch (kind) {
    case ActorKind::Nobody: return "nobody";
    case ActorKind::Account: return "account";
    case ActorKind::ServiceClient: return "service-client";
    case ActorKind::Operator: return "operator";
    case ActorKind::System: return "system";
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

inline std::string_view outcome_word(audit::Outcome outcome)
{
    switch (outcome) {
    case audit::Outcome::Ok: return "ok";
    case audit::Outcome::Refused: return "refused";
    case audit::Outcome::Failed: return "failed";
    }
    std::abort();
}

template <class Sink> void put_id(Sink& sink, std::string_view prefix, const IdBytes& bytes)
{
    if (bytes == IdBytes{}) {
        sink.put("null");
        return;
    }
    sink.put("\"");
    sink.put(id_to_text(prefix, bytes));
    sink.put("\"");
}

template <class Sink> void put_base64(Sink& sink, ByteView bytes)
{
    sink.put("\"");
    sink.put(base64_encode(bytes));
    sink.put("\"");
}

template <class Sink> void put_facts(Sink& sink, const audit::CanonicalEvent& event)
{
    sink.put(",\"facts\":[");
    for (std::size_t position = 0; position < event.facts.size(); ++position) {
        const audit::Fact& fact = event.facts[position];
        sink.put(position == 0 ? "{\"name\":" : ",{\"name\":");
        sink.string(fact.name);
        if (const auto* const plain = std::get_if<std::string>(&fact.value)) {
            sink.put(",\"text\":");
            sink.string(*plain);
        } else {
            const Digest& commitment = std::get<Digest>(fact.value);
            sink.put(",\"commitment\":");
            put_base64(sink, commitment);
            sink.value(position, commitment);
        }
        sink.put("}");
    }
    sink.put("]");
}

/// All that is decoded from the canonical event, from ',"id":' to the end of the facts.
template <class Sink> void put_decoded(Sink& sink, const audit::CanonicalEvent& event)
{
    sink.put(",\"id\":");
    put_id(sink, EventTag::kPrefix, event.id.bytes());
    sink.put(",\"at\":\"");
    sink.put(rfc3339(event.at));
    sink.put("\",\"actor_kind\":\"");
    sink.put(actor_kind_word(event.actor_kind));
    sink.put("\",\"actor\":");
    put_id(sink,
           event.actor_kind == ActorKind::ServiceClient ? ClientTag::kPrefix : AccountTag::kPrefix,
           event.actor);
    sink.put(",\"session\":");
    put_id(sink, SessionTag::kPrefix, event.session.bytes());
    sink.put(",\"request\":");
    put_id(sink, RequestTag::kPrefix, event.request.bytes());
    sink.put(",\"account\":");
    put_id(sink, AccountTag::kPrefix, event.account.bytes());
    sink.put(",\"outcome\":\"");
    sink.put(outcome_word(event.outcome));
    sink.put("\",\"action\":");
    sink.string(event.action);
    sink.put(",\"target_kind\":");
    sink.string(event.target_kind);
    sink.put(",\"target\":");
    sink.string(event.target_id);
    put_facts(sink, event);
}

/// `,"value":"…"`, or `,"value_base64":"…"` for what a JSON string cannot hold exactly.
inline void append_value(std::string& out, std::string_view value)
{
    if (is_valid_utf8(value) && value.find('\0') == std::string_view::npos) {
        out += ",\"value\":";
        append_json_string(out, value);
    } else {
        out.append(",\"value_base64\":\"").append(base64_encode(as_bytes(value))).append("\"");
    }
}

} // namespace keystead::log_proof
