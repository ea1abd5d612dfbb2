#include "test/support/peopled_world.h"

#include <cstdlib>
#include <iostream>

namespace keystead::test {

std::string member_text(const JsonValue& value, std::string_view name)
{
    const auto* const found = value.find(name);
    KS_ASSERT(found != nullptr);
    return std::string(found->string());
}

std::string json_object(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members)
{
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : members) {
        json.member(name, value);
    }
    return std::move(json.end_object()).take();
}

JsonValue PeopledWorld::must(Visitor& visitor, std::string_view line, std::string_view json)
{
    auto answer = call(visitor, line, json);
    if (!answer) {
        std::cerr << line << ": " << answer.error().code << " " << answer.error().cause << "\n";
        std::abort();
    }
    return *std::move(answer);
}

Person PeopledWorld::invited()
{
    Person person{.email = new_email()};
    must(person.visitor, "POST /v1/sign-up", json_object({{"email", person.email}}));
    person.token = mailed(person.email, "/sign-up/confirm");
    return person;
}

Person PeopledWorld::person()
{
    Person person = invited();
    const auto answer = must(person.visitor, "POST /v1/sign-up/confirm",
                             json_object({{"token", person.token}, {"password", kPassword}}));
    person.id = member_text(*answer.find("account"), "id");
    return person;
}

Person PeopledWorld::enrolled()
{
    Person one = person();
    begin_enrollment(one);
    const auto answer = must(one.visitor, "POST /v1/account/totp/" + one.totp_id + "/confirm",
                             json_object({{"code", code(one.totp_secret, 0)}}));
    for (const auto& backup : answer.find("backup_codes")->array()) {
        one.backup_codes.emplace_back(backup.string());
    }
    return one;
}

void PeopledWorld::begin_enrollment(Person& person)
{
    const auto made =
        must(person.visitor, "POST /v1/account/totp", json_object({{"name", "phone"}}));
    person.totp_id = member_text(made, "id");
    person.totp_secret = member_text(made, "secret");
}

Visitor PeopledWorld::sign_in(const Person& person)
{
    Visitor other;
    must(other, "POST /v1/sign-in",
         json_object({{"email", person.email}, {"password", kPassword}}));
    return other;
}

Person PeopledWorld::operated()
{
    Person person{.email = new_email()};
    const auto made =
        command("account create",
                R"({"email":")" + person.email +
                    R"(","name":"Op","password":"Correct-Horse-7-Battery","operator":true})");
    KS_ASSERT(made.has_value());
    person.id = member_text(*parse_json(*made), "id");
    person.visitor = sign_in(person);
    return person;
}

std::string PeopledWorld::session_of(const Visitor& visitor)
{
    const auto principal = principal_of(visitor);
    KS_ASSERT(principal && principal->kind == http::Principal::Kind::Session);
    return principal->session.text();
}

void PeopledWorld::forget_attempts()
{
    const auto forgotten = database().write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int rows, tx.exec("DELETE FROM attempt_budget"));
        return features().audit.append(tx, {.actor = {}, .action = "attempt_budget.sweep"});
    });
    KS_ASSERT(forgotten.has_value());
}

} // namespace keystead::test
