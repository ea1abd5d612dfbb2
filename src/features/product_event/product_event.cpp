#include "features/product_event/product_event.h"

#include "core/encoding.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keystead::product_event {
namespace {

constexpr std::size_t kFaultsMax = 50;
constexpr std::size_t kDataNameMax = 40;
constexpr std::size_t kDataTextMax = 200; // code points
constexpr std::size_t kUserAgentBytesMax = 1024;

bool is_small_letter(char c)
{
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_word_character(char c)
{
    return is_small_letter(c) || is_digit(c) || c == '_' || c == '-';
}

/// Words of [a-z0-9_-] with dots between them.
bool is_type(std::string_view text)
{
    bool after_word = false;
    for (const char c : text) {
        if (c == '.' ? !after_word : !is_word_character(c)) {
            return false;
        }
        after_word = c != '.';
    }
    return after_word;
}

bool is_own_id(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return is_word_character(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == ':' || c == '/';
    });
}

bool is_data_name(std::string_view text)
{
    return !text.empty() && text.size() <= kDataNameMax && text.front() != ' ' &&
           text.back() != ' ' && std::ranges::all_of(text, [](char c) {
               return is_word_character(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == ' ';
           });
}

/// The next code point of valid UTF-8, which `text` loses.
char32_t take_code_point(std::string_view& text)
{
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    };
    const char32_t lead = byte(0);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t value = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        value = value << 6 | (byte(i) & 0x3f);
    }
    text.remove_prefix(size);
    return value;
}

