#include "app/securing_commands.h"

#include "app/feature_commands.h"
#include "core/json.h"
#include "features/securing/securing_routes.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};

/// One a line; blank lines and comments ("# …") aside.
std::vector<std::string_view> lines_of(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r";
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
        line = line.substr(0, line.find_last_not_of(kBlank) + 1);
        if (!line.empty() && line.front() != '#') {
            lines.push_back(line);
        }
    }
    return lines;
}

Result<securing::Frozen> freeze(Features& f, std::string_view name)
{
    return f.foundation.database->write_essential([&](WriteTx& tx) -> Result<securing::Frozen> {
        KS_TRY(const auto account, named_account(tx, f, name));
        return f.securing.freeze(tx, kOperator, account.id,
                                 securing::SecuringService::Asker::Operator);
    });
}

/// Each by itself: one that is not there does not save the others.
Result<std::string> freeze_list(Features& f, const std::vector<std::string_view>& names)
{
    KS_TRY(const auto outcomes,
           securing::freeze_each(names, [&](std::string_view name) { return freeze(f, name); }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (std::size_t i = 0; i < names.size(); ++i) {
        json.begin_object().member("asked", names[i]);
        if (outcomes[i]) {
            securing::write_frozen(json, *outcomes[i]);
        } else {
            json.member("problem", outcomes[i].error().code);
        }
        json.end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<std::string> secure(Features& f, const JsonValue& arguments)
{
    const auto one = text_argument(arguments, "account");
    const auto list = lines_of(text_argument(arguments, "accounts"));
    if (one.empty() == list.empty()) {
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage",
                     "Give one account with --account, or a list with --accounts-stdin."};
    }
    if (one.empty()) {
        return freeze_list(f, list);
    }
    KS_TRY(const auto frozen, freeze(f, one));
    JsonWriter json;
    json.begin_object();
    securing::write_frozen(json, frozen);
    json.end_object();
    return std::move(json).take();
}

} // namespace

void add_securing_commands(CommandTable& table, Features& f)
{
    table.add("account secure", [&f](const JsonValue& arguments) { return secure(f, arguments); });
}

} // namespace keystead::app