/// Characters that turn, hide or stand for nothing (Unicode: controls, format characters, fillers,
/// tags, variation selectors of the supplement, noncharacters). The joiner U+200D and the variation
/// selectors of emoji are among the first: a summary has none.
bool is_hidden(char32_t c)
{
    struct Range {
        char32_t first;
        char32_t last;
    };
    constexpr std::array<Range, 21> kHidden{
        {{0x00, 0x1f},      {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
         {0x61c, 0x61c},    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
         {0x200b, 0x200f},  {0x2028, 0x202e},   {0x2060, 0x206f},   {0x2800, 0x2800},
         {0x3164, 0x3164},  {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
         {0xfff0, 0xffff},  {0x13430, 0x1345f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
         {0xe0000, 0xe0fff}}};
    return (c & 0xfffe) == 0xfffe || std::ranges::any_of(kHidden, [c](const Range& range) {
               return c >= range.first && c <= range.last;
           });
}

bool has_hidden(std::string_view text)
{
#ifndef KEYSTEAD_WITHOUT_PRODUCT_EVENT_HIDDEN
    while (!text.empty()) {
        if (is_hidden(take_code_point(text))) {
            return true;
        }
    }
#else
    static_cast<void>(take_code_point(text));
    static_cast<void>(is_hidden);
#endif
    return false;
}

/// RFC 3986 §3.3–3.5: what may follow the authority, percent-encodings whole.
bool is_rest_of_link(std::string_view text)
{
    constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/?#";
    const auto is_hex = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
                return false;
            }
            i += 2;
        } else if (!is_small_letter(c) && !is_digit(c) && !(c >= 'A' && c <= 'Z') &&
                   kMarks.find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

/// Reads one event, telling every fault.
class EventReader {
public:
    EventReader(const JsonValue& value, std::string pointer, const Rules& rules,
                std::vector<FieldError>& faults)
        : value_(value), pointer_(std::move(pointer)), rules_(rules), faults_(faults)
    {
    }
    ProductEvent read();

private:
    void fault(std::string_view member, std::string_view code, std::string detail)
    {
        if (faults_.size() < kFaultsMax) {
            faults_.push_back({pointer_ + std::string(member), code, std::move(detail)});
        }
    }
    std::string text(std::string_view name) const
    {
        const JsonValue* const found = value_.find(name);
        return found != nullptr ? std::string(found->string()) : std::string();
    }
    std::string seen_text(std::string_view name);
    void read_time(ProductEvent& event);
    void read_link(ProductEvent& event);
    void read_amount(ProductEvent& event);
    void read_data(ProductEvent& event);
    void read_person(ProductEvent& event);
    bool write_datum(JsonWriter& json, const JsonMember& datum);

    const JsonValue& value_;
    std::string pointer_;
    const Rules& rules_;
    std::vector<FieldError>& faults_;
};

std::string EventReader::seen_text(std::string_view name)
{
    std::string found = text(name);
    if (has_hidden(found)) {
        fault("/" + std::string(name), "product-event/hidden-character",
              "Only characters that can be seen.");
    }
    return found;
}

ProductEvent EventReader::read()
{
    ProductEvent event{.id = text("id"), .type = text("type"), .summary = seen_text("summary")};
    if (!is_own_id(event.id)) {
        fault("/id", "product-event/bad-id", "Letters, digits and . _ : / - alone.");
    }
    if (const auto account = AccountId::parse(text("account"))) {
        event.account = *account;
    }
    if (!is_type(event.type) || !event.type.starts_with(std::string(rules_.type_namespace) + ".")) {
        fault("/type", "product-event/bad-type",
              "Small letters, digits, _ and - in words with dots between them, of which the first "
              "is \"" +
                  std::string(rules_.type_namespace) + "\".");
    }
    read_time(event);
    read_link(event);
    read_amount(event);
    read_data(event);
    read_person(event);
    return event;
}

void EventReader::read_time(ProductEvent& event)
{
    const auto at = parse_rfc3339(text("at"));
    if (!at || *at > rules_.now + kAheadMax) {
        fault("/at", "product-event/in-the-future", "That has not happened yet.");
        return;
    }
    if (*at < rules_.oldest) {
        fault("/at", "product-event/too-old", "That is older than what is kept.");
    }
    event.at = *at;
}

void EventReader::read_link(ProductEvent& event)
{
    event.link = text("link");
#ifndef KEYSTEAD_WITHOUT_PRODUCT_EVENT_LINK
    if (!event.link.empty() && !rules_.links.allow(event.link)) {
        fault("/link", "product-event/bad-link",
              "An https address on one of the hosts that the settings name, without a user.");
    }
#endif
}

void EventReader::read_amount(ProductEvent& event)
{
    const JsonValue* const found = value_.find("amount");
    if (found == nullptr) {
        return;
    }
    Amount amount{.minor_units = found->find("minor_units")->integer(),
                  .currency = std::string(found->find("currency")->string())};
    if (!std::ranges::all_of(amount.currency, [](char c) { return c >= 'A' && c <= 'Z'; })) {
        fault("/amount/currency", "product-event/bad-currency",
              "A currency as ISO 4217 has it, such as EUR.");
    }
    event.amount = std::move(amount);
}

bool EventReader::write_datum(JsonWriter& json, const JsonMember& datum)
{
    if (!is_data_name(datum.name)) {
        return false;
    }
    json.key(datum.name);
    switch (datum.value.kind()) {
    case JsonValue::Kind::Integer: json.value(datum.value.integer()); return true;
    case JsonValue::Kind::Decimal: json.value(datum.value.decimal()); return true;
    case JsonValue::Kind::String: {
        const std::string_view text = datum.value.string();
        json.value(text);
        return !has_hidden(text) &&
               count_code_points(text).value_or(kDataTextMax + 1) <= kDataTextMax;
    }
    case JsonValue::Kind::Null:
    case JsonValue::Kind::Boolean:
    case JsonValue::Kind::Array:
    case JsonValue::Kind::Object: json.null(); return false;
    }
    std::abort();
}

void EventReader::read_data(ProductEvent& event)
{
    const JsonValue* const found = value_.find("data");
    if (found == nullptr) {
        return;
    }
    constexpr std::string_view kCode = "product-event/bad-data";
    if (found->kind() != JsonValue::Kind::Object || found->object().size() > kDataMembersMax) {
        fault("/data", kCode, "An object of at most 16 members.");
        return;
    }
    JsonWriter json;
    json.begin_object();
    for (std::size_t i = 0; i < found->object().size(); ++i) {
        if (!write_datum(json, found->object()[i])) {
            // By number: the name may be what is wrong, and is not said again.
            fault("/data", kCode,
                  "Member " + std::to_string(i + 1) +
                      ": names are at most 40 of letters, digits, space and . _ -; values are "
                      "numbers, or texts of at most 200 characters that can be seen.");
            return;
        }
    }
    event.data = std::move(json.end_object()).take();
    if (event.data.size() > kDataBytesMax) {
        fault("/data", kCode, "At most 2048 bytes in all.");
    }
}

void EventReader::read_person(ProductEvent& event)
{
    if (value_.find("ip") != nullptr) {
        event.ip = IpAddress::parse(text("ip"));
        if (!event.ip) {
            fault("/ip", "product-event/bad-address", "An IPv4 or IPv6 address.");
        }
    }
    event.user_agent = seen_text("user_agent");
    if (event.user_agent.size() > kUserAgentBytesMax) {
        fault("/user_agent", "request/too-long", "At most 1024 bytes.");
    }
}

} // namespace

LinkPlaces::LinkPlaces(std::string_view base_url, std::vector<std::string> hosts)
    : origin_(base_url), hosts_(std::move(hosts))
{
    const std::size_t colon = origin_.rfind(':');
    if (colon != std::string::npos && colon > origin_.find("://")) {
        port_ = origin_.substr(colon);
    }
}

bool LinkPlaces::allow(std::string_view link) const
{
    constexpr std::string_view kHttps = "https://";
    constexpr std::string_view kEnds = "/?#";
    const std::size_t scheme_end = link.find("://");
    if (scheme_end == std::string_view::npos || link.size() > kLinkBytesMax) {
        return false;
    }
    const std::size_t end = std::min(link.find_first_of(kEnds, scheme_end + 3), link.size());
    if (!is_rest_of_link(link.substr(end))) {
        return false;
    }
    const std::string_view origin = link.substr(0, end);
    if (origin == origin_) {
        return true;
    }
    return origin.starts_with(kHttps) && std::ranges::any_of(hosts_, [&](const std::string& host) {
               const std::string_view authority = origin.substr(kHttps.size());
               return authority == host || authority == host + port_;
           });
}

Result<std::vector<ProductEvent>> parse_events(const JsonValue& body, const Rules& rules)
{
    std::vector<ProductEvent> events;
    std::vector<FieldError> faults;
    const auto& told = body.find("events")->array();
    events.reserve(told.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
        events.push_back(
            EventReader(told[i], "/events/" + std::to_string(i), rules, faults).read());
    }
    if (events.empty()) {
        faults.push_back({"/events", "request/out-of-range", "From 1 to 100 items."});
    }
    if (!faults.empty()) {
        Error error{ErrorKind::InvalidInput, "product-event/invalid",
                    "Nothing was recorded: some events are not as they must be."};
        error.fields = std::move(faults);
        return error;
    }
    return events;
}

std::string content_of(const ProductEvent& event)
{
    JsonWriter json;
    json.begin_object()
        .member("account", event.account.text())
        .member("type", event.type)
        .member("at", event.at)
        .member("summary", event.summary)
        .member("link", event.link)
        .member("data", event.data)
        .member("ip", event.ip ? event.ip->text() : std::string())
        .member("user_agent", event.user_agent);
    if (event.amount) {
        json.member("minor_units", event.amount->minor_units)
            .member("currency", event.amount->currency);
    }
    return std::move(json.end_object()).take();
}

} // namespace keystead::product_event
